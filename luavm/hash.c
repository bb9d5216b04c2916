/*
 * The library hash: crc32c, xxh64 and sha256 of strings and bufferlists, at once or of parts that come one after the other.
 *
 * The host hashes, a chunk at a time: no host call is long, and between two of them the deadline strikes. What a hash is between
 * two chunks lies in the VM, so the host keeps nothing.
 */
#include "slot.h"

#include <string.h>

#define CHUNK 65536

static const char metatable_key;

/* In the order of lv_algorithm. */
static const char *const algorithms[] = {"crc32c", "xxh64", "sha256", NULL};

/* The seed of crc32c is the crc of what came before; sha256 has none. */
static uint64_t check_seed(lua_State *L, int index, lv_algorithm algorithm)
{
	if (algorithm == LV_SHA256)
		return 0;
	lua_Integer seed = luaL_optinteger(L, index, 0);
	luaL_argcheck(L, algorithm != LV_CRC32C || (seed >= 0 && seed <= UINT32_MAX), index, "a crc has 32 bits");
	return (uint64_t)seed;
}

static void add(lua_State *L, lv_hash *h, int index)
{
	size_t size;
	const char *data = lv_check_bytes(L, index, &size);
	do {
		size_t part = size < CHUNK ? size : CHUNK;
		lv_hash_chunk(L, h, data, part);
		data += part;
		size -= part;
	} while (size > 0);
}

static int push_digest(lua_State *L, const lv_hash *h)
{
	char hex[2 * sizeof h->sum];
	if (h->algorithm != LV_SHA256) {
		lua_pushinteger(L, (lua_Integer)h->number);
		return 1;
	}
	for (size_t i = 0; i < sizeof h->sum; i++) {
		hex[2 * i] = "0123456789abcdef"[h->sum[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[h->sum[i] & 15];
	}
	lua_pushlstring(L, hex, sizeof hex);
	return 1;
}

static int hash_at_once(lua_State *L, lv_algorithm algorithm)
{
	lv_hash h = {.algorithm = algorithm, .number = check_seed(L, 2, algorithm)};
	add(L, &h, 1);
	return push_digest(L, &h);
}

static int crc32c(lua_State *L) { return hash_at_once(L, LV_CRC32C); }
static int xxh64(lua_State *L) { return hash_at_once(L, LV_XXH64); }
static int sha256(lua_State *L) { return hash_at_once(L, LV_SHA256); }

/* ---- parts ---- */

static lv_hash *check_hash(lua_State *L, int index)
{
	bool is = lua_type(L, index) == LUA_TUSERDATA && lua_getmetatable(L, index);
	if (is) {
		lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
		is = lua_rawequal(L, -1, -2);
		lua_pop(L, 2);
	}
	luaL_argexpected(L, is, index, "hash");
	return lua_touserdata(L, index);
}

static int update(lua_State *L)
{
	add(L, check_hash(L, 1), 2);
	lua_settop(L, 1);
	return 1;
}

static int digest(lua_State *L)
{
	return push_digest(L, check_hash(L, 1));
}

/* Pushes the metatable of hashes, which is made when the first one is: no image has it that does not use it. */
static void push_metatable(lua_State *L)
{
	static const luaL_Reg methods[] = {{"update", update}, {"digest", digest}, {NULL, NULL}};
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	lua_createtable(L, 0, 3);
	luaL_newlib(L, methods);
	lua_setfield(L, -2, "__index");
	lua_pushliteral(L, "hash");
	lua_setfield(L, -2, "__name");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);
}

/* new(algorithm [, seed]) */
static int new(lua_State *L)
{
	lv_algorithm algorithm = (lv_algorithm)luaL_checkoption(L, 1, NULL, algorithms);
	uint64_t seed = check_seed(L, 2, algorithm);
	lv_hash *h = lua_newuserdatauv(L, sizeof *h, 0);
	*h = (lv_hash){.algorithm = algorithm, .number = seed};
	lv_hash_chunk(L, h, "", 0);
	push_metatable(L);
	lua_setmetatable(L, -2);
	return 1;
}

int lv_open_hash(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{"crc32c", crc32c}, {"xxh64", xxh64}, {"sha256", sha256}, {"new", new}, {NULL, NULL},
	};
	luaL_newlib(L, functions);
	return 1;
}
