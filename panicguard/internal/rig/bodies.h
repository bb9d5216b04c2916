/* Bodies for the guard's tests: each misbehaves in one way, in C and without a VM. */
#ifndef RIG_BODIES_H
#define RIG_BODIES_H

#include "panicguard.h"

typedef enum rig_deed {
	RIG_RETURN,
	RIG_SPIN,       /* until the interrupt function asks it to stop */
	RIG_SPIN_DEAF,  /* whatever anyone asks */
	RIG_SPIN_HOST,  /* in host calls, and does not look between them */
	RIG_SLEEP_HOST, /* one host call of 20 ms, or with a wall budget until a trap was asked for */
	RIG_COMPUTE_HOST, /* one host call that computes until a trap was asked for, and 20 ms longer */
	RIG_PANIC,
	RIG_SEGV,
	RIG_BUS,
	RIG_FPE,
	RIG_ILL,
	RIG_ABORT,
	RIG_OVERFLOW, /* of the C stack */
	RIG_NEST_SPIN, /* runs RIG_SPIN_DEAF with no budget in a host call; only the outer budget ends it */
	RIG_FAULT_IN_INTERRUPT, /* spins; its interrupt function faults */
	RIG_CHAIN, /* in a host call runs a body that faults, and then returns */
	RIG_HOST_SEGV, /* these fault in a host call */
	RIG_HOST_BUS,
	RIG_HOST_FPE,
	RIG_HOST_ILL,
	RIG_HOST_ABORT,
	RIG_DEEDS
} rig_deed;

/* Runs deed as the body of call. */
pg_trap rig_run(pg_call *call, rig_deed deed);

/* Whether the calling thread blocks any signal. */
bool rig_is_deaf(void);

/* How often this thread's last body was asked to stop, and whether locate was called. */
int rig_asked(void);
bool rig_located(void);

/* Sends the guard's interrupt signal to the calling thread, n times, as another process would. */
void rig_stray_signals(int n);

#endif
