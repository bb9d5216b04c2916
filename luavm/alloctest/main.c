/*
 * Fails allocations of the C core, one after the other, as testes/memerr.lua of Lua's own tests does: the first, then the
 * second, and so on, until what was tried succeeds without a failure. After each failure the outcome must be one that the
 * contract knows, the VM its image again, and the next run right. Then runs programs that have an emergency collection at each
 * allocation. Prints how many allocations failed, and what went wrong; exits with status 0 if nothing did.
 *
 * The linker (--wrap) puts the functions below in front of the arena's, so that the core itself knows of none of this.
 */
#define _GNU_SOURCE
#include "../../panicguard/coretest/check.h"
#include "../corehost/host.h"
#include "../slot.h"
#include "cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the arena that fails ---- */

static enum {
	FAIL_NONE,
	FAIL_ONCE,    /* the allocation of number fail_at: Lua collects, and tries again */
	FAIL_FROM,    /* that and all later ones */
	FAIL_EACH     /* each one once, so that each is preceded by a collection; freed memory is poisoned and not used again */
} fail_mode;
static long fail_at, allocations;
static bool failed;

/* In FAIL_EACH, the request that failed last: Lua's second try is the same again. */
static struct request {
	void *p;
	size_t from, to;
} last;

#define POISON 0xdb

bool __real_pg_arena_exhausted(const pg_arena *arena);
bool __wrap_pg_arena_exhausted(const pg_arena *arena);
void *__real_pg_arena_realloc(pg_arena *arena, void *p, size_t from, size_t to);
void *__wrap_pg_arena_realloc(pg_arena *arena, void *p, size_t from, size_t to);

bool __wrap_pg_arena_exhausted(const pg_arena *arena)
{
	return failed || __real_pg_arena_exhausted(arena);
}

/* Shrinking must not fail. */
static bool shall_fail(void *p, size_t from, size_t to)
{
	if (fail_mode == FAIL_NONE || to <= from)
		return false;
	allocations++;
	if (fail_mode == FAIL_EACH) {
		bool again = last.to == to && last.from == from && last.p == p;
		last = again ? (struct request){0} : (struct request){p, from, to};
		return !again;
	}
	return fail_mode == FAIL_ONCE ? allocations == fail_at : allocations >= fail_at;
}

/* Moves each block that changes its size, and makes what was freed unusable. */
static void *realloc_poisoned(pg_arena *arena, void *p, size_t from, size_t to)
{
	void *q = NULL;
	if (to > 0) {
		q = __real_pg_arena_realloc(arena, NULL, 0, to);
		if (!q)
			return NULL;
		memcpy(q, p, from < to ? from : to);
	}
	memset(p, POISON, from);
	return q;
}

void *__wrap_pg_arena_realloc(pg_arena *arena, void *p, size_t from, size_t to)
{
	if (shall_fail(p, from, to)) {
		failed = true;
		return NULL;
	}
	if (fail_mode == FAIL_EACH && p)
		return realloc_poisoned(arena, p, from, to);
	return __real_pg_arena_realloc(arena, p, from, to);
}

static void begin(int mode, long k)
{
	fail_mode = mode;
	fail_at = k;
	allocations = 0;
	failed = false;
	last = (struct request){0};
}

/* Returns whether an allocation failed since begin. */
static bool end(void)
{
	fail_mode = FAIL_NONE;
	bool f = failed;
	failed = false;
	return f;
}

/* ---- slots ---- */

/* lv_is_pristine looks at every byte, so most arenas are small. In FAIL_EACH no memory is used twice. */
#define ARENA ((size_t)1 << 20)
#define LARGE_ARENA ((size_t)16 << 20)

static uint64_t ids;

static const lv_report *load(lv_slot *slot, const char *source, bool script)
{
	pg_call call = {.id = ++ids};
	const lv_module modules[2] = {
		{"=1", module_sources[0], strlen(module_sources[0])},
		{"=2", module_sources[1], strlen(module_sources[1])},
	};
	if (!script)
		lv_set_modules(slot, modules, 2);
	return lv_load(slot, &call, "=test", source, strlen(source), script);
}

static const lv_report *seal(lv_slot *slot)
{
	pg_call call = {.id = ++ids};
	return lv_seal(slot, &call);
}

static lv_slot *make(const char *name, const char *source, bool script, size_t arena)
{
	lv_slot *slot = lv_new(arena, &corehost, 1);
	const lv_report *r = load(slot, source, script);
	CHECK(r->outcome == LV_OK, "%s: %.*s", name, (int)r->message_size, r->message);
	r = seal(slot);
	CHECK(r->outcome == LV_OK, "%s: seal: %.*s", name, (int)r->message_size, r->message);
	return slot;
}

static const lv_report *run(lv_slot *slot, const char *handler, int number)
{
	pg_call call = {.id = ++ids};
	lv_method method = {
		.number = number, .name = handler, .name_size = strlen(handler), .input = "in", .input_size = 2,
		.output_max = 1 << 20, .flags = LV_RD | LV_WR, .now_ns = 1,
	};
	return lv_run(slot, &call, &method);
}

/* ---- what may come of a failure ---- */

static bool says(const lv_report *r, const char *text)
{
	return memmem(r->message, r->message_size, text, strlen(text)) != NULL;
}

/*
 * The run that could not have an allocation did without (Lua collected, or the script caught the error), or ended as the trap
 * memory, or as the error that a library makes of it: some say that the stack is full, when it could not grow.
 */
static bool is_clean(const lv_report *r)
{
	switch (r->outcome) {
	case LV_OK:
		return true;
	case LV_TRAP:
		return r->trap == PG_MEMORY;
	case LV_SCRIPT_ERROR:
		return says(r, "stack overflow") || says(r, "too many results") ||
		       says(r, "too many arguments") || says(r, "string slice too long");
	default:
		return false;
	}
}

static void check_clean(const lv_report *r, const char *name, int mode, long k)
{
	CHECK(is_clean(r), "%s, mode %d, allocation %ld: outcome %d, trap %d, signal %d: %.*s", name, mode, k, r->outcome, r->trap,
	      r->fault_signal, (int)r->message_size, r->message);
}

/* ---- stages ---- */

/* How many allocations failed while: the state was made, the rest was built, the image was taken, a method ran. */
static long in_new, in_load, in_seal, in_run;

/* These return whether there was an allocation of number k to fail. */

static bool fail_load(const char *name, const char *source, bool script, int mode, long k)
{
	lv_slot *slot = lv_new(ARENA, &corehost, 1);
	begin(mode, k);
	const lv_report *r = load(slot, source, script);
	bool f = end();
	check_clean(r, name, mode, k);
	if (f && lv_state(slot))
		in_load++;
	else if (f)
		in_new++;
	else
		CHECK(r->outcome == LV_OK, "%s: %.*s", name, (int)r->message_size, r->message);
	lv_free(slot);
	return f;
}

static bool fail_seal(const char *name, const char *source, bool script, int mode, long k)
{
	lv_slot *slot = lv_new(ARENA, &corehost, 1);
	const lv_report *r = load(slot, source, script);
	CHECK(r->outcome == LV_OK, "%s: %.*s", name, (int)r->message_size, r->message);
	begin(mode, k);
	r = seal(slot);
	bool f = end();
	check_clean(r, name, mode, k);
	if (r->outcome == LV_OK)
		CHECK(lv_is_pristine(slot), "%s, mode %d, allocation %ld", name, mode, k);
	in_seal += f;
	lv_free(slot);
	return f;
}

/* What a run without a failure comes to. */
typedef struct result {
	lv_outcome outcome;
	int error_number;
	int64_t ret;
	size_t size;
	uint64_t sum; /* of the output */
} result;

static result result_of(lv_slot *slot, const lv_report *r)
{
	result got = {r->outcome, r->error_number, r->ret, r->output_size, 0};
	for (size_t i = 0; i < r->output_size; i++)
		got.sum = got.sum * 31 + ((const unsigned char *)r->output)[i];
	if (r->unrestored)
		lv_restore(slot);
	return got;
}

static bool same(const result *a, const result *b)
{
	return a->outcome == b->outcome && a->error_number == b->error_number && a->ret == b->ret && a->size == b->size &&
	       a->sum == b->sum;
}

static bool fail_run(lv_slot *slot, const program *p, int number, const result *want, int mode, long k)
{
	begin(mode, k);
	const lv_report *r = run(slot, p->handler, number);
	bool f = end();
	bool usable = r->trap != PG_FAULT && r->trap != PG_HOST;
	if (r->outcome != want->outcome || r->error_number != want->error_number)
		check_clean(r, p->name, mode, k);
	result got = result_of(slot, r);
	CHECK(f || same(&got, want), "%s", p->name);
	if (!usable)
		return false;
	CHECK(lv_is_pristine(slot), "%s, mode %d, allocation %ld", p->name, mode, k);
	r = run(slot, p->handler, number);
	got = result_of(slot, r);
	CHECK(same(&got, want), "%s, after mode %d, allocation %ld: outcome %d: %.*s", p->name, mode, k, r->outcome,
	      (int)r->message_size, r->message);
	in_run += f;
	return f;
}

static void fail_runs(lv_slot *slot, const program *p, int number)
{
	const lv_report *r = run(slot, p->handler, number);
	CHECK(r->outcome == p->outcome, "%s: outcome %d: %.*s", p->name, r->outcome, (int)r->message_size, r->message);
	result want = result_of(slot, r);
	for (int mode = FAIL_ONCE; mode <= FAIL_FROM; mode++)
		for (long k = 1; fail_run(slot, p, number, &want, mode, k); k++)
			;
}

static char *with_prelude(const char *source)
{
	char *text;
	if (asprintf(&text, "%s%s", prelude, source) < 0)
		abort();
	return text;
}

static void fail_builds(const char *name, const char *source, bool script)
{
	for (int mode = FAIL_ONCE; mode <= FAIL_FROM; mode++) {
		for (long k = 1; fail_load(name, source, script, mode, k); k++)
			;
		for (long k = 1; fail_seal(name, source, script, mode, k); k++)
			;
	}
}

static void test_class(void)
{
	static const program methods[] = {{"first method", "", "", LV_OK}, {"second method", "", "", LV_OK}};
	fail_builds("class", class_source, false);
	lv_slot *slot = make("class", class_source, false, ARENA);
	for (int i = 0; i < 2; i++)
		fail_runs(slot, &methods[i], i);
	lv_free(slot);
}

static void test_calls(void)
{
	for (int i = 0; i < call_count; i++) {
		char *source = with_prelude(calls[i].source);
		if (i == 0)
			fail_builds("script", source, true);
		lv_slot *slot = make(calls[i].name, source, true, ARENA);
		fail_runs(slot, &calls[i], 0);
		lv_free(slot);
		free(source);
	}
}

/* ---- emergency collections ---- */

/* Lua collects and tries again; but for the large buffers of the C library, which end as the trap memory. */
static void collect_each(const program *p, bool buffers)
{
	char *source = with_prelude(p->source);
	lv_slot *slot = make(p->name, source, true, LARGE_ARENA);
	for (int again = 0; again < 2; again++) {
		begin(FAIL_EACH, 0);
		const lv_report *r = run(slot, p->handler, 0);
		end();
		CHECK(r->outcome == p->outcome || (buffers && is_clean(r)), "%s: outcome %d, trap %d, signal %d: %.*s", p->name,
		      r->outcome, r->trap, r->fault_signal, (int)r->message_size, r->message);
		if (r->trap == PG_FAULT || r->trap == PG_HOST)
			break;
		result_of(slot, r);
		CHECK(lv_is_pristine(slot), "%s", p->name);
	}
	lv_free(slot);
	free(source);
}

static long collections_made;

static void test_collections(void)
{
	for (int i = 0; i < collection_count; i++) {
		collect_each(&collections[i], false);
		collections_made += allocations / 2;
	}
	for (int i = 0; i < call_count; i++) {
		collect_each(&calls[i], true);
		collections_made += allocations / 2;
	}
}

int main(void)
{
	int err = pg_init();
	CHECK(err == 0, "pg_init: %s", strerror(err));
	test_class();
	test_calls();
	test_collections();
	printf("allocations that failed: %ld of a state, %ld of a load, %ld of an image, %ld of runs\n", in_new, in_load, in_seal,
	       in_run);
	printf("emergency collections: %ld\n", collections_made);
	if (failures > 0)
		printf("%d failures\n", failures);
	return failures != 0;
}
