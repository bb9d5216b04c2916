/*
 * Reports: what went wrong and where, put into the slot's fixed buffers.
 *
 * All of this runs when a script has failed, perhaps because no memory or stack is left. So nothing here allocates in the
 * arena or can raise an error, but for one thing: an error value's own __tostring, which is called under lua_pcall.
 */
#include "slot.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* How many levels of a deep stack a traceback shows at its begin and at its end. */
#define TRACE_FIRST 10
#define TRACE_LAST 11

void lv_set_message(lv_slot *slot, const char *text, size_t size)
{
	lv_report *r = &slot->report;
	r->message_size = size < LV_MESSAGE ? size : LV_MESSAGE;
	memcpy(r->message, text, r->message_size);
}

static __attribute__((format(printf, 2, 3))) void trace(lv_report *r, const char *format, ...)
{
	size_t room = LV_TRACEBACK - r->traceback_size;
	va_list args;
	va_start(args, format);
	int n = vsnprintf(r->traceback + r->traceback_size, room, format, args);
	va_end(args);
	if (n > 0)
		r->traceback_size += (size_t)n < room ? (size_t)n : room - 1;
}

static void trace_level(lv_report *r, lua_State *L, lua_Debug *ar)
{
	lua_getinfo(L, "Slnt", ar);
	trace(r, "%s%s:", r->traceback_size ? "\n" : "", ar->short_src);
	if (ar->currentline > 0)
		trace(r, "%d:", ar->currentline);
	if (*ar->namewhat)
		trace(r, " in %s '%s'", ar->namewhat, ar->name);
	else if (*ar->what == 'm')
		trace(r, " in main chunk");
	else if (*ar->what == 'C')
		trace(r, " in a library function");
	else
		trace(r, " in function at line %d", ar->linedefined);
	if (ar->istailcall)
		trace(r, " (tail call)");
}

/* Levels below are the engine's own: the function that lua_pcall was given. */
static int depth(lua_State *L)
{
	lua_Debug ar;
	int low = 1, high = 1;
	while (lua_getstack(L, high, &ar)) {
		low = high;
		high *= 2;
	}
	while (low < high) {
		int middle = (low + high) / 2;
		if (lua_getstack(L, middle, &ar))
			low = middle + 1;
		else
			high = middle;
	}
	return high;
}

static void set_traceback(lv_slot *slot, lua_State *L)
{
	lv_report *r = &slot->report;
	r->traceback_size = 0;
	int levels = depth(L);
	if (L == slot->main)
		levels--;
	for (int level = 1; level < levels; level++) {
		if (level == TRACE_FIRST + 1 && levels > TRACE_FIRST + TRACE_LAST + 1) {
			int skipped = levels - TRACE_FIRST - TRACE_LAST - 1;
			trace(r, "\n(%d levels left out)", skipped);
			level += skipped;
		}
		lua_Debug ar;
		if (!lua_getstack(L, level, &ar))
			break;
		trace_level(r, L, &ar);
	}
}

static int tostring_protected(lua_State *L)
{
	lv_tolstring(L, 1, NULL);
	return 1;
}

/* Puts the text of the error value at index into the report, without calling the script. */
static bool set_plain_message(lv_slot *slot, lua_State *L, int index)
{
	char number[64];
	size_t size;
	const char *text;
	switch (lua_type(L, index)) {
	case LUA_TSTRING:
		text = lua_tolstring(L, index, &size);
		lv_set_message(slot, text, size);
		return true;
	case LUA_TNUMBER:
		if (lua_isinteger(L, index))
			snprintf(number, sizeof number, LUA_INTEGER_FMT, (LUAI_UACINT)lua_tointeger(L, index));
		else
			snprintf(number, sizeof number, LUA_NUMBER_FMT, (LUAI_UACNUMBER)lua_tonumber(L, index));
		lv_set_message(slot, number, strlen(number));
		return true;
	case LUA_TUSERDATA:
		if (!lv_to_errno(L, index))
			return false;
		text = lv_operror_text(L, index, &size);
		lv_set_message(slot, text, size);
		return true;
	default:
		return false;
	}
}

static void set_fallback_message(lv_slot *slot, lua_State *L, int index)
{
	char text[64];
	snprintf(text, sizeof text, "error value is a %s", luaL_typename(L, index));
	lv_set_message(slot, text, strlen(text));
}

void lv_describe(lv_slot *slot, lua_State *L)
{
	slot->report.traceback_size = 0;
	if (!set_plain_message(slot, L, -1))
		set_fallback_message(slot, L, -1);
}

/* The script's own __tostring, which can do nothing to the object. */
static void set_own_message(lv_slot *slot, lua_State *L, int index)
{
	if (!lua_checkstack(L, 2))
		return;
	lv_phase phase = slot->phase;
	slot->phase = LV_ENDING;
	lua_pushcfunction(L, tostring_protected);
	lua_pushvalue(L, index);
	if (lua_pcall(L, 1, 1, 0) == LUA_OK)
		set_plain_message(slot, L, -1);
	lua_pop(L, 1);
	slot->phase = phase;
}

/*
 * The message handler of the outermost lua_pcall: runs where the error was raised, with the stack still there. Lua calls it
 * for errors, too, that its load goes on to catch, so what it notes is that of the last error.
 */
int lv_on_error(lua_State *L)
{
	lv_slot *slot = lv_slot_of(L);
	set_traceback(slot, L);
	if (!set_plain_message(slot, L, 1)) {
		set_fallback_message(slot, L, 1);
		set_own_message(slot, L, 1);
	}
	return 1;
}

/* The innermost level that has a line, if one does. */
bool lv_note_where(lv_slot *slot, lua_State *L)
{
	lua_Debug ar;
	for (int level = 0; lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "Sl", &ar);
		if (ar.currentline <= 0)
			continue;
		snprintf(slot->report.where, LV_WHERE, "%s:%d", ar.short_src, ar.currentline);
		return true;
	}
	return false;
}
