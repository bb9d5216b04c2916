/*
 * Listings: the tables of keys and values that operations return. A table of Lua has no order, so a listing has a metatable that
 * holds its keys in byte order, and pairs goes by that. next goes in the order of Lua.
 */
#include "slot.h"

/* A step of pairs. Upvalues: the listing, its keys, and how many of them are done. */
static int next_in_order(lua_State *L)
{
	lua_Integer done = lua_tointeger(L, lua_upvalueindex(3));
	do {
		lua_settop(L, 0);
		if (lua_rawgeti(L, lua_upvalueindex(2), ++done) == LUA_TNIL)
			return 1;
		lua_pushvalue(L, 1);
	} while (lua_rawget(L, lua_upvalueindex(1)) == LUA_TNIL); /* the script removed it */
	lua_pushinteger(L, done);
	lua_replace(L, lua_upvalueindex(3));
	return 2;
}

static int pairs_in_order(lua_State *L);

static bool is_listing(lua_State *L, int index)
{
	if (lua_type(L, index) != LUA_TTABLE || !lua_getmetatable(L, index))
		return false;
	lua_pushliteral(L, "__pairs");
	lua_rawget(L, -2);
	bool is = lua_tocfunction(L, -1) == pairs_in_order;
	lua_pop(L, 2);
	return is;
}

/* Scripts reach the metamethods, and may call them with any value. */
static void check_listing(lua_State *L)
{
	luaL_argcheck(L, is_listing(L, 1), 1, "listing expected");
}

static int pairs_in_order(lua_State *L)
{
	check_listing(L);
	lua_settop(L, 1);
	lua_getmetatable(L, 1);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, next_in_order, 3);
	return 1;
}

/* A listing to which the script adds a key becomes a table like any other. */
static int add_key(lua_State *L)
{
	check_listing(L);
	lua_settop(L, 3);
	lua_rawset(L, 1);
	lua_pushnil(L);
	lua_setmetatable(L, 1);
	return 0;
}

int lv_push_order(lua_State *L)
{
	int table = lua_gettop(L);
	lua_newtable(L);
	lua_pushcfunction(L, pairs_in_order);
	lua_setfield(L, -2, "__pairs");
	lua_pushcfunction(L, add_key);
	lua_setfield(L, -2, "__newindex");
	lua_pushvalue(L, -1);
	lua_setmetatable(L, table);
	return table + 1;
}

/*
 * next(objclass.map_get_keys("", 1)) asks in cls_lua's scripts whether there is a key. Here it is given a second argument: whether
 * there are more keys, which is none itself.
 */
int lv_next(lua_State *L)
{
	if (lua_type(L, 2) == LUA_TBOOLEAN && is_listing(L, 1))
		lua_settop(L, 1);
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}
