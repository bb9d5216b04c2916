/* What the guard's C files share: the record that each thread has, and the activation that runs on it. */
#ifndef PG_THREAD_H
#define PG_THREAD_H

#include "panicguard.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>

/* An activation lives in the frame of the pg_run that made it. Only its own thread touches it. */
typedef struct pg_activation {
	sigjmp_buf landing;
	pg_call *call;
	struct pg_activation *outer;
	uint64_t sequence;
	volatile sig_atomic_t pending; /* the pg_trap that was asked for and has not struck */
	volatile sig_atomic_t struck;  /* the pg_trap that ended it */
} pg_activation;

/*
 * The watchdog's view of the activation that a thread runs is one atomic word, thread.state: its sequence number, shifted,
 * and a phase. Only the watchdog claims, and only an active thread; while it holds the claim the activation cannot end, so
 * the signal that it sends meets the activation that it was meant for.
 */
enum pg_phase { PG_IDLE = 0, PG_ACTIVE = 1, PG_CLAIMED = 2 };

static inline uint64_t pg_state(uint64_t sequence, enum pg_phase phase)
{
	return sequence << 2 | phase;
}

typedef struct pg_thread {
	/* Of the thread and its signal handlers. */
	volatile sig_atomic_t in_vm; /* a handler may jump */
	pg_activation *volatile top;
	const sigset_t *volatile interrupted; /* the mask of the code that the interrupt handler interrupted, while it runs */
	uint64_t sequence;                    /* of the last activation */
	char *stack_low;
	void *signal_stack; /* that the guard made, or NULL */
	bool registered;

	/* Between the thread and the watchdog. */
	_Atomic uint64_t state;
	_Atomic uint64_t id; /* of the call */
	_Atomic int64_t start;
	_Atomic int64_t wall_due; /* INT64_MAX: never */
	_Atomic int64_t cpu_budget;
	_Atomic uint64_t cancel; /* id of the call that shall end */
	/*
	 * What the next interrupt says: activation, trap and stage. The watchdog puts it here and then signals; the handler
	 * takes it. While it is not 0 an interrupt is under way. The signal itself says nothing, so it need not be one of those
	 * that carry a value, which the kernel refuses to send when the user's RLIMIT_SIGPENDING is reached.
	 */
	_Atomic uint64_t mail;
	/* The CPU clock as the watchdog first saw it in the activation of that sequence number. */
	_Atomic uint64_t sampled;
	_Atomic int64_t cpu_base;
	_Atomic int64_t sampled_at;

	/* Of the watchdog. */
	pthread_t handle;
	clockid_t cpu_clock;
	uint64_t seen;     /* sequence number at its last look */
	int stage;         /* interrupts sent to that activation */
	int64_t stage_due; /* of the next one */
	int64_t stage_cpu; /* the CPU clock at the last one */
	struct pg_thread *next;
} pg_thread;

/* The record of the calling thread. Initial-exec: a handler must not be the one that allocates it. */
extern _Thread_local pg_thread pg_self __attribute__((tls_model("initial-exec")));

/* Registers the calling thread, once; the record leaves the registry when the thread ends. */
void pg_thread_register(pg_thread *t);

/* The registry, in which the watchdog finds all threads. */
extern pthread_mutex_t pg_registry_lock;
extern pg_thread *pg_registry;

int64_t pg_clock(clockid_t clock);

/* signals.c */
int pg_signals_init(void);
void pg_signals_of_guard(sigset_t *set);
void pg_signal_interrupt(pg_thread *t, uint64_t sequence, int stage, pg_trap trap);

/* watchdog.c */
int pg_watchdog_init(void);
void pg_watchdog_expect(int64_t when); /* an activation began that wants a look at that time */
void pg_watchdog_wake(void);

/* activation.c: to the landing of the running activation. The caller is in VM code, or a handler that interrupted it. */
_Noreturn void pg_land(pg_thread *t, pg_trap trap);

#endif
