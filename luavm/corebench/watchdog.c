/* What the watchdog costs: its own CPU time and wakeups while no calls come and while many do, and its part of each call. */
#define _GNU_SOURCE
#include "bench.h"
#include "../../panicguard/thread.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000ll

static void sleep_until(int64_t when)
{
	struct timespec t = {.tv_sec = when / SECOND, .tv_nsec = when % SECOND};
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) != 0) {
	}
}

/* CPU time in ns of the process's other thread, which is the watchdog. */
static double watchdog_cpu(void)
{
	DIR *tasks = opendir("/proc/self/task");
	double ns = -1;
	for (struct dirent *d; tasks && (d = readdir(tasks));) {
		int id = atoi(d->d_name);
		if (id == 0 || id == getpid())
			continue;
		char path[64];
		snprintf(path, sizeof path, "/proc/self/task/%d/schedstat", id);
		FILE *f = fopen(path, "r");
		if (!f || fscanf(f, "%lf", &ns) != 1)
			ns = -1;
		if (f)
			fclose(f);
	}
	if (tasks)
		closedir(tasks);
	return ns;
}

/* Makes so many calls a second for some seconds, at equal distances. */
static void pace(lv_slot *slot, int rate, int seconds)
{
	double cpu = watchdog_cpu();
	uint64_t wakeups = pg_watchdog_wakeups();
	int64_t start = now_ns();
	for (int i = 0; i < rate * seconds; i++) {
		sleep_until(start + i * (SECOND / rate));
		run(slot, SECOND, LV_OK);
	}
	sleep_until(start + seconds * SECOND);
	char name[80];
	snprintf(name, sizeof name, "watchdog at %d calls/s: wakeups", rate);
	print(name, (double)(pg_watchdog_wakeups() - wakeups) / seconds, "/s", rate == 0 ? "0: asleep" : NULL);
	if (cpu < 0)
		return; /* the kernel does not tell */
	snprintf(name, sizeof name, "watchdog at %d calls/s: CPU time", rate);
	print(name, (watchdog_cpu() - cpu) / seconds / 1000, "us/s", NULL);
}

void measure_watchdog(void)
{
	lv_slot *slot = make("function f() end objclass.register(f, objclass.RD)");
	run(slot, SECOND, LV_OK);
	sleep_until(now_ns() + 2 * SECOND); /* it goes on looking for a second */
	pace(slot, 0, 2);

	int64_t start = now_ns();
	run(slot, SECOND, LV_OK);
	print("call that wakes the watchdog", (double)(now_ns() - start), "ns", NULL);
	pace(slot, 10000, 3);

	const int n = 10000000;
	start = now_ns();
	for (int i = 0; i < n; i++)
		pg_watchdog_expect(INT64_MAX);
	print("watchdog's part of a call: is it awake?", (double)(now_ns() - start) / n, "ns", NULL);
	start = now_ns();
	for (int i = 0; i < n; i++)
		(void)pg_clock(CLOCK_MONOTONIC);
	print("deadline's part of a call: two looks at the clock", 2 * (double)(now_ns() - start) / n, "ns", NULL);
	lv_free(slot);
}
