/* Threads that Go did not make, and the guard's registry of threads. */
#ifndef RIG_THREADS_H
#define RIG_THREADS_H

#include "bodies.h"

/* Runs deed as the body of call on a new thread, which then ends. */
pg_trap rig_run_on_thread(pg_call *call, rig_deed deed);

/* The same on a thread that blocks every signal, as those of many daemons do. */
pg_trap rig_run_on_deaf_thread(pg_call *call, rig_deed deed);

/* Whether the signal stack of a thread that ran an activation is still mapped when it has ended. */
bool rig_leaves_signal_stack(void);

/* How many threads the guard knows. */
int rig_registered(void);

/* Whether one of them is in the VM region. */
bool rig_any_in_vm(void);

#endif
