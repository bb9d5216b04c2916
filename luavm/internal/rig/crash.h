/* Functions for tests that crash a VM. */
#ifndef RIG_CRASH_H
#define RIG_CRASH_H

#include <stdbool.h>

/* From now on VMs that are made have the table crash. */
bool rig_arm(void);
void rig_disarm(void);

#endif
