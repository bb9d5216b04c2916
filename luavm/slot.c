/*
 * Slots: making a VM, sealing it, running a method in it.
 *
 * Everything of Lua happens inside an activation of the guard, in one of the three bodies of this file; each of them calls
 * Lua only through lua_pcall. Around them there is no VM code.
 */
#include "slot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/*
 * Lua's collector starts when the heap has grown to pause percent of what the last collection left. The image is taken
 * behind a collection with the first pause, whose debt is part of it, so each call may allocate nine times the image
 * before a collection starts; later ones follow the second, Lua's default.
 */
#define PAUSE_IMAGE 1000
#define PAUSE_CALL 200

const char lv_key_chunk;
const char lv_key_handlers;

/*
 * The main stack of an image: what each run needs is there already, so that a run need not look it up or allocate it. The
 * functions of a class's methods follow.
 */
enum { ON_ERROR = 1, INPUT, OUTPUT, METHODS };

static void *allocate(void *arena, void *p, size_t from, size_t to)
{
	return pg_arena_realloc(arena, p, p ? from : 0, to);
}

/* ---- traps ---- */

static void on_hook(lua_State *L, lua_Debug *ar)
{
	(void)ar;
	pg_trap trap = pg_pending();
	if (trap == PG_NONE)
		return;
	if (lv_note_where(lv_slot_of(L), L)) /* else no line of the script has begun: the first one is near */
		pg_trap_now(trap);
}

/* In a signal handler. lua_sethook is made for that. */
static void interrupt(void *vm)
{
	lv_slot *slot = vm;
	if (slot->running)
		lua_sethook(slot->running, on_hook, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

static void locate(void *vm)
{
	lv_slot *slot = vm;
	if (slot->running)
		lv_note_where(slot, slot->running);
}

/* No lua_pcall is left to take the error. At the arena's limit Lua may have failed to make the error's value. */
static int on_panic(lua_State *L)
{
	lv_slot *slot = lv_slot_of(L);
	if (pg_arena_exhausted(slot->arena))
		pg_trap_now(PG_MEMORY);
	lv_describe(slot, L);
	pg_trap_now(PG_PANIC);
}

/* ---- running a body ---- */

/* Translates the status of the outermost lua_pcall. The error value is on top of the stack. */
static void conclude(lv_slot *slot, lua_State *L, int status)
{
	slot->phase = LV_ENDING;
	if (status == LUA_OK)
		return;
	/* The status alone does not tell: error("not enough memory", 0) has it too. */
	if (status == LUA_ERRMEM && pg_arena_exhausted(slot->arena))
		pg_trap_now(PG_MEMORY);
	int error_number = lv_to_errno(L, -1);
	if (error_number != 0) {
		slot->report.outcome = LV_OP_ERROR;
		slot->report.error_number = error_number;
	} else if (slot->report.outcome != LV_NO_METHOD) {
		slot->report.outcome = LV_SCRIPT_ERROR;
	}
	if (status != LUA_ERRRUN)
		lv_describe(slot, L);
}

struct body {
	lv_slot *slot;
	void (*run)(void *);
};

static void begin(void *arg)
{
	const struct body *body = arg;
	body->slot->report.began = true;
	body->run(body->slot);
}

static const lv_report *run_body(lv_slot *slot, pg_call *call, lv_phase phase, void (*run)(void *))
{
	lv_report *r = &slot->report;
	r->outcome = LV_OK;
	r->error_number = 0;
	r->ret = 0;
	r->output = NULL;
	r->output_size = 0;
	r->value = false;
	r->unrestored = false;
	r->message_size = r->traceback_size = 0;
	r->where[0] = 0;
	r->began = false;
	slot->phase = phase;
	slot->seeded = false;
	slot->logged = 0;
	slot->omap_changes = 0;
	slot->concatenating = false;
	slot->running = slot->main;

	call->interrupt = interrupt;
	call->locate = locate;
	call->vm = slot;
	struct body body = {slot, run};
	r->trap = pg_run(call, begin, &body);
	if (r->trap != PG_NONE)
		r->outcome = LV_TRAP;
	r->wall_ns = call->wall_used;
	r->cpu_ns = call->cpu_used;
	r->fault_signal = call->fault_signal;
	r->peak = pg_arena_peak(slot->arena);
	return r;
}

/* ---- load ---- */

struct lv_source {
	const char *name;
	const char *text;
	size_t size;
};

/* Leaves a table with name, flags and function of each registered function among the globals. */
static void push_methods(lua_State *L)
{
	lua_newtable(L);
	int methods = lua_gettop(L), handlers = methods + 1;
	lua_Integer n = 0;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &lv_key_handlers);
	lua_pushglobaltable(L);
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING)
			continue;
		lua_pushvalue(L, -1);
		if (lua_rawget(L, handlers) == LUA_TNUMBER) {
			lua_rawseti(L, methods, n + 2);
			lua_pushvalue(L, -2);
			lua_rawseti(L, methods, n + 1);
			lua_pushvalue(L, -1);
			lua_rawseti(L, methods, n + 3);
			n += 3;
		} else {
			lua_pop(L, 1);
		}
	}
	lua_settop(L, methods);
}

static int load_protected(lua_State *L)
{
	lv_slot *slot = lv_slot_of(L);
	const struct lv_source *what = lua_touserdata(L, 1);
	lua_settop(L, 0);
	luaL_checkstack(L, LUA_MINSTACK, NULL);
	lv_open_sandbox(L, slot->secret);
	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &lv_key_handlers);

	if (luaL_loadbufferx(L, what->text, what->size, what->name, "t") != LUA_OK)
		return lua_error(L);
	if (slot->script) {
		lua_rawsetp(L, LUA_REGISTRYINDEX, &lv_key_chunk);
		lua_newtable(L);
		return 1;
	}
	lua_call(L, 0, 1);
	slot->report.value = !lua_isnil(L, 1);
	lua_settop(L, 0);
	push_methods(L);
	return 1;
}

static void load_body(void *arg)
{
	lv_slot *slot = arg;
	lua_State *L = lua_newstate(allocate, slot->arena);
	if (!L)
		pg_trap_now(PG_MEMORY);
	*(lv_slot **)lua_getextraspace(L) = slot;
	lua_atpanic(L, on_panic);
	slot->main = slot->running = L;
	lua_gc(L, LUA_GCINC, 0, 0, 0);

	lua_pushcfunction(L, lv_on_error);
	lua_pushcfunction(L, load_protected);
	lua_pushlightuserdata(L, (void *)slot->load);
	conclude(slot, L, lua_pcall(L, 1, 1, ON_ERROR));
}

const lv_report *lv_load(lv_slot *slot, pg_call *call, const char *name, const char *source, size_t size, bool script)
{
	struct lv_source what = {name, source, size};
	slot->script = script;
	slot->flags = 0;
	slot->load = &what;
	const lv_report *r = run_body(slot, call, LV_LOADING, load_body);
	slot->load = NULL;
	slot->modules = NULL;
	return r;
}

/* ---- seal ---- */

static int collect_protected(lua_State *L)
{
	lua_gc(L, LUA_GCSETPAUSE, PAUSE_IMAGE);
	lua_gc(L, LUA_GCCOLLECT);
	lua_gc(L, LUA_GCSETPAUSE, PAUSE_CALL);
	return 0;
}

/* Takes the table that lv_load left, and returns what belongs on the main stack above ON_ERROR. */
static int arrange_protected(lua_State *L)
{
	lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
	luaL_checkstack(L, (int)n / 3 + LUA_MINSTACK, "too many methods");
	lv_push_bufferlist(L, 0);
	lv_push_bufferlist(L, 0);
	for (lua_Integer i = 3; i <= n; i += 3)
		lua_rawgeti(L, 1, i);
	return lua_gettop(L) - 1;
}

static void seal_body(void *arg)
{
	lv_slot *slot = arg;
	lua_State *L = slot->main;
	lua_pushcfunction(L, arrange_protected);
	lua_insert(L, -2);
	int status = lua_pcall(L, 1, LUA_MULTRET, ON_ERROR);
	if (status == LUA_OK) {
		lua_pushcfunction(L, collect_protected);
		status = lua_pcall(L, 0, 0, ON_ERROR);
	}
	conclude(slot, L, status);
}

const lv_report *lv_seal(lv_slot *slot, pg_call *call)
{
	const lv_report *r = run_body(slot, call, LV_ENDING, seal_body);
	if (r->outcome != LV_OK)
		return r;
	lua_sethook(slot->main, NULL, 0, 0); /* that an interrupt may have set too late */
	if (pg_arena_seal(slot->arena) != 0) {
		slot->report.outcome = LV_TRAP;
		slot->report.trap = PG_MEMORY;
	}
	return r;
}

/* ---- run ---- */

/* The last value that the handler returned, as cls_lua takes it: an integer or a string of one; none is 0. */
static int64_t to_ret(lua_State *L, int first)
{
	if (lua_gettop(L) < first)
		return 0;
	int is_integer;
	lua_Integer ret = lua_tointegerx(L, -1, &is_integer);
	if (!is_integer)
		luaL_error(L, "handler returned a %s; its last value must be an integer", luaL_typename(L, -1));
	if (ret < INT32_MIN || ret > INT32_MAX)
		luaL_error(L, "handler returned %I, which is outside of -2147483648..2147483647", (LUAI_UACINT)ret);
	return ret;
}

/* Calls the handler, which is on the stack with input and output above it, and takes what it returned. */
static void call_handler(lua_State *L, int handler, int output)
{
	lv_slot *slot = lv_slot_of(L);
	lua_call(L, 2, LUA_MULTRET);
	slot->phase = LV_ENDING;

	lv_report *r = &slot->report;
	r->ret = to_ret(L, handler);
	r->output = lv_to_bufferlist(L, output, &r->output_size);
	if (r->output_size > slot->method->output_max) {
		lua_pushfstring(L, "output of %I bytes is over the limit of %I", (LUAI_UACINT)r->output_size,
				(LUAI_UACINT)slot->method->output_max);
		lv_raise(L, EMSGSIZE);
	}
}

/* Its arguments: output, the method's function, input, output. */
static int run_method(lua_State *L)
{
	call_handler(L, 2, 1);
	return 0;
}

/* Pushes the function of the method's name; raises an error if it was not registered. */
static void push_handler(lua_State *L, const lv_method *m)
{
	lv_slot *slot = lv_slot_of(L);
	const char *name = lua_pushlstring(L, m->name, m->name_size);
	lua_pushglobaltable(L);
	lua_pushvalue(L, -2);
	if (lua_gettable(L, -2) != LUA_TFUNCTION) {
		slot->report.outcome = LV_NO_METHOD;
		luaL_error(L, "handler '%s' is not a function", name);
	}
	lua_rawgetp(L, LUA_REGISTRYINDEX, &lv_key_handlers);
	lua_pushvalue(L, -2);
	if (lua_rawget(L, -2) != LUA_TNUMBER)
		luaL_error(L, "handler '%s' is not registered: call objclass.register(%s)", name, name);
	slot->flags &= (int)lua_tointeger(L, -1);
	lua_pop(L, 2);
}

/* Its arguments: output, input. */
static int run_script(lua_State *L)
{
	const lv_method *m = lv_slot_of(L)->method;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &lv_key_chunk);
	lua_call(L, 0, 0);
	if (m->name_size == 0)
		return 0;
	push_handler(L, m);
	int handler = lua_gettop(L);
	lua_pushvalue(L, 2);
	lua_pushvalue(L, 1);
	call_handler(L, handler, 1);
	return 0;
}

static void run_method_body(void *arg)
{
	lv_slot *slot = arg;
	lua_State *L = slot->main;
	const lv_method *m = slot->method;
	lv_lend_bufferlist(L, INPUT, m->input, m->input_size);
	int arguments = 2;
	if (slot->script) {
		lua_pushcfunction(L, run_script);
		lua_pushvalue(L, OUTPUT);
		lua_pushvalue(L, INPUT);
	} else {
		lua_pushcfunction(L, run_method);
		lua_pushvalue(L, OUTPUT);
		lua_pushvalue(L, METHODS + m->number);
		lua_pushvalue(L, INPUT);
		lua_pushvalue(L, OUTPUT);
		arguments = 4;
	}
	conclude(slot, L, lua_pcall(L, arguments, 0, ON_ERROR));
}

const lv_report *lv_run(lv_slot *slot, pg_call *call, const lv_method *method)
{
	slot->flags = method->flags;
	slot->method = method;
	pg_arena_limit(slot->arena, method->memory_max);
	run_body(slot, call, LV_CALLING, run_method_body);
	slot->method = NULL;

	lv_report *r = &slot->report;
	if (r->trap == PG_FAULT || r->trap == PG_HOST)
		return r;
	if (r->outcome == LV_OK && r->output_size > LV_SMALL_OUTPUT) {
		r->unrestored = true;
		return r;
	}
	if (r->outcome != LV_OK)
		r->output_size = 0;
	if (r->output_size > 0)
		memcpy(slot->small_output, r->output, r->output_size);
	r->output = slot->small_output;
	lv_restore(slot);
	return r;
}

void lv_restore(lv_slot *slot)
{
	pg_arena_restore(slot->arena);
}

/* ---- slots ---- */

lv_slot *lv_new(size_t arena_size, const lv_host *host, uintptr_t ctx)
{
	uint64_t secret;
	if (getrandom(&secret, sizeof secret, 0) != sizeof secret)
		return NULL;
	lv_slot *slot = calloc(1, sizeof *slot);
	if (!slot)
		return NULL;
	slot->arena = pg_arena_new(arena_size);
	if (!slot->arena) {
		int err = errno;
		free(slot);
		errno = err;
		return NULL;
	}
	slot->host = host;
	slot->ctx = ctx;
	slot->secret = secret;
	return slot;
}

/* No lua_close: it would run the script's code, and all memory of the VM lies in the arena. */
void lv_free(lv_slot *slot)
{
	if (!slot)
		return;
	pg_arena_free(slot->arena);
	free(slot);
}

lua_State *lv_state(lv_slot *slot) { return slot->main; }
size_t lv_image_size(const lv_slot *slot) { return pg_arena_image_size(slot->arena); }
size_t lv_idle_size(const lv_slot *slot) { return sizeof *slot + pg_arena_idle_size(slot->arena); }
bool lv_is_pristine(const lv_slot *slot) { return pg_arena_is_pristine(slot->arena); }
