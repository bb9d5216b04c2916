/*
 * require: gives a class's chunk what the chunk of another class returned. The host says which modules there are, and which of
 * them a name means; all of it happens while the class is loaded, so the modules are part of the image.
 *
 * A module has globals of its own, behind which it sees those that all share. So its functions are not the class's methods,
 * whatever they are called, and its objclass.register and objclass.manifest do nothing. That keeps modules apart, and holds
 * none in: _G is the class's, and who is required may do what the class may.
 */
#include "slot.h"

/* Keys of the registry. */
static const char modules_key;     /* number of a module → what it returned */
static const char environment_key; /* the metatable of a module's globals */
static const char objclass_key;    /* objclass as modules see it */

/* Upvalues of require, if the class has modules: the number of the chunk that it belongs to, and what that has required. */
enum { CHUNK = 1, REQUIRED };

static int do_nothing(lua_State *L)
{
	(void)L;
	return 0;
}

/* Makes a metatable of the table on top of the stack: a table with it shows what that has and it has not itself. */
static void push_background(lua_State *L)
{
	lua_createtable(L, 0, 2);
	lua_insert(L, -2);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
}

static int require(lua_State *L);

static void push_require(lua_State *L, int chunk)
{
	lua_pushinteger(L, chunk);
	lua_newtable(L);
	lua_pushcclosure(L, require, 2);
}

/* Pushes the globals of a module. */
static void push_environment(lua_State *L, int module)
{
	lua_newtable(L);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &environment_key);
	lua_setmetatable(L, -2);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &objclass_key);
	lua_setfield(L, -2, "objclass");
	push_require(L, module);
	lua_setfield(L, -2, "require");
}

/* Runs a module, and pushes what it returned. As with Lua's own require, that is true if it is nothing. */
static void run_module(lua_State *L, lv_slot *slot, int number)
{
	const lv_module *m = &slot->modules[number - 1];
	luaL_checkstack(L, LUA_MINSTACK, NULL);
	if (luaL_loadbufferx(L, m->source, m->size, m->name, "t") != LUA_OK)
		lua_error(L);
	push_environment(L, number);
	lua_setupvalue(L, -2, 1);
	lua_call(L, 0, 1);
	if (lua_isnil(L, -1)) {
		lua_pop(L, 1);
		lua_pushboolean(L, 1);
	}
}

static int require(lua_State *L)
{
	lv_slot *slot = lv_slot_of(L);
	size_t size;
	const char *name = luaL_checklstring(L, 1, &size);
	lua_settop(L, 1);
	bool has_modules = lua_istable(L, lua_upvalueindex(REQUIRED));
	if (has_modules) {
		lua_pushvalue(L, 1);
		if (lua_rawget(L, lua_upvalueindex(REQUIRED)) != LUA_TNIL)
			return 1;
		lua_settop(L, 1);
	}
	if (slot->script)
		return luaL_error(L, "require '%s': a script that is sent with a call has no modules; install it as a class", name);
	if (slot->phase != LV_LOADING)
		return luaL_error(L, "require '%s': it was not required while the class was loaded; do that outside of functions", name);

	int number = lv_find_module(L, slot, has_modules ? (int)lua_tointeger(L, lua_upvalueindex(CHUNK)) : 0, name, size);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &modules_key);
	if (lua_rawgeti(L, 2, number) == LUA_TNIL) {
		lua_settop(L, 2);
		run_module(L, slot, number);
		lua_pushvalue(L, -1);
		lua_rawseti(L, 2, number);
	}
	lua_pushvalue(L, 1);
	lua_pushvalue(L, -2);
	lua_rawset(L, lua_upvalueindex(REQUIRED));
	return 1;
}

void lv_open_require(lua_State *L)
{
	if (lv_slot_of(L)->module_count == 0) { /* most images need no more */
		lua_pushcfunction(L, require);
		lua_setglobal(L, "require");
		return;
	}
	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &modules_key);
	lua_pushglobaltable(L);
	push_background(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &environment_key);

	lua_newtable(L);
	lua_getglobal(L, "objclass");
	push_background(L);
	lua_setmetatable(L, -2);
	lua_pushcfunction(L, do_nothing);
	lua_setfield(L, -2, "register");
	lua_pushcfunction(L, do_nothing);
	lua_setfield(L, -2, "manifest");
	lua_rawsetp(L, LUA_REGISTRYINDEX, &objclass_key);

	push_require(L, 0);
	lua_setglobal(L, "require");
}

void lv_set_modules(lv_slot *slot, const lv_module *modules, int count)
{
	slot->modules = modules;
	slot->module_count = count;
}
