// Package panicguard holds an untrusted virtual machine inside a process that must not die of it. It is a small C core
// (panicguard.h is its whole surface) with the little of Go that starts it. It knows no Lua.
//
// A host runs VM code as the body of an activation (pg_run). Whatever goes wrong in the body ends at one jump point, and
// pg_run returns a trap: panic, deadline, canceled, memory, fault or host. Nothing is unwound. What makes that safe is that
// VM code changes memory in one place only, its arena, and the arena is put back to its image after each call.
//
// # Invariants
//
// One landing. Each activation has one sigsetjmp, in the frame that calls the body (trampoline in activation.c); its
// target is part of the activation, and activations chain. There is no process-wide jump buffer.
//
// No Go frame is crossed. A jump leaves from VM code or from a signal handler that interrupted VM code, never from host
// code. Host code that enters Go returns a status; C acts on it when the Go frame is gone.
//
// The region. A thread is in the VM region from pg_run, or pg_host_leave, to pg_host_enter or the body's end: a
// thread-local flag, in_vm. A handler jumps only where it is set. A trap that is asked for elsewhere is noted, and
// pg_host_leave acts on it before the VM sees the host's answer.
//
// In the region everything that is written lies in the arena, on the C stack, or in memory that is set anew before each
// run, and no lock, heap block or descriptor is taken. So a jump may leave between any two instructions.
//
// The image. pg_arena_restore makes every byte of the arena what it was when it was sealed, and zero above that. The
// allocator's state lies in the arena and is restored with it. An image is valid at one address only.
//
// Two stages. The watchdog, a C thread, finds activations that are overdue or canceled and signals their thread. The
// first signal calls the activation's interrupt function, with which the VM ends itself at its next safe point and knows
// where it was. PG_STAGE2_NS later, and every millisecond from then on, the handler itself jumps.
//
// No stray signal. The watchdog claims an activation before it signals its thread, and an ending activation waits out the
// claim and the delivery. An interrupt names the activation that it is for, in a word that only the watchdog writes; a
// signal without that, from outside the process, is ignored.
//
// The mask. A handler that jumps first restores the mask of the code that it interrupted. A thread's first activation unblocks
// the guard's signals on it; an activation of a thread that blocks them later may not end.
//
// Faults. SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT raised in the region, by the kernel or by abort(), are traps, a C stack
// overflow included: handlers run on the signal stack. Raised elsewhere, or sent, they go to the handler that was installed before, so that a nil
// dereference in Go stays a Go panic. Host code checks the stack's headroom before it runs.
//
// # Nesting
//
// Host code of an activation may run another one. The inner one ends when the outer one's wall budget does; it does not end
// with the outer one's CPU budget or cancellation, which strike when it is over.
//
// # Time
//
// Wall time is CLOCK_MONOTONIC. CPU time is the thread's CPU clock, which costs a system call to read: the watchdog reads
// it first when an activation is 10 ms old, and what was used before that does not count against the budget. So a CPU
// budget may be overrun by up to 10 ms, and the CPU time that is reported for a shorter run is its elapsed time, unless the
// caller asks for the exact one.
//
// # What it is not
//
// The guard is no defence against an attacker who turns a memory-safety bug of the interpreter into writes of his choice.
package panicguard
