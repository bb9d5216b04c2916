/*
 * The arena: an address range with an allocator in it, an image of its first state, and the way back to that.
 *
 * Layout: [guard][heap header, blocks ... | not yet used][guard][scratch bitmap][guard]. The heap header is the allocator's
 * entire state and lies at the arena's begin, so that the image holds it too: restoring the bytes restores the allocator.
 *
 * The allocator. Its user tells the size of what it frees, so blocks have no headers. Sizes are multiples of 16 bytes.
 * Free blocks wait in lists: one for each size up to SMALL_MAX, and two for each power of two above. An allocation takes, in
 * this order: a block of its size; a piece of a larger free block; fresh memory from the bump pointer; and, if there is none,
 * whatever a sweep brings together. The sweep marks all free blocks in the scratch bitmap and makes lists of
 * the runs that it finds, so memory that was freed in one size serves every other, and an allocation is refused only if no
 * run of free bytes is long enough.
 */
#define _GNU_SOURCE
#include "panicguard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GRAIN 16
#define SMALL_MAX 1024
#define SMALL_LISTS (SMALL_MAX / GRAIN)
#define LARGE_LISTS 40

/* Of the memory above the image, restore clears this much by writing zeros and gives the rest back to the kernel. */
#define KEEP_DIRTY (256 * 1024)

/* Growing the arena by less than this is preferred to a sweep. */
#define SWEEP_MIN (64 * 1024)

/* How many blocks of one large list an allocation looks at before it takes from a larger one. */
#define LARGE_PROBES 8

typedef struct block {
	struct block *next;
	size_t size;
} block;

typedef struct heap {
	char *bump;        /* first byte never handed out, or handed back */
	char *top;         /* highest value that bump had */
	size_t live;       /* bytes allocated */
	size_t peak;       /* highest value that live had */
	size_t unswept;    /* bytes freed since the last sweep */
	bool touching;     /* free blocks may lie side by side, or just below bump, so a sweep may make longer ones */
	bool exhausted;    /* an allocation was refused */
	uint64_t small_map; /* bit i: small[i] is not empty */
	uint64_t large_map;
	block *small[SMALL_LISTS]; /* blocks of (i + 1) * GRAIN bytes */
	block *large[LARGE_LISTS];
} heap;

struct pg_arena {
	char *mapping;
	size_t mapping_size;
	char *base; /* of the heap header */
	char *end;
	size_t limit; /* of live bytes; VM code only reads it */
	uint64_t *scratch; /* one bit for each grain; undefined content between sweeps */
	size_t scratch_size;
	char *image; /* a mapping of its own, which can be read only */
	size_t image_size;
};

static heap *heap_of(const pg_arena *a)
{
	return (heap *)a->base;
}

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) & ~(to - 1);
}

pg_arena *pg_arena_new(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	if (size > SIZE_MAX / 4) {
		errno = ENOMEM;
		return NULL;
	}
	size = round_up(size < 4 * page ? 4 * page : size, page);
	size_t scratch_size = round_up(size / GRAIN / 8, page);

	pg_arena *a = calloc(1, sizeof *a);
	if (!a)
		return NULL;
	a->mapping_size = page + size + page + scratch_size + page;
	a->mapping = mmap(NULL, a->mapping_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (a->mapping == MAP_FAILED)
		goto fail;
	a->base = a->mapping + page;
	a->end = a->base + size;
	a->limit = size;
	a->scratch = (uint64_t *)(a->end + page);
	a->scratch_size = scratch_size;
	if (mprotect(a->base, size, PROT_READ | PROT_WRITE) != 0 ||
	    mprotect(a->scratch, scratch_size, PROT_READ | PROT_WRITE) != 0)
		goto fail;
	/* A huge page would cost each slot 2 MiB for an image of 30 KiB. Without the advice it works as well. */
	(void)madvise(a->base, size, MADV_NOHUGEPAGE);

	heap *h = heap_of(a);
	h->bump = h->top = a->base + round_up(sizeof *h, GRAIN);
	return a;

fail:;
	int err = errno;
	if (a->mapping != MAP_FAILED)
		munmap(a->mapping, a->mapping_size);
	free(a);
	errno = err;
	return NULL;
}

void pg_arena_free(pg_arena *a)
{
	if (!a)
		return;
	munmap(a->mapping, a->mapping_size);
	if (a->image)
		munmap(a->image, a->image_size);
	free(a);
}

/* Raises SIGILL, a fault, everywhere: the compiler's trap is SIGTRAP on arm64. */
static _Noreturn void broken(void)
{
#if defined(__aarch64__)
	__asm__ volatile("udf #0");
#endif
	__builtin_trap();
}

/* ---- free lists ---- */

static unsigned small_index(size_t size)
{
	return (unsigned)(size / GRAIN - 1);
}

/* Two lists for each power of two above SMALL_MAX: sizes in one list differ by less than one half. */
static unsigned large_index(size_t size)
{
	unsigned log = 63u - (unsigned)__builtin_clzll(size);
	unsigned half = (unsigned)(size >> (log - 1)) & 1;
	unsigned i = (log - 10) * 2 + half;
	return i < LARGE_LISTS ? i : LARGE_LISTS - 1;
}

static void push_free(heap *h, char *p, size_t size)
{
	block *b = (block *)p;
	b->size = size;
	if (size <= SMALL_MAX) {
		unsigned i = small_index(size);
		b->next = h->small[i];
		h->small[i] = b;
		h->small_map |= 1ull << i;
	} else {
		unsigned i = large_index(size);
		b->next = h->large[i];
		h->large[i] = b;
		h->large_map |= 1ull << i;
	}
}

static char *pop_small(heap *h, unsigned i)
{
	block *b = h->small[i];
	h->small[i] = b->next;
	if (!b->next)
		h->small_map &= ~(1ull << i);
	return (char *)b;
}

/* Takes the first block of large list i that holds size bytes, looking at no more than probes blocks. */
static block *pop_large(heap *h, unsigned i, size_t size, size_t probes)
{
	for (block **link = &h->large[i]; *link && probes > 0; link = &(*link)->next, probes--) {
		block *b = *link;
		if (b->size < size)
			continue;
		*link = b->next;
		if (!h->large[i])
			h->large_map &= ~(1ull << i);
		return b;
	}
	return NULL;
}

static uint64_t bits_above(uint64_t map, unsigned i)
{
	return i >= 63 ? 0 : map & (~0ull << (i + 1));
}

/* Takes size bytes from a free block, and puts what is left of it back. */
static char *take_free(heap *h, size_t size, size_t probes)
{
	block *b = NULL;
	if (size <= SMALL_MAX) {
		unsigned i = small_index(size);
		if (h->small[i])
			return pop_small(h, i);
		uint64_t larger = bits_above(h->small_map, i);
		if (larger) {
			i = (unsigned)__builtin_ctzll(larger);
			b = (block *)pop_small(h, i);
			b->size = (size_t)(i + 1) * GRAIN;
		} else if (h->large_map) {
			b = pop_large(h, (unsigned)__builtin_ctzll(h->large_map), size, 1);
		}
	} else {
		unsigned i = large_index(size);
		b = pop_large(h, i, size, probes);
		uint64_t larger = bits_above(h->large_map, i);
		if (!b && larger)
			b = pop_large(h, (unsigned)__builtin_ctzll(larger), size, probes);
	}
	if (!b)
		return NULL;
	if (b->size > size)
		push_free(h, (char *)b + size, b->size - size);
	return (char *)b;
}

/* ---- sweep ---- */

static void mark(uint64_t *bits, size_t from, size_t to)
{
	while (from < to && from % 64)
		bits[from / 64] |= 1ull << (from % 64), from++;
	for (; from + 64 <= to; from += 64)
		bits[from / 64] = ~0ull;
	for (; from < to; from++)
		bits[from / 64] |= 1ull << (from % 64);
}

/*
 * Marks the blocks of a list, whose sizes are given, or else their own. A free block is memory that a broken VM may have
 * written to, and the bitmap lies outside of the arena: what does not lie within the heap is a fault.
 */
static void mark_list(const pg_arena *a, const block *b, size_t size)
{
	const char *bump = heap_of(a)->bump;
	for (; b; b = b->next) {
		const char *p = (const char *)b;
		size_t n = size ? size : b->size;
		if (p < a->base || p >= bump || n > (size_t)(bump - p))
			broken();
		size_t first = (size_t)(p - a->base) / GRAIN;
		mark(a->scratch, first, first + n / GRAIN);
	}
}

static bool marked(const uint64_t *bits, size_t i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

/* Makes free blocks of the runs of marked grains below limit, from the highest to the lowest, so that lists begin low. */
static void relist(pg_arena *a, size_t limit)
{
	heap *h = heap_of(a);
	size_t i = limit;
	while (i > 0) {
		if (i % 64 == 0 && a->scratch[i / 64 - 1] == 0) {
			i -= 64;
			continue;
		}
		if (!marked(a->scratch, i - 1)) {
			i--;
			continue;
		}
		size_t end = i;
		while (i > 0 && marked(a->scratch, i - 1))
			i = i % 64 == 0 && a->scratch[i / 64 - 1] == ~0ull ? i - 64 : i - 1;
		char *p = a->base + i * GRAIN;
		size_t size = (end - i) * GRAIN;
		if (p + size == h->bump)
			h->bump = p;
		else
			push_free(h, p, size);
	}
}

static void sweep(pg_arena *a)
{
	heap *h = heap_of(a);
	if (h->bump < a->base || h->bump > a->end)
		broken();
	size_t grains = (size_t)(h->bump - a->base) / GRAIN;
	memset(a->scratch, 0, (grains + 63) / 64 * sizeof *a->scratch);
	for (unsigned i = 0; i < SMALL_LISTS; i++)
		mark_list(a, h->small[i], (size_t)(i + 1) * GRAIN);
	for (unsigned i = 0; i < LARGE_LISTS; i++)
		mark_list(a, h->large[i], 0);
	memset(h->small, 0, sizeof h->small);
	memset(h->large, 0, sizeof h->large);
	h->small_map = h->large_map = 0;
	h->unswept = 0;
	h->touching = false;
	relist(a, grains);
}

/* ---- allocation ---- */

static char *take_fresh(pg_arena *a, size_t size)
{
	heap *h = heap_of(a);
	if ((size_t)(a->end - h->bump) < size)
		return NULL;
	char *p = h->bump;
	h->bump += size;
	if (h->bump > h->top)
		h->top = h->bump;
	return p;
}

static char *take(pg_arena *a, size_t size)
{
	heap *h = heap_of(a);
	char *p = take_free(h, size, LARGE_PROBES);
	if (p)
		return p;
	/* As much was freed as is in use: bringing it together is cheaper than dirtying as much again. */
	if (h->unswept >= SWEEP_MIN && h->unswept >= h->live) {
		sweep(a);
		p = take_free(h, size, LARGE_PROBES);
		if (p)
			return p;
	}
	p = take_fresh(a, size);
	if (p)
		return p;
	if (h->touching)
		sweep(a);
	p = take_free(h, size, SIZE_MAX);
	return p ? p : take_fresh(a, size);
}

/* Whether so many more bytes are within the limit. */
static bool allowed(const pg_arena *a, size_t more)
{
	size_t live = heap_of(a)->live;
	return live <= a->limit && more <= a->limit - live;
}

static void count(heap *h, size_t more)
{
	h->live += more;
	if (h->live > h->peak)
		h->peak = h->live;
}

static void *alloc(pg_arena *a, size_t size)
{
	heap *h = heap_of(a);
	char *p = allowed(a, size) ? take(a, size) : NULL;
	if (p)
		count(h, size);
	else
		h->exhausted = true;
	return p;
}

static void release(pg_arena *a, char *p, size_t size)
{
	heap *h = heap_of(a);
	h->live -= size;
	h->touching |= (h->small_map | h->large_map) != 0;
	if (p + size == h->bump) {
		h->bump = p;
		return;
	}
	h->unswept += size;
	push_free(h, p, size);
}

/* Grows the topmost block where it is. */
static bool extend(pg_arena *a, char *p, size_t from, size_t to)
{
	heap *h = heap_of(a);
	if (p + from != h->bump || !allowed(a, to - from) || !take_fresh(a, to - from))
		return false;
	count(h, to - from);
	return true;
}

void pg_arena_limit(pg_arena *a, size_t limit)
{
	size_t whole = (size_t)(a->end - a->base);
	a->limit = limit > 0 && limit < whole ? limit : whole;
}

void *pg_arena_realloc(pg_arena *a, void *p, size_t from, size_t to)
{
	if (to > SIZE_MAX - GRAIN) {
		heap_of(a)->exhausted = true;
		return NULL;
	}
	to = round_up(to, GRAIN);
	if (!p)
		return to ? alloc(a, to) : NULL;
	from = round_up(from, GRAIN);
	if (to == from)
		return p;
	if (to < from) {
		release(a, (char *)p + to, from - to);
		return to ? p : NULL;
	}
	if (extend(a, p, from, to))
		return p;
	void *q = alloc(a, to);
	if (q) {
		memcpy(q, p, from);
		release(a, p, from);
	}
	return q;
}

/* ---- image ---- */

int pg_arena_seal(pg_arena *a)
{
	heap *h = heap_of(a);
	sweep(a); /* what the image's making freed lies together, and above the image there is no garbage */
	size_t size = (size_t)(h->bump - a->base);
	/* Not from the heap: there a freed image of another size may leave a hole that nothing fills. */
	char *image = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (image == MAP_FAILED)
		return ENOMEM;
	/* From here on the heap's history is that of the call. */
	memset(h->bump, 0, (size_t)(h->top - h->bump));
	h->top = h->bump;
	h->peak = h->live;
	h->exhausted = false;
	memcpy(image, a->base, size);
	/* A VM that writes where it should not must not change what every later run starts from. */
	if (mprotect(image, size, PROT_READ) != 0) {
		munmap(image, size);
		return ENOMEM;
	}
	a->image = image;
	a->image_size = size;
	return 0;
}

/* Gives the pages that begin in [from, to) back to the kernel; they read as zeros then. Returns whether it did. */
static bool give_back(char *from, char *to)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	from = (char *)round_up((uintptr_t)from, page);
	to = (char *)round_up((uintptr_t)to, page);
	return from < to && madvise(from, (size_t)(to - from), MADV_DONTNEED) == 0;
}

/* How much of the scratch bitmap a sweep of so much of the arena writes. */
static size_t scratch_for(const pg_arena *a, size_t swept)
{
	size_t size = round_up(swept / GRAIN, 64) / 8;
	return size < a->scratch_size ? size : a->scratch_size;
}

void pg_arena_restore(pg_arena *a)
{
	char *dirty = a->base + a->image_size;
	size_t n = (size_t)(heap_of(a)->top - dirty);
	if (n > (size_t)(a->end - dirty))
		n = (size_t)(a->end - dirty); /* a broken VM has written over it */
	if (n > KEEP_DIRTY) {
		char *end = dirty + n;
		size_t page = (size_t)sysconf(_SC_PAGESIZE);
		char *give = (char *)round_up((uintptr_t)dirty + KEEP_DIRTY, page);
		if (give_back(give, end))
			n = (size_t)(give - dirty);
		/* Sweeps may have written as much of the bitmap as belongs to that. */
		char *scratch = (char *)a->scratch;
		give_back(scratch + scratch_for(a, a->image_size + KEEP_DIRTY), scratch + scratch_for(a, (size_t)(end - a->base)));
	}
	memset(dirty, 0, n);
	memcpy(a->base, a->image, a->image_size);
}

bool pg_arena_is_pristine(const pg_arena *a)
{
	const char *above = a->base + a->image_size;
	size_t n = (size_t)(a->end - above);
	/* All are zero if the first one is and each equals its neighbour. */
	return memcmp(a->base, a->image, a->image_size) == 0 && (n == 0 || (*above == 0 && memcmp(above, above + 1, n - 1) == 0));
}

bool pg_arena_exhausted(const pg_arena *a) { return heap_of(a)->exhausted; }
size_t pg_arena_peak(const pg_arena *a) { return heap_of(a)->peak; }
size_t pg_arena_live(const pg_arena *a) { return heap_of(a)->live; }

size_t pg_arena_offset(const pg_arena *a, const void *p)
{
	const char *c = p;
	return c > a->base && c < a->end ? (size_t)(c - a->base) : 0;
}

size_t pg_arena_image_size(const pg_arena *a) { return a->image_size; }

size_t pg_arena_idle_size(const pg_arena *a)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t kept = a->image_size + KEEP_DIRTY;
	size_t whole = (size_t)(a->end - a->base);
	if (kept > whole)
		kept = whole;
	return round_up(a->image_size, page) + round_up(kept, page) + round_up(scratch_for(a, kept), page);
}
