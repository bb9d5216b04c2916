/*
 * Activations: the trampoline into VM code, the landing that every trap jumps to, and the border between VM code and host
 * code.
 */
#define _GNU_SOURCE
#include "thread.h"

#include <sched.h>
#include <time.h>

/*
 * A handler runs with the floating-point control state that the kernel gives it, and siglongjmp keeps it. On x86-64 that
 * is the default state; on arm64 it is the interrupted code's.
 */
static void reset_float_control(void)
{
#if defined(__aarch64__)
	__asm__ volatile("msr fpcr, xzr");
#endif
}

_Noreturn void pg_land(pg_thread *t, pg_trap trap)
{
	pg_activation *a = t->top;
	t->in_vm = 0;
	a->struck = trap;
	siglongjmp(a->landing, 1);
}

_Noreturn void pg_trap_now(pg_trap trap)
{
	pg_land(&pg_self, trap);
}

pg_trap pg_pending(void)
{
	const pg_activation *a = pg_self.top;
	return a ? (pg_trap)a->pending : PG_NONE;
}

void pg_host_enter(void)
{
	pg_self.in_vm = 0;
	atomic_signal_fence(memory_order_seq_cst);
}

void pg_host_leave(void)
{
	pg_thread *t = &pg_self;
	atomic_signal_fence(memory_order_seq_cst);
	t->in_vm = 1;
	/* Only now: a signal that comes before this line was noted, one that comes after it acts by itself. */
	atomic_signal_fence(memory_order_seq_cst);
	pg_activation *a = t->top;
	if (a->pending == PG_NONE)
		return;
	if (a->call->locate)
		a->call->locate(a->call->vm);
	pg_land(t, (pg_trap)a->pending);
}

/* What the watchdog reads is written before the state that lets it look. */
static void publish(pg_thread *t, const pg_activation *a, int64_t start, int64_t wall_due, int64_t cpu_budget)
{
	atomic_store_explicit(&t->id, a->call->id, memory_order_relaxed);
	atomic_store_explicit(&t->start, start, memory_order_relaxed);
	atomic_store_explicit(&t->wall_due, wall_due, memory_order_relaxed);
	atomic_store_explicit(&t->cpu_budget, cpu_budget, memory_order_relaxed);
	atomic_store(&t->state, pg_state(a->sequence, PG_ACTIVE));
}

static void sample_cpu(pg_thread *t, const pg_activation *a, int64_t now)
{
	atomic_store(&t->cpu_base, pg_clock(CLOCK_THREAD_CPUTIME_ID));
	atomic_store(&t->sampled_at, now);
	atomic_store(&t->sampled, a->sequence);
}

/* To follow publish: pg_cancel sets the flag and then looks for the id, so either it finds the id, or this finds the flag. */
static void note_canceled(pg_activation *a)
{
	if (atomic_load(&a->call->canceled))
		a->pending = PG_CANCELED;
}

/*
 * Hides the activation from the watchdog. When it returns no interrupt for it is under way: a claim is waited out, and so
 * is the delivery of the interrupt.
 */
static void withdraw(pg_thread *t, const pg_activation *a)
{
	uint64_t active = pg_state(a->sequence, PG_ACTIVE);
	while (!atomic_compare_exchange_weak(&t->state, &active, pg_state(a->sequence, PG_IDLE))) {
		active = pg_state(a->sequence, PG_ACTIVE);
		sched_yield();
	}
	/* A signal for this thread is delivered at the latest when it returns from its next system call. */
	while (atomic_load(&t->mail) != 0)
		sched_yield();
}

static int64_t due(int64_t start, int64_t budget)
{
	return budget > 0 && budget < INT64_MAX - start ? start + budget : INT64_MAX;
}

static int64_t cpu_used(pg_thread *t, const pg_activation *a, int64_t start, int64_t now)
{
	if (atomic_load(&t->sampled) != a->sequence)
		return now - start;
	return atomic_load(&t->sampled_at) - start + pg_clock(CLOCK_THREAD_CPUTIME_ID) - atomic_load(&t->cpu_base);
}

/*
 * The jump's target and the call of body share this frame, which therefore outlives every jump; nothing else is in it. Not
 * inlined, so that no caller's variable lives in a register that a jump forgets.
 */
static __attribute__((noinline)) void trampoline(pg_thread *t, pg_activation *a, void (*body)(void *), void *arg)
{
	if (sigsetjmp(a->landing, 0) != 0) {
		reset_float_control();
		return;
	}
	pg_host_leave();
	body(arg);
	t->in_vm = 0;
}

pg_trap pg_run(pg_call *call, void (*body)(void *), void *arg)
{
	pg_thread *t = &pg_self;
	if (!t->registered)
		pg_thread_register(t);

	pg_activation a = {.call = call, .outer = t->top, .sequence = ++t->sequence};
	int64_t start = pg_clock(CLOCK_MONOTONIC);
	int64_t wall_due = due(start, call->wall_ns);

	int64_t outer_start = 0, outer_due = INT64_MAX, outer_cpu = 0;
	if (a.outer) {
		withdraw(t, a.outer);
		outer_start = atomic_load(&t->start);
		outer_due = atomic_load(&t->wall_due);
		outer_cpu = atomic_load(&t->cpu_budget);
		if (outer_due < wall_due)
			wall_due = outer_due;
	}

	t->top = &a;
	if (call->exact_cpu)
		sample_cpu(t, &a, start);
	publish(t, &a, start, wall_due, call->cpu_ns);
	note_canceled(&a);
	int64_t look = start + PG_FIRST_LOOK_NS;
	pg_watchdog_expect(wall_due < look ? wall_due : look);

	trampoline(t, &a, body, arg);

	withdraw(t, &a);
	int64_t end = pg_clock(CLOCK_MONOTONIC);
	call->wall_used = end - start;
	call->cpu_used = cpu_used(t, &a, start, end);
	call->trap = (pg_trap)a.struck;
	t->top = a.outer;
	if (a.outer) {
		publish(t, a.outer, outer_start, outer_due, outer_cpu);
		note_canceled(a.outer);
	}
	return call->trap;
}

void pg_cancel(pg_call *call)
{
	atomic_store(&call->canceled, true);
	pthread_mutex_lock(&pg_registry_lock);
	for (pg_thread *t = pg_registry; t; t = t->next)
		if (atomic_load(&t->id) == call->id)
			atomic_store(&t->cancel, call->id);
	pthread_mutex_unlock(&pg_registry_lock);
	pg_watchdog_wake();
}
