/*
 * objclass.manifest: hands what a class says of itself to the host, as one value. What it means, and whether it is right, the
 * host knows.
 */
#include "slot.h"

#include <string.h>

#define MAX_DEPTH 8
#define MAX_SIZE (64 << 10)

/* Counts the bytes of a value, and puts them where to points, if it does. */
typedef struct writer {
	char *to;
	size_t size;
} writer;

static void put(lua_State *L, writer *w, const void *bytes, size_t size)
{
	if (size > MAX_SIZE - w->size)
		luaL_error(L, "a manifest has %d bytes at most", MAX_SIZE);
	if (w->to)
		memcpy(w->to + w->size, bytes, size);
	w->size += size;
}

static void put_text(lua_State *L, writer *w, char type, const char *text, size_t size)
{
	uint32_t n = (uint32_t)size;
	put(L, w, &type, 1);
	if (size <= MAX_SIZE)
		put(L, w, &n, sizeof n);
	put(L, w, text, size);
}

/* The value on top of the stack, if it is no table. */
static void put_scalar(lua_State *L, writer *w)
{
	size_t size;
	const char *text;
	lua_Integer i;
	lua_Number n;
	switch (lua_type(L, -1)) {
	case LUA_TSTRING:
		text = lua_tolstring(L, -1, &size);
		put_text(L, w, LV_VALUE_STRING, text, size);
		break;
	case LUA_TNUMBER:
		if (lua_isinteger(L, -1)) {
			i = lua_tointeger(L, -1);
			put(L, w, &(char){LV_VALUE_INTEGER}, 1);
			put(L, w, &i, sizeof i);
		} else {
			n = lua_tonumber(L, -1);
			put(L, w, &(char){LV_VALUE_FLOAT}, 1);
			put(L, w, &n, sizeof n);
		}
		break;
	case LUA_TBOOLEAN:
		put(L, w, &(char){lua_toboolean(L, -1) ? LV_VALUE_TRUE : LV_VALUE_FALSE}, 1);
		break;
	default:
		text = luaL_typename(L, -1);
		put_text(L, w, LV_VALUE_OTHER, text, strlen(text));
	}
}

/* The value on top of the stack. No metamethod is called, so that two passes meet the same. */
static void put_value(lua_State *L, writer *w, int depth)
{
	if (lua_type(L, -1) != LUA_TTABLE) {
		put_scalar(L, w);
		return;
	}
	if (depth == MAX_DEPTH)
		luaL_error(L, "a manifest has at most %d tables within each other", MAX_DEPTH);
	luaL_checkstack(L, 3, NULL);
	put(L, w, &(char){LV_VALUE_TABLE}, 1);
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
		lua_pushvalue(L, -2);
		put_scalar(L, w);
		lua_pop(L, 1);
		put_value(L, w, depth + 1);
	}
	put(L, w, &(char){LV_VALUE_END}, 1);
}

int lv_manifest(lua_State *L)
{
	lv_slot *slot = lv_slot_of(L);
	if (slot->phase != LV_LOADING)
		return luaL_error(L, "a manifest is given while a class is loaded, by its source; a script or a method has none");
	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_where(L, 1);
	lua_pushvalue(L, 1);
	writer w = {NULL, 0};
	put_value(L, &w, 0);
	w = (writer){lua_newuserdatauv(L, w.size, 0), 0};
	lua_insert(L, -2);
	put_value(L, &w, 0);
	size_t where_size;
	const char *where = lua_tolstring(L, -3, &where_size);
	lv_give_manifest(L, slot, where, where_size, w.to, w.size);
	return 0;
}
