/*
 * tostring and string.format without addresses: they would tell a script where the arena, the stack and the program lie. A
 * table is "table: 0x1a40", its place within the arena, and a function of a library "function: builtin".
 */
#include "slot.h"

#include <string.h>

static bool has_address(lua_State *L, int index)
{
	switch (lua_type(L, index)) {
	case LUA_TTABLE:
	case LUA_TFUNCTION:
	case LUA_TUSERDATA:
	case LUA_TTHREAD:
	case LUA_TLIGHTUSERDATA:
		return true;
	default:
		return false;
	}
}

const char *lv_tolstring(lua_State *L, int index, size_t *size)
{
	index = lua_absindex(L, index);
	if (!has_address(L, index) || luaL_getmetafield(L, index, "__tostring") != LUA_TNIL) {
		if (has_address(L, index))
			lua_pop(L, 1);
		return luaL_tolstring(L, index, size);
	}
	const char *type = luaL_typename(L, index);
	if (luaL_getmetafield(L, index, "__name") == LUA_TSTRING)
		type = lua_tostring(L, -1);
	else
		lua_pushnil(L);
	size_t place = pg_arena_offset(lv_slot_of(L)->arena, lua_topointer(L, index));
	if (place)
		lua_pushfstring(L, "%s: %p", type, (void *)place);
	else
		lua_pushfstring(L, "%s: builtin", type);
	lua_remove(L, -2);
	return lua_tolstring(L, -1, size);
}

int lv_tostring(lua_State *L)
{
	luaL_checkany(L, 1);
	lv_tolstring(L, 1, NULL);
	return 1;
}

/* Replaces the arguments of %s that have addresses by their texts. */
int lv_format(lua_State *L)
{
	size_t size;
	const char *format = luaL_checklstring(L, 1, &size);
	const char *end = format + size;
	for (int argument = 2; format < end; format++) {
		if (*format != '%')
			continue;
		format++;
		if (format < end && *format == '%')
			continue;
		while (format < end && *format && strchr("-+ #0123456789.", *format))
			format++;
		if (format < end && *format == 'p')
			return luaL_error(L, "invalid conversion '%%p' to 'format': values have no addresses here");
		if (format < end && *format == 's' && has_address(L, argument)) {
			lv_tolstring(L, argument, NULL);
			lua_replace(L, argument);
		}
		argument++;
	}
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}
