/*
 * Measures the C core alone, without Go: a guarded call that starts from the image, beside a new VM for each call, which is
 * what cls_lua does. Prints one line for each figure: name, value, unit.
 */
#define _GNU_SOURCE
#include "../slot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char source[] = "function noop(input, output) return 0 end objclass.register(noop, objclass.RD)";
static const char plain[] = "function noop(input, output) return 0 end";

static int version(uintptr_t ctx, uint64_t *v)
{
	*v = ctx;
	return 0;
}

static const lv_host host = {.current_version = version};

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void fail(const char *what, const lv_report *r)
{
	fprintf(stderr, "%s: outcome %d, trap %d: %.*s\n", what, r->outcome, r->trap, (int)r->message_size, r->message);
	exit(1);
}

static lv_slot *make(const char *text)
{
	pg_call call = {.id = 1};
	lv_slot *slot = lv_new(16 << 20, &host, 1);
	if (!slot)
		abort();
	const lv_report *r = lv_load(slot, &call, "=noop", text, strlen(text), false);
	if (r->outcome != LV_OK)
		fail("load", r);
	r = lv_seal(slot, &call);
	if (r->outcome != LV_OK)
		fail("seal", r);
	return slot;
}

static double guarded_call(lv_slot *slot, int n)
{
	lv_method method = {.number = 0, .flags = LV_RD, .output_max = 1 << 20};
	double start = now();
	for (int i = 0; i < n; i++) {
		pg_call call = {.id = (uint64_t)i + 2, .wall_ns = 1000000000, .cpu_ns = 1000000000};
		const lv_report *r = lv_run(slot, &call, &method);
		if (r->outcome != LV_OK)
			fail("run", r);
	}
	return (now() - start) / n * 1e9;
}

static double restore(lv_slot *slot, int n)
{
	double start = now();
	for (int i = 0; i < n; i++)
		lv_restore(slot);
	return (now() - start) / n * 1e9;
}

/* As cls_lua: a state, the libraries, the script, the call, and everything away. The libraries are the slot's. */
static double new_vm(int n)
{
	static lv_slot none;
	double start = now();
	for (int i = 0; i < n; i++) {
		lua_State *L = luaL_newstate();
		*(lv_slot **)lua_getextraspace(L) = &none;
		lv_open_sandbox(L, 1);
		if (luaL_dostring(L, plain) != LUA_OK)
			abort();
		lua_getglobal(L, "noop");
		lv_push_bufferlist(L, 0);
		lv_push_bufferlist(L, 0);
		if (lua_pcall(L, 2, 1, 0) != LUA_OK)
			abort();
		lua_close(L);
	}
	return (now() - start) / n * 1e9;
}

int main(void)
{
	int err = pg_init();
	if (err) {
		fprintf(stderr, "pg_init: %s\n", strerror(err));
		return 1;
	}
	lv_slot *slot = make(source);
	guarded_call(slot, 100000);
	double call = guarded_call(slot, 1000000);
	double fresh = new_vm(20000);
	printf("image %zu bytes\n", lv_image_size(slot));
	printf("restore-of-the-image %.0f ns\n", restore(slot, 1000000));
	printf("guarded-call-with-restore %.0f ns\n", call);
	printf("new-VM-for-each-call %.0f ns\n", fresh);
	printf("guarded-call-is-cheaper-by %.1f times\n", fresh / call);
	lv_free(slot);
	return 0;
}
