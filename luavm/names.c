/* What Lua's compiler makes of a source, for whoever reads it. No script runs here, so there is neither slot nor guard. */

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "lv.h"

typedef struct {
	char *bytes;
	size_t size, room;
} buffer;

static int append(lua_State *L, const void *part, size_t size, void *to)
{
	(void)L;
	buffer *b = to;
	if (size > b->room - b->size) {
		size_t room = 2 * (b->size + size);
		char *bytes = realloc(b->bytes, room);
		if (!bytes)
			return 1;
		b->bytes = bytes;
		b->room = room;
	}
	memcpy(b->bytes + b->size, part, size);
	b->size += size;
	return 0;
}

bool lv_compile(const char *source, size_t size, char **code, size_t *code_size)
{
	buffer b = {NULL, 0, 0};
	lua_State *L = luaL_newstate();
	bool done = false;
	if (L) {
		lua_gc(L, LUA_GCSTOP); /* the collector of this program asks for the slot: see concat.c */
		done = luaL_loadbufferx(L, source, size, "=source", "t") == LUA_OK && lua_dump(L, append, &b, 0) == 0;
		lua_close(L);
	}
	*code = b.bytes;
	*code_size = b.size;
	return done;
}
