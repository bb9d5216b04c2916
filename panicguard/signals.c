/*
 * Signal handlers: the interrupt, by which the watchdog reaches a thread, and the faults, which are traps when VM code
 * raised them and are forwarded when it did not.
 */
#define _GNU_SOURCE
#include "thread.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const int fault_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
#define FAULTS (sizeof fault_signals / sizeof *fault_signals)

/* Of no use to anyone else: no kernel sends it. */
#define INTERRUPT_SIGNAL SIGSTKFLT

static struct sigaction forward[FAULTS];
static pid_t process;

static uint64_t pack(uint64_t sequence, pg_trap trap, int stage)
{
	return sequence << 4 | (uint64_t)trap << 1 | (stage > 1);
}

void pg_signal_interrupt(pg_thread *t, uint64_t sequence, int stage, pg_trap trap)
{
	atomic_store(&t->mail, pack(sequence, trap, stage));
	pthread_kill(t->handle, INTERRUPT_SIGNAL);
}

/* Without this the thread would stay deaf to every signal that the handler's mask blocks. */
static _Noreturn void land_from_handler(pg_thread *t, pg_trap trap, const sigset_t *mask)
{
	t->in_vm = 0;
	t->interrupted = NULL;
	pthread_sigmask(SIG_SETMASK, mask, NULL);
	pg_land(t, trap);
}

static void on_interrupt(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	ucontext_t *uc = context;
	pg_thread *t = &pg_self;
	uint64_t mail = atomic_exchange(&t->mail, 0);
	pg_activation *a = t->top;
	if (mail == 0 || !a || mail >> 4 != a->sequence)
		return; /* somebody else sent the signal */
	pg_trap trap = (pg_trap)(mail >> 1 & 7);
	a->pending = trap;
	if (!t->in_vm)
		return; /* pg_host_leave acts on it */
	if (mail & 1)
		land_from_handler(t, trap, &uc->uc_sigmask);

	int err = errno;
	t->interrupted = &uc->uc_sigmask;
	if (a->call->interrupt)
		a->call->interrupt(a->call->vm);
	t->interrupted = NULL;
	errno = err;
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	pg_thread *t = &pg_self;
	/*
	 * Any other signal that some process sent is no fault. abort() sends its signal to its own thread; where the kernel may
	 * queue nothing, it does not say from whom it came.
	 */
	bool aborted = (info->si_code == SI_TKILL && info->si_pid == process) || (info->si_code == SI_USER && info->si_pid == 0);
	bool raised = info->si_code > 0 || (signal == SIGABRT && aborted);
	if (t->in_vm && t->top && raised) {
		t->top->call->fault_signal = signal;
		land_from_handler(t, PG_FAULT, t->interrupted ? t->interrupted : &uc->uc_sigmask);
	}
	for (size_t i = 0; i < FAULTS; i++) {
		if (fault_signals[i] != signal)
			continue;
		if (forward[i].sa_flags & SA_SIGINFO) {
			forward[i].sa_sigaction(signal, info, context);
		} else if (forward[i].sa_handler == SIG_DFL || forward[i].sa_handler == SIG_IGN) {
			/* The instruction runs again, or abort raises again, and meets what was there before us. */
			sigaction(signal, &forward[i], NULL);
			if (info->si_code <= 0)
				raise(signal);
		} else {
			forward[i].sa_handler(signal);
		}
	}
}

void pg_signals_of_guard(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, INTERRUPT_SIGNAL);
	for (size_t i = 0; i < FAULTS; i++)
		sigaddset(set, fault_signals[i]);
}

int pg_signals_init(void)
{
	process = getpid();

	/*
	 * SA_SIGINFO: the handlers need the sender and the interrupted context. SA_ONSTACK: VM code may have no stack left,
	 * and Go requires it. SA_RESTART: host code's system calls go on after an interrupt.
	 * The mask: while a handler decides, no other signal may come between, but for faults: an interrupt of a VM that is
	 * broken may fault itself, and a fault that is blocked kills the process.
	 */
	struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
	sigfillset(&action.sa_mask);
	for (size_t i = 0; i < FAULTS; i++)
		sigdelset(&action.sa_mask, fault_signals[i]);
	action.sa_sigaction = on_interrupt;
	if (sigaction(INTERRUPT_SIGNAL, &action, NULL) != 0)
		return errno;

	sigfillset(&action.sa_mask);
	action.sa_sigaction = on_fault;
	/* A fault of another thread may come between these lines: what it is forwarded to is known before it can be. */
	for (size_t i = 0; i < FAULTS; i++)
		if (sigaction(fault_signals[i], NULL, &forward[i]) != 0 || sigaction(fault_signals[i], &action, NULL) != 0)
			return errno;
	return 0;
}
