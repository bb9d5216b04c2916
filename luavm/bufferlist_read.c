/*
 * What reads parts of a bufferlist, so that a method that wants a few bytes of large data need not make a string of all of it.
 * Positions are those of the library string: 1 is the first byte, -1 the last.
 */
#include "slot.h"

#include <stdint.h>
#include <string.h>

/* The position of the first byte of a range, 1 at least. */
static size_t first_of(lua_Integer position, size_t size)
{
	if (position > 0)
		return (size_t)position;
	if (position == 0 || position < -(lua_Integer)size)
		return 1;
	return size + (size_t)position + 1;
}

/* The position of the last byte of a range: size at most, 0 for none. */
static size_t last_of(lua_Integer position, size_t size)
{
	if (position > (lua_Integer)size)
		return size;
	if (position >= 0)
		return (size_t)position;
	return position < -(lua_Integer)size ? 0 : size + (size_t)position + 1;
}

/* b:sub(i [, j]): a string. */
static int sub(lua_State *L)
{
	size_t size;
	const char *data = lv_check_bufferlist(L, 1, &size);
	size_t first = first_of(luaL_checkinteger(L, 2), size);
	size_t last = last_of(luaL_optinteger(L, 3, -1), size);
	if (first > last)
		lua_pushliteral(L, "");
	else
		lua_pushlstring(L, data + first - 1, last - first + 1);
	return 1;
}

/* b:byte([i [, j]]) */
static int byte(lua_State *L)
{
	size_t size;
	const char *data = lv_check_bufferlist(L, 1, &size);
	lua_Integer position = luaL_optinteger(L, 2, 1);
	size_t first = first_of(position, size);
	size_t last = last_of(luaL_optinteger(L, 3, position), size);
	if (first > last)
		return 0;
	if (last - first >= INT32_MAX)
		return luaL_error(L, "bufferlist slice too long");
	int n = (int)(last - first + 1);
	luaL_checkstack(L, n, "bufferlist slice too long");
	for (int i = 0; i < n; i++)
		lua_pushinteger(L, (unsigned char)data[first - 1 + i]);
	return n;
}

/* The first place of a text in data, or NULL. Its time is at worst the product of their sizes, which the deadline bounds. */
static const char *search(const char *data, size_t size, const char *text, size_t text_size)
{
	if (text_size == 0)
		return data;
	while (size >= text_size) {
		const char *found = memchr(data, *text, size - text_size + 1);
		if (!found || memcmp(found, text, text_size) == 0)
			return found;
		size -= (size_t)(found + 1 - data);
		data = found + 1;
	}
	return NULL;
}

/* b:find(text [, i]): the text's first and last position from i on, or nil. No patterns. */
static int find(lua_State *L)
{
	size_t size, text_size;
	const char *data = lv_check_bufferlist(L, 1, &size);
	const char *text = luaL_checklstring(L, 2, &text_size);
	size_t first = first_of(luaL_optinteger(L, 3, 1), size);
	const char *found = first > size + 1 ? NULL : search(data + first - 1, size - first + 1, text, text_size);
	if (!found) {
		luaL_pushfail(L);
		return 1;
	}
	lua_pushinteger(L, found - data + 1);
	lua_pushinteger(L, found - data + (lua_Integer)text_size);
	return 2;
}

/* How many bytes string.unpack reads for a format, or rest where that depends on the bytes, or on where they lie. */
static size_t bytes_to_unpack(lua_State *L, const char *format, size_t rest)
{
	if (strpbrk(format, "!szX"))
		return rest;
	lua_pushvalue(L, lua_upvalueindex(2));
	lua_pushvalue(L, 2);
	lua_call(L, 1, 1);
	size_t size = (size_t)lua_tointeger(L, -1);
	lua_pop(L, 1);
	return size < rest ? size : rest;
}

/* b:unpack(format [, i]): as string.unpack, which is the first upvalue; the second is string.packsize. */
static int unpack(lua_State *L)
{
	size_t size;
	const char *data = lv_check_bufferlist(L, 1, &size);
	const char *format = luaL_checkstring(L, 2);
	size_t first = first_of(luaL_optinteger(L, 3, 1), size);
	luaL_argcheck(L, first <= size + 1, 3, "initial position out of bufferlist");
	/* Bytes that are aligned must keep their distance from the beginning. */
	size_t skipped = strchr(format, '!') ? 0 : first - 1;
	lua_settop(L, 2);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_pushvalue(L, 2);
	lua_pushlstring(L, data + skipped, bytes_to_unpack(L, format, size - skipped));
	lua_pushinteger(L, (lua_Integer)(first - skipped));
	lua_call(L, 3, LUA_MULTRET);
	lua_pushinteger(L, lua_tointeger(L, -1) + (lua_Integer)skipped);
	lua_replace(L, -2);
	return lua_gettop(L) - 2;
}

/* The next line; upvalues: the bufferlist, and how many bytes were read. */
static int next_line(lua_State *L)
{
	size_t size;
	const char *data = lv_check_bufferlist(L, lua_upvalueindex(1), &size);
	size_t read = (size_t)lua_tointeger(L, lua_upvalueindex(2));
	if (read >= size)
		return 0;
	const char *end = memchr(data + read, '\n', size - read);
	size_t length = end ? (size_t)(end - data) - read : size - read;
	lua_pushinteger(L, (lua_Integer)(read + length + 1));
	lua_replace(L, lua_upvalueindex(2));
	lua_pushlstring(L, data + read, length);
	return 1;
}

/* for line in b:lines(): each without its newline. The last one may lack that. */
static int lines(lua_State *L)
{
	size_t size;
	lv_check_bufferlist(L, 1, &size);
	lua_settop(L, 1);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, next_line, 2);
	return 1;
}

void lv_add_bufferlist_readers(lua_State *L)
{
	static const luaL_Reg readers[] = {{"sub", sub}, {"byte", byte}, {"find", find}, {"lines", lines}, {NULL, NULL}};
	luaL_setfuncs(L, readers, 0);
	lua_getglobal(L, "string");
	lua_getfield(L, -1, "unpack");
	lua_getfield(L, -2, "packsize");
	lua_remove(L, -3);
	lua_pushcclosure(L, unpack, 2);
	lua_setfield(L, -2, "unpack");
}
