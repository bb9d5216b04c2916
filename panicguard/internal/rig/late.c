/* An interrupt that is delivered late. */
#define _GNU_SOURCE
#include "late.h"

#include "thread.h"

#include <stdlib.h>
#include <time.h>
#include <ucontext.h>

static void sleep_ms(long ms)
{
	struct timespec left = {.tv_nsec = ms * 1000000};
	while (nanosleep(&left, &left) != 0)
		;
}

static void set_interrupt(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGSTKFLT);
}

/* The interrupted code goes on with the signal unblocked. */
static void unblock(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	sigdelset(&((ucontext_t *)context)->uc_sigmask, SIGSTKFLT);
}

static void *unblock_later(void *thread)
{
	sleep_ms(50);
	pthread_kill(*(pthread_t *)thread, SIGRTMAX);
	return NULL;
}

typedef struct late {
	pthread_t self;
	pthread_t other;
} late;

static void body(void *arg)
{
	late *l = arg;
	pg_host_enter();
	sigset_t interrupt;
	set_interrupt(&interrupt);
	pthread_sigmask(SIG_BLOCK, &interrupt, NULL);
	while (atomic_load(&pg_self.mail) == 0)
		sleep_ms(1);
	l->self = pthread_self();
	if (pthread_create(&l->other, NULL, unblock_later, &l->self) != 0)
		abort();
	pg_host_leave();
}

bool rig_late_interrupt_is_awaited(void)
{
	struct sigaction action = {.sa_sigaction = unblock, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART}, before;
	sigaction(SIGRTMAX, &action, &before);
	pg_call call = {.id = 1ull << 58, .wall_ns = 1};
	late l;
	pg_run(&call, body, &l);
	bool delivered = atomic_load(&pg_self.mail) == 0;
	pthread_join(l.other, NULL);
	sigaction(SIGRTMAX, &before, NULL);
	return delivered;
}
