/*
 * A storm: activations one after the other on one thread, while other threads cancel them and send signals. Their bodies
 * change an arena, make host calls and run further activations in those; after each everything is checked.
 */
#ifndef RIG_STORM_H
#define RIG_STORM_H

#include "panicguard.h"

/* What can be wrong after an activation. */
typedef enum rig_wrong {
	RIG_WRONG_TRAP,   /* one that nobody asked for, or none where there had to be one */
	RIG_WRONG_TIME,   /* a deadline that had not passed */
	RIG_WRONG_ANSWER, /* of a body that returned */
	RIG_WRONG_ARENA,  /* not its image */
	RIG_WRONG_MASK,   /* the thread's signal mask is another one */
	RIG_WRONG_RECORD, /* the thread's record says that something runs */
	RIG_WRONG_ERRNO,  /* changed under code that was interrupted */
	RIG_WRONG_HOST,   /* host code ran as VM code */
	RIG_WRONGS
} rig_wrong;

typedef struct rig_tally {
	uint64_t ended[PG_HOST + 1]; /* activations by trap, nested ones aside */
	uint64_t nested[PG_HOST + 1];
	uint64_t wrong[RIG_WRONGS];
} rig_tally;

typedef struct rig_storm rig_storm;

/* Returns NULL with errno set. */
rig_storm *rig_storm_new(uint64_t seed);
/* Runs n activations on the calling thread. */
void rig_storm_run(rig_storm *storm, int n);
rig_tally rig_storm_tally(const rig_storm *storm);
void rig_storm_free(rig_storm *storm);

/* Does n things to random storms: cancels what they run, or sends their threads signals. From any thread. */
void rig_pester(uint64_t seed, int n);

#endif
