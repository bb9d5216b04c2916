/* What the files of corebench share: slots, runs that must end in a given way, clocks, and lines of output. */
#ifndef COREBENCH_H
#define COREBENCH_H

#include "../slot.h"

int64_t now_ns(void);

/* Prints "name value unit", with the goal, if there is one. */
void print(const char *name, double value, const char *unit, const char *goal);

/* Makes a slot of a class, whose source it compiles. Ends the program if that fails. */
lv_slot *make(const char *source);

/* Runs the slot's first method with a wall budget, and ends the program unless the outcome is that one. */
const lv_report *run(lv_slot *slot, int64_t wall_ns, lv_outcome outcome);

/* When the host function was called last, and what it shall return. */
extern int64_t host_called;
extern int host_result;

void measure_calls(void);    /* calls.c */
void measure_images(void);   /* calls.c */
void measure_traps(void);    /* traps.c */
void measure_overruns(void); /* traps.c */
void measure_watchdog(void); /* watchdog.c */

#endif
