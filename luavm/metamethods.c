/*
 * The metamethods that scripts do not have: __close and __mode.
 *
 * __close. In Lua before 5.4.5 a loop that is left by break can leave its closing value in the list of variables to close, and
 * the next one then writes far behind the stack, over whatever lies there: no arena's guard pages stop it. Scripts cannot have
 * a value with the metamethod __close, so that list stays empty, but for the C library's own string buffers.
 *
 * __mode. In Lua before 5.4.8 the collector can free what a weak table refers to while an assignment goes on in it (upstream
 * 983bc433: the assignment finds no memory, and collects), and until today it can free the new metatable of a weak table
 * (1b0f943d). Either is a table that a script still holds when its memory is used for something else. So all tables
 * are strong: what a weak table would have lost stays, which a VM that is its image again after each call can afford.
 */
#include "slot.h"

#include <string.h>

/*
 * The interpreter finds a metamethod by the one string that it interned for its name, not by the name. So that string gets
 * other bytes, which no script knows: the name in a script is another string from here on, of no meaning. What the
 * library has stored under the old one it still finds.
 */
static void rename_metamethod(lua_State *L, const char *name, uint64_t secret)
{
	char *interned = (char *)(uintptr_t)lua_pushstring(L, name);
	size_t size = strlen(name);
	memcpy(interned, &secret, size < sizeof secret ? size : sizeof secret);
	lua_pop(L, 1);
}

void lv_forbid_metamethods(lua_State *L, uint64_t secret)
{
	luaL_Buffer large;
	/* The library makes the metatable of its string buffers when it first needs a large one. */
	luaL_buffinitsize(L, &large, 2 * LUAL_BUFFERSIZE);
	luaL_pushresultsize(&large, 0);
	lua_pop(L, 1);
	/* So that no finaliser runs in the middle of anything: what a buffer holds is freed with the call at the latest. */
	luaL_getmetatable(L, "_UBOX*");
	lua_pushnil(L);
	lua_setfield(L, -2, "__gc");
	lua_pop(L, 1);
	rename_metamethod(L, "__close", secret);
	rename_metamethod(L, "__mode", ~secret);
}
