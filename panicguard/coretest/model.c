/* The model of signals. */
#define _GNU_SOURCE
#include "thread.h"

#undef sched_yield

#include <time.h>
#include <ucontext.h>

/* What is to be delivered is in the mail. */
int model_kill(pthread_t thread, int signal)
{
	(void)thread;
	(void)signal;
	return 0;
}

void model_deliver(void)
{
	static _Thread_local struct sigaction handler;
	if (!handler.sa_sigaction)
		sigaction(SIGSTKFLT, NULL, &handler);
	if (atomic_load(&pg_self.mail) == 0)
		return;
	ucontext_t context;
	pthread_sigmask(SIG_SETMASK, NULL, &context.uc_sigmask);
	handler.sa_sigaction(SIGSTKFLT, NULL, &context);
}

int model_yield(void)
{
	model_deliver();
	return sched_yield();
}

/* Only of threads that run no activations: the watchdog, and those that cancel. While they pause many come and go. */
void model_pause(void)
{
	static _Thread_local uint32_t random;
	random = random * 1664525 + 1013904223;
	if (!pg_self.registered && random >> 29 == 0)
		nanosleep(&(struct timespec){.tv_nsec = random % 100000}, NULL);
}
