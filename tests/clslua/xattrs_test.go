package clslua

const twoXattrs = `objclass.setxattr("a", bl("1")) objclass.setxattr("b", bl("2"))`

const isTwoXattrs = `data "", xattr "a" "1", xattr "b" "2"`

// getxattr, getxattrs, setxattr.
var xattrCases = []testCase{
	{name: "getxattr", before: twoXattrs, run: `output:append(show(objclass.getxattr("a")))`, want: outcome{output: `"1"`, object: isTwoXattrs}},
	{name: "getxattr of what is not there", before: twoXattrs, run: `objclass.getxattr("none")`, want: outcome{errno: "ENODATA", object: isTwoXattrs}},
	{name: "getxattr of what is not there, caught", before: twoXattrs, run: `fails(61, objclass.getxattr, "none")`, want: outcome{object: isTwoXattrs}},
	{name: "getxattr of an object that is not there", run: `objclass.getxattr("a")`, want: outcome{errno: "ENOENT"}},
	{name: "getxattr of an empty value", before: `objclass.setxattr("a", bl(""))`, run: `output:append(show(objclass.getxattr("a")))`,
		want: outcome{output: `""`, object: `data "", xattr "a" ""`}},
	{name: "getxattr of a number", before: `objclass.setxattr("7", bl("x"))`, run: `output:append(show(objclass.getxattr(7)))`,
		want: outcome{output: `"x"`, object: `data "", xattr "7" "x"`}},
	{name: "getxattr of wrong arguments", before: twoXattrs, run: `throws(objclass.getxattr) throws(objclass.getxattr, {}) throws(objclass.getxattr, bl("a"))`,
		want: outcome{object: isTwoXattrs}},

	{name: "getxattrs", before: twoXattrs, run: `output:append(show(objclass.getxattrs()))`, want: outcome{output: `{"a"="1" "b"="2"}`, object: isTwoXattrs}},
	{name: "getxattrs of none", before: `objclass.create()`, run: `output:append(show(objclass.getxattrs()))`, want: outcome{output: `{}`, object: isEmpty}},
	{name: "getxattrs of an object that is not there", run: `objclass.getxattrs()`, want: outcome{errno: "ENOENT"}},
	{name: "getxattrs has no other kind of xattr", before: digits + `objclass.map_write_header(bl("h"))`, run: `output:append(show(objclass.getxattrs()))`,
		want: outcome{output: `{}`, object: `data "0123456789", header "" "h"`}},
	{name: "getxattrs in order", before: `for i = 1, 60 do objclass.setxattr(tostring(i * 7919), bl("")) end`,
		run: `output:append(show(sorted(objclass.getxattrs())))`, want: outcome{output: "true", object: `data "", 60 of xattr`},
		differs: "order", there: &outcome{output: "false", object: `data "", 60 of xattr`}},

	{name: "setxattr makes the object", run: `objclass.setxattr("a", bl("1"))`, want: outcome{object: `data "", xattr "a" "1"`}},
	{name: "setxattr of any bytes", run: `objclass.setxattr("a", bl("\0\255"))`, want: outcome{object: `data "", xattr "a" "\x00\xff"`}},
	{name: "setxattr replaces", before: twoXattrs, run: `objclass.setxattr("a", bl("new"))`, want: outcome{object: `data "", xattr "a" "new", xattr "b" "2"`}},
	{name: "setxattr leaves data and omap", before: digits + `objclass.map_set_val("k", bl("v"))`, run: `objclass.setxattr("a", bl("1"))`,
		want: outcome{object: `data "0123456789", xattr "a" "1", key "k" "v"`}},
	{name: "setxattr returns its bufferlist", run: `local b = bl("1") assert(rawequal(objclass.setxattr("a", b), b))`, want: outcome{object: `data "", xattr "a" "1"`}},
	{name: "what setxattr returns is no return value", run: `return objclass.setxattr("a", bl("1"))`, want: outcome{errno: "EIO"}},
	{name: "setxattr with a name of 100 bytes", run: `objclass.setxattr(("n"):rep(100), bl("1"))`, want: outcome{object: `data "", xattr "` + n100 + `" "1"`}},
	{name: "setxattr with a name of 101 bytes", run: `objclass.setxattr(("n"):rep(101), bl("1"))`, want: outcome{errno: "ENAMETOOLONG"}},
	{name: "setxattr of wrong arguments", run: `throws(objclass.setxattr) throws(objclass.setxattr, "a") throws(objclass.setxattr, "a", "1") throws(objclass.setxattr, {}, bl("1"))`},
	{name: "setxattr, and its own writes", before: twoXattrs, run: `
		objclass.setxattr("a", bl("new")) objclass.write_full(objclass.getxattr("a"))`,
		want: outcome{object: `data "new", xattr "a" "new", xattr "b" "2"`}, differs: "own-writes",
		there: &outcome{object: `data "1", xattr "a" "new", xattr "b" "2"`}},
	{name: "getxattrs, and its own writes", before: twoXattrs, run: `
		objclass.setxattr("c", bl("3")) objclass.write_full(bl(show(objclass.getxattrs())))`,
		want:    outcome{object: `data "{\x22a\x22=\x221\x22 \x22b\x22=\x222\x22 \x22c\x22=\x223\x22}", xattr "a" "1", xattr "b" "2", xattr "c" "3"`},
		differs: "own-writes", there: &outcome{object: `data "{\x22a\x22=\x221\x22 \x22b\x22=\x222\x22}", xattr "a" "1", xattr "b" "2", xattr "c" "3"`}},
	{name: "an xattr whose name has NUL", run: `objclass.setxattr("a\0b", bl("1"))`,
		want: outcome{object: `data "", xattr "a\x00b" "1"`}, differs: "nul", there: &outcome{object: `data "", xattr "a" "1"`}},
	{name: "an xattr of 64 KiB and one byte", run: `objclass.setxattr("a", bl(("v"):rep(65537)))`, want: outcome{errno: "EFBIG"},
		differs: "limits", there: &outcome{object: `data "", xattr "a" of 65537 bytes`}},
}

const n100 = `nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn`
