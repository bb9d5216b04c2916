/*
 * To-be-closed variables, which scripts do not have.
 *
 * In Lua before 5.4.5 a loop that is left by break can leave its closing value in the list of variables to close, and the
 * next one then writes far behind the stack, over whatever lies there: no arena's guard pages stop it. Scripts cannot have
 * a value with the metamethod __close, so that list stays empty, but for the C library's own string buffers.
 */
#include "slot.h"

#include <string.h>

/*
 * The interpreter finds the metamethod by the one string that it interned for its name, not by the name. So that string gets
 * other bytes, which no script knows: the name "__close" in a script is another string from here on, of no meaning. What the
 * library has stored under the old one it still finds.
 */
void lv_forbid_closing(lua_State *L, uint64_t secret)
{
	luaL_Buffer large;
	lua_pushliteral(L, "__close");
	char *name = (char *)(uintptr_t)lua_tostring(L, -1);
	/* The library makes the metatable of its string buffers when it first needs a large one. */
	luaL_buffinitsize(L, &large, 2 * LUAL_BUFFERSIZE);
	luaL_pushresultsize(&large, 0);
	memcpy(name, &secret, strlen("__close"));
	lua_pop(L, 2);
}
