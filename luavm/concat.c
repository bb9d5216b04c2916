/*
 * The operator `..` where a metamethod does it: on bufferlists, operation errors, and a script's own tables.
 *
 * Debian's Lua 5.4.4 has upstream's fix of CVE-2022-33099 (commit 42d40581), but not what upstream corrected in it three days
 * later (603b2c64): luaV_concat keeps a pointer to the stack across the call of the metamethod. If the call makes the stack
 * grow, or the collector shrinks it, the rest of the expression is evaluated on the old stack, which is freed memory that a
 * script can fill with values of its choice. Nothing odd is needed for that: "a" .. bufferlist .. "b" does it, at some depths
 * of the stack.
 *
 * So a metamethod of `..` is called in a coroutine of its own, and the stack that luaV_concat works on stays where it is. The
 * linker (--wrap) puts these functions in the place of the interpreter's own. With an interpreter that has no such bug they
 * are not needed, and do no harm.
 */
#include "slot.h"

/*
 * While a coroutine waits for another that it has resumed, the collector is all that can make its stack move: it has no
 * finalisers to call (metamethods.c), and nobody puts values on the stack of a coroutine that cannot be resumed (coroutine.c).
 */
void __real_luaD_shrinkstack(lua_State *L);
void __wrap_luaD_shrinkstack(lua_State *L);

void __wrap_luaD_shrinkstack(lua_State *L)
{
	if (!lv_slot_of(L)->concatenating)
		__real_luaD_shrinkstack(L);
}

static void copy_to(lua_State *co, lua_State *L, int index)
{
	lua_pushvalue(L, index);
	lua_xmove(L, co, 1);
}

/*
 * Calls the metamethod, which is above the two operands on L. Leaves what it returned, or its error, on top of the coroutine that
 * is then on top of L.
 */
static int call_in_coroutine(lua_State *L)
{
	lua_State *co = lua_newthread(L);
	copy_to(co, L, -2);
	copy_to(co, L, -4);
	copy_to(co, L, -3);
	lua_State *left = lv_enter_coroutine(L, co);
	int results = 0;
	int status = lua_resume(co, L, 2, &results);
	lv_leave_coroutine(L, left);
	if (status == LUA_OK)
		lua_settop(co, lua_gettop(co) - results + 1);
	return status;
}

/* The error of a metamethod of a library, which was called in a coroutine without a script, lacks the place. */
static int raise(lua_State *L, int status, bool by_library)
{
	if (status == LUA_YIELD)
		return luaL_error(L, "attempt to yield across the operator '..'");
	lua_xmove(lua_tothread(L, -1), L, 1);
	if (by_library && status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
		luaL_where(L, 0);
		lua_insert(L, -2);
		lua_concat(L, 2);
	}
	return lua_error(L);
}

/*
 * Takes the two operands on top of the stack, and leaves the result in the place of the first, with the second still above it.
 * The stack may have no room but for Lua's reserve of 5 values. This uses 3 of them; an error may move the stack.
 */
void __real_luaT_tryconcatTM(lua_State *L);
void __wrap_luaT_tryconcatTM(lua_State *L);

void __wrap_luaT_tryconcatTM(lua_State *L)
{
	lv_slot *slot = lv_slot_of(L);
	bool outer = slot->concatenating;
	slot->concatenating = true;
	int type = luaL_getmetafield(L, -2, "__concat");
	if (type == LUA_TNIL)
		type = luaL_getmetafield(L, -1, "__concat");
	if (type == LUA_TNIL) {
		slot->concatenating = outer;
		__real_luaT_tryconcatTM(L); /* raises the error that says so */
		__builtin_trap();
	}
	bool by_library = lua_iscfunction(L, -1);
	int status = call_in_coroutine(L);
	slot->concatenating = outer;
	if (status != LUA_OK)
		raise(L, status, by_library);
	lua_xmove(lua_tothread(L, -1), L, 1);
	lua_replace(L, -5);
	lua_pop(L, 2);
}
