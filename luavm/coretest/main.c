/*
 * Tests the C core alone, without Go, so that it can be built with AddressSanitizer and UBSan. Prints what failed, and exits
 * with status 0 if nothing did.
 */
#define _GNU_SOURCE
#include "../../panicguard/coretest/check.h"
#include "../corehost/host.h"
#include "../slot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- the host's failures ---- */

static int host_remove(uintptr_t ctx)
{
	(void)ctx;
	return -ENOENT;
}

/* As a Go panic that was recovered. */
static int host_create(uintptr_t ctx, int exclusive)
{
	(void)ctx, (void)exclusive;
	return LV_HOST_FAILED;
}

/* Slow enough for a deadline to pass meanwhile. */
static int host_map_clear(uintptr_t ctx)
{
	(void)ctx;
	struct timespec left = {.tv_nsec = 60000000};
	while (nanosleep(&left, &left) != 0)
		;
	return 0;
}

static int hashed; /* chunks */

/* Too slow for more than one chunk in a call's time. */
static int host_hash(uintptr_t ctx, lv_hash *h, const void *data, size_t size)
{
	(void)h, (void)data;
	CHECK(size <= 65536, "a chunk of %zu bytes", size);
	hashed++;
	return host_map_clear(ctx);
}

static lv_host host; /* corehost, with the functions above */

/* ---- slots ---- */

static uint64_t ids;

static pg_call new_call(int64_t budget_ns)
{
	return (pg_call){.id = ++ids, .wall_ns = budget_ns, .cpu_ns = budget_ns};
}

static lv_slot *make(const char *source)
{
	lv_slot *slot = lv_new(4 << 20, &host, 1);
	pg_call call = new_call(0);
	const lv_report *r = lv_load(slot, &call, "=test", source, strlen(source), true);
	CHECK(r->outcome == LV_OK, "load: %.*s", (int)r->message_size, r->message);
	r = lv_seal(slot, &call);
	CHECK(r->outcome == LV_OK, "seal");
	CHECK(lv_is_pristine(slot), "after seal");
	return slot;
}

static const lv_report *run(lv_slot *slot, const char *handler, int64_t budget_ns)
{
	pg_call call = new_call(budget_ns);
	lv_method method = {
		.name = handler, .name_size = strlen(handler), .input = "in", .input_size = 2,
		.output_max = 1 << 20, .flags = LV_RD | LV_WR,
	};
	return lv_run(slot, &call, &method);
}

typedef struct attack {
	const char *source;
	lv_outcome outcome;
	pg_trap trap;
	const char *message; /* is in the report */
} attack;

static const attack attacks[] = {
	{"x = 1", LV_OK, PG_NONE, ""},
	{"error('boom')", LV_SCRIPT_ERROR, PG_NONE, "test:1: boom"},
	{"error()", LV_SCRIPT_ERROR, PG_NONE, "nil"},
	{"objclass.remove()", LV_OP_ERROR, PG_NONE, "the host says no"},
	{"pcall(objclass.remove)", LV_OK, PG_NONE, ""},
	{"while true do end", LV_TRAP, PG_DEADLINE, ""},
	{"while true do pcall(error) end", LV_TRAP, PG_DEADLINE, ""},
	{"string.rep('', 1 << 60)", LV_TRAP, PG_DEADLINE, ""},
	{"coroutine.wrap(function() while true do end end)()", LV_TRAP, PG_DEADLINE, ""},
	{"objclass.map_clear() pcall(error)", LV_TRAP, PG_DEADLINE, ""},
	{"local t = {} while true do t[#t + 1] = ('x'):rep(100000) .. #t end", LV_TRAP, PG_MEMORY, ""},
	{"pcall(objclass.create)", LV_TRAP, PG_HOST, ""},
	{"assert(objclass.read(0, 0):str() == ('0123456789'):rep(10000))", LV_OK, PG_NONE, ""},
	{"local s = '' for i = 1, 1000 do s = s .. i end local t = {} for i = 1, 5000 do t[i] = {i, tostring(i)} end", LV_OK,
	 PG_NONE, ""},
	{"local function f() return (('a'):gsub('a', f)) end f()", LV_SCRIPT_ERROR, PG_NONE, "C stack overflow"},
	{"local function f() return 1 + f() end f()", LV_TRAP, PG_MEMORY, ""},
};

static void test_attacks(void)
{
	for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
		const attack *a = &attacks[i];
		lv_slot *slot = make(a->source);
		for (int again = 0; again < 2; again++) {
			const lv_report *r = run(slot, "", a->trap == PG_DEADLINE ? 50000000 : 0);
			pg_trap trap = r->outcome == LV_TRAP ? r->trap : PG_NONE;
			CHECK(r->outcome == a->outcome && trap == a->trap, "%s: outcome %d, trap %d: %.*s", a->source,
			      r->outcome, r->trap, (int)r->message_size, r->message);
			CHECK(memmem(r->message, r->message_size, a->message, strlen(a->message)), "%s: %.*s", a->source,
			      (int)r->message_size, r->message);
			if (r->trap == PG_HOST || r->trap == PG_FAULT)
				break;
			CHECK(lv_is_pristine(slot), "%s", a->source);
		}
		lv_free(slot);
	}
}

/* A long hash ends with its call's time, not with its bytes. */
static void test_hash(void)
{
	lv_slot *slot = make("hash.sha256(('x'):rep(1 << 20))");
	hashed = 0;
	const lv_report *r = run(slot, "", 50000000);
	CHECK(r->outcome == LV_TRAP && r->trap == PG_DEADLINE, "outcome %d, trap %d", r->outcome, r->trap);
	CHECK(hashed == 1, "%d chunks were hashed", hashed);
	CHECK(lv_is_pristine(slot), "after a hash that was ended");
	lv_free(slot);
}

static void test_output(void)
{
	lv_slot *slot = make("function echo(i, o) o:append(i) o:append(('x'):rep(5000)) return 3 end objclass.register(echo)");
	const lv_report *r = run(slot, "echo", 0);
	CHECK(r->outcome == LV_OK && r->ret == 3, "outcome %d", r->outcome);
	CHECK(r->unrestored && r->output_size == 5002 && memcmp(r->output, "inxxx", 5) == 0, "output");
	lv_restore(slot);
	CHECK(lv_is_pristine(slot), "after a large output");
	lv_free(slot);
}

/* An error outside of every lua_pcall meets on_panic. */
static void raise_unprotected(void *arg)
{
	lv_slot *slot = arg;
	lua_pushliteral(slot->main, "unprotected");
	lua_error(slot->main);
}

static void test_unprotected_error(void)
{
	lv_slot *slot = make("");
	pg_call call = new_call(0);
	slot->running = slot->main;
	CHECK(pg_run(&call, raise_unprotected, slot) == PG_PANIC, "trap %d", call.trap);
	CHECK(memcmp(slot->report.message, "unprotected", slot->report.message_size) == 0, "message");
	lv_restore(slot);
	CHECK(run(slot, "", 0)->outcome == LV_OK, "the next run");
	lv_free(slot);
}

/* An arena that has no room for the libraries: whatever allocation fails, the load ends in an error. */
static void test_small_arenas(void)
{
	for (size_t size = 16 << 10; size <= 64 << 10; size += 4 << 10) {
		lv_slot *slot = lv_new(size, &host, 1);
		pg_call call = new_call(0);
		const lv_report *r = lv_load(slot, &call, "=test", "x = 1", 5, false);
		CHECK(r->outcome == LV_OK || (r->outcome == LV_TRAP && r->trap == PG_MEMORY),
		      "%zu bytes: outcome %d, trap %d", size, r->outcome, r->trap);
		lv_free(slot);
	}
}

int main(void)
{
	host = corehost;
	host.remove = host_remove;
	host.create = host_create;
	host.map_clear = host_map_clear;
	host.hash = host_hash;
	int err = pg_init();
	CHECK(err == 0, "pg_init: %s", strerror(err));
	test_attacks();
	test_hash();
	test_output();
	test_unprotected_error();
	test_small_arenas();
	if (failures == 0)
		printf("%zu attacks, and the rest: all as they must\n", sizeof attacks / sizeof *attacks);
	return failures != 0;
}
