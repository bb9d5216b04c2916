/* The misdeeds. Optimisation must not see through them, so what they read and write is volatile. */
#define _GNU_SOURCE
#include "bodies.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static _Thread_local volatile int asked;
static _Thread_local volatile bool located;
static _Thread_local bool budgeted;
static _Thread_local volatile long sink;
static char *volatile nowhere;

/* Sanitizers would see the misdeed before the processor does. */
#define RIG_UNCHECKED __attribute__((noinline, no_sanitize("address", "undefined")))

static void interrupt(void *vm)
{
	(void)vm;
	asked++;
}

static void raise_segv(void);

static void interrupt_badly(void *vm)
{
	(void)vm;
	asked++;
	raise_segv();
}

static void locate(void *vm)
{
	(void)vm;
	located = true;
}

static void spin(void)
{
	while (!asked)
		sink++;
	pg_trap_now(pg_pending());
}

static __attribute__((noreturn)) void spin_deaf(void)
{
	for (;;)
		sink++;
}

static __attribute__((noreturn)) void spin_host(void)
{
	for (;;) {
		pg_host_enter();
		for (int i = 0; i < 1000; i++)
			sink++;
		pg_host_leave();
	}
}

static void sleep_host(void)
{
	pg_host_enter();
	do {
		struct timespec left = {.tv_nsec = 20000000};
		while (nanosleep(&left, &left) != 0)
			;
	} while (budgeted && pg_pending() == PG_NONE);
	pg_host_leave();
	/* A trap that was noted strikes above, so this is reached without one only. */
	asked = -1;
}

static int64_t cpu_ns(void)
{
	struct timespec used;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

static void compute_host(void)
{
	pg_host_enter();
	while (pg_pending() == PG_NONE)
		sink++;
	for (int64_t end = cpu_ns() + 20000000; cpu_ns() < end;)
		sink++;
	pg_host_leave();
}

/* A page of a file behind the file's end. Host code. */
static char *map_nothing(void)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	char *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	return page;
}

static void raise_bus(void)
{
	pg_host_enter();
	char *volatile page = map_nothing();
	pg_host_leave();
	sink = *page;
}

static RIG_UNCHECKED void raise_segv(void)
{
	*nowhere = 1;
}

static RIG_UNCHECKED void raise_fpe(void)
{
#if defined(__x86_64__)
	volatile int zero = 0;
	sink = 7 / zero; /* 1 / zero would be compiled to a comparison */
#else
	raise(SIGFPE);
#endif
}

static int overflow(int depth)
{
	volatile char frame[4096];
	frame[depth & 4095] = (char)depth;
	return depth == INT_MAX ? 0 : overflow(depth + 1) + frame[0];
}

static void act(void *arg);

static _Atomic uint64_t ids = 1ull << 62;

static void nest(void)
{
	pg_host_enter();
	pg_call inner = {.id = atomic_fetch_add(&ids, 1)};
	rig_deed deed = RIG_SPIN_DEAF;
	pg_run(&inner, act, &deed);
	if (inner.trap != PG_DEADLINE)
		abort();
	pg_host_leave();
	spin_deaf();
}

static void chain(void)
{
	pg_host_enter();
	pg_call inner = {.id = atomic_fetch_add(&ids, 1)};
	rig_deed deed = RIG_SEGV;
	if (pg_run(&inner, act, &deed) != PG_FAULT)
		abort();
	pg_host_leave();
	sink++;
}

static void fault_in_host(rig_deed deed)
{
	pg_host_enter();
	switch (deed) {
	case RIG_HOST_SEGV:
		raise_segv();
		break;
	case RIG_HOST_BUS:
		sink = *(char *volatile)map_nothing();
		break;
	case RIG_HOST_FPE:
		raise_fpe();
		break;
	case RIG_HOST_ILL:
		__builtin_trap();
	default:
		abort();
	}
	pg_host_leave();
}

static void act(void *arg)
{
	switch (*(const rig_deed *)arg) {
	case RIG_RETURN:
	case RIG_DEEDS:
		return;
	case RIG_SPIN:
		spin();
		return;
	case RIG_SPIN_DEAF:
	case RIG_FAULT_IN_INTERRUPT:
		spin_deaf();
	case RIG_SPIN_HOST:
		spin_host();
	case RIG_SLEEP_HOST:
		sleep_host();
		return;
	case RIG_COMPUTE_HOST:
		compute_host();
		return;
	case RIG_PANIC:
		pg_trap_now(PG_PANIC);
	case RIG_SEGV:
		raise_segv();
		return;
	case RIG_BUS:
		raise_bus();
		return;
	case RIG_FPE:
		raise_fpe();
		return;
	case RIG_ILL:
		__builtin_trap();
	case RIG_ABORT:
		abort();
	case RIG_OVERFLOW:
		sink = overflow(0);
		return;
	case RIG_NEST_SPIN:
		nest();
		return;
	case RIG_CHAIN:
		chain();
		return;
	case RIG_HOST_SEGV:
	case RIG_HOST_BUS:
	case RIG_HOST_FPE:
	case RIG_HOST_ILL:
	case RIG_HOST_ABORT:
		fault_in_host(*(const rig_deed *)arg);
		return;
	}
}

pg_trap rig_run(pg_call *call, rig_deed deed)
{
	asked = 0;
	located = false;
	budgeted = call->wall_ns > 0;
	call->interrupt = deed == RIG_FAULT_IN_INTERRUPT ? interrupt_badly : interrupt;
	call->locate = locate;
	return pg_run(call, act, &deed);
}

bool rig_is_deaf(void)
{
	sigset_t mask;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	for (int s = 1; s < NSIG; s++)
		if (sigismember(&mask, s) == 1)
			return true;
	return false;
}

int rig_asked(void) { return asked; }
bool rig_located(void) { return located; }

void rig_stray_signals(int n)
{
	for (int i = 0; i < n; i++)
		pthread_kill(pthread_self(), SIGSTKFLT);
}
