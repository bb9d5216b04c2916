//go:build lua54

package luavm

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/objclass"
)

// prelude gives scripts what the cases below use.
const prelude = `
function fails(errno, f, ...)
	local ok, code, message = pcall(f, ...)
	assert(not ok, "did not fail")
	assert(code == -errno, "failed with " .. tostring(code) .. " " .. tostring(message) .. ", want -" .. errno)
	assert(type(message) == "string" and #message > 0)
end
function throws(text, f, ...)
	local r = table.pack(pcall(f, ...))
	assert(not r[1], "did not throw")
	assert(r.n == 2, "an operation error: " .. tostring(r[2]))
	assert(string.find(r[2], text, 1, true), r[2])
end
function bl(s) local b = bufferlist.new() b:append(s) return b end
`

// Each case is a script that asserts what the API does beside an object that is absent at first.
var scripts = map[string]string{
	"absent object": `
		assert(objclass.read(0, 0):str() == "")
		assert(objclass.map_read_header():str() == "")
		assert(next(objclass.map_get_keys("", -1)) == nil)
		assert(next(objclass.map_get_vals("", "", -1)) == nil)
		fails(objclass.ENOENT, objclass.stat)
		fails(objclass.ENOENT, objclass.remove)
		fails(objclass.ENOENT, objclass.getxattr, "a")
		fails(objclass.ENOENT, objclass.getxattrs)
		fails(objclass.ENOENT, objclass.map_get_val, "a")
		fails(objclass.ENOENT, objclass.map_remove_key, "a")
		fails(objclass.ENOENT, objclass.map_clear)
		assert(objclass.current_version() == 0)
		assert(objclass.current_subop_num() == 0)
		assert(objclass.current_subop_version() == "0.0")`,
	"fail": `
		local f = function() objclass.fail(objclass.ENOSPC, "no room") end
		local ok, code, message = pcall(f)
		assert(ok == false and code == -objclass.ENOSPC and message == "fail:16: no room", message)
		local _, e = xpcall(f, function(e) return e end)
		assert(e.errno == objclass.ENOSPC and e.message == "fail:16: no room" and tostring(e) == e.message)
		fails(objclass.ENOSPC, error, e)
		-- the level is that of error
		local function at(level) return select(3, pcall(function()
			local function inner() objclass.fail(7, "m", level) end
			inner() -- line 25
		end)) end
		assert(at(nil) == "fail:24: m" and at(1) == "fail:24: m" and at(2) == "fail:25: m" and at(0) == "m" and at(-1) == "m")
		assert(at(1 << 31) == "m" and at((1 << 32) + 1) ~= nil)
		assert(select(3, pcall(objclass.fail, 1, "a\0b\255", 0)) == "a\0b\255")
		assert(select(3, pcall(objclass.fail, 1, 12, 0)) == "12" and select(3, pcall(objclass.fail, 1, "", 0)) == "")
		assert(select(2, pcall(objclass.fail, "22", "", 0)) == -22 and select(2, pcall(objclass.fail, 2147483647, "")) == -2147483647)
		for _, wrong in ipairs({0, -1, -22, 2147483648, math.maxinteger, math.mininteger}) do
			throws("an errno is a number from 1 to 2147483647", objclass.fail, wrong, "m")
		end
		throws("number expected", objclass.fail)
		throws("number expected", objclass.fail, "EINVAL", "m")
		throws("no integer representation", objclass.fail, 1.5, "m")
		throws("string expected", objclass.fail, 22)
		throws("string expected", objclass.fail, 22, {})
		throws("number expected", objclass.fail, 22, "m", "x")
		assert(coroutine.wrap(function() return select(2, pcall(objclass.fail, 5, "m")) end)() == -5)`,
	"members of objclass": `
		local seen = {}
		for name, value in pairs(objclass) do
			assert(not seen[name] and value == objclass[name])
			seen[name] = value
		end
		assert(seen.read and seen.now and seen.ENOENT == 2 and seen.RD == 1)
		objclass.now, objclass.read, objclass.mine = 5, nil, 6
		local n = 0
		for name, value in pairs(objclass) do
			assert(value == objclass[name])
			seen[name] = nil
			n = n + (name == "now" and 1 or 0)
		end
		assert(n == 1 and seen.read and seen.mine == nil)
		seen.read = nil
		assert(next(seen) == nil)
		for name in pairs(objclass) do objclass[name] = nil end
		assert(objclass.write == nil and objclass.now ~= 5 and objclass.EIO == 5)`,
	"create": `
		assert(select("#", objclass.create()) == 0)
		objclass.create(false)
		fails(objclass.EEXIST, objclass.create, true)
		fails(objclass.EEXIST, objclass.create, 0)
		local size, mtime = objclass.stat()
		assert(size == 0 and math.type(mtime) == "integer" and mtime > 0)
		objclass.remove()
		fails(objclass.ENOENT, objclass.stat)`,
	"data": `
		assert(select("#", objclass.write(3, 2, bl("ab"))) == 0)
		assert(objclass.read(0, 0):str() == "\0\0\0ab")
		assert(objclass.read(3, 1):str() == "a")
		assert(objclass.read(4, 100):str() == "b")
		assert(objclass.read(100, 100):str() == "")
		objclass.write_full(bl("xyz"))
		assert(objclass.stat() == 3)
		fails(objclass.EINVAL, objclass.write, 0, 1, bl("ab"))
		fails(objclass.EFBIG, objclass.write, -1, 2, bl("ab"))
		fails(objclass.EFBIG, objclass.write, 1 << 32, 1, bl("a"))
		assert(objclass.read(0, 0):str() == "xyz")
		throws("number expected", objclass.read, {}, 0)
		throws("bufferlist expected", objclass.write_full, "text")`,
	"data in place": `
		assert(select("#", objclass.append(bl("abc"))) == 0)
		objclass.append(bl("de\0"))
		assert(objclass.read(0, 0):str() == "abcde\0")
		assert(select("#", objclass.zero(1, 2)) == 0)
		assert(objclass.read(0, 0):str() == "a\0\0de\0")
		objclass.zero(4, 1 << 62)
		assert(objclass.read(0, 0):str() == "a\0\0d\0\0")
		objclass.zero(100, 5)
		objclass.zero(1 << 62, 1 << 62)
		assert(objclass.stat() == 6)
		assert(select("#", objclass.truncate(1)) == 0)
		assert(objclass.read(0, 0):str() == "a")
		objclass.truncate(4)
		assert(objclass.read(0, 0):str() == "a\0\0\0")
		objclass.truncate("100000000")
		assert(objclass.stat() == 100000000)
		objclass.append(bl("end"))
		assert(objclass.read(99999999, 0):str() == "\0end")
		fails(objclass.EFBIG, objclass.truncate, -1)
		fails(objclass.EFBIG, objclass.truncate, 1 << 40)
		fails(objclass.EFBIG, objclass.zero, -1, 1)
		fails(objclass.EFBIG, objclass.zero, 0, -1)
		objclass.truncate(128 << 20)
		fails(objclass.EFBIG, objclass.append, bl("x"))
		assert(objclass.stat() == 128 << 20)
		throws("bufferlist expected", objclass.append, "text")
		throws("number expected", objclass.truncate, bl("x"))
		throws("no integer representation", objclass.truncate, 1.5)
		throws("bad argument #2", objclass.zero, 1)`,
	"what does not exist": `
		objclass.truncate(10)
		objclass.zero(0, 10)
		fails(objclass.ENOENT, objclass.rmxattr, "a")
		fails(objclass.ENOENT, objclass.map_remove_range, "a", "b")
		fails(objclass.ENOENT, objclass.map_remove_range, "b", "a")
		assert(next(objclass.map_get_vals_by_keys({"a"})) == nil)
		for k in objclass.map_pairs() do error(k) end
		fails(objclass.ENOENT, objclass.stat)
		objclass.append(bl(""))
		assert(objclass.stat() == 0)
		objclass.rmxattr("a")
		objclass.rmxattr(("n"):rep(1000))
		objclass.map_remove_range("a")`,
	"listings": `
		objclass.map_set_vals({[""] = "0", a = "1", ["a\0"] = "2", b = "3", ["\255"] = "4", [7] = "5"})
		local function order(t)
			local keys = {}
			for k, v in pairs(t) do assert(t[k] == v) keys[#keys + 1] = k end
			return table.concat(keys, ",")
		end
		local all, more = objclass.map_get_vals("", "", -1)
		assert(order(all) == ",7,a,a\0,b,\255" and more == false, order(all))
		local keys, more = objclass.map_get_keys("", 6)
		assert(order(keys) == ",7,a,a\0,b,\255" and more == false)
		keys, more = objclass.map_get_keys("7", 2)
		assert(order(keys) == "a,a\0" and more == true)
		keys, more = objclass.map_get_keys("", 1, "a")
		assert(order(keys) == "a" and more == true)
		keys, more = objclass.map_get_keys("a", 5, "a")
		assert(order(keys) == "a\0" and more == false)
		keys, more = objclass.map_get_keys("", 0)
		assert(next(keys) == nil and more == true)
		keys, more = objclass.map_get_keys("\255", 9)
		assert(next(keys) == nil and more == false)
		-- as cls_lua's scripts ask for one
		assert(next(objclass.map_get_keys("", 1)) == "" and next(objclass.map_get_vals("", "a", 1)) == "a")
		for k in next, objclass.map_get_keys("", 1) do assert(k == "") end
		throws("invalid key", next, {}, true)
		throws("invalid key", next, setmetatable({}, {__pairs = pairs}), false)
		throws("invalid key", next, objclass.map_get_keys("", 1), "none")
		-- a listing that is changed
		for k in pairs(all) do all[k] = nil all.b = nil end
		assert(next(all) == nil and order(all) == "")
		all = objclass.map_get_vals("", "", -1)
		all.b, all.a = nil, "changed"
		assert(order(all) == ",7,a,a\0,\255" and all.a == "changed")
		all.new = 1
		assert(all.new == 1 and order(all):find("new") and order(all):find("a\0") and getmetatable(all) == nil)
		throws("index is nil", function() objclass.map_get_keys("", 1)[nil] = 1 end)
		objclass.setxattr("y", bl("1")) objclass.setxattr("x", bl("2"))
		assert(order(objclass.getxattrs()) == "x,y")
		local pairs_of_listing = getmetatable(objclass.map_get_keys("", 1)).__pairs
		throws("listing expected", pairs_of_listing, {})
		throws("listing expected", pairs_of_listing, 5)
		throws("listing expected", getmetatable(objclass.map_get_keys("", 1)).__newindex, 5)
		throws("string expected", objclass.map_get_keys, "", 1, {})
		throws("number expected", objclass.map_get_keys, "")`,
	"values by keys": `
		objclass.map_set_vals({a = "1", [7] = "2", ["b\0"] = "3", [""] = ""})
		local got = objclass.map_get_vals_by_keys({"b\0", 7, "none", "a", "a", ("k"):rep(100000), ""})
		assert(got.a:str() == "1" and got["7"]:str() == "2" and got["b\0"]:str() == "3" and #got[""] == 0 and got.none == nil)
		local keys = {7.0, 1 << 40, "a"}
		got = objclass.map_get_vals_by_keys(keys)
		assert(got.a and got["7.0"] == nil and math.type(keys[1]) == "float")
		assert(next(objclass.map_get_vals_by_keys({})) == nil and next(objclass.map_get_vals_by_keys({nil, "a"})) == nil)
		fails(objclass.EINVAL, objclass.map_get_vals_by_keys, {"a", true})
		fails(objclass.EINVAL, objclass.map_get_vals_by_keys, {{}})
		local _, _, message = pcall(objclass.map_get_vals_by_keys, {"a", bl("b")})
		assert(message:find("key 2 is a userdata", 1, true), message)
		throws("table expected", objclass.map_get_vals_by_keys, "a")
		objclass.map_remove_key("a")
		assert(objclass.map_get_vals_by_keys({"a", "7"}).a == nil)
		local many = {}
		for i = 1, 5000 do many[i] = i end
		assert(objclass.map_get_vals_by_keys(many)["7"]:str() == "2")`,
	"ranges": `
		local function set() objclass.map_set_vals({[""] = "v", a = "v", ["a\0"] = "v", b = "v", c = "v", [7] = "v", ["\255\255"] = "v"}) end
		local function left()
			local keys = {}
			for k in objclass.map_pairs() do keys[#keys + 1] = k end
			return table.concat(keys, ",")
		end
		objclass.map_write_header(bl("head"))
		for _, case in ipairs{
			{"a", "b", ",7,b,c,\255\255"}, {"a\0", "b", ",7,a,b,c,\255\255"}, {"", "7", "7,a,a\0,b,c,\255\255"}, {7, "a", ",a,a\0,b,c,\255\255"},
			{"b", nil, ",7,a,a\0"}, {"\255", nil, ",7,a,a\0,b,c"}, {"", nil, ""}, {"", "", ",7,a,a\0,b,c,\255\255"}, {"b", "a", ",7,a,a\0,b,c,\255\255"},
			{"b", "b", ",7,a,a\0,b,c,\255\255"}, {"b", "", ",7,a,a\0,b,c,\255\255"},
		} do
			set()
			assert(select("#", objclass.map_remove_range(case[1], case[2])) == 0)
			assert(left() == case[3], case[1] .. " to " .. tostring(case[2]) .. " leaves " .. left())
		end
		objclass.map_remove_range("")
		objclass.map_set_val("b", bl("new"))
		assert(left() == "b" and objclass.map_read_header():str() == "head")
		fails(objclass.ENAMETOOLONG, objclass.map_remove_range, ("k"):rep(65537))
		fails(objclass.ENAMETOOLONG, objclass.map_remove_range, "a", ("k"):rep(65537))
		throws("string expected", objclass.map_remove_range)
		throws("string expected", objclass.map_remove_range, nil, "z")
		throws("string expected", objclass.map_remove_range, "a", {})
		throws("string expected", objclass.map_remove_range, "a", false)
		assert(left() == "b")`,
	"walks": `
		local want = {""}
		objclass.map_set_val("", bl("first"))
		for i = 1, 3000 do
			want[#want + 1] = string.format("k%04d", i)
			objclass.map_set_val(want[#want], bl(("v"):rep(i % 50) .. i))
		end
		local n = 0
		for k, v in objclass.map_pairs() do
			n = n + 1
			assert(k == want[n] and (n == 1 or v:str():match("%d+$") == tostring(n - 1)))
		end
		assert(n == 3001)
		local function count(...) local n, first, last = 0 for k in objclass.map_pairs(...) do n, first, last = n + 1, first or k, k end return n, first, last end
		local function is(n, first, last, ...)
			local got = table.pack(count(...))
			assert(got[1] == n and got[2] == first and got[3] == last, table.concat({tostring(got[1]), tostring(got[2]), tostring(got[3])}, " "))
		end
		is(500, "k2501", "k3000", "k2500")
		is(100, "k1200", "k1299", nil, "k12")
		is(49, "k1251", "k1299", "k1250", "k12")
		is(3000, "k0001", "k3000", "", "k")
		is(0, nil, nil, "z")
		is(0, nil, nil, "", "z")
		is(3000, "k0001", "k3000", 7)
		-- what the method changes, the walk shows
		local steps, seen = objclass.map_pairs("k2989"), {}
		for k, v in steps do
			seen[#seen + 1] = k .. (#v == 0 and "!" or "")
			if k == "k2990" then objclass.map_remove_key("k2991") objclass.map_set_val("k2992", bl("")) end
			if k == "k2993" then objclass.map_set_val("k2993a", bl("")) objclass.map_set_val("k0000", bl("")) end
			if k == "k2995" then objclass.map_remove_range("k2996", "k3000") end
			if k == "k3000" then objclass.map_set_vals({["k3001"] = ""}) end
		end
		assert(table.concat(seen, " ") == "k2990 k2992! k2993 k2993a! k2994 k2995 k3000 k3001!", table.concat(seen, " "))
		assert(steps() == nil and steps(nil, "k0001") == nil)
		objclass.map_set_val("k4000", bl("late"))
		assert(steps() == "k4000" and steps() == nil)
		-- each pair changed, and removed
		for k, v in objclass.map_pairs("", "k1") do objclass.map_set_val(k, bl(v:str() .. "+")) end
		for k, v in objclass.map_pairs("", "k1") do assert(v:str():sub(-1) == "+") objclass.map_remove_key(k) end
		is(0, nil, nil, "", "k1")
		-- two walks at once, and one in coroutines
		local a, b = objclass.map_pairs("k2000"), objclass.map_pairs("k2000")
		for i = 1, 100 do assert(a() == b()) end
		for i = 1, 50 do assert(coroutine.wrap(a)() == b()) end
		-- the object goes
		objclass.remove()
		assert(a() == nil)
		objclass.map_set_val("k9", bl("new"))
		assert(a() == "k9" and b() == "k9" and a() == nil)
		-- a change behind the empty key
		objclass.map_set_val("", bl("empty"))
		n = 0
		for k in objclass.map_pairs() do n = n + 1 assert(n < 10) objclass.map_set_val("k99", bl("")) end
		assert(n == 3)
		throws("string expected", objclass.map_pairs, {})
		throws("string expected", objclass.map_pairs, "", true)`,
	"walks over large values": `
		local big = bl(("v"):rep(1 << 20))
		for i = 1, 40 do objclass.map_set_val(("%02d"):format(i), big) end
		local n, sum = 0, 0
		for k, v in objclass.map_pairs() do n = n + 1 sum = sum + #v assert(tonumber(k) == n) end
		assert(n == 40 and sum == 40 << 20)`,
	"xattrs": `
		local value = bl("1\0\2552")
		assert(rawequal(objclass.setxattr("a", value), value))
		objclass.setxattr("b\0c", bl(""))
		assert(objclass.getxattr("a") == value)
		local all = objclass.getxattrs()
		assert(all["a"]:str() == "1\0\2552" and #all["b\0c"] == 0)
		fails(objclass.ENODATA, objclass.getxattr, "none")
		assert(select("#", objclass.rmxattr("b\0c")) == 0)
		fails(objclass.ENODATA, objclass.getxattr, "b\0c")
		objclass.rmxattr("b\0c")
		objclass.rmxattr("none")
		assert(objclass.getxattr("a") == value)
		throws("string expected", objclass.rmxattr, value)
		fails(objclass.ENAMETOOLONG, objclass.setxattr, ("n"):rep(101), bl("x"))
		fails(objclass.EFBIG, objclass.setxattr, "big", bl(("v"):rep(65537)))`,
	"omap": `
		objclass.map_set_val("k2", bl("v2"))
		objclass.map_set_vals({k1 = "v1", [7] = "seven", ["bin\0ary"] = "\0"})
		assert(objclass.map_get_val("k1"):str() == "v1")
		assert(objclass.map_get_val("7"):str() == "seven")
		assert(objclass.map_get_val("bin\0ary"):str() == "\0")
		local keys = objclass.map_get_keys("", 2)
		assert(keys["7"] and keys["bin\0ary"] and not keys.k1)
		keys = objclass.map_get_keys("bin\0ary", -1)
		assert(keys.k1 and keys.k2 and not keys["7"])
		local vals = objclass.map_get_vals("k1", "k", 10)
		assert(vals.k2:str() == "v2" and not vals.k1)
		fails(objclass.ENOENT, objclass.map_get_val, "none")
		objclass.map_remove_key("k1")
		fails(objclass.ENOENT, objclass.map_get_val, "k1")
		objclass.map_write_header(bl("head"))
		assert(objclass.map_read_header():str() == "head")
		objclass.map_clear()
		assert(objclass.map_read_header():str() == "")
		assert(next(objclass.map_get_keys("", -1)) == nil)
		fails(objclass.EINVAL, objclass.map_set_vals, {[true] = "x"})
		fails(objclass.EINVAL, objclass.map_set_vals, {a = 1})
		fails(objclass.EINVAL, objclass.map_set_vals, {a = bl("x")})
		throws("table expected", objclass.map_set_vals, "x")`,
	"large answers": `
		local text = ("0123456789"):rep(10000)
		objclass.write_full(bl(text))
		assert(objclass.read(0, 0):str() == text)
		objclass.map_set_val("big", bl(text))
		assert(objclass.map_get_val("big"):str() == text)
		local n = {}
		for i = 1, 500 do n[string.format("key%04d", i)] = tostring(i) end
		objclass.map_set_vals(n)
		local got = objclass.map_get_vals("big", "", -1)
		for k, v in pairs(n) do assert(got[k]:str() == v) end`,
	"bufferlists": `
		local a, b = bl("ab"), bl("ac")
		assert(#a == 2 and (a .. b):str() == "abac" and a == bl("ab") and a ~= b)
		assert(a < b and a <= b and not (b < a) and bl("a") < a and bl("\127") < bl("\128"))
		a:append(a) a:append(a)
		assert(a:str() == "abababab")
		local big = bufferlist.new()
		for i = 1, 1000 do big:append("0123456789") end
		assert(#big == 10000 and big:str():sub(-10) == "0123456789")
		throws("expected", a.append, a, 1)
		throws("expected", a.str, {})
		assert(getmetatable(a) == false)
		throws("cannot change a protected metatable", setmetatable, objclass, {})`,
	"parts of bufferlists": `
		local positions = {math.mininteger, -100, -7, -6, -5, -2, -1, 0, 1, 2, 3, 5, 6, 7, 8, 100, math.maxinteger}
		for _, s in ipairs{"", "a", "abcabc", "\0\0a"} do
			local b = bl(s)
			for _, i in ipairs(positions) do
				assert(b:sub(i) == s:sub(i) and select("#", b:byte(i)) == select("#", s:byte(i)) and b:byte(i) == s:byte(i))
				for _, j in ipairs(positions) do
					assert(b:sub(i, j) == s:sub(i, j))
					assert(table.concat({b:byte(i, j)}, ",") == table.concat({s:byte(i, j)}, ","))
				end
				for _, text in ipairs{"", "a", "bc", "abc", "ca", "\0a", "d", "abcabcabc", "."} do
					local first, last = b:find(text, i)
					local want_first, want_last = s:find(text, i, true)
					assert(first == want_first and last == want_last)
				end
			end
			assert(select("#", b:find("d")) == 1 and b:find("a") == s:find("a", 1, true))
		end
		throws("slice too long", function() return bl(("x"):rep(2000000)):byte(1, -1) end)
		throws("bufferlist expected", bl("").sub, "text", 1)
		throws("number expected", bl("").sub, bl(""))`,
	"unpacking bufferlists": `
		local s = "skip" .. string.pack("<i4 s1 z >I2 !4 i1 i4 d", -5, "one", "two", 65534, 7, -9, 0.5) .. "rest"
		local b = bl(s)
		for _, format in ipairs{"<i4", "<i4 s1", "<i4 s1 z", "<i4 s1 z >I2", "c4", "", "B B B", "!4 i1 i4", "<i4 !8 d", "i1 Xi8", "s1"} do
			for i = -3, #s + 1 do
				local want = table.pack(pcall(string.unpack, format, s, i))
				local got = table.pack(pcall(b.unpack, b, format, i))
				assert(got[1] == want[1] and (not got[1] or got.n == want.n), format)
				for k = 2, got[1] and got.n or 0 do assert(got[k] == want[k], format) end
			end
		end
		assert(select("#", b:unpack("")) == 1)
		throws("out of bufferlist", b.unpack, b, "b", #s + 2)
		throws("too short", b.unpack, b, "i8", -7)
		throws("invalid format", b.unpack, b, "q")
		string.unpack, string.packsize = nil, nil
		assert(b:unpack("<i4", 5) == -5)`,
	"lines of bufferlists": `
		for _, s in ipairs{"", "\n", "a", "a\n", "a\nb", "\n\na\r\n\nb\n"} do
			local want, got = {}, {}
			for line in (s:sub(-1) == "\n" and s or #s > 0 and s .. "\n" or s):gmatch("([^\n]*)\n") do want[#want + 1] = line end
			for line in bl(s):lines() do got[#got + 1] = line end
			assert(#got == #want and table.concat(got, "|") == table.concat(want, "|"))
		end
		local b = bl("1\n")
		local count = 0
		for line in b:lines() do
			count = count + 1
			assert(tonumber(line) == count)
			if count < 5 then b:append(count + 1 .. "\n") end
		end
		assert(count == 5)`,
	// What Lua 5.4 returns, or says.
	"bytes of strings": `
		for _, case in ipairs{
			{[==[('abc'):byte(1)]==], "97"},
			{[==[('abc'):byte(3)]==], "99"},
			{[==[('abc'):byte(4)]==], ""},
			{[==[('abc'):byte(0)]==], ""},
			{[==[('abc'):byte(-1)]==], "99"},
			{[==[('abc'):byte(-4)]==], ""},
			{[==[('abc'):byte()]==], "97"},
			{[==[('abc'):byte(nil)]==], "97"},
			{[==[('abc'):byte(2,nil)]==], "98"},
			{[==[('abc'):byte(2,3)]==], "98 99"},
			{[==[('abc'):byte(2,1)]==], ""},
			{[==[('abc'):byte(2.0)]==], "98"},
			{[==[('abc'):byte(2.5)]==], "bad argument #1 to 'byte' (number has no integer representation)"},
			{[==[('abc'):byte('2')]==], "98"},
			{[==[('abc'):byte('0x2')]==], "98"},
			{[==[('abc'):byte('two')]==], "bad argument #1 to 'byte' (number expected, got string)"},
			{[==[('abc'):byte({})]==], "bad argument #1 to 'byte' (number expected, got table)"},
			{[==[string.byte(123,2)]==], "50"},
			{[==[string.byte(1.5,2)]==], "46"},
			{[==[string.byte()]==], "bad argument #1 to 'byte' (string expected, got no value)"},
			{[==[string.byte(nil,1)]==], "bad argument #1 to 'byte' (string expected, got nil)"},
			{[==[string.byte({},1)]==], "bad argument #1 to 'byte' (string expected, got table)"},
			{[==[(''):byte(1)]==], ""},
			{[==[('\0\255'):byte(2)]==], "255"},
			{[==[('\0\255'):byte(1)]==], "0"},
			{[==[('abc'):byte(math.maxinteger)]==], ""},
			{[==[('abc'):byte(math.mininteger)]==], ""},
			{[==[('abc'):byte(1e300)]==], "bad argument #1 to 'byte' (number has no integer representation)"},
			{[==[('abc'):byte(2,3,4)]==], "98 99"},
			{[==[string.byte('abc', true)]==], "bad argument #2 to 'byte' (number expected, got boolean)"},
			{[==[('abc'):byte(2, 'x')]==], "bad argument #2 to 'byte' (number expected, got string)"},
			{[==[string.byte(true, 1)]==], "bad argument #1 to 'byte' (string expected, got boolean)"},
		} do
			local expression, want = case[1], case[2]
			local got = table.pack(pcall(load("return " .. expression, "=place")))
			for i = 1, got.n do got[i] = tostring(got[i]) end
			got = table.concat(got, " ", 2):gsub("place:1: ", "")
			assert(got == want, expression .. ": " .. got)
		end`,
	// At some depths of the stack a metamethod makes it move.
	"concatenation": `
		local b = bl("X")
		local function grow(n) if n == 0 then return "y" end return (grow(n - 1)) end
		local t = setmetatable({}, {__concat = function(x, y)
			return (x == "c" or y == "c") and grow(500) .. "c" or "?", "no second result"
		end})
		local function at(depth, f) if depth == 0 then return f() end return (at(depth - 1, f)) end
		for depth = 0, 250 do
			local got = coroutine.wrap(at)(depth, function()
				return {("a" .. "1" .. b .. "c" .. b):str(), "a" .. 1 .. t .. "c", "a" .. (t .. "c")}
			end)
			assert(got[1] == "a1XcX" and got[2] == "a1yc" and got[3] == "ayc", depth .. ": " .. table.concat(got, ","))
		end
		-- the collector makes the large stack small again
		local garbage = setmetatable({}, {__concat = function() for i = 1, 20000 do local _ = {i} end return "g" end})
		for depth = 0, 3 do
			local got = coroutine.wrap(function() grow(5000) return "a" .. at(depth, function() return "b" .. garbage .. "c" end) end)()
			assert(got == "abg", got)
		end
		throws("concatenation:34: attempt to concatenate a nil value (local 'none')", function() local none return "a" .. none end)
		throws("concatenation:35: attempt to concatenate a bufferlist with a nil value", function() return b .. nil end)
		throws("concatenation:36: own", function() return setmetatable({}, {__concat = function() error("own") end}) .. 1 end)
		throws("attempt to yield across", coroutine.wrap(function() return "a" .. setmetatable({}, {__concat = coroutine.yield}) end))
		throws("attempt to call a boolean", function() return setmetatable({}, {__concat = true}) .. 1 end)
		assert("a" .. setmetatable({}, {__concat = function() end}) == nil)
		fails(objclass.ENOENT, function() return "a" .. setmetatable({}, {__concat = function() objclass.stat() end}) end)
		local deep = setmetatable({}, {})
		getmetatable(deep).__concat = function() return deep .. "x" end
		throws("C stack overflow", function() return deep .. "x" end)
		assert("a" .. b == bl("aX"))`,
	"pcall": `
		assert(select("#", pcall(error)) == 2)
		assert(select(3, pcall(objclass.stat)))
		local r = table.pack(pcall(function(...) return ... end, 1, nil, 3))
		assert(r.n == 4 and r[1] == true and r[2] == 1 and r[4] == 3)
		local ok, e = pcall(error, {1})
		assert(not ok and e[1] == 1)
		local co = coroutine.wrap(function() return pcall(function() coroutine.yield(1) objclass.stat() end) end)
		assert(co() == 1)
		local ok, code = co()
		assert(ok == false and code == -objclass.ENOENT)
		local _, e = xpcall(objclass.stat, function(e) return e end)
		assert(e.errno == objclass.ENOENT and tostring(e) == e.message and ("x" .. e):sub(1, 1) == "x")
		assert(not pcall(pcall))
		-- an operation error that went astray does not taint the next
		load(function() objclass.stat() end)
		fails(objclass.ENODATA, function() objclass.create() objclass.getxattr("x") end)`,
	"xpcall": `
		local r = table.pack(xpcall(function(...) return ... end, error, 1, nil, 3))
		assert(r.n == 4 and r[1] == true and r[2] == 1 and r[4] == 3)
		r = table.pack(xpcall(error, function(e) return e .. "!", 5, nil end, "x"))
		assert(r.n == 4 and r[1] == false and r[2] == "x!" and r[3] == 5)
		r = table.pack(xpcall(error, function(e) error("again " .. e, 0) end, "x"))
		assert(r.n == 2 and r[1] == false and r[2] == "again x")
		throws("function expected", xpcall, error)
		local co = coroutine.wrap(function()
			return xpcall(function(a) error(coroutine.yield(a), 0) end, function(e) return coroutine.yield(e) end, 1)
		end)
		assert(co() == 1 and co(2) == 2)
		local ok, v = co(3)
		assert(ok == false and v == 3)`,
	"closing": `
		assert(not pcall(function() local x <close> = setmetatable({}, {__close = function() end}) end))
		local mt = {}
		mt["__cl" .. "ose"] = error
		assert(not pcall(function() for _ in next, {1}, nil, setmetatable({}, mt) do end end))
		for _ in next, {1}, nil, nil do end
		do local x <close> = nil end
		assert(#(("x"):rep(100000) .. table.concat({("y"):rep(100000)})) == 200000)`,
	// Enough garbage for the collector to go round while each of them lives.
	"weak tables": `
		local mt = {__newindex = {}, ["__mo" .. "de"] = "kv"}
		local metatable = setmetatable({__newindex = {}}, {__mode = "v"})
		local through = setmetatable({}, metatable)
		local weak = setmetatable({}, {__mode = "k"})
		setmetatable(mt, mt)
		weak[{}] = {}
		for i = 1, 50000 do local _ = {i} end
		through.x = 1
		assert(metatable.__newindex.x == 1 and mt.__newindex and next(weak))
		setmetatable(weak, {__mode = "v"})
		assert(getmetatable(weak).__mode == "v")`,
	"addresses": `
		local t, co = {}, coroutine.create(print)
		for _, v in ipairs{t, co, function() end, bufferlist.new} do
			for _, text in ipairs{tostring(v), string.format("%s", v), string.format("%5d %10s", 1, v):sub(7)} do
				assert(text:find("builtin") or text:find("0x%x%x?%x?%x?%x?%x?$"), text)
			end
		end
		local _, e = xpcall(objclass.stat, function(e) return e end)
		assert((e .. bufferlist.new):find("builtin$") and (e .. {}):find("table: 0x%x%x?%x?%x?%x?%x?$"), e .. {})
		assert(tostring(t) == tostring(t) and tostring(t) ~= tostring({}))
		assert(tostring(setmetatable({}, {__tostring = function() return "own" end})) == "own")
		assert(tostring(setmetatable({}, {__name = "N"})):find("^N: 0x"))
		assert(string.format("%d%% %s %q %5.1f|%-4s|", 5, true, "q", 1.25, "a") == '5% true "q"   1.2|a   |')
		throws("%p", string.format, "%p", t)
		local _, e = xpcall(objclass.stat, function(e) return e end)
		for _, text in ipairs{e .. t, t .. e, e .. print} do assert(not text:find("0x%x%x%x%x%x%x%x"), text) end
		throws("bad argument #3", string.format, "%d %d", 1, {})
		throws("no value", string.format, "%s")`,
	"coroutines": `
		local co = coroutine.create(function(a) local b = coroutine.yield(a + 1) error("e" .. b) end)
		local ok, v = coroutine.resume(co, 1)
		assert(ok and v == 2 and coroutine.status(co) == "suspended")
		ok, v = coroutine.resume(co, 5)
		assert(not ok and v:find("e5") and coroutine.status(co) == "dead")
		assert(select(2, coroutine.resume(co)) == "cannot resume dead coroutine")
		co = coroutine.create(coroutine.yield)
		coroutine.resume(co)
		assert(coroutine.close(co) and coroutine.status(co) == "dead")
		throws("cannot close a running coroutine", coroutine.close, coroutine.running())
		local f = coroutine.wrap(function() error("in wrap") end)
		local ok, e = pcall(f)
		assert(not ok and e:find("in wrap"))
		assert(not pcall(f))
		f = coroutine.wrap(function() objclass.stat() end)
		fails(objclass.ENOENT, f)
		local t = {}
		for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) do t[#t + 1] = v end
		assert(#t == 3 and coroutine.isyieldable() == false)`,
	"log": `
		assert(objclass.log("a", 1, true, {}, nil) == "a 1 true table nil")
		assert(objclass.log(5, "b") == "b" and objclass.log("5", "c") == "c" and objclass.log(-1, "d") == "-1 d")
		assert(objclass.log(7) == "7" and select("#", objclass.log()) == 0)
		print("p", 1)`,
	"sandbox": `
		for _, name in ipairs{"io", "os", "package", "debug", "dofile", "loadfile", "warn"} do
			assert(_G[name] == nil, name)
		end
		assert(string.dump == nil and getmetatable("") == false)
		assert(load("return 1", "x", "b")() == 1)
		assert(select(2, load("\27Lua", "x", "bt")):find("attempt to load a binary chunk"))
		assert(load("return a", "x", "t", {a = 5})() == 5)
		throws("__gc", setmetatable, {}, {__gc = false})
		assert(collectgarbage("count") > 10 and collectgarbage() == 0 and collectgarbage("step") == 0)
		assert(objclass.EPERM == 1 and objclass.ERANGE == 34 and objclass.RD == 1 and objclass.WR == 2 and objclass.NONE == nil)
		assert(objclass["EPERM\0"] == nil)`,
	"random numbers": `
		local a, b = math.random(1 << 40), math.random(1 << 40)
		assert(a ~= b)
		math.randomseed(1, 2)
		local c = math.random(1 << 40)
		math.randomseed(1, 2)
		assert(c == math.random(1 << 40))
		assert(math.random(5, 5) == 5)
		throws("interval is empty", math.random, 2, 1)`,
}

func TestScriptAPI(t *testing.T) {
	e := newEngine(t, Options{})
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			object, _ := newObject(objclass.RD | objclass.WR)
			_, err := e.Run(context.Background(), &objclass.Invocation{
				Unit: unitOf(name, prelude+script, true), Object: object, Budget: objclass.Budget{Wall: time.Minute},
			})
			if err != nil {
				t.Errorf("%v\n%s", err, asError(t, err).Traceback)
			}
			checkPristine(t, e)
		})
	}
}

// An errno and a message of the script's own reach the caller as those of an operation do, also from a coroutine.
func TestFail(t *testing.T) {
	e := newEngine(t, Options{})
	for _, tt := range []struct{ source, errno, message, where string }{
		{"\n\nobjclass.fail(objclass.ENOSPC, 'no room')", "ENOSPC", "eval:3: no room", "eval:3"},
		{"\nobjclass.fail(objclass.ENOSPC, 'no room', 0)", "ENOSPC", "no room", "eval:2"},
		{"objclass.fail(2147483647, 'own')", "E2147483647", "eval:1: own", "eval:1"},
		{"coroutine.wrap(function() objclass.fail(22, 'deep') end)()", "EINVAL", "eval:1: deep", "eval:1"},
		{"local ok, code, message = pcall(objclass.fail, 22, 'again', 0)\nobjclass.fail(-code, message, 0)", "EINVAL", "again", "eval:2"},
		{"objclass.fail(22, ('m'):rep(5000), 0)", "EINVAL", strings.Repeat("m", 1024), "eval:1"},
	} {
		_, err := runScript(t, e, tt.source, "", "")
		got := asError(t, err)
		if got.ErrnoName() != tt.errno || got.Kind != objclass.KindOp || got.Message != tt.message || got.Where != tt.where || got.Traceback == "" {
			t.Errorf("%s: %s %s %q at %s, traceback %q", tt.source, got.ErrnoName(), got.Kind, got.Message, got.Where, got.Traceback)
		}
	}
	checkPristine(t, e)
}

func TestInputAndOutput(t *testing.T) {
	e := newEngine(t, Options{})
	const echo = "function echo(i, o) o:append(i:str()) return #i end objclass.register(echo)"
	for _, size := range []int{0, 1, 1023, 1024, 1025, 1 << 20} {
		input := strings.Repeat("x\x00", size)[:size]
		got, err := runScript(t, e, echo, "echo", input)
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if string(got.Output) != input || int(got.Ret) != size {
			t.Errorf("%d bytes: got %d, returned %d", size, len(got.Output), got.Ret)
		}
		checkPristine(t, e)
	}
	_, err := runScript(t, e, echo, "echo", strings.Repeat("x", 1<<20+1))
	if got := asError(t, err); got.ErrnoName() != "EMSGSIZE" || got.Kind != objclass.KindOp {
		t.Errorf("output over its limit: %s %s %q", got.ErrnoName(), got.Kind, got.Message)
	}
}

// The input stays the caller's, whatever a script does to its bufferlist.
func TestInputIsNotChanged(t *testing.T) {
	e := newEngine(t, Options{})
	input := []byte("input")
	object, _ := newObject(objclass.RD)
	_, err := e.Run(context.Background(), &objclass.Invocation{
		Unit: unitOf("eval", "function f(i, o) i:append('!') o:append(i) end objclass.register(f)", true), Method: "f",
		Input: input, Object: object, Budget: testBudget,
	})
	if err != nil || !bytes.Equal(input, []byte("input")) {
		t.Errorf("input is %q, error %v", input, err)
	}
}

func TestReturnValues(t *testing.T) {
	e := newEngine(t, Options{})
	for body, want := range map[string]string{
		"":                                "0",
		"return":                          "0",
		"return 5":                        "5",
		"return -2":                       "-2",
		"return '7'":                      "7",
		"return 3.0":                      "3",
		"return 'x', 9":                   "9",
		"return nil":                      "EIO",
		"return 1.5":                      "EIO",
		"return {}":                       "EIO",
		"return 'x'":                      "EIO",
		"return -(1 << 32)":               "EIO",
		"return math.mininteger":          "EIO",
		"return 1 << 31":                  "EIO",
		"return -(1 << 31)":               "-2147483648",
		"return table.unpack(t, 1, 5000)": "5000",
	} {
		source := "t = {} for i = 1, 5000 do t[i] = i end function f() " + body + " end objclass.register(f)"
		got, err := runScript(t, e, source, "f", "")
		is := ""
		if err != nil {
			is = asError(t, err).ErrnoName()
		} else {
			is = itoa(got.Ret)
		}
		if is != want {
			t.Errorf("%s: got %s (%v), want %s", body, is, err, want)
		}
	}
}

func TestHandlers(t *testing.T) {
	e := newEngine(t, Options{})
	for _, tt := range []struct{ name, source, handler, errno, message string }{
		{"unregistered", "function f() end", "f", "EIO", "not registered"},
		{"absent", "", "f", "EOPNOTSUPP", "not a function"},
		{"no function", "f = 5", "f", "EOPNOTSUPP", "not a function"},
		{"registered twice", "function f() end objclass.register(f) objclass.register(f)", "f", "EIO", "more than once"},
		{"not a function registered", "objclass.register(5)", "", "EIO", "function expected"},
		{"unknown flags", "function f() end objclass.register(f, 8)", "", "EIO", "objclass.RD"},
		{"lookup through a metatable that loops", "setmetatable(_G, {__index = function() while true do end end})", "f", "ETIMEDOUT", "over 50 ms"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := runScript(t, e, tt.source, tt.handler, "")
			if got := asError(t, err); got.ErrnoName() != tt.errno || !strings.Contains(got.Message, tt.message) {
				t.Errorf("got %s %q, want %s %q", got.ErrnoName(), got.Message, tt.errno, tt.message)
			}
		})
	}
}

// A method registered as RD cannot write, whatever the call allows; nothing happens before the refusal.
func TestReadOnlyMethodsAreRefusedWrites(t *testing.T) {
	e := newEngine(t, Options{})
	for _, op := range []string{
		"append(bufferlist.new())", "truncate(0)", "zero(0, 0)", "rmxattr('a')", "map_remove_range('a')", "map_remove_range()",
		"create()", "remove()", "write(0, 0, bufferlist.new())", "write_full(bufferlist.new())",
		"setxattr('a', bufferlist.new())", "map_clear()", "map_set_val('a', bufferlist.new())", "map_set_vals({a = 'b'})",
		"map_remove_key('a')", "map_write_header(bufferlist.new())",
	} {
		object, overlay := newObject(objclass.RD | objclass.WR)
		_, err := e.Run(context.Background(), &objclass.Invocation{
			Unit:   unitOf("eval", "function f() objclass."+op+" end objclass.register(f, objclass.RD)", true),
			Method: "f", Object: object, Budget: testBudget,
		})
		if got := asError(t, err); got.ErrnoName() != "EPERM" || got.Kind != objclass.KindOp || overlay.Changed() {
			t.Errorf("%s: %s %s, changed %v", op, got.ErrnoName(), got.Kind, overlay.Changed())
		}
	}
}

// Nothing of one run is there in the next.
func TestRunsAreApart(t *testing.T) {
	e := newEngine(t, Options{})
	const source = `
		calls = 0
		upvalues = {}
		local hidden = 0
		function f(i, o)
			calls = calls + 1
			hidden = hidden + 1
			upvalues[#upvalues + 1] = i
			string.format = nil
			setmetatable(_G, {__index = function() return 1 end})
			o:append(calls .. " " .. hidden .. " " .. #upvalues)
		end
		objclass.register(f)`
	unit := unitOf("state.lua", source, false)
	if _, err := e.Load(context.Background(), unit, testBudget); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		object, _ := newObject(objclass.RD)
		got, err := e.Run(context.Background(), &objclass.Invocation{Unit: unit, Method: "f", Object: object, Budget: testBudget})
		if err != nil || string(got.Output) != "1 1 1" {
			t.Errorf("got %q, %v", got.Output, err)
		}
		checkPristine(t, e)
	}
}

func TestRandomDiffersBetweenRuns(t *testing.T) {
	e := newEngine(t, Options{})
	seen := map[string]bool{}
	for range 5 {
		got, err := runScript(t, e, "function f(i, o) o:append(tostring(math.random(1 << 50))) end objclass.register(f)", "f", "")
		if err != nil {
			t.Fatal(err)
		}
		seen[string(got.Output)] = true
	}
	if len(seen) != 5 {
		t.Errorf("only %d numbers in 5 runs", len(seen))
	}
}
