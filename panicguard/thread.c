/* The registry of threads: each thread that ever ran an activation has a record in it until the thread ends. */
#define _GNU_SOURCE
#include "thread.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

/* Of the signal stack of a thread that came without one; Go gives its own threads 32 KiB. */
#define SIGNAL_STACK (64 * 1024)

_Thread_local pg_thread pg_self __attribute__((tls_model("initial-exec")));

pthread_mutex_t pg_registry_lock = PTHREAD_MUTEX_INITIALIZER;
pg_thread *pg_registry;

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;

int64_t pg_clock(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void release_signal_stack(pg_thread *t)
{
	if (!t->signal_stack)
		return;
	stack_t none = {.ss_flags = SS_DISABLE};
	sigaltstack(&none, NULL);
	munmap(t->signal_stack, SIGNAL_STACK);
	t->signal_stack = NULL;
}

static void unregister(void *record)
{
	pg_thread *t = record;
	pthread_mutex_lock(&pg_registry_lock);
	for (pg_thread **link = &pg_registry; *link; link = &(*link)->next)
		if (*link == t) {
			*link = t->next;
			break;
		}
	pthread_mutex_unlock(&pg_registry_lock);
	t->registered = false;
	release_signal_stack(t);
}

static void make_key(void)
{
	if (pthread_key_create(&key, unregister) != 0)
		abort();
}

static char *stack_low(void)
{
	pthread_attr_t attr;
	void *low = NULL;
	size_t size = 0;
	if (pthread_getattr_np(pthread_self(), &attr) != 0)
		abort();
	pthread_attr_getstack(&attr, &low, &size);
	pthread_attr_destroy(&attr);
	return low;
}

/*
 * The process's first thread must not wait for its first activation: libc reads where that stack lies from a file, and the
 * process may have run out of descriptors by then.
 */
static __attribute__((constructor)) void note_first_stack(void)
{
	pg_self.stack_low = stack_low();
}

/* An overflow of the C stack can be caught only on another stack. Go's threads have one. */
static void ensure_signal_stack(pg_thread *t)
{
	stack_t have;
	if (sigaltstack(NULL, &have) != 0 || !(have.ss_flags & SS_DISABLE))
		return;
	void *p = mmap(NULL, SIGNAL_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		abort();
	stack_t ours = {.ss_sp = p, .ss_size = SIGNAL_STACK};
	sigaltstack(&ours, NULL);
	t->signal_stack = p;
}

/* A thread that blocks the interrupt could not be ended, and one that blocks a fault would die of it, with the process. */
static void unblock_signals(void)
{
	sigset_t ours;
	pg_signals_of_guard(&ours);
	pthread_sigmask(SIG_UNBLOCK, &ours, NULL);
}

void pg_thread_register(pg_thread *t)
{
	pthread_once(&key_once, make_key);
	ensure_signal_stack(t);
	unblock_signals();
	if (!t->stack_low)
		t->stack_low = stack_low();
	t->handle = pthread_self();
	if (pthread_getcpuclockid(t->handle, &t->cpu_clock) != 0 || pthread_setspecific(key, t) != 0)
		abort();
	pthread_mutex_lock(&pg_registry_lock);
	t->next = pg_registry;
	pg_registry = t;
	pthread_mutex_unlock(&pg_registry_lock);
	t->registered = true;
}

size_t pg_stack_headroom(void)
{
	const char *here = __builtin_frame_address(0);
	return here > pg_self.stack_low ? (size_t)(here - pg_self.stack_low) : 0;
}
