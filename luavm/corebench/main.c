/*
 * Measures the C core alone, without Go. Prints one line for each figure: name, value, unit, and in brackets the goal where
 * there is one.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t host_called;
int host_result;

static int version(uintptr_t ctx, uint64_t *v)
{
	*v = ctx;
	host_called = now_ns();
	return host_result;
}

static int plain_stat(uintptr_t ctx, int64_t *size, int64_t *mtime)
{
	*size = *mtime = (int64_t)ctx;
	return 0;
}

static const lv_host host = {.current_version = version, .stat = plain_stat};

int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void print(const char *name, double value, const char *unit, const char *goal)
{
	printf("%-52s %10.*f %s%s%s%s\n", name, value < 100 ? 1 : 0, value, unit, goal ? "  (goal: " : "", goal ? goal : "",
	       goal ? ")" : "");
	fflush(stdout);
}

static void fail(const char *what, const lv_report *r)
{
	fprintf(stderr, "%s: outcome %d, trap %d: %.*s\n", what, r->outcome, r->trap, (int)r->message_size, r->message);
	exit(1);
}

static uint64_t last_id;

lv_slot *make(const char *source)
{
	pg_call call = {.id = ++last_id};
	lv_slot *slot = lv_new(16 << 20, &host, 1);
	if (!slot)
		abort();
	const lv_report *r = lv_load(slot, &call, "=bench", source, strlen(source), false);
	if (r->outcome != LV_OK)
		fail("load", r);
	r = lv_seal(slot, &call);
	if (r->outcome != LV_OK)
		fail("seal", r);
	return slot;
}

const lv_report *run(lv_slot *slot, int64_t wall_ns, lv_outcome outcome)
{
	lv_method method = {.number = 0, .flags = LV_RD, .output_max = 1 << 20};
	pg_call call = {.id = ++last_id, .wall_ns = wall_ns, .cpu_ns = wall_ns};
	const lv_report *r = lv_run(slot, &call, &method);
	if (r->outcome != outcome)
		fail("run", r);
	return r;
}

int main(void)
{
	int err = pg_init();
	if (err) {
		fprintf(stderr, "pg_init: %s\n", strerror(err));
		return 1;
	}
	measure_calls();
	measure_images();
	measure_traps();
	measure_overruns();
	measure_watchdog();
	return 0;
}
