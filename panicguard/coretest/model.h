/*
 * A model of signals for ThreadSanitizer, put in front of every file (-include). ThreadSanitizer holds a signal back until
 * its thread calls libc, and does not survive a jump out of a real handler that interrupted its own code. So here no signal is
 * sent: the thread calls the guard's handler itself, in the rig's bodies and where the guard waits for a delivery.
 * All of the rest, the watchdog, claims, mail and cancellation, is as it is; but the watchdog pauses now and then before it
 * loads an atomic, so that orders are tried which are rare on a processor.
 */
#ifndef MODEL_H
#define MODEL_H
#define _GNU_SOURCE

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

int model_kill(pthread_t thread, int signal);
int model_yield(void);
void model_deliver(void);
void model_pause(void);

#define pthread_kill model_kill
#define sched_yield model_yield
#undef atomic_load
#define atomic_load(p) (model_pause(), atomic_load_explicit(p, memory_order_seq_cst))
#define RIG_SAFE_POINT() model_deliver()

#endif
