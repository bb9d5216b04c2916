/* Threads that Go did not make. */
#define _GNU_SOURCE
#include "threads.h"

#include "thread.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

typedef struct errand {
	pg_call *call;
	rig_deed deed;
	bool deaf;
	pg_trap trap;
	void *signal_stack;
} errand;

static void *run(void *arg)
{
	errand *e = arg;
	if (e->deaf) {
		sigset_t all;
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, NULL);
	}
	e->trap = rig_run(e->call, e->deed);
	stack_t have;
	sigaltstack(NULL, &have);
	e->signal_stack = have.ss_sp;
	return NULL;
}

static pg_trap run_errand(errand *e)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, run, e) != 0 || pthread_join(thread, NULL) != 0)
		abort();
	return e->trap;
}

pg_trap rig_run_on_thread(pg_call *call, rig_deed deed)
{
	return run_errand(&(errand){.call = call, .deed = deed});
}

pg_trap rig_run_on_deaf_thread(pg_call *call, rig_deed deed)
{
	return run_errand(&(errand){.call = call, .deed = deed, .deaf = true});
}

bool rig_leaves_signal_stack(void)
{
	pg_call call = {.id = 1ull << 60};
	errand e = {.call = &call, .deed = RIG_RETURN};
	run_errand(&e);
	unsigned char resident;
	return mincore(e.signal_stack, 1, &resident) == 0 || errno != ENOMEM;
}

int rig_registered(void)
{
	int n = 0;
	pthread_mutex_lock(&pg_registry_lock);
	for (const pg_thread *t = pg_registry; t; t = t->next)
		n++;
	pthread_mutex_unlock(&pg_registry_lock);
	return n;
}

bool rig_any_in_vm(void)
{
	bool found = false;
	pthread_mutex_lock(&pg_registry_lock);
	for (const pg_thread *t = pg_registry; t; t = t->next)
		found = found || t->in_vm;
	pthread_mutex_unlock(&pg_registry_lock);
	return found;
}
