/* An interrupt that is delivered late. */
#ifndef RIG_LATE_H
#define RIG_LATE_H

#include <stdbool.h>

/*
 * Runs a body that an interrupt is sent to but reaches only when the body has returned: its thread blocks the signal
 * until then, and 50 ms longer. Returns whether the interrupt was delivered when pg_run returned. Takes SIGRTMAX for itself.
 */
bool rig_late_interrupt_is_awaited(void);

#endif
