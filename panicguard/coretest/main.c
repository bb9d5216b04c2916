/*
 * Tests the guard alone, without Go, so that it can be built with sanitizers: each misdeed of the rig on the first thread
 * and on others, and a storm; only the storm if an argument says so. Prints what failed, and exits with status 0 if nothing
 * did.
 */
#define _GNU_SOURCE
#include "../internal/rig/moments.h"
#include "../internal/rig/storm.h"
#include "../internal/rig/threads.h"
#include "check.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STORMS 4
#define RUNS 10000

static uint64_t ids;

static const struct misdeed {
	rig_deed deed;
	pg_trap trap;
	int signal;
} misdeeds[] = {
	{RIG_RETURN, PG_NONE, 0},
	{RIG_SPIN, PG_DEADLINE, 0},
	{RIG_SPIN_DEAF, PG_DEADLINE, 0},
	{RIG_SPIN_HOST, PG_DEADLINE, 0},
	{RIG_SLEEP_HOST, PG_DEADLINE, 0},
	{RIG_COMPUTE_HOST, PG_DEADLINE, 0},
	{RIG_PANIC, PG_PANIC, 0},
	{RIG_SEGV, PG_FAULT, SIGSEGV},
	{RIG_BUS, PG_FAULT, SIGBUS},
	{RIG_FPE, PG_FAULT, SIGFPE},
	{RIG_ILL, PG_FAULT, SIGILL},
	{RIG_ABORT, PG_FAULT, SIGABRT},
	{RIG_OVERFLOW, PG_FAULT, SIGSEGV},
	{RIG_NEST_SPIN, PG_DEADLINE, 0},
	{RIG_CHAIN, PG_NONE, 0},
	{RIG_FAULT_IN_INTERRUPT, PG_FAULT, SIGSEGV},
};

/* Only those that do not end by themselves have a budget: the others must come to their end, however slow the machine is. */
static pg_call new_call(pg_trap expected)
{
	return (pg_call){.id = ++ids, .wall_ns = expected == PG_DEADLINE ? 5000000 : 0};
}

static void test_misdeeds(const char *where, pg_trap (*run)(pg_call *, rig_deed))
{
	for (size_t i = 0; i < sizeof misdeeds / sizeof *misdeeds; i++) {
		const struct misdeed *m = &misdeeds[i];
		pg_call call = new_call(m->deed == RIG_FAULT_IN_INTERRUPT ? PG_DEADLINE : m->trap);
		pg_trap trap = run(&call, m->deed);
		CHECK(trap == m->trap && call.fault_signal == m->signal, "deed %d on %s: trap %d, signal %d", m->deed, where, trap,
		      call.fault_signal);
		CHECK(!rig_is_deaf(), "deed %d on %s", m->deed, where);
	}
}

static _Atomic bool stop;

static void *pester(void *unused)
{
	(void)unused;
	for (uint64_t seed = 1; !atomic_load(&stop); seed++)
		rig_pester(seed, 100);
	return NULL;
}

static void *storm(void *arg)
{
	rig_storm_run(arg, RUNS);
	return NULL;
}

static void start(pthread_t *thread, void *(*what)(void *), void *arg)
{
	int err = pthread_create(thread, NULL, what, arg);
	if (err != 0) {
		fprintf(stderr, "no thread: %s\n", strerror(err));
		exit(1);
	}
}

static void test_storm(void)
{
	int registered = rig_registered();
	static rig_strikes strikes;
	rig_count_strikes(&strikes);
	rig_storm *storms[STORMS];
	pthread_t threads[STORMS], pesterer;
	for (int i = 0; i < STORMS; i++) {
		storms[i] = rig_storm_new((uint64_t)i + 1);
		CHECK(storms[i], "a storm");
		start(&threads[i], storm, storms[i]);
	}
	start(&pesterer, pester, NULL);

	for (int i = 0; i < STORMS; i++)
		pthread_join(threads[i], NULL);
	atomic_store(&stop, true);
	pthread_join(pesterer, NULL);
	for (int i = 0; i < STORMS; i++) {
		rig_tally tally = rig_storm_tally(storms[i]);
		for (int w = 0; w < RIG_WRONGS; w++)
			CHECK(tally.wrong[w] == 0, "storm %d: wrong %d, %lu times", i, w, (unsigned long)tally.wrong[w]);
		rig_storm_free(storms[i]);
	}
	CHECK(atomic_load(&strikes.meant[RIG_VM]) > 0, "no interrupt struck VM code");
	CHECK(atomic_load(&strikes.meant[RIG_OUTSIDE]) == 0, "an interrupt struck outside of an activation");
	CHECK(rig_registered() == registered, "%d threads are registered", rig_registered());
}

int main(int argc, char **argv)
{
	bool storm_only = argc > 1 && strcmp(argv[1], "storm") == 0;
	int err = pg_init();
	CHECK(err == 0, "pg_init: %s", strerror(err));
	if (!storm_only) {
		test_misdeeds("the first thread", rig_run);
		test_misdeeds("another thread", rig_run_on_thread);
	}
	test_storm();
	if (failures == 0)
		printf("%s%d runs in storms: all as they must\n", storm_only ? "" : "the misdeeds, and ", STORMS * RUNS);
	return failures != 0;
}
