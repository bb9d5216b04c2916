/*
 * Calls that succeed: a guarded call that starts from the image, beside a new VM for each call, which is what cls_lua does;
 * how both grow with the image; and a host call.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#define SECOND 1000000000

#define NOOP "function noop(input, output) return 0 end objclass.register(noop, objclass.RD)"
static const char plain[] = "function noop(input, output) return 0 end";

static double guarded_call(lv_slot *slot, int n)
{
	int64_t start = now_ns();
	for (int i = 0; i < n; i++)
		run(slot, SECOND, LV_OK);
	return (double)(now_ns() - start) / n;
}

static double restore(lv_slot *slot, int n)
{
	int64_t start = now_ns();
	for (int i = 0; i < n; i++)
		lv_restore(slot);
	return (double)(now_ns() - start) / n;
}

/* As cls_lua: a state, the libraries, the script, the call, and everything away. The libraries are the slot's. */
static double new_vm(int n)
{
	static lv_slot none;
	int64_t start = now_ns();
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
	return (double)(now_ns() - start) / n;
}

static double least(double a, double b)
{
	return a < b ? a : b;
}

void measure_calls(void)
{
	lv_slot *slot = make(NOOP);
	guarded_call(slot, 100000);
	/* The best of five of each, in turn: what else the machine does can only add. */
	double call = 1e12, fresh = 1e12, back = 1e12;
	for (int i = 0; i < 5; i++) {
		call = least(call, guarded_call(slot, 200000));
		fresh = least(fresh, new_vm(4000));
		back = least(back, restore(slot, 200000));
	}
	print("image of the base libraries", (double)lv_image_size(slot), "bytes", NULL);
	print("restore of the image", back, "ns", NULL);
	print("guarded call with restore", call, "ns", "<= 1000 ns");
	print("new VM for each call", fresh, "ns", NULL);
	print("guarded call is cheaper by", fresh / call, "times", ">= 50");
	lv_free(slot);

	slot = make("function f() for i = 1, 1000 do objclass.stat() end end objclass.register(f, objclass.RD)");
	double calls = 1e12;
	for (int i = 0; i < 5; i++)
		calls = least(calls, guarded_call(slot, 2000));
	print("host call to C (objclass.stat in a loop)", (calls - call) / 1000, "ns", NULL);
	lv_free(slot);
}

/* A class with a table of so many strings of 99 bytes. */
static lv_slot *make_large(int strings)
{
	char source[512];
	snprintf(source, sizeof source, "local t = {} for i = 1, %d do t[i] = ('%%099d'):format(i) end "
		 "function f() return #t end objclass.register(f, objclass.RD)", strings);
	return make(source);
}

void measure_images(void)
{
	static const int sizes[] = {20, 50, 100, 200, 500, 1000, 2000}; /* kB */
	const int base = 22000, each = 144;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		int wanted = sizes[i] * 1000 - base;
		lv_slot *slot = make_large(wanted > 0 ? wanted / each : 0);
		int n = 20000000 / sizes[i] / 100;
		double call = 1e12, back = 1e12;
		for (int k = 0; k < 3; k++) {
			call = least(call, guarded_call(slot, n));
			back = least(back, restore(slot, n));
		}
		char name[80];
		snprintf(name, sizeof name, "image of %zu kB: restore", lv_image_size(slot) / 1000);
		print(name, back, "ns", NULL);
		snprintf(name, sizeof name, "image of %zu kB: guarded call", lv_image_size(slot) / 1000);
		print(name, call, "ns", NULL);
		lv_free(slot);
	}
}
