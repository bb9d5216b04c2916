/*
 * The library json: decode and encode (json_decode.cc, json_encode.cc), null, and array, which marks a table as an array.
 *
 * An object is a table with string keys. An array is a table with the keys 1 to n, and those that decode makes, and array marks,
 * are arrays when they are empty, too. null is a value of its own, since nil would be no value in a table.
 */
#include "slot.h"

const char lv_key_json_array;

static int array(lua_State *L)
{
	if (lua_isnoneornil(L, 1)) {
		lua_settop(L, 0);
		lua_newtable(L);
	}
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &lv_key_json_array);
	luaL_argcheck(L, !lua_getmetatable(L, 1) || lua_rawequal(L, -1, 2), 1, "the table has a metatable");
	lua_settop(L, 2);
	lua_setmetatable(L, 1);
	return 1;
}

int lv_open_json(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{"array", array}, {"decode", lv_json_decode}, {"encode", lv_json_encode}, {"null", NULL}, {NULL, NULL}};
	lua_createtable(L, 0, 1);
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_rawsetp(L, LUA_REGISTRYINDEX, &lv_key_json_array);
	luaL_newlib(L, functions);
	lua_pushlightuserdata(L, NULL);
	lua_setfield(L, -2, "null");
	return 1;
}
