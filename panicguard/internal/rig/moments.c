/* Where interrupts strike. */
#define _GNU_SOURCE
#include "moments.h"

#include "thread.h"

_Thread_local volatile sig_atomic_t rig_now;
_Atomic bool rig_collecting;

static rig_strikes *counts;
static struct sigaction guard;

static void count(int signal, siginfo_t *info, void *context)
{
	int now = rig_now;
	if (atomic_load(&pg_self.mail) == 0) {
		atomic_fetch_add(&counts->stray[now], 1);
	} else {
		atomic_fetch_add(&counts->meant[now], 1);
		if (atomic_load(&rig_collecting))
			atomic_fetch_add(&counts->collecting, 1);
	}
	guard.sa_sigaction(signal, info, context);
}

void rig_count_strikes(rig_strikes *strikes)
{
	counts = strikes;
	sigaction(SIGSTKFLT, NULL, &guard);
	struct sigaction around = guard;
	around.sa_sigaction = count;
	sigaction(SIGSTKFLT, &around, NULL);
}
