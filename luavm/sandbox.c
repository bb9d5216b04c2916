/*
 * The sandbox: which of Lua's libraries a script has, and which of their functions are replaced or gone.
 *
 * Opened: base, string, table, math, utf8, coroutine, objclass, bufferlist, json, hash. Not opened: io, os, package, debug. Gone:
 * dofile, loadfile, string.dump, warn. Replaced: pcall and xpcall (operation errors), load (text only), setmetatable (no __gc),
 * print (logs), collectgarbage (counts), string.gmatch (no long patterns), string.byte (the same, and faster), and what concat.c,
 * coroutine.c, listing.c, metamethods.c, random.c, require.c and tostring.c say.
 */
#include "slot.h"

#include <string.h>

#define GMATCH_PATTERN 4096

/* A wrapper has the library's own function, which has no upvalues itself, as its upvalue. */
static int call_stock(lua_State *L)
{
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* Bytecode can crash the interpreter: load takes text, whatever mode the script asks for. */
static int load_text(lua_State *L)
{
	bool has_env = !lua_isnone(L, 4);
	lua_settop(L, has_env ? 4 : 3);
	lua_pushliteral(L, "t");
	lua_replace(L, 3);
	return call_stock(L);
}

/* A finaliser runs with hooks off, and inside of lua_close. Lua marks an object for any __gc that is not nil. */
static int setmetatable_without_gc(lua_State *L)
{
	if (lua_type(L, 2) == LUA_TTABLE) {
		lua_pushliteral(L, "__gc");
		if (lua_rawget(L, 2) != LUA_TNIL)
			return luaL_error(L, "__gc is not supported: memory is freed as a whole after each call");
		lua_pop(L, 1);
	}
	return call_stock(L);
}

/*
 * A match that fails for its pattern's complexity leaves an iterator of gmatch without a bound on recursion, in every Lua up to
 * 5.4.8: called again, it overflows the C stack. The pattern's length is a bound, too: each level takes a part of it.
 */
static int gmatch_bounded(lua_State *L)
{
	size_t size;
	luaL_checkstring(L, 1);
	luaL_checklstring(L, 2, &size);
	luaL_argcheck(L, size <= GMATCH_PATTERN, 2, "pattern too long for gmatch");
	return call_stock(L);
}

/* One byte, as scripts ask for it that look at each. The library's function can return a range, and does more for that. */
static int byte(lua_State *L)
{
	int whole;
	size_t size;
	const char *bytes = lua_tolstring(L, 1, &size);
	lua_Integer at = lua_tointegerx(L, 2, &whole);
	if (!bytes || !whole || at < 1 || (lua_Unsigned)at > size || lua_gettop(L) != 2)
		return call_stock(L);
	lua_pushinteger(L, (unsigned char)bytes[at - 1]);
	return 1;
}

static int collectgarbage(lua_State *L)
{
	if (strcmp(luaL_optstring(L, 1, "collect"), "count") == 0)
		lua_pushnumber(L, (lua_Number)pg_arena_live(lv_slot_of(L)->arena) / 1024);
	else
		lua_pushinteger(L, 0);
	return 1;
}

static int print(lua_State *L)
{
	int n = lua_gettop(L);
	lua_getfield(L, lua_upvalueindex(1), "log");
	luaL_Buffer text;
	luaL_buffinit(L, &text);
	for (int i = 1; i <= n; i++) {
		if (i > 1)
			luaL_addchar(&text, '\t');
		lv_tolstring(L, i, NULL);
		luaL_addvalue(&text);
	}
	luaL_pushresult(&text);
	lua_call(L, 1, 0);
	return 0;
}

/* In the table on top of the stack. */
static void wrap_field(lua_State *L, const char *name, lua_CFunction by)
{
	lua_getfield(L, -1, name);
	lua_pushcclosure(L, by, 1);
	lua_setfield(L, -2, name);
}

static void wrap_global(lua_State *L, const char *name, lua_CFunction by)
{
	lua_pushglobaltable(L);
	wrap_field(L, name, by);
	lua_pop(L, 1);
}

static void replace_global(lua_State *L, const char *name, lua_CFunction by)
{
	lua_pushcfunction(L, by);
	lua_setglobal(L, name);
}

static void remove_global(lua_State *L, const char *name)
{
	lua_pushnil(L);
	lua_setglobal(L, name);
}

static void open_library(lua_State *L, const char *name, lua_CFunction open)
{
	lua_pushcfunction(L, open);
	lua_call(L, 0, 1);
	lua_setglobal(L, name);
}

static void limit_base(lua_State *L)
{
	replace_global(L, "pcall", lv_pcall);
	replace_global(L, "xpcall", lv_xpcall);
	replace_global(L, "tostring", lv_tostring);
	replace_global(L, "collectgarbage", collectgarbage);
	wrap_global(L, "load", load_text);
	wrap_global(L, "next", lv_next);
	wrap_global(L, "setmetatable", setmetatable_without_gc);
	remove_global(L, "dofile");
	remove_global(L, "loadfile");
	remove_global(L, "warn");
}

static void limit_string(lua_State *L)
{
	lua_getglobal(L, "string");
	lua_pushnil(L);
	lua_setfield(L, -2, "dump");
	wrap_field(L, "byte", byte);
	wrap_field(L, "format", lv_format);
	wrap_field(L, "gmatch", gmatch_bounded);
	lua_pop(L, 1);

	lua_pushliteral(L, "");
	lua_getmetatable(L, -1);
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 2);
}

void lv_open_sandbox(lua_State *L, uint64_t secret)
{
	lv_forbid_metamethods(L, secret);
	open_library(L, "_G", luaopen_base);
	open_library(L, "string", luaopen_string);
	open_library(L, "table", luaopen_table);
	open_library(L, "math", luaopen_math);
	open_library(L, "utf8", luaopen_utf8);
	open_library(L, "coroutine", lv_open_coroutine);
	open_library(L, "bufferlist", lv_open_bufferlist);
	open_library(L, "objclass", lv_open_objclass);
	open_library(L, "json", lv_open_json);
	open_library(L, "hash", lv_open_hash);
	lv_open_operror(L);
	lv_open_require(L);

	limit_base(L);
	limit_string(L);
	lua_getglobal(L, "math");
	lv_seed_lazily(L);
	lua_pop(L, 1);

	lua_getglobal(L, "objclass");
	lua_pushcclosure(L, print, 1);
	lua_setglobal(L, "print");
}
