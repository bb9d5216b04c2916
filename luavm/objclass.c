/*
 * The table objclass: a script's way to its object. Functions that cls_lua has take its arguments, and have its results and
 * errors; the others are named for what they are in RADOS, and do as that does.
 *
 * A host function is called in five steps, of which the second to the fourth are host(): check the arguments as Lua does;
 * enter the host region; call; leave it, where a trap that was asked for meanwhile strikes; and only then push the
 * answer or raise the error.
 */
#include "slot.h"

#include <errno.h>
#include <string.h>

/* Answers up to this size are fetched by one host call. */
#define SMALL_ANSWER 512

/* Level of log messages without one, as in cls_lua. */
#define DEFAULT_LOG_LEVEL 10

/* The most that random_bytes gives at once. */
#define RANDOM_BYTES 65536

/* Of what a run logs the host gets this many messages, and this many bytes of each. */
#define LOG_MESSAGES 100
#define LOG_BYTES 4096

/* An answer on the C stack, with room for small ones. */
typedef struct reply {
	lv_answer answer;
	char small[SMALL_ANSWER];
} reply;

static lv_answer *expect(reply *r)
{
	r->answer = (lv_answer){r->small, sizeof r->small, 0};
	return &r->answer;
}

/* ---- the border ---- */

static int refuse(lua_State *L, int error_number, const char *why)
{
	luaL_where(L, 1);
	lua_pushstring(L, why);
	lua_concat(L, 2);
	return lv_raise(L, error_number);
}

static lv_slot *enter(lua_State *L)
{
	lv_slot *slot = lv_slot_of(L);
	if (pg_stack_headroom() < PG_HOST_STACK)
		luaL_error(L, "stack overflow: no room for an object operation");
	pg_host_enter();
	return slot;
}

static _Noreturn void trap(lua_State *L, pg_trap trap)
{
	lv_note_where(lv_slot_of(L), L);
	pg_trap_now(trap);
}

static int leave(lua_State *L, int result)
{
	pg_host_leave();
	switch (result) {
	case LV_HOST_FAILED:
		trap(L, PG_HOST);
	case LV_HOST_OVERDUE:
		trap(L, PG_DEADLINE);
	case LV_HOST_CANCELED:
		trap(L, PG_CANCELED);
	default:
		return result;
	}
}

#define HOST(slot, function, ...) leave(L, (enter(L), (slot)->host->function((slot)->ctx __VA_OPT__(, ) __VA_ARGS__)))

lv_slot *lv_object(lua_State *L)
{
	lv_slot *slot = lv_slot_of(L);
	if (slot->phase == LV_LOADING)
		refuse(L, EPERM, "there is no object while a class is loaded; do this in a method");
	if (slot->phase == LV_ENDING)
		refuse(L, EPERM, "the method has ended");
	return slot;
}

static lv_slot *writable_object(lua_State *L)
{
	lv_slot *slot = lv_object(L);
	if (!(slot->flags & LV_WR))
		refuse(L, EPERM, "the method is read-only: register it with objclass.WR to write");
	return slot;
}

/* Raises the error that a host function returned, with the host's text. */
static int fail(lua_State *L, lv_slot *slot, int result)
{
	reply text;
	HOST(slot, error, expect(&text));
	luaL_where(L, 1);
	lua_pushlstring(L, text.small, text.answer.size < SMALL_ANSWER ? text.answer.size : SMALL_ANSWER);
	lua_concat(L, 2);
	return lv_raise(L, -result);
}

static int check_result(lua_State *L, lv_slot *slot, int result)
{
	return result < 0 ? fail(L, slot, result) : result;
}

/* Copies a whole answer to where it has room. */
static void collect(lua_State *L, lv_slot *slot, const reply *r, void *to)
{
	if (r->answer.size <= SMALL_ANSWER)
		memcpy(to, r->small, r->answer.size);
	else
		check_result(L, slot, HOST(slot, take, to, r->answer.size));
}

static int push_answer(lua_State *L, lv_slot *slot, const reply *r)
{
	void *to = lv_push_bufferlist(L, r->answer.size);
	if (to)
		collect(L, slot, r, to);
	return 1;
}

/* ---- records ---- */

const char *lv_next_field(const char *p, uint32_t *size)
{
	memcpy(size, p, sizeof *size);
	return p + sizeof *size;
}

/*
 * Pushes a listing of an answer's records, which come in its order: name → bufferlist, or name → true where there are no values.
 */
static void push_records(lua_State *L, lv_slot *slot, const reply *r, bool values)
{
	const char *p = r->small;
	const char *end = p + r->answer.size;
	lua_newtable(L);
	int table = lua_gettop(L), order = lv_push_order(L);
	lua_Integer n = 0;
	if (r->answer.size > SMALL_ANSWER) {
		char *block = lua_newuserdatauv(L, r->answer.size, 0);
		collect(L, slot, r, block);
		p = block;
		end = block + r->answer.size;
	}
	while (p < end) {
		uint32_t size;
		p = lv_next_field(p, &size);
		lua_pushlstring(L, p, size);
		lua_pushvalue(L, -1);
		lua_rawseti(L, order, ++n);
		p += size;
		if (values) {
			p = lv_next_field(p, &size);
			void *to = lv_push_bufferlist(L, size);
			if (to)
				memcpy(to, p, size);
			p += size;
		} else {
			lua_pushboolean(L, 1);
		}
		lua_rawset(L, table);
	}
	lua_settop(L, table);
}

/* Adds a field to records that are being made. */
static void add_field(luaL_Buffer *records, const char *data, size_t size)
{
	uint32_t n = (uint32_t)size;
	luaL_addlstring(records, (const char *)&n, sizeof n);
	luaL_addlstring(records, data, size);
}

/* ---- data ---- */

static int create(lua_State *L)
{
	lv_slot *slot = writable_object(L);
	int exclusive = lua_toboolean(L, 1);
	check_result(L, slot, HOST(slot, create, exclusive));
	return 0;
}

static int remove_object(lua_State *L)
{
	lv_slot *slot = writable_object(L);
	slot->omap_changes++;
	check_result(L, slot, HOST(slot, remove));
	return 0;
}

static int stat(lua_State *L)
{
	lv_slot *slot = lv_object(L);
	int64_t size, mtime;
	check_result(L, slot, HOST(slot, stat, &size, &mtime));
	lua_pushinteger(L, size);
	lua_pushinteger(L, mtime);
	return 2;
}

static int read(lua_State *L)
{
	lv_slot *slot = lv_object(L);
	lua_Integer off = luaL_checkinteger(L, 1);
	lua_Integer size = luaL_checkinteger(L, 2);
	reply r;
	check_result(L, slot, HOST(slot, read, off, size, expect(&r)));
	return push_answer(L, slot, &r);
}

static int write(lua_State *L)
{
	lv_slot *slot = writable_object(L);
	lua_Integer off = luaL_checkinteger(L, 1);
	lua_Integer length = luaL_checkinteger(L, 2);
	size_t size;
	const char *data = lv_check_bufferlist(L, 3, &size);
	if (length < 0 || (size_t)length != size)
		return refuse(L, EINVAL, "write: the length is not that of the bufferlist");
	check_result(L, slot, HOST(slot, write, off, data, size));
	return 0;
}

static int write_full(lua_State *L)
{
	lv_slot *slot = writable_object(L);
	size_t size;
	const char *data = lv_check_bufferlist(L, 1, &size);
	check_result(L, slot, HOST(slot, write_full, data, size));
	return 0;
}

static int append(lua_State *L)
{
	lv_slot *slot = writable_object(L);
	size_t size;
	const char *data = lv_check_bufferlist(L, 1, &size);
	check_result(L, slot, HOST(slot, append, data, size));
	return 0;
}

static int truncate(lua_State *L)
{
	lv_slot *slot = writable_object(L);
	lua_Integer size = luaL_checkinteger(L, 1);
	check_result(L, slot, HOST(slot, truncate, size));
	return 0;
}

static int zero(lua_State *L)
{
	lv_slot *slot = writable_object(L);
	lua_Integer off = luaL_checkinteger(L, 1);
	lua_Integer size = luaL_checkinteger(L, 2);
	check_result(L, slot, HOST(slot, zero, off, size));
	return 0;
}

/* ---- xattrs ---- */

static int getxattr(lua_State *L)
{
	lv_slot *slot = lv_object(L);
	size_t size;
	const char *name = luaL_checklstring(L, 1, &size);
	reply r;
	check_result(L, slot, HOST(slot, getxattr, name, size, expect(&r)));
	return push_answer(L, slot, &r);
}

static int getxattrs(lua_State *L)
{
	lv_slot *slot = lv_object(L);
	reply r;
	check_result(L, slot, HOST(slot, getxattrs, expect(&r)));
	push_records(L, slot, &r, true);
	return 1;
}

static int setxattr(lua_State *L)
{
	lv_slot *slot = writable_object(L);
	size_t name_size, size;
	const char *name = luaL_checklstring(L, 1, &name_size);
	const char *data = lv_check_bufferlist(L, 2, &size);
	check_result(L, slot, HOST(slot, setxattr, name, name_size, data, size));
	lua_settop(L, 2);
	return 1; /* its argument, as cls_lua */
}

static int rmxattr(lua_State *L)
{
	lv_slot *slot = writable_object(L);
	size_t size;
	const char *name = luaL_checklstring(L, 1, &size);
	check_result(L, slot, HOST(slot, rmxattr, name, size));
	return 0;
}

/* ---- omap ---- */

/* The slot, for an operation that changes the omap. */
static lv_slot *writable_omap(lua_State *L)
{
	lv_slot *slot = writable_object(L);
	slot->omap_changes++;
	return slot;
}

static int map_clear(lua_State *L)
{
	lv_slot *slot = writable_omap(L);
	check_result(L, slot, HOST(slot, map_clear));
	return 0;
}

/* map_get_keys(after, max [, prefix]) */
static int map_get_keys(lua_State *L)
{
	lv_slot *slot = lv_object(L);
	size_t size, prefix_size;
	const char *after = luaL_checklstring(L, 1, &size);
	lua_Integer max = luaL_checkinteger(L, 2);
	const char *prefix = luaL_optlstring(L, 3, "", &prefix_size);
	reply r;
	int more;
	check_result(L, slot, HOST(slot, map_get_keys, after, size, prefix, prefix_size, max, &more, expect(&r)));
	push_records(L, slot, &r, false);
	lua_pushboolean(L, more);
	return 2;
}

static int map_get_vals(lua_State *L)
{
	lv_slot *slot = lv_object(L);
	size_t size, prefix_size;
	const char *after = luaL_checklstring(L, 1, &size);
	const char *prefix = luaL_checklstring(L, 2, &prefix_size);
	lua_Integer max = luaL_checkinteger(L, 3);
	reply r;
	int more;
	check_result(L, slot, HOST(slot, map_get_vals, after, size, prefix, prefix_size, max, &more, expect(&r)));
	push_records(L, slot, &r, true);
	lua_pushboolean(L, more);
	return 2;
}

const char *lv_push_page(lua_State *L, lv_slot *slot, const char *from, size_t from_size, const char *prefix, size_t prefix_size,
			 int64_t max, int64_t bytes, bool *more, size_t *size)
{
	reply r;
	int is_more;
	check_result(L, slot,
		     HOST(slot, map_get_page, from, from_size, prefix, prefix_size, max, bytes, &is_more, expect(&r)));
	*more = is_more;
	*size = r.answer.size;
	char *block = lua_newuserdatauv(L, r.answer.size, 0);
	collect(L, slot, &r, block);
	return block;
}

static int map_get_val(lua_State *L)
{
	lv_slot *slot = lv_object(L);
	size_t size;
	const char *key = luaL_checklstring(L, 1, &size);
	reply r;
	check_result(L, slot, HOST(slot, map_get_val, key, size, expect(&r)));
	return push_answer(L, slot, &r);
}

/* Hands the records on top of the stack to the host. */
static int set_records(lua_State *L, lv_slot *slot)
{
	size_t size;
	const char *records = lua_tolstring(L, -1, &size);
	check_result(L, slot, HOST(slot, map_set_vals, records, size));
	return 0;
}

static int map_set_val(lua_State *L)
{
	lv_slot *slot = writable_omap(L);
	size_t key_size, size;
	const char *key = luaL_checklstring(L, 1, &key_size);
	const char *data = lv_check_bufferlist(L, 2, &size);
	luaL_Buffer records;
	luaL_buffinitsize(L, &records, key_size + size + 2 * sizeof(uint32_t));
	add_field(&records, key, key_size);
	add_field(&records, data, size);
	luaL_pushresult(&records);
	return set_records(L, slot);
}

static void check_pair(lua_State *L)
{
	if (lua_type(L, -2) != LUA_TSTRING && lua_type(L, -2) != LUA_TNUMBER) {
		lua_pushfstring(L, "map_set_vals: a key is a %s; keys are strings or numbers", luaL_typename(L, -2));
		lv_raise(L, EINVAL);
	}
	if (lua_type(L, -1) != LUA_TSTRING) {
		lua_pushvalue(L, -2);
		lua_pushfstring(L, "map_set_vals: the value of key '%s' is a %s; values are strings",
				lua_tostring(L, -1), luaL_typename(L, -2));
		lv_raise(L, EINVAL);
	}
}

/* Pushes records of the strings 1 to n in the table at index. */
static void push_fields(lua_State *L, int index, lua_Integer n)
{
	luaL_Buffer records;
	luaL_buffinit(L, &records);
	for (lua_Integer i = 1; i <= n; i++) {
		size_t size;
		lua_rawgeti(L, index, i);
		const char *field = lua_tolstring(L, -1, &size);
		lua_pop(L, 1); /* the table keeps it */
		add_field(&records, field, size);
	}
	luaL_pushresult(&records);
}

static int map_set_vals(lua_State *L)
{
	lv_slot *slot = writable_omap(L);
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	lua_newtable(L); /* of keys and values in turn, as strings: a buffer cannot grow while lua_next has its key on the stack */
	lua_Integer n = 0;
	for (lua_pushnil(L); lua_next(L, 1);) {
		check_pair(L);
		lua_pushvalue(L, -2);
		lua_tostring(L, -1); /* a copy: lua_next wants the key as it was */
		lua_rawseti(L, 2, ++n);
		lua_rawseti(L, 2, ++n);
	}
	push_fields(L, 2, n);
	return set_records(L, slot);
}

static int map_get_vals_by_keys(lua_State *L)
{
	lv_slot *slot = lv_object(L);
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	lua_newtable(L); /* of the keys as strings, which numbers are not */
	lua_Integer n = 0;
	for (int type; (type = lua_rawgeti(L, 1, n + 1)) != LUA_TNIL;) {
		if (type != LUA_TSTRING && type != LUA_TNUMBER) {
			lua_pushfstring(L, "map_get_vals_by_keys: key %I is a %s; keys are strings or numbers",
					(LUAI_UACINT)(n + 1), luaL_typename(L, -1));
			return lv_raise(L, EINVAL);
		}
		lua_tostring(L, -1);
		lua_rawseti(L, 2, ++n);
	}
	lua_settop(L, 2);
	push_fields(L, 2, n);
	size_t size;
	const char *records = lua_tolstring(L, -1, &size);
	reply r;
	check_result(L, slot, HOST(slot, map_get_vals_by_keys, records, size, expect(&r)));
	push_records(L, slot, &r, true);
	return 1;
}

static int map_remove_key(lua_State *L)
{
	lv_slot *slot = writable_omap(L);
	size_t size;
	const char *key = luaL_checklstring(L, 1, &size);
	check_result(L, slot, HOST(slot, map_remove_key, key, size));
	return 0;
}

/* map_remove_range(first [, last]) removes the keys k with first <= k < last, or all from first on. */
static int map_remove_range(lua_State *L)
{
	lv_slot *slot = writable_omap(L);
	size_t first_size, last_size = 0;
	const char *first = luaL_checklstring(L, 1, &first_size);
	const char *last = luaL_optlstring(L, 2, NULL, &last_size);
	check_result(L, slot, HOST(slot, map_remove_range, first, first_size, last, last_size));
	return 0;
}

static int map_read_header(lua_State *L)
{
	lv_slot *slot = lv_object(L);
	reply r;
	check_result(L, slot, HOST(slot, map_read_header, expect(&r)));
	return push_answer(L, slot, &r);
}

static int map_write_header(lua_State *L)
{
	lv_slot *slot = writable_object(L);
	size_t size;
	const char *data = lv_check_bufferlist(L, 1, &size);
	check_result(L, slot, HOST(slot, map_write_header, data, size));
	return 0;
}

/* ---- the rest ---- */

static uint64_t version(lua_State *L)
{
	lv_slot *slot = lv_object(L);
	uint64_t v;
	check_result(L, slot, HOST(slot, current_version, &v));
	return v;
}

static int current_version(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)version(L));
	return 1;
}

/* A call has one operation. */
static int current_subop_num(lua_State *L)
{
	lv_object(L);
	lua_pushinteger(L, 0);
	return 1;
}

static int current_subop_version(lua_State *L)
{
	lua_pushfstring(L, "%I.%d", (LUAI_UACINT)version(L), 0);
	return 1;
}

/* ---- the run ---- */

/* now(): when the run began, in nanoseconds since 1970. The same however often it is asked. */
static int now(lua_State *L)
{
	lua_pushinteger(L, lv_object(L)->method->now_ns);
	return 1;
}

/* Pushes a table of the names and values, all strings, that an answer's records are. */
static int push_strings(lua_State *L, lv_slot *slot, const reply *r)
{
	char *p = lua_newuserdatauv(L, r->answer.size, 0);
	const char *end = p + r->answer.size;
	collect(L, slot, r, p);
	lua_newtable(L);
	for (const char *field = p; field < end;) {
		for (int i = 0; i < 2; i++) {
			uint32_t size;
			field = lv_next_field(field, &size);
			lua_pushlstring(L, field, size);
			field += size;
		}
		lua_rawset(L, -3);
	}
	return 1;
}

static int object(lua_State *L)
{
	lv_slot *slot = lv_object(L);
	reply r;
	check_result(L, slot, HOST(slot, object, expect(&r)));
	return push_strings(L, slot, &r);
}

static int caller(lua_State *L)
{
	lv_slot *slot = lv_object(L);
	reply r;
	check_result(L, slot, HOST(slot, caller, expect(&r)));
	return push_strings(L, slot, &r);
}

static int random_bytes(lua_State *L)
{
	lv_slot *slot = lv_object(L);
	lua_Integer n = luaL_checkinteger(L, 1);
	if (n < 0 || n > RANDOM_BYTES)
		return refuse(L, EINVAL, "random_bytes: a call gives 0 to 65536 bytes");
	luaL_Buffer bytes;
	char *to = luaL_buffinitsize(L, &bytes, (size_t)n);
	check_result(L, slot, HOST(slot, random, to, (size_t)n));
	luaL_pushresultsize(&bytes, (size_t)n);
	return 1;
}

void lv_draw_seed(lua_State *L, uint64_t seed[2])
{
	lv_slot *slot = lv_slot_of(L);
	check_result(L, slot, HOST(slot, random, seed, 2 * sizeof *seed));
}

void lv_hash_chunk(lua_State *L, lv_hash *h, const void *data, size_t size)
{
	lv_slot *slot = lv_slot_of(L);
	check_result(L, slot, HOST(slot, hash, h, data, size));
}

/* ---- log and register ---- */

/* Pushes what log makes of the value at index. */
static void push_log_part(lua_State *L, int index)
{
	if (lua_isstring(L, index)) {
		lua_pushvalue(L, index);
		lua_tostring(L, -1);
	} else if (lua_isboolean(L, index)) {
		lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
	} else {
		lua_pushstring(L, luaL_typename(L, index));
	}
}

/* log([level,] ...): the level is a first argument that is a number, not negative, and not alone. Returns the text. */
static int log_text(lua_State *L)
{
	lv_slot *slot = lv_slot_of(L);
	int n = lua_gettop(L);
	if (n == 0)
		return 0;
	int level = DEFAULT_LOG_LEVEL, first = 1;
	if (n > 1 && lua_isnumber(L, 1) && lua_tonumber(L, 1) >= 0) {
		lua_Number given = lua_tonumber(L, 1);
		level = given < INT32_MAX ? (int)given : INT32_MAX;
		first = 2;
	}
	luaL_Buffer text;
	luaL_buffinit(L, &text);
	for (int i = first; i <= n; i++) {
		if (i > first)
			luaL_addchar(&text, ' ');
		push_log_part(L, i);
		luaL_addvalue(&text);
	}
	luaL_pushresult(&text);
	size_t size;
	const char *joined = lua_tolstring(L, -1, &size);
	if (slot->logged < LOG_MESSAGES) {
		slot->logged++;
		check_result(L, slot, HOST(slot, log, level, joined, size < LOG_BYTES ? size : LOG_BYTES));
	} else if (slot->logged == LOG_MESSAGES) {
		static const char last[] = "further messages of this call are left out";
		slot->logged++;
		check_result(L, slot, HOST(slot, log, level, last, sizeof last - 1));
	}
	return 1;
}

int lv_find_module(lua_State *L, lv_slot *slot, int chunk, const char *name, size_t size)
{
	int module;
	check_result(L, slot, HOST(slot, require, chunk, name, size, &module));
	return module;
}

void lv_give_manifest(lua_State *L, lv_slot *slot, const char *where, size_t where_size, const void *value, size_t size)
{
	check_result(L, slot, HOST(slot, manifest, where, where_size, value, size));
}

/* register(function [, flags]) makes a global function a method; without flags it may read and write. */
static int register_handler(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TFUNCTION);
	lua_Integer flags = luaL_optinteger(L, 2, LV_RD | LV_WR);
	luaL_argcheck(L, flags > 0 && (flags & ~(LV_RD | LV_WR)) == 0, 2,
		      "flags are objclass.RD, objclass.WR, or both added with |");
	lua_rawgetp(L, LUA_REGISTRYINDEX, &lv_key_handlers);
	lua_pushvalue(L, 1);
	if (lua_rawget(L, -2) != LUA_TNIL)
		return luaL_error(L, "Cannot register handler more than once");
	lua_pop(L, 1);
	lua_pushvalue(L, 1);
	lua_pushinteger(L, flags);
	lua_rawset(L, -3);
	return 0;
}

static const luaL_Reg functions[] = {
	{"register", register_handler},
	{"manifest", lv_manifest},
	{"log", log_text},
	{"fail", lv_fail},
	{"create", create},
	{"remove", remove_object},
	{"stat", stat},
	{"read", read},
	{"write", write},
	{"write_full", write_full},
	{"append", append},
	{"truncate", truncate},
	{"zero", zero},
	{"getxattr", getxattr},
	{"getxattrs", getxattrs},
	{"setxattr", setxattr},
	{"rmxattr", rmxattr},
	{"map_clear", map_clear},
	{"map_get_keys", map_get_keys},
	{"map_get_vals", map_get_vals},
	{"map_get_vals_by_keys", map_get_vals_by_keys},
	{"map_pairs", lv_map_pairs},
	{"map_get_val", map_get_val},
	{"map_set_val", map_set_val},
	{"map_set_vals", map_set_vals},
	{"map_remove_key", map_remove_key},
	{"map_remove_range", map_remove_range},
	{"map_read_header", map_read_header},
	{"map_write_header", map_write_header},
	{"current_version", current_version},
	{"current_subop_num", current_subop_num},
	{"current_subop_version", current_subop_version},
	{NULL, NULL},
};

/*
 * cls_lua's constants, and those of errors that only this host has a name for. All are positive. They are looked up when a
 * script asks for one: as fields, with their names, they would be a fifth of every image.
 */
static const struct {
	const char *name;
	int value;
} constants[] = {
#define ERRNO(name) {#name, name}
	ERRNO(EPERM),   ERRNO(ENOENT), ERRNO(ESRCH),  ERRNO(EINTR),  ERRNO(EIO),     ERRNO(ENXIO),      ERRNO(E2BIG),
	ERRNO(ENOEXEC), ERRNO(EBADF),  ERRNO(ECHILD), ERRNO(EAGAIN), ERRNO(ENOMEM),  ERRNO(EACCES),     ERRNO(EFAULT),
	ERRNO(EBUSY),   ERRNO(EEXIST), ERRNO(EXDEV),  ERRNO(ENODEV), ERRNO(ENOTDIR), ERRNO(EISDIR),     ERRNO(EINVAL),
	ERRNO(ENFILE),  ERRNO(EMFILE), ERRNO(ENOTTY), ERRNO(EFBIG),  ERRNO(ENOSPC),  ERRNO(ESPIPE),     ERRNO(EROFS),
	ERRNO(EMLINK),  ERRNO(EPIPE),  ERRNO(EDOM),   ERRNO(ERANGE), ERRNO(ENODATA), ERRNO(EOPNOTSUPP), ERRNO(ENAMETOOLONG),
	ERRNO(EMSGSIZE), ERRNO(ETIMEDOUT), ERRNO(ECANCELED), ERRNO(EOVERFLOW),
#undef ERRNO
	{"RD", LV_RD},  {"WR", LV_WR},
};

/* So are these functions, which few scripts call. */
static const luaL_Reg seldom[] = {
	{"now", now},
	{"object", object},
	{"caller", caller},
	{"random_bytes", random_bytes},
};

enum {
	SELDOM = sizeof seldom / sizeof *seldom,
	LOOKED_UP = SELDOM + sizeof constants / sizeof *constants,
};

/* What is looked up has numbers. */
static const char *name_of(int number)
{
	return number < SELDOM ? seldom[number].name : constants[number - SELDOM].name;
}

static void push_number(lua_State *L, int number)
{
	if (number < SELDOM)
		lua_pushcfunction(L, seldom[number].func);
	else
		lua_pushinteger(L, constants[number - SELDOM].value);
}

/* The number of what the value at index names; LOOKED_UP if nothing. */
static int number_of(lua_State *L, int index)
{
	if (lua_type(L, index) != LUA_TSTRING)
		return LOOKED_UP;
	size_t size;
	const char *name = lua_tolstring(L, index, &size);
	int number = 0;
	while (number < LOOKED_UP && (strcmp(name_of(number), name) != 0 || strlen(name) != size))
		number++;
	return number;
}

static int look_up(lua_State *L)
{
	int number = number_of(L, 2);
	if (number == LOOKED_UP)
		return 0;
	push_number(L, number);
	return 1;
}

/*
 * Goes through the fields, and then through what is looked up, but for what a script has replaced by fields. Its upvalue is the
 * number of what comes next, or -1 before the fields are through.
 */
static int next_member(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 2);
	int number = (int)lua_tointeger(L, lua_upvalueindex(1));
	if (number < 0) {
		if (lua_next(L, 1))
			return 2;
		number = 0;
	}
	lua_settop(L, 1);
	for (; number < LOOKED_UP; number++) {
		lua_pushstring(L, name_of(number));
		lua_pushvalue(L, -1);
		if (lua_rawget(L, 1) == LUA_TNIL)
			break;
		lua_settop(L, 1);
	}
	lua_pushinteger(L, number + 1);
	lua_replace(L, lua_upvalueindex(1));
	if (number >= LOOKED_UP)
		return 0;
	push_number(L, number);
	lua_remove(L, -2); /* the nil */
	return 2;
}

/* pairs(objclass) */
static int members(lua_State *L)
{
	lua_settop(L, 1);
	lua_pushinteger(L, -1);
	lua_pushcclosure(L, next_member, 1);
	lua_insert(L, 1);
	return 2;
}

int lv_open_objclass(lua_State *L)
{
	luaL_newlib(L, functions);
	lua_createtable(L, 0, 3);
	lua_pushcfunction(L, look_up);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, members);
	lua_setfield(L, -2, "__pairs");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
	return 1;
}
