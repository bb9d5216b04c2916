/*
 * Functions that no script can have: each ends its run as only a broken interpreter would. The linker puts
 * lv_open_sandbox of this file around the product's (--wrap), so a VM of a test binary that armed the rig has them in
 * the table crash, and no other.
 */
#define _GNU_SOURCE
#include "crash.h"

#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>

#include "panicguard.h"

void __real_lv_open_sandbox(lua_State *L, uint64_t secret);
void __wrap_lv_open_sandbox(lua_State *L, uint64_t secret);

static _Atomic bool armed;
static char *volatile nowhere;
static char *volatile behind_file;
static volatile int zero;

static int segv(lua_State *L)
{
	(void)L;
	*nowhere = 1;
	return 0;
}

static int bus(lua_State *L)
{
	lua_pushinteger(L, *behind_file);
	return 1;
}

static int fpe(lua_State *L)
{
	lua_pushinteger(L, 7 / zero);
	return 1;
}

static int ill(lua_State *L)
{
	(void)L;
	__builtin_trap();
}

static int aborts(lua_State *L)
{
	(void)L;
	abort();
}

static int recurse(int depth)
{
	volatile char frame[4096];
	frame[depth & 4095] = (char)depth;
	return depth == INT_MAX ? 0 : recurse(depth + 1) + frame[0];
}

static int overflow(lua_State *L)
{
	lua_pushinteger(L, recurse(0));
	return 1;
}

/* Calls its argument where host code has too little room on the C stack. */
static int deep(lua_State *L)
{
	volatile char frame[16 * 1024];
	frame[0] = 0;
	if (pg_stack_headroom() > PG_HOST_STACK / 2)
		return deep(L) + frame[0];
	lua_settop(L, 1);
	lua_call(L, 0, 0);
	return 0;
}

/* As luaD_throw does with an error that no lua_pcall is left to take. */
static int panic(lua_State *L)
{
	lua_CFunction at_panic = lua_atpanic(L, NULL);
	lua_atpanic(L, at_panic);
	lua_pushliteral(L, "unprotected");
	return at_panic(L);
}

void __wrap_lv_open_sandbox(lua_State *L, uint64_t secret)
{
	static const luaL_Reg functions[] = {
		{"segv", segv}, {"bus", bus}, {"fpe", fpe}, {"ill", ill},
		{"abort", aborts}, {"overflow", overflow}, {"panic", panic}, {"deep", deep}, {NULL, NULL},
	};
	__real_lv_open_sandbox(L, secret);
	if (!atomic_load(&armed))
		return;
	luaL_newlib(L, functions);
	lua_setglobal(L, "crash");
}

bool rig_arm(void)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	if (fd < 0)
		return false;
	behind_file = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (behind_file == MAP_FAILED)
		return false;
	atomic_store(&armed, true);
	return true;
}

void rig_disarm(void)
{
	atomic_store(&armed, false);
	munmap(behind_file, 1);
}
