/*
 * Counts what VM code takes of libc's heap: nothing. Runs scripts that reach every function of libc which liblua may reach, with
 * the arguments that need most room, in a program whose malloc counts the calls made in the VM region. Exits with status 0
 * if there were none.
 */
#define _GNU_SOURCE
#include "../../panicguard/thread.h"
#include "../lv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a heap that counts ---- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *p);

static volatile unsigned long heap_calls;

static void count(void)
{
	if (pg_self.in_vm)
		heap_calls++;
}

void *malloc(size_t size)
{
	count();
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	count();
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	count();
	return __libc_realloc(p, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	count();
	return __libc_memalign(alignment, size);
}

void free(void *p)
{
	count();
	__libc_free(p);
}

/* ---- scripts ---- */

static int host_log(uintptr_t ctx, int level, const void *text, size_t size)
{
	(void)ctx, (void)level, (void)text, (void)size;
	return 0;
}

static int host_random(uintptr_t ctx, void *data, size_t size)
{
	(void)ctx;
	memset(data, 7, size);
	return 0;
}

static const lv_host host = {.log = host_log, .random = host_random};

static const char *const scripts[] = {
	/* snprintf: each conversion with each flag, at its widest and most precise. */
	"local numbers = {0, -0.0, 1e308, -1e308, 2^-1074, 0.1, 1/3, math.pi * 1e200, 1/0, -1/0, 0/0, 2^53}\n"
	"for _, flags in ipairs{'', '-', '+', ' ', '#', '0', '-+ #'} do\n"
	"  for _, size in ipairs{'', '99', '.99', '99.99', '.0'} do\n"
	"    for c in ('aAeEfgG'):gmatch('.') do\n"
	"      for _, n in ipairs(numbers) do pcall(string.format, '%' .. flags .. size .. c, n) end\n"
	"    end\n"
	"    for c in ('dioxXuc'):gmatch('.') do\n"
	"      for _, n in ipairs{0, 1, -1, 255, math.maxinteger, math.mininteger} do\n"
	"        pcall(string.format, '%' .. flags .. size .. c, n)\n"
	"      end\n"
	"    end\n"
	"    for _, c in ipairs{'s', 'q', 'p'} do\n"
	"      for _, v in ipairs{'', ('x'):rep(99), ('\\0\\n\\r\"'):rep(20), 1e308, {}} do\n"
	"        pcall(string.format, '%' .. flags .. size .. c, v)\n"
	"      end\n"
	"    end\n"
	"  end\n"
	"end\n"
	"assert(#string.format('%99.99f', -1e308) == 410 and #string.format('%.99e', 1/3) == 105)\n"
	"for _, n in ipairs(numbers) do local _ = tostring(n) .. n end\n",

	/* strtod, strpbrk, localeconv: numbers in text. */
	"for _, s in ipairs{'1e308', '1e-400', '0x1p4', '0x.8p-1080', '0x' .. ('f'):rep(190), ('9'):rep(199), '0.' .. ('1'):rep(190),\n"
	"    ('0'):rep(150) .. '1e-300', '1e999', 'nan', 'inf', '1,5', ' 10 ', '0x1p99999', ('1'):rep(300)} do\n"
	"  local _ = tonumber(s), pcall(load, 'return ' .. s), math.tointeger(s)\n"
	"end\n"
	"for base = 2, 36 do assert(tonumber('10', base) == base) end\n",

	/* strcoll, memcmp, memchr, ctype. */
	"local words = {}\n"
	"for i = 1, 400 do words[i] = ('\\xc3\\xa4\\0' .. i):rep(i % 7) end\n"
	"table.sort(words) assert(words[1] < words[400])\n"
	"assert(not (('a'):rep(70000) < ('a'):rep(70000)))\n"
	"for class in ('acdglpsuwxACDGLPSUWX'):gmatch('.') do local _ = (('aZ9 \\1\\xff'):rep(20)):gsub('%' .. class, '%0%0') end\n"
	"assert(('x'):rep(5000):find('xy', 1, true) == nil and ('AbC'):lower():upper() == 'ABC')\n",

	/* libm, clock and time. */
	"for _, x in ipairs{0, 1, -1, 1e300, -1e300, 1e-300, 1/0, 0/0, 0.5} do\n"
	"  for _, name in ipairs{'abs', 'acos', 'asin', 'atan', 'ceil', 'cos', 'deg', 'exp', 'floor', 'log', 'modf', 'rad', 'sin',\n"
	"      'sqrt', 'tan', 'type', 'tointeger'} do math[name](x) end\n"
	"  local _ = math.log(x, 2), math.log(x, 10), math.log(x, 3), math.atan(x, 2), x ^ 0.3, x % 7.5, x // 0.1, math.fmod(x, 3.5)\n"
	"end\n"
	"math.random() math.random(0) math.randomseed(42)\n"
	"local t = {} for i = 1, 5000 do t[i] = (i * 7919) % 5003 end table.sort(t)\n"
	"table.sort(t, function(a, b) return a > b end)\n",

	/* The rest of the libraries, the compiler, the collector, and errors. */
	"local s = string.pack('<i8 >d z s4 !8 j', 1, 2.5, 'z', 's', 3) assert(string.unpack('<i8', s) == 1)\n"
	"assert(utf8.char(0x7FFFFFFF, 65, 0x10FFFF):len() == 11)\n"
	"for _, c in utf8.codes('\\u{48}\\u{20AC}') do assert(c) end\n"
	"assert(table.concat({1, 2.5, 'x'}, ', ') == '1, 2.5, x' and select('#', table.unpack({}, 1, 200)) == 200)\n"
	"local co = coroutine.wrap(function(...) for i = 1, 10 do coroutine.yield(i) end end) for i = 1, 10 do co() end\n"
	"assert(load('local a <const> = 1 ::top:: if a == 2 then goto top end return function(...) return ... end'))\n"
	"assert(not load('x = = 1') and not load('return \"' .. ('y'):rep(10000)))\n"
	"local weak = setmetatable({}, {__mode = 'kv'}) for i = 1, 20000 do weak[{}] = {i} end collectgarbage('count')\n"
	"print('text', 1.5, nil, {}) print(pcall(error)) print(pcall(error, {}))\n"
	"print(xpcall(function() local x = nil; x.y.z = 1 end, function(m) return m .. '!' end))\n"
	"local big = ('x'):rep(1 << 20) assert(#(big .. big) == 2 << 20) print(pcall(string.rep, big, 1 << 20))\n"
	"local function deep() return 1 + deep() end print(pcall(deep))\n"
	"error(setmetatable({}, {__tostring = function() return ('e'):rep(100000) end}))\n",
};

static void touch_heap(void *unused)
{
	(void)unused;
	void *volatile p = malloc(1);
	free(p);
}

static int audit(const char *source, bool ends_in_error)
{
	pg_call call = {.id = 1};
	lv_slot *slot = lv_new(64 << 20, &host, 0);
	const lv_report *r = lv_load(slot, &call, "=audit", source, strlen(source), true);
	if (r->outcome == LV_OK)
		r = lv_seal(slot, &call);
	if (r->outcome == LV_OK) {
		lv_method method = {.name = "", .flags = LV_RD, .output_max = 1};
		r = lv_run(slot, &call, &method);
	}
	bool as_it_must = r->outcome == (ends_in_error ? LV_SCRIPT_ERROR : LV_OK);
	if (!as_it_must)
		fprintf(stderr, "%.40s...: outcome %d, trap %d: %.*s\n", source, r->outcome, r->trap, (int)r->message_size, r->message);
	lv_free(slot);
	return as_it_must ? 0 : 1;
}

int main(void)
{
	if (pg_init() != 0)
		return 1;

	pg_call call = {.id = 1};
	pg_run(&call, touch_heap, NULL);
	if (heap_calls != 2) {
		fprintf(stderr, "the count is wrong: %lu heap calls in the VM region, not 2\n", heap_calls);
		return 1;
	}

	heap_calls = 0;
	int failures = 0;
	size_t n = sizeof scripts / sizeof *scripts;
	for (size_t i = 0; i < n; i++)
		failures += audit(scripts[i], i == n - 1);
	printf("%zu scripts over all that liblua calls in libc: %lu heap calls in the VM region\n", n, heap_calls);
	return failures != 0 || heap_calls != 0;
}
