/* What the C files of luavm share: the slot's state, and what each file contributes to a VM. */
#ifndef LUAVM_SLOT_H
#define LUAVM_SLOT_H

#include "bytes.h"
#include "lv.h"

#include <lauxlib.h>
#include <lualib.h>

typedef enum lv_phase {
	LV_LOADING, /* the image is being made: no object is at hand */
	LV_CALLING,
	LV_ENDING /* the method has returned or failed: nothing may be done to the object any more */
} lv_phase;

/* Lies outside of the arena: what VM code changes here is set anew at the begin of each run. */
struct lv_slot {
	pg_arena *arena;
	lua_State *main;
	lua_State *running; /* the coroutine that runs, or main: whom an interrupt must hook */
	const lv_host *host;
	uintptr_t ctx;

	lv_phase phase;
	int flags;   /* what the running method may do */
	bool seeded; /* math.random has this run's seed */
	int logged;  /* messages of this run */
	uint64_t omap_changes; /* that this run asked for: see walk.c */
	bool concatenating; /* a metamethod of `..` runs: see concat.c */
	const lv_method *method;        /* during lv_run */
	const struct lv_source *load; /* during lv_load */
	const lv_module *modules;     /* until then */
	int module_count;
	uint64_t secret;              /* see metamethods.c */
	bool script;
	lv_report report;
	char small_output[LV_SMALL_OUTPUT];
};

static inline lv_slot *lv_slot_of(lua_State *L)
{
	return *(lv_slot **)lua_getextraspace(L);
}

/* Keys of the registry: their addresses. */
extern const char lv_key_chunk;    /* the compiled script */
extern const char lv_key_handlers; /* registered function → flags */

/* sandbox.c: opens the libraries that a script may use. */
void lv_open_sandbox(lua_State *L, uint64_t secret);

/* metamethods.c */
void lv_forbid_metamethods(lua_State *L, uint64_t secret);

/* tostring.c */
/* As luaL_tolstring, but tells no addresses. */
const char *lv_tolstring(lua_State *L, int index, size_t *size);
int lv_tostring(lua_State *L);
int lv_format(lua_State *L); /* its upvalue is string.format */

/* coroutine.c */
int lv_open_coroutine(lua_State *L);
/* L is about to resume co. Returns what lv_leave_coroutine takes when L goes on. */
lua_State *lv_enter_coroutine(lua_State *L, lua_State *co);
void lv_leave_coroutine(lua_State *L, lua_State *left);

/* random.c: math.random and math.randomseed, seeded for each run. The table math is on top of the stack. */
void lv_seed_lazily(lua_State *L);

/* objclass.c */
int lv_open_objclass(lua_State *L);
/* The slot, if operations on the object are allowed now; raises an error otherwise. */
lv_slot *lv_object(lua_State *L);
/*
 * Pushes a block with a page of omap pairs, and returns it. What is asked for is as for map_get_page; size becomes that of the
 * block.
 */
const char *lv_push_page(lua_State *L, lv_slot *slot, const char *from, size_t from_size, const char *prefix, size_t prefix_size,
			 int64_t max, int64_t bytes, bool *more, size_t *size);
/* Sets a seed of two numbers to what the run's random stream has next. */
void lv_draw_seed(lua_State *L, uint64_t seed[2]);
/* Adds bytes to a hash: few, since the host is not interrupted. */
void lv_hash_chunk(lua_State *L, lv_hash *h, const void *data, size_t size);
/* Steps into a record: returns where a field's bytes are, and how many. */
const char *lv_next_field(const char *p, uint32_t *size);

void lv_give_manifest(lua_State *L, lv_slot *slot, const char *where, size_t where_size, const void *value, size_t size);

/* manifest.c: objclass.manifest */
int lv_manifest(lua_State *L);

/* The number of the module that a chunk means by a name. */
int lv_find_module(lua_State *L, lv_slot *slot, int chunk, const char *name, size_t size);

/* require.c */
void lv_open_require(lua_State *L);

/* walk.c: objclass.map_pairs */
int lv_map_pairs(lua_State *L);

/* listing.c: the order of the tables that listings are. */
/* Makes the table on top of the stack a listing. Pushes the table that takes its keys in order, and returns its index. */
int lv_push_order(lua_State *L);
int lv_next(lua_State *L); /* its upvalue is next */

/* bufferlist.c */
int lv_open_bufferlist(lua_State *L);
/* Pushes an empty bufferlist with room for size bytes, and returns where they go. Sets the size to size. */
void *lv_push_bufferlist(lua_State *L, size_t size);
/* Gives the empty bufferlist at index bytes that belong to somebody else, who keeps them to the run's end. */
void lv_lend_bufferlist(lua_State *L, int index, const void *data, size_t size);
const char *lv_check_bufferlist(lua_State *L, int index, size_t *size);

/* bufferlist_read.c: puts methods into the table on top of the stack. */
void lv_add_bufferlist_readers(lua_State *L);

/* json.c */
int lv_open_json(lua_State *L);

/* hash.c */
int lv_open_hash(lua_State *L);

/* operror.c: the error value of a failed object operation. */
int lv_open_operror(lua_State *L);
/* The errno of the operation error at index, or 0 when it is another value. Pushes nothing. */
int lv_to_errno(lua_State *L, int index);
/* Its text, without allocating. */
const char *lv_operror_text(lua_State *L, int index, size_t *size);
int lv_fail(lua_State *L);
int lv_pcall(lua_State *L);
int lv_xpcall(lua_State *L);

/* report.c: texts of errors, and where they happened, without allocating. */
int lv_on_error(lua_State *L);
bool lv_note_where(lv_slot *slot, lua_State *L);
void lv_set_message(lv_slot *slot, const char *text, size_t size);
/* Says what the error value on top of the stack is, where Lua did not call lv_on_error. */
void lv_describe(lv_slot *slot, lua_State *L);

#endif
