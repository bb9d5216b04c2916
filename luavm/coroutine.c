/*
 * Coroutines: Lua's library, but for the three functions that switch to another coroutine. A hook belongs to one
 * lua_State, so these keep account in the slot of the one that runs, for the interrupt to find.
 *
 * If an interrupt comes while they switch, it may hook the coroutine that is left. So they look for a trap that was asked for
 * once they have switched.
 */
#include "slot.h"

#include <string.h>

static void trap_if_pending(lv_slot *slot, lua_State *L)
{
	pg_trap trap = pg_pending();
	if (trap == PG_NONE)
		return;
	lv_note_where(slot, L);
	pg_trap_now(trap);
}

lua_State *lv_enter_coroutine(lua_State *L, lua_State *co)
{
	lv_slot *slot = lv_slot_of(L);
	lua_State *left = slot->running;
	slot->running = co;
	trap_if_pending(slot, L);
	return left;
}

void lv_leave_coroutine(lua_State *L, lua_State *left)
{
	lv_slot *slot = lv_slot_of(L);
	slot->running = left;
	trap_if_pending(slot, L);
}

static const char *status_name(lua_State *L, lua_State *co)
{
	lua_Debug ar;
	if (L == co)
		return "running";
	switch (lua_status(co)) {
	case LUA_YIELD:
		return "suspended";
	case LUA_OK:
		if (lua_getstack(co, 0, &ar))
			return "normal";
		return lua_gettop(co) == 0 ? "dead" : "suspended";
	default:
		return "dead";
	}
}

/*
 * Resumes co with the n values on top of L. Returns how many values it left on L, or -1 and one error value. Nothing is put on a
 * coroutine that cannot be resumed: the stack of one that waits for another must stay where it is (concat.c).
 */
static int resume_with(lua_State *L, lua_State *co, int n)
{
	const char *state = status_name(L, co);
	if (strcmp(state, "suspended") != 0) {
		lua_pushfstring(L, "cannot resume %s coroutine", strcmp(state, "dead") == 0 ? state : "non-suspended");
		return -1;
	}
	if (!lua_checkstack(co, n)) {
		lua_pushliteral(L, "too many arguments to resume");
		return -1;
	}
	lua_xmove(L, co, n);
	lua_State *left = lv_enter_coroutine(L, co);
	int results;
	int status = lua_resume(co, L, n, &results);
	lv_leave_coroutine(L, left);
	if (status != LUA_OK && status != LUA_YIELD) {
		lua_xmove(co, L, 1);
		return -1;
	}
	if (!lua_checkstack(L, results + 1)) {
		lua_pop(co, results);
		lua_pushliteral(L, "too many results to resume");
		return -1;
	}
	lua_xmove(co, L, results);
	return results;
}

static lua_State *check_coroutine(lua_State *L)
{
	lua_State *co = lua_tothread(L, 1);
	luaL_argexpected(L, co, 1, "coroutine");
	return co;
}

static int resume(lua_State *L)
{
	lua_State *co = check_coroutine(L);
	int results = resume_with(L, co, lua_gettop(L) - 1);
	int returned = results < 0 ? 1 : results;
	lua_pushboolean(L, results >= 0);
	lua_insert(L, -(returned + 1));
	return returned + 1;
}

/* Closes a coroutine that is suspended or dead. Returns LUA_OK, or the status of an error that is left on co. */
static int close_state(lua_State *L, lua_State *co)
{
	lua_State *left = lv_enter_coroutine(L, co);
	int status = lua_resetthread(co);
	lv_leave_coroutine(L, left);
	return status;
}

/* What coroutine.wrap returns; its upvalue is the coroutine. */
static int wrapped(lua_State *L)
{
	lua_State *co = lua_tothread(L, lua_upvalueindex(1));
	int results = resume_with(L, co, lua_gettop(L));
	if (results >= 0)
		return results;
	int status = lua_status(co);
	if (status != LUA_OK && status != LUA_YIELD) {
		status = close_state(L, co);
		lua_xmove(co, L, 1);
	}
	if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
		luaL_where(L, 1);
		lua_insert(L, -2);
		lua_concat(L, 2);
	}
	return lua_error(L);
}

static int wrap(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TFUNCTION);
	lua_State *co = lua_newthread(L);
	lua_pushvalue(L, 1);
	lua_xmove(L, co, 1);
	lua_pushcclosure(L, wrapped, 1);
	return 1;
}

static int close_coroutine(lua_State *L)
{
	lua_State *co = check_coroutine(L);
	const char *status = status_name(L, co);
	if (*status != 'd' && *status != 's')
		return luaL_error(L, "cannot close a %s coroutine", status);
	if (close_state(L, co) == LUA_OK) {
		lua_pushboolean(L, 1);
		return 1;
	}
	lua_pushboolean(L, 0);
	lua_xmove(co, L, 1);
	return 2;
}

int lv_open_coroutine(lua_State *L)
{
	static const luaL_Reg switching[] = {
		{"resume", resume}, {"wrap", wrap}, {"close", close_coroutine}, {NULL, NULL},
	};
	luaopen_coroutine(L);
	luaL_setfuncs(L, switching, 0);
	return 1;
}
