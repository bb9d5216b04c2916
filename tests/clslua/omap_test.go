package clslua

const fiveKeys = `objclass.map_set_vals({a = "1", b = "2", bb = "3", c = "4", [7] = "5"})`

const isFiveKeys = `data "", key "7" "5", key "a" "1", key "b" "2", key "bb" "3", key "c" "4"`

// The functions whose names begin with map_.
var omapCases = []testCase{
	{name: "map_get_val", before: fiveKeys, run: `output:append(show(objclass.map_get_val("bb")))`, want: outcome{output: `"3"`, object: isFiveKeys}},
	{name: "map_get_val of a number", before: fiveKeys, run: `output:append(show(objclass.map_get_val(7)))`, want: outcome{output: `"5"`, object: isFiveKeys}},
	{name: "map_get_val of what is not there", before: fiveKeys, run: `objclass.map_get_val("none")`, want: outcome{errno: "ENOENT", object: isFiveKeys}},
	{name: "map_get_val of what is not there, caught", before: fiveKeys, run: `fails(objclass.ENOENT, objclass.map_get_val, "none")`, want: outcome{object: isFiveKeys}},
	{name: "map_get_val of an object that is not there", run: `objclass.map_get_val("a")`, want: outcome{errno: "ENOENT"}},
	{name: "map_get_val of wrong arguments", before: fiveKeys, run: `throws(objclass.map_get_val) throws(objclass.map_get_val, {}) throws(objclass.map_get_val, nil)`, want: outcome{object: isFiveKeys}},
	{name: "map_get_val, and its own writes", before: fiveKeys, run: `objclass.map_set_val("a", bl("new")) objclass.write_full(objclass.map_get_val("a"))`,
		want: outcome{object: `data "new", key "7" "5", key "a" "new", key "b" "2", key "bb" "3", key "c" "4"`}, differs: "own-writes",
		there: &outcome{object: `data "1", key "7" "5", key "a" "new", key "b" "2", key "bb" "3", key "c" "4"`}},

	{name: "map_set_val makes the object", run: `assert(select("#", objclass.map_set_val("k", bl("v"))) == 0)`, want: outcome{object: `data "", key "k" "v"`}},
	{name: "map_set_val of any bytes", run: `objclass.map_set_val("\255\1", bl("\0\255"))`, want: outcome{object: `data "", key "\xff\x01" "\x00\xff"`}},
	{name: "map_set_val of an empty value", run: `objclass.map_set_val("k", bl(""))`, want: outcome{object: `data "", key "k" ""`}},
	{name: "map_set_val replaces", before: fiveKeys, run: `objclass.map_set_val("a", bl("new"))`,
		want: outcome{object: `data "", key "7" "5", key "a" "new", key "b" "2", key "bb" "3", key "c" "4"`}},
	{name: "map_set_val of the input", input: "input", run: `objclass.map_set_val("k", input)`, want: outcome{object: `data "", key "k" "input"`}},
	{name: "map_set_val with a number", run: `objclass.map_set_val(7, bl("v"))`, want: outcome{object: `data "", key "7" "v"`}},
	{name: "map_set_val of wrong arguments", run: `throws(objclass.map_set_val) throws(objclass.map_set_val, "k") throws(objclass.map_set_val, "k", "v") throws(objclass.map_set_val, {}, bl("v"))`},

	{name: "map_set_vals", run: `assert(select("#", objclass.map_set_vals({a = "1", b = "2"})) == 0)`, want: outcome{object: `data "", key "a" "1", key "b" "2"`}},
	{name: "map_set_vals of nothing makes the object", run: `objclass.map_set_vals({})`, want: outcome{object: isEmpty}},
	{name: "map_set_vals of a sequence", run: `objclass.map_set_vals({"one", "two"})`, want: outcome{object: `data "", key "1" "one", key "2" "two"`}},
	{name: "map_set_vals of strings and numbers", run: `objclass.map_set_vals({a = "1", [2.5] = "2", [-3] = "3"})`,
		want: outcome{object: `data "", key "-3" "3", key "2.5" "2", key "a" "1"`}},
	{name: "map_set_vals replaces and adds", before: fiveKeys, run: `objclass.map_set_vals({a = "new", d = "6"})`,
		want: outcome{object: `data "", key "7" "5", key "a" "new", key "b" "2", key "bb" "3", key "c" "4", key "d" "6"`}},
	{name: "map_set_vals of values of any bytes", run: `objclass.map_set_vals({k = "\0\255"})`, want: outcome{object: `data "", key "k" "\x00\xff"`}},
	{name: "map_set_vals with a key that is a boolean", run: `objclass.map_set_vals({[true] = "x"})`, want: outcome{errno: "EINVAL"}},
	{name: "map_set_vals with a key that is a table", run: `fails(objclass.EINVAL, objclass.map_set_vals, {[{}] = "x"})`},
	{name: "map_set_vals with a value that is a number", run: `objclass.map_set_vals({a = 1})`, want: outcome{errno: "EINVAL"}},
	{name: "map_set_vals with a value that is a bufferlist", run: `objclass.map_set_vals({a = bl("x")})`, want: outcome{errno: "EINVAL"}},
	{name: "map_set_vals with a value that is a table", run: `fails(objclass.EINVAL, objclass.map_set_vals, {a = {}})`},
	{name: "map_set_vals sets all or none", run: `fails(objclass.EINVAL, objclass.map_set_vals, {a = "1", b = 2}) objclass.create()`, want: outcome{object: isEmpty}},
	{name: "map_set_vals of no table", run: `objclass.map_set_vals("a")`, want: outcome{errno: "EIO"}},
	{name: "map_set_vals of wrong arguments", run: `throws(objclass.map_set_vals) throws(objclass.map_set_vals, nil) throws(objclass.map_set_vals, bl("x"))`},

	{name: "map_remove_key", before: fiveKeys, run: `assert(select("#", objclass.map_remove_key("b")) == 0)`,
		want: outcome{object: `data "", key "7" "5", key "a" "1", key "bb" "3", key "c" "4"`}},
	{name: "map_remove_key of a number", before: fiveKeys, run: `objclass.map_remove_key(7)`, want: outcome{object: `data "", key "a" "1", key "b" "2", key "bb" "3", key "c" "4"`}},
	{name: "map_remove_key of what is not there", before: fiveKeys, run: `objclass.map_remove_key("none")`, want: outcome{object: isFiveKeys}},
	{name: "map_remove_key of an object that is not there", run: `objclass.map_remove_key("a")`, want: outcome{errno: "ENOENT"}},
	{name: "map_remove_key of wrong arguments", before: fiveKeys, run: `throws(objclass.map_remove_key) throws(objclass.map_remove_key, {})`, want: outcome{object: isFiveKeys}},
	{name: "map_remove_key and set again", before: fiveKeys, run: `objclass.map_remove_key("a") objclass.map_set_val("a", bl("again"))`,
		want: outcome{object: `data "", key "7" "5", key "a" "again", key "b" "2", key "bb" "3", key "c" "4"`}},

	{name: "map_clear", before: fiveKeys, run: `assert(select("#", objclass.map_clear()) == 0)`, want: outcome{object: isEmpty}},
	{name: "map_clear clears the header", before: fiveKeys + `objclass.map_write_header(bl("h"))`, run: `objclass.map_clear()`, want: outcome{object: isEmpty}},
	{name: "map_clear leaves data and xattrs", before: digits + twoXattrs + fiveKeys, run: `objclass.map_clear()`,
		want: outcome{object: `data "0123456789", xattr "a" "1", xattr "b" "2"`}},
	{name: "map_clear of an empty omap", before: `objclass.create()`, run: `objclass.map_clear()`, want: outcome{object: isEmpty}},
	{name: "map_clear of an object that is not there", run: `objclass.map_clear()`, want: outcome{errno: "ENOENT"}},
	{name: "map_clear is seen", before: fiveKeys, run: `
		objclass.map_clear() objclass.write_full(bl(show(objclass.map_get_keys("", 10), objclass.map_read_header())))`, want: outcome{object: `data "{} \x22\x22"`}},

	{name: "map_get_keys", before: fiveKeys, run: `output:append(show((objclass.map_get_keys("", 10))))`,
		want: outcome{output: `{"7"=true "a"=true "b"=true "bb"=true "c"=true}`, object: isFiveKeys}},
	{name: "map_get_keys after a key", before: fiveKeys, run: `output:append(show((objclass.map_get_keys("a", 10)), (objclass.map_get_keys("ab", 10)), (objclass.map_get_keys("c", 10))))`,
		want: outcome{output: `{"b"=true "bb"=true "c"=true} {"b"=true "bb"=true "c"=true} {}`, object: isFiveKeys}},
	{name: "map_get_keys of the first two", before: fiveKeys, run: `output:append(show((objclass.map_get_keys("", 2))))`, want: outcome{output: `{"7"=true "a"=true}`, object: isFiveKeys}},
	{name: "map_get_keys of none", before: fiveKeys, run: `output:append(show((objclass.map_get_keys("", 0))))`, want: outcome{output: `{}`, object: isFiveKeys}},
	{name: "map_get_keys without a limit", before: fiveKeys, run: `output:append(show((objclass.map_get_keys("b", -1))))`, want: outcome{output: `{"bb"=true "c"=true}`, object: isFiveKeys}},
	{name: "map_get_keys of an object that is not there", run: `output:append(show((objclass.map_get_keys("", 10))))`, want: outcome{output: `{}`}},
	{name: "next of map_get_keys", before: fiveKeys, run: `output:append(next(objclass.map_get_keys("", 1)))`, want: outcome{output: "7", object: isFiveKeys}},
	{name: "next of an empty map_get_keys", before: `objclass.create()`, run: `output:append(show(next(objclass.map_get_keys("", 1))))`, want: outcome{output: "nil", object: isEmpty}},
	{name: "map_get_keys of wrong arguments", before: fiveKeys, run: `
		throws(objclass.map_get_keys) throws(objclass.map_get_keys, "") throws(objclass.map_get_keys, {}, 1)
		throws(objclass.map_get_keys, "", {}) throws(objclass.map_get_keys, "", 1.5)`, want: outcome{object: isFiveKeys}},
	{name: "map_get_keys tells whether there are more", before: fiveKeys, run: `
		output:append(show(select(2, objclass.map_get_keys("", 4))) .. show(select(2, objclass.map_get_keys("", 5))))`,
		want: outcome{output: "truefalse", object: isFiveKeys}, differs: "order", there: &outcome{object: isFiveKeys}},
	{name: "map_get_keys in order", before: manyKeys, run: `output:append(show(sorted((objclass.map_get_keys("", 100)))))`,
		want: outcome{output: "true", object: isManyKeys}, differs: "order", there: &outcome{output: "false", object: isManyKeys}},
	{name: "map_get_vals in order", before: manyKeys, run: `output:append(show(sorted((objclass.map_get_vals("", "", 100)))))`,
		want: outcome{output: "true", object: isManyKeys}, differs: "order", there: &outcome{output: "false", object: isManyKeys}},
	{name: "map_get_keys of more than 1024", before: manyKeys, run: `
		local n = 0 for _ in pairs((objclass.map_get_keys("", -1))) do n = n + 1 end output:append(tostring(n))`,
		want: outcome{output: "1500", object: isManyKeys}, differs: "whole-listings", there: &outcome{output: "1024", object: isManyKeys}},

	{name: "map_get_vals", before: fiveKeys, run: `output:append(show((objclass.map_get_vals("", "", 10))))`,
		want: outcome{output: `{"7"="5" "a"="1" "b"="2" "bb"="3" "c"="4"}`, object: isFiveKeys}},
	{name: "map_get_vals after a key", before: fiveKeys, run: `output:append(show((objclass.map_get_vals("b", "", 10))))`, want: outcome{output: `{"bb"="3" "c"="4"}`, object: isFiveKeys}},
	{name: "map_get_vals with a prefix", before: fiveKeys, run: `output:append(show((objclass.map_get_vals("", "b", 10)), (objclass.map_get_vals("b", "b", 10)), (objclass.map_get_vals("", "x", 10))))`,
		want: outcome{output: `{"b"="2" "bb"="3"} {"bb"="3"} {}`, object: isFiveKeys}},
	{name: "map_get_vals of the first two", before: fiveKeys, run: `output:append(show((objclass.map_get_vals("", "", 2))))`, want: outcome{output: `{"7"="5" "a"="1"}`, object: isFiveKeys}},
	{name: "map_get_vals without a limit", before: fiveKeys, run: `output:append(show((objclass.map_get_vals("a", "", -1))))`, want: outcome{output: `{"b"="2" "bb"="3" "c"="4"}`, object: isFiveKeys}},
	{name: "map_get_vals of an object that is not there", run: `output:append(show((objclass.map_get_vals("", "", 10))))`, want: outcome{output: `{}`}},
	{name: "map_get_vals of wrong arguments", before: fiveKeys, run: `
		throws(objclass.map_get_vals) throws(objclass.map_get_vals, "") throws(objclass.map_get_vals, "", "") throws(objclass.map_get_vals, "", 1)
		throws(objclass.map_get_vals, "", {}, 1) throws(objclass.map_get_vals, "", "", {})`, want: outcome{object: isFiveKeys}},
	{name: "map_get_vals of more than 1024", before: manyKeys, run: `
		local n = 0 for _ in pairs((objclass.map_get_vals("", "", 1400))) do n = n + 1 end output:append(tostring(n))`,
		want: outcome{output: "1400", object: isManyKeys}, differs: "whole-listings", there: &outcome{output: "1024", object: isManyKeys}},
	{name: "map_get_vals of 1000 in pages", before: manyKeys, run: `
		local after, all = "", 0
		repeat
		  local n = 0
		  for key in pairs((objclass.map_get_vals(after, "", 1000))) do n = n + 1 if key > after then after = key end end
		  all = all + n
		until n < 1000
		output:append(tostring(all))`, want: outcome{output: "1500", object: isManyKeys}},
	{name: "map_get_vals, and its own writes", before: fiveKeys, run: `
		objclass.map_set_val("d", bl("6")) objclass.map_remove_key("a")
		for key in pairs((objclass.map_get_vals("", "", 10))) do objclass.setxattr(key, bl("")) end`,
		want:    outcome{object: `data "", xattr "7" "", xattr "b" "", xattr "bb" "", xattr "c" "", xattr "d" "", key "7" "5", key "b" "2", key "bb" "3", key "c" "4", key "d" "6"`},
		differs: "own-writes",
		there:   &outcome{object: `data "", xattr "7" "", xattr "a" "", xattr "b" "", xattr "bb" "", xattr "c" "", key "7" "5", key "b" "2", key "bb" "3", key "c" "4", key "d" "6"`}},

	{name: "map_read_header", before: `objclass.map_write_header(bl("head"))`, run: `output:append(show(objclass.map_read_header()))`,
		want: outcome{output: `"head"`, object: `data "", header "" "head"`}},
	{name: "map_read_header of none", before: `objclass.create()`, run: `output:append(show(objclass.map_read_header()))`, want: outcome{output: `""`, object: isEmpty}},
	{name: "map_read_header of an object that is not there", run: `output:append(show(objclass.map_read_header()))`, want: outcome{output: `""`}},
	{name: "map_write_header makes the object", run: `assert(select("#", objclass.map_write_header(bl("\0\255"))) == 0)`, want: outcome{object: `data "", header "" "\x00\xff"`}},
	{name: "map_write_header replaces", before: fiveKeys + `objclass.map_write_header(bl("longer"))`, run: `objclass.map_write_header(bl("h"))`,
		want: outcome{object: `data "", header "" "h", key "7" "5", key "a" "1", key "b" "2", key "bb" "3", key "c" "4"`}},
	{name: "map_write_header of nothing", before: `objclass.map_write_header(bl("head"))`, run: `objclass.map_write_header(bl(""))`, want: outcome{object: isEmpty}},
	{name: "map_write_header of wrong arguments", run: `throws(objclass.map_write_header) throws(objclass.map_write_header, "h")`},
	{name: "map_read_header, and its own writes", before: `objclass.map_write_header(bl("old"))`, run: `
		objclass.map_write_header(bl("new")) objclass.write_full(objclass.map_read_header())`,
		want: outcome{object: `data "new", header "" "new"`}, differs: "own-writes", there: &outcome{object: `data "old", header "" "new"`}},

	{name: "keys with NUL", run: `objclass.map_set_val("a\0b", bl("1")) objclass.map_set_vals({["c\0d"] = "2"})`,
		want: outcome{object: `data "", key "a\x00b" "1", key "c\x00d" "2"`}, differs: "nul", there: &outcome{object: `data "", key "a" "1", key "c" "2"`}},
}

const (
	manyKeys   = `local t = {} for i = 1, 1500 do t[string.format("%04d", i)] = "" end objclass.map_set_vals(t)`
	isManyKeys = `data "", 1500 of key`
)
