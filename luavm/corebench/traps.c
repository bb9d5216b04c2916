/*
 * Calls that a trap ends: from the moment in which it strikes to the one in which the slot's next call can begin; and from a
 * deadline to the end of the run.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#define SAMPLES 300
#define SECOND 1000000000

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void print_quantiles(const char *what, double *of, int n, double scale, const char *unit, const char *goal)
{
	char name[100];
	qsort(of, (size_t)n, sizeof *of, compare);
	snprintf(name, sizeof name, "%s, p50", what);
	print(name, of[n / 2] / scale, unit, NULL);
	snprintf(name, sizeof name, "%s, p99", what);
	print(name, of[n * 99 / 100] / scale, unit, goal);
	snprintf(name, sizeof name, "%s, max", what);
	print(name, of[n - 1] / scale, unit, NULL);
}

/* ---- from the trap to the next call ---- */

/* The body's last deed before the trap is to note the time. */
static void panic(void *unused)
{
	(void)unused;
	host_called = now_ns();
	pg_trap_now(PG_PANIC);
}

static void fault(void *unused)
{
	(void)unused;
	int *volatile nowhere = NULL;
	host_called = now_ns();
	*nowhere = 1;
}

static void trap_of_body(const char *what, void (*body)(void *), bool rebuild)
{
	static const char source[] = "function f() end objclass.register(f, objclass.RD)";
	static double took[SAMPLES];
	lv_slot *slot = make(source);
	for (int i = 0; i < SAMPLES; i++) {
		run(slot, SECOND, LV_OK);
		pg_call call = {.id = 1ull << 40 | (uint64_t)i};
		pg_run(&call, body, NULL);
		if (rebuild) {
			lv_free(slot);
			slot = make(source);
		} else {
			lv_restore(slot);
		}
		took[i] = (double)(now_ns() - host_called);
	}
	print_quantiles(what, took, SAMPLES, 1000, "us", NULL);
	lv_free(slot);
}

/* The script calls the host, which notes the time, and is trapped at once. */
static void trap_of_script(const char *what, const char *script, int result, bool rebuild)
{
	static double took[SAMPLES];
	lv_slot *slot = make(script);
	host_result = result;
	for (int i = 0; i < SAMPLES; i++) {
		run(slot, 60ll * SECOND, LV_TRAP);
		if (rebuild) {
			lv_free(slot);
			slot = make(script);
		}
		took[i] = (double)(now_ns() - host_called);
	}
	host_result = 0;
	print_quantiles(what, took, SAMPLES, 1000, "us", NULL);
	lv_free(slot);
}

void measure_traps(void)
{
	static const char call[] = "function f() objclass.current_version() end objclass.register(f, objclass.RD)";
	trap_of_body("panic to next call (restore)", panic, false);
	trap_of_script("memory to next call (restore)",
		       "function f() objclass.current_version() local s = ('x'):rep(1 << 30) end objclass.register(f, objclass.RD)", 0, false);
	trap_of_script("deadline to next call (restore)", call, LV_HOST_OVERDUE, false);
	trap_of_script("host to next call (new slot)", call, LV_HOST_FAILED, true);
	trap_of_body("fault to next call (new slot)", fault, true);
}

/* ---- from the deadline to the end ---- */

static void overrun(const char *what, const char *script)
{
	const int64_t budget = 5000000;
	static double over[SAMPLES];
	lv_slot *slot = make(script);
	for (int i = 0; i < SAMPLES; i++)
		over[i] = (double)(run(slot, budget, LV_TRAP)->wall_ns - budget);
	print_quantiles(what, over, SAMPLES, 1e6, "ms", "<= 5 ms to the reply");
	lv_free(slot);
}

void measure_overruns(void)
{
	overrun("over the deadline, first stage (a loop)",
		"function f() while true do pcall(function() while true do end end) end end objclass.register(f, objclass.RD)");
	overrun("over the deadline, second stage (a pattern)",
		"function f() local s = ('a'):rep(60) s:find(('a?'):rep(60) .. s) end objclass.register(f, objclass.RD)");
}
