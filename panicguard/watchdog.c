/*
 * The watchdog: one C thread that ends activations which are overdue or canceled. It is no goroutine, because it must run
 * when every processor of the Go scheduler is busy in VM code.
 *
 * It sleeps on a futex until the earliest time at which some activation wants a look, and costs nothing while none runs. A
 * thread that begins an activation wakes it only if it would sleep past that activation's first look. While calls
 * come it looks every PG_FIRST_LOOK_NS, so that a stream of short calls does not wake it once for each.
 */
#define _GNU_SOURCE
#include "thread.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* After the last activation the watchdog goes on looking for this long. */
#define LINGER_NS 1000000000

/* Between two jumps that did not land, because the thread was in host code each time. */
#define RETRY_NS 1000000

/* CPU time after which an interrupt has done what it can. */
#define CHANCE_NS 1000000

static _Atomic uint32_t bell;      /* the futex: rises with each wish to be woken */
static _Atomic int64_t next_look; /* when the watchdog wakes by itself */
static _Atomic uint64_t wakeups;

void pg_watchdog_wake(void)
{
	atomic_fetch_add(&bell, 1);
	syscall(SYS_futex, &bell, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void pg_watchdog_expect(int64_t when)
{
	if (when < atomic_load(&next_look))
		pg_watchdog_wake();
}

uint64_t pg_watchdog_wakeups(void)
{
	return atomic_load(&wakeups);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Why the activation of that sequence number shall end now; if not yet, *next is when to look again. */
static pg_trap overdue(pg_thread *t, uint64_t sequence, int64_t now, int64_t *next)
{
	uint64_t id = atomic_load(&t->id);
	if (atomic_load(&t->cancel) == id)
		return PG_CANCELED;
	int64_t wall_due = atomic_load(&t->wall_due);
	if (now >= wall_due)
		return PG_DEADLINE;
	int64_t first_look = atomic_load(&t->start) + PG_FIRST_LOOK_NS;
	if (now < first_look) {
		*next = earlier(wall_due, first_look);
		return PG_NONE;
	}

	int64_t cpu = pg_clock(t->cpu_clock);
	if (atomic_load(&t->sampled) != sequence) {
		atomic_store(&t->cpu_base, cpu);
		atomic_store(&t->sampled_at, now);
		atomic_store(&t->sampled, sequence);
	}
	int64_t budget = atomic_load(&t->cpu_budget);
	*next = wall_due;
	if (budget > 0) {
		int64_t left = budget - (cpu - atomic_load(&t->cpu_base));
		if (left <= 0)
			return PG_DEADLINE;
		*next = earlier(wall_due, now + left);
	}
	return PG_NONE;
}

/*
 * Sends the activation its next interrupt. A claim that fails means that it has ended, or that nested code runs. A nested
 * activation that came and went since the state was read cannot have been the overdue one: it began after now, and who
 * cancels it waits for the registry's lock.
 */
static void interrupt(pg_thread *t, uint64_t sequence, pg_trap trap, int64_t now)
{
	uint64_t active = pg_state(sequence, PG_ACTIVE);
	if (!atomic_compare_exchange_strong(&t->state, &active, pg_state(sequence, PG_CLAIMED)))
		return;
	t->stage_cpu = pg_clock(t->cpu_clock);
	pg_signal_interrupt(t, sequence, t->stage + 1, trap);
	atomic_store(&t->state, pg_state(sequence, PG_ACTIVE));
	t->stage_due = now + (t->stage++ == 0 ? PG_STAGE2_NS : RETRY_NS);
}

/* Whether the thread has been on a core since its last interrupt for long enough to end by it; if not, the next can wait. */
static bool had_its_chance(pg_thread *t)
{
	if (t->stage == 0)
		return true;
	return atomic_load(&t->mail) == 0 && pg_clock(t->cpu_clock) - t->stage_cpu >= CHANCE_NS;
}

/* Looks at one thread; returns when to look again. *busy is set if it ran anything since the last look. */
static int64_t look(pg_thread *t, int64_t now, bool *busy)
{
	uint64_t state = atomic_load(&t->state);
	uint64_t sequence = state >> 2;
	if (sequence != t->seen) {
		*busy = true;
		t->seen = sequence;
		t->stage = 0;
		t->stage_due = 0;
	}
	if ((state & 3) != PG_ACTIVE)
		return INT64_MAX;
	*busy = true;

	int64_t next = INT64_MAX;
	pg_trap trap = overdue(t, sequence, now, &next);
	if (trap == PG_NONE)
		return next;
	if (now < t->stage_due)
		return t->stage_due;
	if (had_its_chance(t))
		interrupt(t, sequence, trap, now);
	else
		t->stage_due = now + RETRY_NS;
	return t->stage_due;
}

static void *watch(void *unused)
{
	(void)unused;
	int64_t last_busy = 0;
	for (;;) {
		uint32_t rung = atomic_load(&bell);
		/* Until the new time is known, whoever begins wakes us: its activation may be missed below. */
		atomic_store(&next_look, INT64_MAX);
		atomic_fetch_add(&wakeups, 1);

		int64_t now = pg_clock(CLOCK_MONOTONIC);
		int64_t next = INT64_MAX;
		bool busy = false;
		pthread_mutex_lock(&pg_registry_lock);
		for (pg_thread *t = pg_registry; t; t = t->next)
			next = earlier(next, look(t, now, &busy));
		pthread_mutex_unlock(&pg_registry_lock);

		if (busy)
			last_busy = now;
		if (now - last_busy < LINGER_NS)
			next = earlier(next, now + PG_FIRST_LOOK_NS);
		atomic_store(&next_look, next);

		struct timespec until = {.tv_sec = next / 1000000000, .tv_nsec = next % 1000000000};
		syscall(SYS_futex, &bell, FUTEX_WAIT_BITSET_PRIVATE, rung, next == INT64_MAX ? NULL : &until, NULL,
			FUTEX_BITSET_MATCH_ANY);
	}
	return NULL;
}

int pg_watchdog_init(void)
{
	/* It inherits the mask: signals that Go handles must not arrive on a thread that Go does not know. */
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_t thread;
	int err = pthread_create(&thread, NULL, watch, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err == 0)
		pthread_detach(thread);
	return err;
}
