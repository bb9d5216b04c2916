/*
 * panicguard: hold an untrusted virtual machine inside a process that must not die of it.
 *
 * This header is the whole C surface. It knows no Lua. doc.go states the contract; in short:
 *
 *   - pg_run calls body(arg). Whatever goes wrong in there ends at one jump point, and pg_run returns a trap.
 *   - While body runs VM code, all memory that it changes lies in one arena. After a trap the arena is put back to its
 *     image; nothing is unwound, closed or finalised. So a trap may strike between any two instructions.
 *   - Code that may take a lock, use the heap or enter Go is host code: it runs between pg_host_enter and pg_host_leave,
 *     and no trap strikes there.
 */
#ifndef PANICGUARD_H
#define PANICGUARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the guard ended a body; PG_NONE when the body returned. */
typedef enum pg_trap {
	PG_NONE = 0,
	PG_PANIC,    /* the VM met an error that nothing protected */
	PG_DEADLINE, /* wall or CPU budget passed */
	PG_CANCELED, /* pg_cancel was called */
	PG_MEMORY,   /* the arena was exhausted */
	PG_FAULT,    /* SIGSEGV, SIGBUS, SIGFPE, SIGILL or SIGABRT was raised in VM code */
	PG_HOST      /* host code failed in a way that leaves the VM unusable */
} pg_trap;

/* ---- process ------------------------------------------------------------------------------------------------- */

/*
 * Installs the signal handlers and starts the watchdog thread. Call it once, after the handlers that faults outside of VM
 * code shall be forwarded to are in place. Returns 0 or an errno; ENOEXEC means that the program binds symbols lazily
 * (link it with -z now): a jump out of the dynamic loader would leave it half-way through a lookup.
 */
int pg_init(void);

/* ---- arena --------------------------------------------------------------------------------------------------- */

typedef struct pg_arena pg_arena;

/*
 * Reserves an arena of size bytes (rounded up to pages) with guard pages around it. Returns NULL with errno set when the
 * address space is not to be had. Memory is committed as it is touched. The caller owns it: pg_arena_free.
 */
pg_arena *pg_arena_new(size_t size);
void pg_arena_free(pg_arena *arena);

/*
 * Allocates (p == NULL), frees (to == 0) or resizes a block of `from` bytes to `to` bytes, as lua_Alloc. Blocks are
 * aligned to 16 bytes. Returns NULL when the arena has no room: then the old block is unchanged and pg_arena_exhausted is
 * true. Shrinking never fails. VM code: takes no lock, no heap.
 */
void *pg_arena_realloc(pg_arena *arena, void *p, size_t from, size_t to);

/* Copies what is allocated away as the image. Call it once. Returns 0 or ENOMEM. Host code. */
int pg_arena_seal(pg_arena *arena);

/* From now on no more than limit bytes may be allocated at once; 0 is all of the arena. */
void pg_arena_limit(pg_arena *arena, size_t limit);

/* Puts the arena back to its image: byte for byte, and zeros above it. Only outside of an activation. */
void pg_arena_restore(pg_arena *arena);

/* Whether every byte of the arena equals what pg_arena_restore puts there. For tests. */
bool pg_arena_is_pristine(const pg_arena *arena);

bool pg_arena_exhausted(const pg_arena *arena); /* an allocation was refused since the last restore */
size_t pg_arena_peak(const pg_arena *arena);    /* most bytes allocated at once since the last restore */
size_t pg_arena_live(const pg_arena *arena);    /* bytes allocated now */
size_t pg_arena_offset(const pg_arena *arena, const void *p); /* of an address in it; 0 for any other */
size_t pg_arena_image_size(const pg_arena *arena);

/* The most bytes of memory that a sealed arena holds after pg_arena_restore, the image's copy included. */
size_t pg_arena_idle_size(const pg_arena *arena);

/* ---- activation ---------------------------------------------------------------------------------------------- */

/* One run of a body: what it may use, and what came of it. The caller owns it and keeps it until pg_run returned. */
typedef struct pg_call {
	uint64_t id;     /* unique in the process, not 0 */
	int64_t wall_ns; /* budget of elapsed time in ns; 0 is none */
	int64_t cpu_ns;  /* budget of the thread's CPU time in ns; 0 is none */

	bool exact_cpu;  /* count CPU time from the beginning, which costs a system call; see doc.go */

	/* Asks the VM to end itself at its next safe point with pg_trap_now(pg_pending()). Runs in a signal handler. */
	void (*interrupt)(void *vm);
	/* Notes where the VM is. Runs at a safe point of the VM, before the jump that a trap noted in host code causes. */
	void (*locate)(void *vm);
	void *vm;

	_Atomic bool canceled; /* set by pg_cancel; the caller clears it before the call is used again */

	pg_trap trap;     /* out: as returned by pg_run */
	int fault_signal; /* out: with PG_FAULT, the signal */
	int64_t wall_used; /* out: ns */
	int64_t cpu_used;  /* out: ns; the elapsed time if the run was shorter than PG_FIRST_LOOK_NS and not exact_cpu */
} pg_call;

/* The watchdog looks at an activation's CPU clock for the first time when it is this old. */
#define PG_FIRST_LOOK_NS 10000000
/* From the first interrupt to the jump out of a signal handler. */
#define PG_STAGE2_NS 2000000

/*
 * Runs body(arg) as an activation on this thread. Activations may nest: an inner one is run by host code of the outer one
 * and ends at the latest when the outer one's wall budget does.
 */
pg_trap pg_run(pg_call *call, void (*body)(void *arg), void *arg);

/* Ends the running activation of this thread. VM code only. */
_Noreturn void pg_trap_now(pg_trap trap);

/* The trap that was asked of the running activation and has not struck yet, or PG_NONE. */
pg_trap pg_pending(void);

/*
 * Brackets host code inside a body. pg_host_leave jumps if a trap was noted meanwhile; so call it after every host frame
 * that holds something is gone, and before the VM sees the host's answer.
 */
void pg_host_enter(void);
void pg_host_leave(void);

/* Bytes of C stack below the caller. Host code needs PG_HOST_STACK of them. */
size_t pg_stack_headroom(void);
#define PG_HOST_STACK (256 * 1024)

/* Ends the run of call with PG_CANCELED if it has not ended. From any thread; call must stay valid until it returns. */
void pg_cancel(pg_call *call);

/* How often the watchdog woke since the start. */
uint64_t pg_watchdog_wakeups(void);

#endif
