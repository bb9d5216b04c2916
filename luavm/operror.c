/*
 * Operation errors: the value that is raised when an object operation fails, or by objclass.fail, and pcall, which takes it apart.
 *
 * The value is a userdata of a locked metatable, so a script cannot make another, and an error that a script raises by error is
 * never taken for it, whatever its text. cls_lua keeps the errno in one global place instead, and aborts when an error that
 * went astray meets the next one.
 */
#include "slot.h"

typedef struct operror {
	int number;
} operror;

static const char metatable_key;

/* Whether the value at index is an operation error. Pushes nothing: the stack may be full. */
int lv_to_errno(lua_State *L, int index)
{
	index = lua_absindex(L, index);
	if (lua_type(L, index) != LUA_TUSERDATA || !lua_checkstack(L, 2) || !lua_getmetatable(L, index))
		return 0;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
	bool same = lua_rawequal(L, -1, -2);
	lua_pop(L, 2);
	return same ? ((const operror *)lua_touserdata(L, index))->number : 0;
}

const char *lv_operror_text(lua_State *L, int index, size_t *size)
{
	lua_getiuservalue(L, index, 1);
	const char *text = lua_tolstring(L, -1, size);
	lua_pop(L, 1);
	return text; /* the error value still refers to it */
}

int lv_raise(lua_State *L, int error_number)
{
	operror *e = lua_newuserdatauv(L, sizeof *e, 1);
	e->number = error_number;
	lua_insert(L, -2);
	lua_setiuservalue(L, -2, 1);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
	lua_setmetatable(L, -2);
	return lua_error(L);
}

static int tostring(lua_State *L)
{
	luaL_argexpected(L, lv_to_errno(L, 1), 1, "operation error");
	lua_getiuservalue(L, 1, 1);
	return 1;
}

/* e.errno and e.message, for handlers of xpcall and whoever else meets the value itself. */
static int get_field(lua_State *L)
{
	int number = lv_to_errno(L, 1);
	luaL_argexpected(L, number, 1, "operation error");
	lua_pushliteral(L, "errno");
	lua_pushliteral(L, "message");
	if (lua_rawequal(L, 2, -2))
		lua_pushinteger(L, number);
	else if (lua_rawequal(L, 2, -1))
		lua_getiuservalue(L, 1, 1);
	else
		lua_pushnil(L);
	return 1;
}

static int concat(lua_State *L)
{
	lv_tolstring(L, 1, NULL);
	lv_tolstring(L, 2, NULL);
	lua_concat(L, 2);
	return 1;
}

int lv_open_operror(lua_State *L)
{
	static const luaL_Reg metamethods[] = {
		{"__tostring", tostring}, {"__index", get_field}, {"__concat", concat}, {NULL, NULL},
	};
	luaL_newlib(L, metamethods);
	lua_pushliteral(L, "operation error");
	lua_setfield(L, -2, "__name");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);
	return 0;
}

/* objclass.fail(errno, message [, level]): the error of an operation that failed so. The level is that of Lua's error. */
int lv_fail(lua_State *L)
{
	lua_Integer number = luaL_checkinteger(L, 1);
	luaL_argcheck(L, number > 0 && number <= INT32_MAX, 1, "an errno is a number from 1 to 2147483647");
	luaL_checkstring(L, 2);
	lua_Integer level = luaL_optinteger(L, 3, 1);
	lua_settop(L, 2);
	if (level > 0) {
		luaL_where(L, (int)level);
		lua_insert(L, 2);
		lua_concat(L, 2);
	}
	return lv_raise(L, (int)number);
}

/* What pcall returns. An operation error becomes two values, as in cls_lua: its negative errno and its text. */
static int finish_pcall(lua_State *L, int status, lua_KContext unused)
{
	(void)unused;
	if (status == LUA_OK || status == LUA_YIELD)
		return lua_gettop(L);
	int number = lv_to_errno(L, -1);
	if (number == 0) {
		lua_pushboolean(L, 0);
		lua_pushvalue(L, -2);
		return 2;
	}
	lua_getiuservalue(L, -1, 1);
	lua_pushboolean(L, 0);
	lua_pushinteger(L, -number);
	lua_pushvalue(L, -3);
	return 3;
}

int lv_pcall(lua_State *L)
{
	luaL_checkany(L, 1);
	lua_pushboolean(L, 1);
	lua_insert(L, 1);
	int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, finish_pcall);
	return finish_pcall(L, status, 0);
}

/*
 * xpcall calls its handler after the stack was unwound, not where the error was raised: without the debug library no handler
 * can tell. So no coroutine ever has a message handler. In Lua before 5.4.5 one that was suspended inside of xpcall
 * keeps it when it is closed, as a place on a stack that is no longer there, and calls whatever a script has put there.
 */
static int finish_handler(lua_State *L, int status, lua_KContext unused)
{
	/* The stack: the handler, and what it returned, or its own error, which is as good. */
	(void)status, (void)unused;
	lua_pushboolean(L, 0);
	lua_replace(L, 1);
	return lua_gettop(L);
}

/* The stack: the handler, true, and what the function returned, or its error. */
static int finish_xpcall(lua_State *L, int status, lua_KContext unused)
{
	(void)unused;
	if (status == LUA_OK || status == LUA_YIELD)
		return lua_gettop(L) - 1;
	lua_pushvalue(L, 1);
	lua_insert(L, -2);
	lua_remove(L, 2); /* handler, handler, error */
	status = lua_pcallk(L, 1, LUA_MULTRET, 0, 0, finish_handler);
	return finish_handler(L, status, 0);
}

int lv_xpcall(lua_State *L)
{
	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_pushvalue(L, 2);
	lua_pushboolean(L, 1);
	lua_rotate(L, 1, 2); /* handler, true, function, handler, arguments */
	lua_remove(L, 4);
	int status = lua_pcallk(L, lua_gettop(L) - 3, LUA_MULTRET, 0, 0, finish_xpcall);
	return finish_xpcall(L, status, 0);
}
