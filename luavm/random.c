/*
 * math.random: Lua's, but seeded anew in each run, from the run's random stream. An image holds the generator's state, so
 * without this every call would draw the same numbers. The seed is drawn when a script first asks for a number, so others do
 * not pay for it.
 */
#include "slot.h"

/* Upvalues of the replacements. The library's own functions, too, take the generator's state as their first. */
enum { STATE = 1, STOCK, STOCK_SEED };

static lua_CFunction stock(lua_State *L, int upvalue)
{
	return lua_tocfunction(L, lua_upvalueindex(upvalue));
}

static int seed_from(lua_State *L, const uint64_t seed[2])
{
	lua_pushvalue(L, lua_upvalueindex(STATE));
	lua_pushcclosure(L, stock(L, STOCK_SEED), 1);
	lua_pushinteger(L, (lua_Integer)seed[0]);
	lua_pushinteger(L, (lua_Integer)seed[1]);
	lua_call(L, 2, LUA_MULTRET);
	lv_slot_of(L)->seeded = true;
	return 2;
}

static int seeded_random(lua_State *L)
{
	const lv_slot *slot = lv_slot_of(L);
	if (!slot->seeded && slot->method) {
		int top = lua_gettop(L);
		uint64_t seed[2];
		lv_draw_seed(L, seed);
		seed_from(L, seed);
		lua_settop(L, top);
	}
	return stock(L, STOCK)(L);
}

/* math.randomseed() draws a seed: Lua would take the time and an address. */
static int seeded_randomseed(lua_State *L)
{
	lv_slot *slot = lv_slot_of(L);
	if (lua_isnone(L, 1)) {
		uint64_t seed[2] = {0}; /* while a class is loaded */
		if (slot->method)
			lv_draw_seed(L, seed);
		return seed_from(L, seed);
	}
	slot->seeded = true;
	return stock(L, STOCK)(L);
}

static void replace(lua_State *L, const char *name, lua_CFunction by, lua_CFunction stock_seed)
{
	lua_getfield(L, -1, name);
	lua_getupvalue(L, -1, 1);
	lua_pushcfunction(L, lua_tocfunction(L, -2));
	lua_pushcfunction(L, stock_seed);
	lua_pushcclosure(L, by, 3);
	lua_setfield(L, -3, name);
	lua_pop(L, 1);
}

void lv_seed_lazily(lua_State *L)
{
	lua_getfield(L, -1, "randomseed");
	lua_CFunction stock_seed = lua_tocfunction(L, -1);
	lua_pop(L, 1);
	replace(L, "random", seeded_random, stock_seed);
	replace(L, "randomseed", seeded_randomseed, stock_seed);
}
