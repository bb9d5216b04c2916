/* Host calls that enter Go. */
#ifndef RIG_GOHOST_H
#define RIG_GOHOST_H

#include "panicguard.h"

#include <stdint.h>

/* Runs a body that makes one host call into Go, of the function that handle stands for, and returns the trap. */
pg_trap rig_run_go(pg_call *call, uintptr_t handle);

#endif
