/* The Lua programs of alloctest: each asserts that it got what it must get. */
#include "cases.h"

const char prelude[] =
	"local function try(...)\n"
	"	local r = table.pack(pcall(...))\n"
	"	if r[2] == 'not enough memory' then error(r[2], 0) end\n"
	"	return table.unpack(r, 1, r.n)\n"
	"end\n"
	"local function bl(s) local b = bufferlist.new() b:append(s) return b end\n"
	"local text = '0123456789'\n";

const char class_source[] =
	"local words = {'alpha', 'beta', gamma = {1, 2, 3}, [10] = true}\n"
	"local large = ('x'):rep(3000)\n"
	"local function counter() local n = 0 return function() n = n + 1 return n end end\n"
	"local next_number = counter()\n"
	"function first(input, output) output:append(words[1] .. input:str() .. next_number()) return 1 end\n"
	"function second(input, output) output:append(large) return #words.gamma end\n"
	"for i = 1, 20 do words['word' .. i] = {i} end\n"
	"objclass.register(first)\n"
	"objclass.register(second, objclass.RD)\n"
	"objclass.manifest{doc = large, methods = {first = {timeout_ms = 5, [1.5] = print}}, capabilities = {omap = words, data = true}}\n"
	"objclass.log('loaded', #words)\n"
	"local m = require '1' assert(require '1' == m and m.two.list[2] == 2 and not second_of_module)\n";

const char *const module_sources[2] = {
	"function second_of_module() end objclass.register(second_of_module)\n"
	"return {two = require '2', text = ('y'):rep(100)}\n",
	"local list = {1, 2, 3} return {list = list}\n",
};

const program calls[] = {
	/* operations, one by one */
	{"create", "objclass.create() objclass.create(false)", "", LV_OK},
	{"create fails", "local ok, e, m = try(objclass.create, true) assert(not ok and e == -17 and m:find('says no'))", "", LV_OK},
	{"remove", "objclass.remove()", "", LV_OK},
	{"stat", "local size, time = objclass.stat() assert(size == 100000 and time == 1)", "", LV_OK},
	{"read small", "assert(objclass.read(0, 10):str() == text)", "", LV_OK},
	{"read large", "local b = objclass.read(0, 0) assert(#b == 100000 and b:str():sub(-10) == text)", "", LV_OK},
	{"read fails", "assert(select(2, try(objclass.read, -1, 1)) == -27)", "", LV_OK},
	{"write", "objclass.write(5, 10, bl(text))", "", LV_OK},
	{"write fails", "assert(select(2, try(objclass.write, -1, 10, bl(text))) == -27)", "", LV_OK},
	{"write_full", "objclass.write_full(bl(text:rep(1000)))", "", LV_OK},
	{"append", "objclass.append(bl(text)) objclass.append(bl(''))", "", LV_OK},
	{"truncate", "objclass.truncate(1 << 40) assert(select(2, try(objclass.truncate, -1)) == -27)", "", LV_OK},
	{"zero", "objclass.zero(5, 1 << 40) assert(select(2, try(objclass.zero, 0, -1)) == -27)", "", LV_OK},
	{"rmxattr", "objclass.rmxattr('small')", "", LV_OK},
	{"getxattr small", "assert(objclass.getxattr('small'):str() == text)", "", LV_OK},
	{"getxattr large", "assert(#objclass.getxattr('large') == 100000)", "", LV_OK},
	{"getxattr fails", "assert(select(2, try(objclass.getxattr, 'none')) == -61)", "", LV_OK},
	{"getxattrs", "local all = objclass.getxattrs() assert(#all.k0001 == 1000 and #all.k0003 == 1000 and not all.k0004)", "", LV_OK},
	{"setxattr", "local b = bl(text) assert(rawequal(objclass.setxattr('name', b), b))", "", LV_OK},
	{"map_clear", "objclass.map_clear()", "", LV_OK},
	{"map_get_keys small", "local t = objclass.map_get_keys('', 3) assert(t.k0001 and t.k0003 and not t.k0004)", "", LV_OK},
	{"map_get_keys large", "local n = 0 for k, v in pairs(objclass.map_get_keys('', 300)) do n = n + 1 end assert(n == 300)", "", LV_OK},
	{"map_get_vals small", "local t = objclass.map_get_vals('', '', 3) assert(t.k0002:str() == text and not t.k0004)", "", LV_OK},
	{"map_get_vals large", "local n = 0 for k, v in pairs(objclass.map_get_vals('', 'k', 100)) do n = n + #v end assert(n == 1000)", "", LV_OK},
	{"listing", "local t, more = objclass.map_get_keys('', 20, 'k') assert(more == true) local n = 0\n"
		    "for k, v in pairs(t) do n = n + 1 assert(k == ('k%04d'):format(n) and v == true) t[k] = nil end assert(n == 20)\n"
		    "assert(next(objclass.map_get_keys('', 1)) == 'k0001' and next(t) == nil) t.x = 1 t.y = 2 assert(getmetatable(t) == nil)\n"
		    "t, more = objclass.map_get_vals('', '', 20) assert(more == false)", "", LV_OK},
	{"map_pairs", "local n = 0 for k, v in objclass.map_pairs() do n = n + 1\n"
		      "assert(k == ('k%04d'):format(n) and v:str() == text) if n % 20 == 0 then objclass.map_remove_key('small') end end\n"
		      "assert(n == 150) assert(objclass.map_pairs(5, 'k')() == 'k0001')", "", LV_OK},
	{"map_get_vals_by_keys", "assert(objclass.map_get_vals_by_keys({'a', 1, 2.5}).k0002:str() == text)\n"
				 "assert(next(objclass.map_get_vals_by_keys({})) == nil)\n"
				 "local ok, e, m = try(objclass.map_get_vals_by_keys, {'a', {}}) assert(e == -22)", "", LV_OK},
	{"map_remove_range", "objclass.map_remove_range('a', 'b') assert(select(2, try(objclass.map_remove_range, 'a')) == -1)", "", LV_OK},
	{"fail", "local e, m = select(2, try(objclass.fail, 22, text)) assert(e == -22 and m:find(text, 1, true))", "", LV_OK},
	{"map_get_val", "assert(objclass.map_get_val('small'):str() == text and #objclass.map_get_val('large') == 100000)", "", LV_OK},
	{"map_get_val fails", "assert(select(2, try(objclass.map_get_val, 'none')) == -61)", "", LV_OK},
	{"map_set_val", "objclass.map_set_val('key', bl(text)) objclass.map_set_val('key', bl(text:rep(500)))", "", LV_OK},
	{"map_set_vals", "local t = {} for i = 1, 40 do t[i] = text t['k' .. i] = text:rep(10) end objclass.map_set_vals(t)", "", LV_OK},
	{"map_set_vals fails", "assert(select(2, try(objclass.map_set_vals, {a = 1})) == -22)\n"
			       "assert(select(2, try(objclass.map_set_vals, {[true] = 'x'})) == -22)", "", LV_OK},
	{"map_remove_key", "objclass.map_remove_key('small') assert(select(2, try(objclass.map_remove_key, 'none')) == -61)", "", LV_OK},
	{"header", "assert(objclass.map_read_header():str() == text) objclass.map_write_header(bl(text))", "", LV_OK},
	{"versions", "assert(objclass.current_version() == 7 and objclass.current_subop_num() == 0)\n"
		     "assert(objclass.current_subop_version() == '7.0')", "", LV_OK},
	{"object and caller", "assert(objclass.object().oid == 'the object' and #objclass.caller().client == 100000)", "", LV_OK},
	{"now and random_bytes", "assert(objclass.now() == 1 and objclass.random_bytes(3) == 'rrr' and #objclass.random_bytes(65536) == 65536)\n"
				 "assert(select(2, try(objclass.random_bytes, -1)) == -22)", "", LV_OK},
	{"hash", "assert(hash.crc32c(text) == 10 and hash.xxh64(bl(text), 5) == 15 and hash.sha256(text) == ('ab'):rep(32))\n"
		 "local h = hash.new('xxh64') h:update(text:rep(10000)):update(bl(text)) assert(h:digest() == 100010)\n"
		 "assert(hash.new('sha256'):digest() == ('ab'):rep(32))", "", LV_OK},
	{"log", "assert(objclass.log(5, 'a', 1, true, {}, nil) == 'a 1 true table nil')\n"
		"assert(#objclass.log('x' .. text:rep(200), text:rep(200)) == 4002) print('p', {}, text)", "", LV_OK},
	{"parts of bufferlists", "local b = bl(text:rep(50)) assert(b:sub(491) == text and b:byte(-1) == 57 and b:find('90', 400) == 400)\n"
				 "assert(b:unpack('c4 s1', 7) == '6789') local n = 0 for line in b:lines() do n = n + #line end assert(n == 500)", "", LV_OK},
	{"json", "local long = text:rep(60) local s = '{\"a\":[1,2.5,true,null,\"' .. long .. '\"],\"b\":{\"c\":[],\"d\":{}}}'\n"
		 "assert(json.encode(json.decode(s)) == s) assert(json.encode(json.array{1, bl('x')}) == '[1,\"x\"]')", "", LV_OK},
	{"json fails", "assert(select(2, try(json.decode, '[1,')) == -22) assert(select(2, try(json.encode, {print})) == -22)", "", LV_OK},
	{"constants", "assert(objclass.ENOENT == 2 and objclass.RD == 1 and objclass.NONE == nil)", "", LV_OK},

	/* errors */
	{"pcall", "assert(select('#', try(error)) == 2)\n"
		  "local ok, e = try(error, {5}) assert(not ok and e[1] == 5)\n"
		  "ok, e = try(function() local x = nil; return x.field end)\n"
		  "assert(e:find('attempt to index a nil value %(local \\'x\\'%)'))\n"
		  "ok, e = try(function() return {} < {} end) assert(e:find('compare two table'))\n"
		  "ok, e = try(string.rep) assert(e:find('bad argument #1 to'))", "", LV_OK},
	{"xpcall", "local function handler(e) return 'h:' .. tostring(e), e end\n"
		   "local ok, e = xpcall(error, handler, 'x') assert(not ok and (e == 'h:x' or e == 'h:not enough memory'))\n"
		   "local ok, e = xpcall(objclass.read, function(e) return e end, -1, 1)\n"
		   "if e == 'not enough memory' then error(e, 0) end\n"
		   "assert(e.errno == 27 and tostring(e) == e.message and ('<' .. e .. '>'):find('^<.*says no>$'))", "", LV_OK},
	{"error in a deep stack", "local function f(n) if n == 0 then error('deep') end return 1 + f(n - 1) end\n"
				  "local ok, e = try(f, 300) assert(not ok and e:find('deep'))", "", LV_OK},
	{"recursion in C", "local function f() return (('a'):gsub('a', f)) end\n"
			   "local ok, e = try(f) assert(not ok and e:find('C stack overflow'))", "", LV_OK},

	{"uncaught operation error", "objclass.read(-1, 1)", "", LV_OP_ERROR},
	{"uncaught operation error of a method", "function h() return objclass.map_get_val('none') end objclass.register(h)", "h", LV_OP_ERROR},
	{"uncaught error", "local function f(n) if n == 0 then error('boom') end f(n - 1) end f(40)", "", LV_SCRIPT_ERROR},
	{"uncaught error with a text", "error(setmetatable({}, {__tostring = function() return text:rep(40) end}))", "", LV_SCRIPT_ERROR},
	{"no handler", "", "none", LV_NO_METHOD},
	{"wrong result", "function h() return {} end objclass.register(h)", "h", LV_SCRIPT_ERROR},

	/* libraries */
	{"coroutines", "local co = coroutine.wrap(function(...) local a = {...} for i = 1, 10 do a[i] = coroutine.yield(i) end return 'end' end)\n"
		       "for i = 1, 10 do assert(co(i) == i) end assert(co() == 'end')\n"
		       "local bad = coroutine.create(function() local t = {} coroutine.yield(t) error(t) end)\n"
		       "local ok, t = coroutine.resume(bad) local ok2, t2 = coroutine.resume(bad)\n"
		       "if t2 ~= 'not enough memory' then assert(not ok2 and t == t2) end\n"
		       "assert(coroutine.close(coroutine.create(print)))\n"
		       "local w = coroutine.wrap(function() error('inside') end)\n"
		       "local ok, e = try(w) assert(not ok and e:find('inside'))", "", LV_OK},
	{"many results", "local t = {} for i = 1, 500 do t[i] = i end\n"
			 "local co = coroutine.wrap(function(...) coroutine.yield(...) return select('#', ...) end)\n"
			 "assert(select('#', co(table.unpack(t))) == 500) assert(co() == 500)\n"
			 "assert(select('#', string.byte(text:rep(30), 1, -1)) == 300)", "", LV_OK},
	{"load", "local f = assert(load('local a, b = ... local function g() return a + b end return g(), \"text\", {x = {1, 2, [3] = 4}}'))\n"
		 "local sum, s, t = f(3, 4) assert(sum == 7 and s == 'text' and t.x[3] == 4)\n"
		 "local f, e = load('x = = 1') if e == 'not enough memory' then error(e, 0) end\n"
		 "assert(not f and e:find('unexpected symbol'))\n"
		 "local parts, i = {'return ', '1', ' + 2'}, 0\n"
		 "assert(assert(load(function() i = i + 1 return parts[i] end))() == 3)\n"
		 "local g = assert(load('goto e do local x <const> = 5 y = function() return x, z end end ::e:: return ...', 'n', 't', {}))\n"
		 "assert(g(9) == 9)", "", LV_OK},
	{"strings", "assert(text:rep(1000, ','):len() == 10999) assert(text:reverse() == '9876543210' and text:upper() == text)\n"
		    "assert(('%5d|%-8s|%q|%g'):format(42, 'ab', 'q\"', 1.5) == '   42|ab      |\"q\\\\\"\"|1.5')\n"
		    "assert((text:rep(50):gsub('%d', {['1'] = 'one', ['2'] = false})):find('0one23'))\n"
		    "assert(text:gsub('(%d)(%d)', function(a, b) return b .. a end) == '1032547698')\n"
		    "local n = 0 for a, b in text:rep(20):gmatch('()(%d)') do n = n + a end assert(n == 20100)\n"
		    "local p = string.pack('<i4s2z', 7, 'abc', 'zz') assert(string.unpack('<i4s2z', p) == 7)\n"
		    "assert(select(3, ('key=value'):find('(%w+)=')) == 'key')", "", LV_OK},
	{"tables", "local t = {} for i = 1, 200 do t[i] = (i * 7919) % 200 end table.sort(t, function(a, b) return a < b end)\n"
		   "for i = 2, 200 do assert(t[i - 1] <= t[i]) end\n"
		   "assert(#table.concat(t, ',') == 689) table.insert(t, 1, 5) assert(table.remove(t, 1) == 5)\n"
		   "assert(#table.move(t, 1, 200, 100) == 299) local h = {} for i = 1, 100 do h['k' .. i] = i end\n"
		   "for i = 1, 100 do h['k' .. i] = nil end assert(next(h) == nil)", "", LV_OK},
	{"utf8", "assert(utf8.char(228, 8364, 128512) == 'ä€😀') local n = 0\n"
		 "for p, c in utf8.codes('ä€😀') do n = n + c end assert(n == 228 + 8364 + 128512)\n"
		 "assert(utf8.len(('ä'):rep(500)) == 500 and utf8.codepoint('€') == 8364 and utf8.offset('ä€', 2) == 3)", "", LV_OK},
	{"tostring", "for _, v in ipairs{1, 1.5, true, 'x', {}, print, coroutine.create(print), bl(''), function() end} do\n"
		     "	assert(tostring(v) == ('%s'):format(v)) end\n"
		     "assert(tostring(setmetatable({}, {__tostring = function() return text:rep(9) end})) == text:rep(9))\n"
		     "assert(tostring(setmetatable({}, {__name = 'N'})):find('^N: 0x'))", "", LV_OK},
	{"random from the stream", "local a = math.random(1 << 60) math.randomseed() assert(a == math.random(1 << 60))", "", LV_OK},
	{"random", "math.randomseed(5) local a = math.random(1000) math.randomseed(5) assert(a == math.random(1000))", "", LV_OK},
	{"metamethods", "local mt = {} mt.__index = function(t, k) return k .. '!' end mt.__call = function(self, ...) return select('#', ...) end\n"
			"mt.__newindex = function(t, k, v) rawset(t, k, {v}) end mt.__add = function(a, b) return {a, b} end\n"
			"mt.__lt = function() return true end mt.__len = function() return 77 end mt.__unm = function() return 'minus' end\n"
			"local t = setmetatable({}, mt) t.x = 1 assert(t.y == 'y!' and t.x[1] == 1 and t(1, 2) == 2 and #t == 77)\n"
			"assert((t + 1)[2] == 1 and t < t and -t == 'minus')", "", LV_OK},
	{"bufferlists", "local a, b = bl('ab'), bl('ac') assert((a .. b):str() == 'abac' and a < b and a ~= b)\n"
			"for i = 1, 50 do a:append(text) end assert(#a == 502) a:append(a) assert(#a == 1004)\n"
			"assert(('x' .. a .. 'y'):str():sub(1, 3) == 'xab' and tostring(a) == 'bufferlist of 1004 bytes')\n"
			"local e = bl('') for i = 1, 9 do e:append(e) e:append(text) end assert(#e == 5110)", "", LV_OK},
	{"concatenation", "local mt = {__concat = function(a, b) local t = {} for i = 1, 50 do t[i] = {i} end return text end}\n"
			  "local t = setmetatable({}, mt) assert('a' .. t .. 'b' == 'a' .. text)\n"
			  "local ok, e = try(function() return 'a' .. nil end) assert(not ok and e:find('concatenate a nil'))\n"
			  "ok, e = try(function() return 'a' .. setmetatable({}, {__concat = error}) end) assert(not ok)", "", LV_OK},

	/* output */
	{"small output", "function h(i, o) o:append(i) o:append(text) return 3 end objclass.register(h)", "h", LV_OK},
	{"large output", "function h(i, o) for j = 1, 200 do o:append(text) end return 3 end objclass.register(h)", "h", LV_OK},
};
const int call_count = sizeof calls / sizeof *calls;

const program collections[] = {
	{"weak values", "for r = 1, 20 do local t = setmetatable({}, {__mode = 'v'}) local keep = {}\n"
			"for i = 1, 20 do t[i] = {i} t['k' .. i] = i % 3 == 0 and {i} or i keep[i] = t[i] end\n"
			"for i = 1, 20 do assert(t[i] == keep[i]) end end", "", LV_OK},
	{"weak keys", "local t = setmetatable({}, {__mode = 'k'}) local last\n"
		      "for i = 1, 100 do local k = {} t[k] = {k, last} last = k end assert(t[last][1] == last)", "", LV_OK},
	{"weak keys and values", "local t = setmetatable({}, {__mode = 'kv'}) local kept = {}\n"
				 "for i = 1, 100 do kept[i] = {} t[kept[i]] = kept[i] t[{}] = {} end\n"
				 "for i = 1, 100 do assert(t[kept[i]] == kept[i]) end", "", LV_OK},
	{"weak metatable", "for r = 1, 20 do local h = {} local mt = setmetatable({__newindex = h}, {__mode = 'v'})\n"
			   "local t = setmetatable({}, mt) h = nil for i = 1, 20 do t[i] = i t['k' .. i] = i end end", "", LV_OK},
	{"weak metatable that is read", "for r = 1, 20 do local mt = setmetatable({__index = {x = 1}}, {__mode = 'v'}) local t = setmetatable({}, mt)\n"
			   "for i = 1, 20 do local v = t.x t[i] = {} assert(v == nil or v == 1) end end", "", LV_OK},
	{"new metatables of weak tables", "local ts = {} for i = 1, 50 do ts[i] = setmetatable({}, {__mode = 'kv', tag = 1}) end\n"
					  "for r = 1, 40 do for i = 1, 50 do assert(getmetatable(ts[i]).tag)\n"
					  "setmetatable(ts[i], {__mode = 'kv', tag = r}) end end", "", LV_OK},
	{"coroutines", "local live = {} for i = 1, 30 do live[i] = coroutine.wrap(function(a) local t, s = {a}, 'v' .. a\n"
		       "local function up() s = s .. a return s end for j = 1, 5 do t[j] = coroutine.yield(up()) end return #t end)\n"
		       "live[i](i) end for j = 1, 5 do for i = 1, 30 do live[i]({j}) end end", "", LV_OK},
	{"closures", "local fs = {} for i = 1, 50 do local a, b = {i}, 'b' .. i\n"
		     "fs[i] = function(x) a[#a + 1] = x b = b .. #a return function() return a, b end end end\n"
		     "for r = 1, 5 do for i = 1, 50 do local a, b = fs[i](r)() assert(#a == r + 1 and type(b) == 'string') end end", "", LV_OK},
	{"deep tables", "local root = {} local t = root for i = 1, 300 do t.next = {i, name = 'n' .. i} t = t.next end\n"
			"t = root for i = 1, 300 do t = t.next assert(t[1] == i and t.name == 'n' .. i) end", "", LV_OK},
	{"strings", "local t = {} for i = 1, 500 do t['s' .. i % 50] = 's' .. i end for i = 1, 50 do assert(t['s' .. i % 50]) end\n"
		    "local long = text for i = 1, 9 do long = long .. long end assert(#long == 5120)", "", LV_OK},
	{"growing tables", "local t = {} for i = 1, 300 do t[i] = {} t[-i] = i t[i + 0.5] = i end for i = 1, 300 do t[i] = nil end\n"
			   "for i = 1, 300 do assert(t[-i] == i and t[i + 0.5] == i) t['x' .. i] = i end", "", LV_OK},
	{"callbacks", "assert((text:rep(5):gsub('%d', function(d) local t = {d} return t[1] .. 'x' end)):sub(1, 4) == '0x1x')\n"
		      "local t = {} for i = 1, 60 do t[i] = {v = (i * 37) % 61} end\n"
		      "table.sort(t, function(a, b) local x, y = {a.v}, {b.v} return x[1] < y[1] end)\n"
		      "for i = 2, 60 do assert(t[i - 1].v < t[i].v) end", "", LV_OK},
	{"load", "for i = 1, 10 do local f = assert(load('local t = {' .. i .. ', a = {}, \"s\"} local function g(x) return function() return t, x end end return g(...)'))\n"
		 "local t, x = f(i)() assert(t[1] == i and x == i) end\n"
		 "for i = 1, 5 do local f, e = load('local x = ' .. ('('):rep(i) .. ' end') assert(not f and e) end", "", LV_OK},
	{"errors", "for i = 1, 20 do local ok, e = pcall(function() local t = {} t[i] = nil + i end) assert(not ok and e:find('arithmetic'))\n"
		   "ok, e = pcall(error, {i}) assert(e[1] == i) ok, e = xpcall(error, function(e) return {e .. i} end, 'x')\n"
		   "assert(e[1] == 'x' .. i) ok, e = pcall(coroutine.wrap(function() error('in' .. i) end)) assert(e:find('in' .. i)) end", "", LV_OK},
	{"metamethods", "local mt = {} mt.__index = function(t, k) return {k} end mt.__newindex = function(t, k, v) rawset(t, k, {v}) end\n"
			"mt.__add = function(a, b) return setmetatable({}, mt) end mt.__eq = function() return {} end\n"
			"mt.__lt = function() return {} end mt.__concat = function() return 'c' .. #{1, 2} end mt.__len = function() return {} end\n"
			"mt.__call = function(self, ...) return {...} end local a, b = setmetatable({}, mt), setmetatable({}, mt)\n"
			"for i = 1, 20 do a['k' .. i] = {} assert(a['z' .. i][1] == 'z' .. i) assert(a + b ~= nil and a == b and a < b)\n"
			"assert(('x' .. a .. 'y' .. b) == 'xc2' or true) assert(#a and a(i, i)[2] == i) end", "", LV_OK},
	{"varargs", "local function f(...) local t = {...} return select('#', ...), ... end\n"
		    "local function g(n, ...) if n == 0 then return f(...) end return g(n - 1, {n}, ...) end\n"
		    "for i = 1, 60 do assert(g(i) == i) end", "", LV_OK},
	{"operations", "for i = 1, 5 do assert(#objclass.read(0, 0) == 100000) local t = objclass.map_get_vals('', '', 50)\n"
		       "assert(t.k0050:str() == text) t = objclass.getxattrs() assert(#t.k0002 == 1000)\n"
		       "objclass.map_set_vals({a = 'x', b = 'y', [i] = 'z'}) local ok, e = pcall(objclass.read, -1, 1) assert(e == -27) end", "", LV_OK},
	{"bufferlists", "local b = bl('') for i = 1, 60 do b:append(text) b:append(b:str():sub(1, 5)) local c = 'a' .. b .. bl('z')\n"
			"assert(#c == #b + 2) end assert(b:str():sub(1, 10) == text)", "", LV_OK},
	{"json", "local t = {} for i = 1, 30 do t[i] = {['k' .. i] = {i, i / 2, 'v' .. i, json.null, json.array()}} end\n"
		 "local s = json.encode(t) for i = 1, 5 do local u = json.decode(s) assert(u[30].k30[3] == 'v30')\n"
		 "assert(json.encode(u) == s) end", "", LV_OK},
};
const int collection_count = sizeof collections / sizeof *collections;
