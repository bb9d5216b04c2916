/*
 * Bufferlists: the byte buffers in which methods get and give data, with the interface of cls_lua's.
 *
 * A bufferlist is a userdata that refers to its bytes: a block of its own, which is the userdata's user value and so is
 * collected with it, or borrowed bytes of the host, which the first change copies.
 */
#include "slot.h"

#include <string.h>

typedef struct bufferlist {
	const char *data;
	size_t size;
	size_t capacity; /* of the own block; 0 while there is none */
} bufferlist;

static const char metatable_key;

#define SMALLEST_BLOCK 64

static bufferlist *push(lua_State *L)
{
	bufferlist *b = lua_newuserdatauv(L, sizeof *b, 1);
	*b = (bufferlist){0};
	lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
	lua_setmetatable(L, -2);
	return b;
}

static bool is_bufferlist(lua_State *L, int index)
{
	if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index))
		return false;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
	bool same = lua_rawequal(L, -1, -2);
	lua_pop(L, 2);
	return same;
}

static bufferlist *check(lua_State *L, int index)
{
	luaL_argexpected(L, is_bufferlist(L, index), index, "bufferlist");
	return lua_touserdata(L, index);
}

/* Gives the bufferlist at index a block of its own with room for size bytes. Returns where the bytes are. */
static char *reserve(lua_State *L, int index, bufferlist *b, size_t size)
{
	if (size <= b->capacity)
		return (char *)b->data;
	size_t capacity = size;
	if (b->capacity > 0 && capacity < 2 * b->capacity)
		capacity = 2 * b->capacity;
	if (capacity < SMALLEST_BLOCK)
		capacity = SMALLEST_BLOCK;
	index = lua_absindex(L, index);
	char *block = lua_newuserdatauv(L, capacity, 0);
	if (b->size > 0)
		memcpy(block, b->data, b->size);
	lua_setiuservalue(L, index, 1);
	b->data = block;
	b->capacity = capacity;
	return block;
}

static void append_bytes(lua_State *L, int index, bufferlist *b, const char *data, size_t size)
{
	if (size == 0)
		return;
	if (size > SIZE_MAX / 4 - b->size)
		luaL_error(L, "bufferlist would be too long");
	bool own = data == b->data;
	char *to = reserve(L, index, b, b->size + size);
	memmove(to + b->size, own ? to : data, size);
	b->size += size;
}

void *lv_push_bufferlist(lua_State *L, size_t size)
{
	bufferlist *b = push(L);
	if (size == 0)
		return NULL;
	char *data = reserve(L, -1, b, size);
	b->size = size;
	return data;
}

void lv_lend_bufferlist(lua_State *L, int index, const void *data, size_t size)
{
	bufferlist *b = lua_touserdata(L, index);
	b->data = data;
	b->size = size;
}

const char *lv_to_bufferlist(lua_State *L, int index, size_t *size)
{
	const bufferlist *b = lua_touserdata(L, index);
	*size = b->size;
	return b->size > 0 ? b->data : "";
}

const char *lv_check_bufferlist(lua_State *L, int index, size_t *size)
{
	check(L, index);
	return lv_to_bufferlist(L, index, size);
}

bool lv_has_bytes(lua_State *L, int index)
{
	return lua_type(L, index) == LUA_TSTRING || is_bufferlist(L, index);
}

const char *lv_check_bytes(lua_State *L, int index, size_t *size)
{
	luaL_argexpected(L, lv_has_bytes(L, index), index, "bufferlist or string");
	if (lua_type(L, index) == LUA_TSTRING)
		return lua_tolstring(L, index, size);
	return lv_to_bufferlist(L, index, size);
}

static int new(lua_State *L)
{
	push(L);
	return 1;
}

static int str(lua_State *L)
{
	size_t size;
	const char *data = lv_check_bufferlist(L, 1, &size);
	lua_pushlstring(L, data, size);
	return 1;
}

static int append(lua_State *L)
{
	bufferlist *b = check(L, 1);
	size_t size;
	const char *data = lv_check_bytes(L, 2, &size);
	append_bytes(L, 1, b, data, size);
	return 0;
}

static int len(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)check(L, 1)->size);
	return 1;
}

static int concat(lua_State *L)
{
	size_t size1, size2;
	bool first = lv_has_bytes(L, 1);
	if (!first || !lv_has_bytes(L, 2))
		return luaL_error(L, "attempt to concatenate a bufferlist with a %s value", luaL_typename(L, first ? 2 : 1));
	const char *data1 = lv_check_bytes(L, 1, &size1);
	const char *data2 = lv_check_bytes(L, 2, &size2);
	bufferlist *b = push(L);
	if (size2 > SIZE_MAX / 4 - size1)
		return luaL_error(L, "bufferlist would be too long");
	if (size1 + size2 == 0)
		return 1;
	char *to = reserve(L, -1, b, size1 + size2);
	memcpy(to, data1, size1);
	memcpy(to + size1, data2, size2);
	b->size = size1 + size2;
	return 1;
}

/* Compares bytes as unsigned; of two that begin alike, the shorter is less. */
static int compare(lua_State *L)
{
	const bufferlist *a = check(L, 1), *b = check(L, 2);
	size_t common = a->size < b->size ? a->size : b->size;
	int order = common > 0 ? memcmp(a->data, b->data, common) : 0;
	return order ? order : (a->size > b->size) - (a->size < b->size);
}

static int equal(lua_State *L)
{
	lua_pushboolean(L, compare(L) == 0);
	return 1;
}

static int less(lua_State *L)
{
	lua_pushboolean(L, compare(L) < 0);
	return 1;
}

static int less_or_equal(lua_State *L)
{
	lua_pushboolean(L, compare(L) <= 0);
	return 1;
}

static int tostring(lua_State *L)
{
	lua_pushfstring(L, "bufferlist of %I bytes", (LUAI_UACINT)check(L, 1)->size);
	return 1;
}

int lv_open_bufferlist(lua_State *L)
{
	static const luaL_Reg functions[] = {{"new", new}, {NULL, NULL}};
	static const luaL_Reg methods[] = {{"str", str}, {"append", append}, {NULL, NULL}};
	static const luaL_Reg metamethods[] = {
		{"__len", len},  {"__concat", concat},     {"__eq", equal},
		{"__lt", less},  {"__le", less_or_equal}, {"__tostring", tostring},
		{NULL, NULL},
	};
	luaL_newlib(L, metamethods);
	luaL_newlib(L, methods);
	lv_add_bufferlist_readers(L);
	lua_setfield(L, -2, "__index");
	lua_pushliteral(L, "bufferlist");
	lua_setfield(L, -2, "__name");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);
	luaL_newlib(L, functions);
	return 1;
}
