/*
 * objclass.map_pairs: a walk over the omap in key order, for Lua's generic `for`.
 *
 * Each step gives the first pair behind the last key that was given, as the method's own changes have left the omap. The walk reads
 * ahead a page at a time. When the method has asked for a change since, the page is read anew. All of its state is in the
 * arena: the host knows of no walk.
 */
#include "slot.h"

#include <string.h>

/* Pairs of a page: of the first, as a factor for each that follows, at most, and of one that a change made necessary. */
#define FIRST_PAIRS 16
#define PAIRS_GROWTH 4
#define MOST_PAIRS 1024
#define PAIRS_AFTER_CHANGE 2

/* Bytes of a page, but for a last pair that is larger. */
#define PAGE_BYTES (64 << 10)

typedef struct walk {
	uint64_t changes; /* that the page knows of */
	const char *next; /* the first pair of the page that was not given */
	const char *end;
	bool more;   /* there are pairs behind the page */
	bool behind; /* the key in LAST is not given any more */
	lua_Integer pairs; /* that the page was asked for */
} walk;

/* Its user values. */
enum { LAST = 1, PREFIX, PAGE };

static lua_Integer pairs_to_ask(const walk *w, bool changed)
{
	if (changed)
		return PAIRS_AFTER_CHANGE;
	return w->pairs < MOST_PAIRS / PAIRS_GROWTH ? w->pairs * PAIRS_GROWTH : MOST_PAIRS;
}

/* Reads the next page of the walk, which is alone on the stack. */
static void turn(lua_State *L, lv_slot *slot, walk *w)
{
	uint64_t changes = slot->omap_changes;
	lua_Integer pairs = pairs_to_ask(w, w->changes != changes);
	size_t from_size, prefix_size, size;
	bool more;
	lua_getiuservalue(L, 1, LAST);
	lua_getiuservalue(L, 1, PREFIX);
	const char *from = lua_tolstring(L, 2, &from_size);
	const char *prefix = lua_tolstring(L, 3, &prefix_size);
	if (w->behind)
		from_size++; /* Lua's strings have a NUL at their end: no key lies between a key and itself with a NUL behind */
	const char *page = lv_push_page(L, slot, from, from_size, prefix, prefix_size, pairs, PAGE_BYTES, &more, &size);
	lua_setiuservalue(L, 1, PAGE);
	lua_settop(L, 1);
	*w = (walk){.changes = changes, .next = page, .end = page + size, .more = more, .behind = w->behind, .pairs = pairs};
}

/* What Lua's `for` gives it, the last key, it knows itself. */
static int step(lua_State *L)
{
	lv_slot *slot = lv_object(L);
	lua_settop(L, 0);
	lua_pushvalue(L, lua_upvalueindex(1));
	walk *w = lua_touserdata(L, 1);
	if (w->changes != slot->omap_changes || (w->next == w->end && w->more))
		turn(L, slot, w);
	if (w->next == w->end)
		return 0;

	uint32_t size;
	const char *p = lv_next_field(w->next, &size);
	lua_pushlstring(L, p, size);
	p = lv_next_field(p + size, &size);
	void *to = lv_push_bufferlist(L, size);
	if (to)
		memcpy(to, p, size);
	lua_pushvalue(L, 2);
	lua_setiuservalue(L, 1, LAST);
	w->behind = true;
	w->next = p + size;
	return 2;
}

/* An argument that may be left out. */
static size_t check_optional(lua_State *L, int index)
{
	size_t size;
	if (lua_isnil(L, index)) {
		lua_pushliteral(L, "");
		lua_replace(L, index);
	}
	luaL_checklstring(L, index, &size);
	return size;
}

int lv_map_pairs(lua_State *L)
{
	lv_slot *slot = lv_object(L);
	lua_settop(L, 2);
	bool behind = check_optional(L, 1) > 0;
	check_optional(L, 2);
	walk *w = lua_newuserdatauv(L, sizeof *w, 3);
	*w = (walk){.changes = slot->omap_changes, .more = true, .behind = behind, .pairs = FIRST_PAIRS / PAIRS_GROWTH};
	lua_insert(L, 1);
	lua_setiuservalue(L, 1, PREFIX);
	lua_setiuservalue(L, 1, LAST);
	lua_pushcclosure(L, step, 1);
	return 1;
}
