/* Where interrupts strike: bodies say at which moment of an activation they are, and a handler around the guard's counts. */
#ifndef RIG_MOMENTS_H
#define RIG_MOMENTS_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum rig_moment {
	RIG_OUTSIDE, /* no activation */
	RIG_ENTRY,   /* in pg_run, before the body */
	RIG_VM,
	RIG_HOST,
	RIG_NESTED, /* anywhere in an activation that runs within a host call */
	RIG_EXIT,   /* behind the body, in pg_run or on the way to it */
	RIG_RESTORE,
	RIG_MOMENTS
} rig_moment;

/* Of the calling thread. Initial-exec: a handler reads it. */
extern _Thread_local volatile sig_atomic_t rig_now __attribute__((tls_model("initial-exec")));

typedef struct rig_strikes {
	_Atomic uint64_t meant[RIG_MOMENTS]; /* the watchdog sent it */
	_Atomic uint64_t stray[RIG_MOMENTS]; /* somebody else did */
	_Atomic uint64_t collecting;         /* those that were meant, while Go collected garbage */
} rig_strikes;

/* Counts from now on. The guard is initialised. */
void rig_count_strikes(rig_strikes *strikes);

/* Whether Go collects garbage now. */
extern _Atomic bool rig_collecting;

#endif
