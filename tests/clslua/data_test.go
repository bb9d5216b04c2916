package clslua

const digits = `objclass.write_full(bl("0123456789"))`

const (
	isDigits = `data "0123456789"`
	isEmpty  = `data ""`
)

// create, remove, stat, read, write, write_full, and the versions.
var dataCases = []testCase{
	{name: "create", run: `assert(select("#", objclass.create()) == 0)`, want: outcome{object: isEmpty}},
	{name: "create what is there", before: digits, run: `objclass.create()`, want: outcome{object: isDigits}},
	{name: "create(false) what is there", before: digits, run: `objclass.create(false)`, want: outcome{object: isDigits}},
	{name: "create(nil) what is there", before: digits, run: `objclass.create(nil)`, want: outcome{object: isDigits}},
	{name: "create(true)", run: `objclass.create(true)`, want: outcome{object: isEmpty}},
	{name: "create(true) what is there", before: digits, run: `objclass.create(true)`, want: outcome{errno: "EEXIST", object: isDigits}},
	{name: "create(0) is exclusive", before: digits, run: `objclass.create(0)`, want: outcome{errno: "EEXIST", object: isDigits}},
	{name: "create of text is exclusive", before: digits, run: `objclass.create("")`, want: outcome{errno: "EEXIST", object: isDigits}},
	{name: "create twice, exclusively", run: `objclass.create(true) objclass.create(true)`, want: outcome{errno: "EEXIST"}},

	{name: "remove", before: digits, run: `assert(select("#", objclass.remove()) == 0)`},
	{name: "remove what is not there", run: `objclass.remove()`, want: outcome{errno: "ENOENT"}},
	{name: "remove what was created", run: `objclass.create() objclass.remove()`},
	{name: "remove and create", before: digits + `objclass.setxattr("a", bl("1")) objclass.map_set_val("k", bl("v"))`,
		run: `objclass.remove() objclass.create(true)`, want: outcome{object: isEmpty}},

	{name: "stat what is not there", run: `objclass.stat()`, want: outcome{errno: "ENOENT"}},
	{name: "stat gives two integers", before: digits, run: `
		local r = table.pack(objclass.stat())
		output:append(show(r.n, r[1], math.type(r[2]), r[2] >= 0))`, want: outcome{output: `2 10 "integer" true`, object: isDigits}},
	{name: "stat takes no notice of arguments", before: digits, run: `assert(objclass.stat("x", {}) == 10)`, want: outcome{object: isDigits}},
	{name: "the time of an object that a method made", before: digits, run: `output:append(show(select(2, objclass.stat()) > 1e9))`,
		want: outcome{output: "true", object: isDigits}, differs: "mtime", there: &outcome{output: "false", object: isDigits}},
	{name: "stat sees what the method made", run: `fails(objclass.ENOENT, objclass.stat) objclass.create() assert(objclass.stat() == 0)`,
		want: outcome{object: isEmpty}},
	{name: "stat sees the size of a write", run: `objclass.write(5, 3, bl("abc")) assert(objclass.stat() == 8)`,
		want: outcome{object: `data "\x00\x00\x00\x00\x00abc"`}},
	{name: "stat sees a removal", before: digits, run: `objclass.remove() fails(objclass.ENOENT, objclass.stat)`},

	{name: "read what is not there", run: `output:append(show(objclass.read(0, 0), objclass.read(5, 5)))`, want: outcome{output: `"" ""`}},
	{name: "read nothing of an empty object", before: `objclass.create()`, run: `output:append(show(objclass.read(0, 0)))`, want: outcome{output: `""`, object: isEmpty}},
	{name: "read all by its size", before: digits, run: `output:append(show(objclass.read(0, (objclass.stat()))))`, want: outcome{output: `"0123456789"`, object: isDigits}},
	{name: "read with length 0 reads to the end", before: digits, run: `output:append(show(objclass.read(3, 0)))`, want: outcome{output: `"3456789"`, object: isDigits}},
	{name: "read a part", before: digits, run: `output:append(show(objclass.read(3, 4)))`, want: outcome{output: `"3456"`, object: isDigits}},
	{name: "read beyond the end", before: digits, run: `output:append(show(objclass.read(8, 100)))`, want: outcome{output: `"89"`, object: isDigits}},
	{name: "read behind the end", before: digits, run: `output:append(show(objclass.read(10, 1), objclass.read(100, 0)))`, want: outcome{output: `"" ""`, object: isDigits}},
	{name: "read of a negative length reads to the end", before: digits, run: `output:append(show(objclass.read(3, -5), objclass.read(0, -1)))`, want: outcome{output: `"3456789" "0123456789"`, object: isDigits}},
	{name: "read of a negative length that reaches behind the offset", before: digits, run: `output:append(show(objclass.read(3, -1)))`,
		want: outcome{output: `"3456789"`, object: isDigits}, differs: "64-bit", there: &outcome{errno: "EPERM", object: isDigits}},
	{name: "read at a negative offset", before: digits, run: `output:append(show(objclass.read(-1, 3), objclass.read(-1, 0), objclass.read(-5, -1)))`, want: outcome{output: `"" "" ""`, object: isDigits}},
	{name: "read takes numbers in strings", before: digits, run: `output:append(show(objclass.read("1", "2")))`, want: outcome{output: `"12"`, object: isDigits}},
	{name: "read takes floats without a fraction", before: digits, run: `output:append(show(objclass.read(1.0, 2.0)))`, want: outcome{output: `"12"`, object: isDigits}},
	{name: "read takes no notice of a third argument", before: digits, run: `output:append(show(objclass.read(1, 2, {})))`, want: outcome{output: `"12"`, object: isDigits}},
	{name: "read of wrong arguments", before: digits, run: `
		throws(objclass.read) throws(objclass.read, 0) throws(objclass.read, {}, 0) throws(objclass.read, 0, "x")
		throws(objclass.read, 1.5, 0) throws(objclass.read, 0, false) throws(objclass.read, nil, 0)`, want: outcome{object: isDigits}},
	{name: "read of a wrong argument, uncaught", before: digits, run: `objclass.read("x", 0)`, want: outcome{errno: "EIO", object: isDigits}},
	{name: "read beyond 32 bits", before: digits, run: `output:append(show(objclass.read(1 << 32, 5), objclass.read(2, (1 << 32) + 1)))`,
		want: outcome{output: `"" "23456789"`, object: isDigits}, differs: "64-bit", there: &outcome{output: `"01234" "2"`, object: isDigits}},
	{name: "read gives a bufferlist of its own", before: digits, run: `
		local b = objclass.read(0, 2) b:append("x") output:append(show(b, objclass.read(0, 2)))`, want: outcome{output: `"01x" "01"`, object: isDigits}},
	{name: "read sees a write", before: digits, run: `objclass.write(0, 2, bl("AB")) output:append(show(objclass.read(0, 4)))
		objclass.setxattr("read", objclass.read(0, 4))`,
		want:    outcome{output: `"AB23"`, object: `data "AB23456789", xattr "read" "AB23"`},
		differs: "own-writes", there: &outcome{object: `data "AB23456789", xattr "read" "0123"`}},
	{name: "read sees that the object was removed", before: digits, run: `
		objclass.remove() local b = objclass.read(0, 0) objclass.setxattr("read", b)`,
		want: outcome{object: `data "", xattr "read" ""`}},

	{name: "write makes the object", run: `assert(select("#", objclass.write(0, 3, bl("abc"))) == 0)`, want: outcome{object: `data "abc"`}},
	{name: "write leaves what is around", before: digits, run: `objclass.write(3, 2, bl("ab"))`, want: outcome{object: `data "012ab56789"`}},
	{name: "write at the end", before: digits, run: `objclass.write(10, 2, bl("ab"))`, want: outcome{object: `data "0123456789ab"`}},
	{name: "write behind the end leaves zeros", before: digits, run: `objclass.write(12, 1, bl("a"))`, want: outcome{object: `data "0123456789\x00\x00a"`}},
	{name: "write any bytes", run: `objclass.write(0, 3, bl("\0\255\n"))`, want: outcome{object: `data "\x00\xff\x0a"`}},
	{name: "write nothing makes the object", run: `objclass.write(0, 0, bl(""))`, want: outcome{object: isEmpty}},
	{name: "write the input", input: "input", run: `objclass.write(0, #input, input)`, want: outcome{object: `data "input"`}},
	{name: "write several times", run: `objclass.write(0, 2, bl("ab")) objclass.write(1, 2, bl("cd")) objclass.write(4, 1, bl("e"))`,
		want: outcome{object: `data "acd\x00e"`}},
	{name: "write of a length that is too small", run: `objclass.write(0, 1, bl("ab"))`, want: outcome{errno: "EINVAL"}},
	{name: "write of a length that is too large", run: `objclass.write(0, 3, bl("ab"))`, want: outcome{errno: "EINVAL"}},
	{name: "write of a negative length", run: `objclass.write(0, -1, bl("ab"))`, want: outcome{errno: "EINVAL"}},
	{name: "write at a negative offset", run: `objclass.write(-1, 2, bl("ab"))`, want: outcome{errno: "EFBIG"}},
	{name: "write beyond the limit of objects", run: `objclass.write(128 << 20, 1, bl("a"))`, want: outcome{errno: "EFBIG"}},
	{name: "write takes numbers in strings", run: `objclass.write("1", "2", bl("ab"))`, want: outcome{object: `data "\x00ab"`}},
	{name: "write of wrong arguments", run: `
		throws(objclass.write) throws(objclass.write, 0) throws(objclass.write, 0, 2) throws(objclass.write, 0, 2, "ab")
		throws(objclass.write, 0, {}, bl("ab")) throws(objclass.write, "x", 2, bl("ab")) throws(objclass.write, 0.5, 2, bl("ab"))`},
	{name: "write beyond 32 bits", before: digits, run: `fails(objclass.EFBIG, objclass.write, 1 << 32, 1, bl("a"))`,
		want: outcome{object: isDigits}, differs: "64-bit", there: &outcome{errno: "EIO", object: isDigits}},
	{name: "write to offset 2^32, uncaught", before: digits, run: `objclass.write(1 << 32, 1, bl("a"))`,
		want: outcome{errno: "EFBIG", object: isDigits}, differs: "64-bit", there: &outcome{object: `data "a123456789"`}},

	{name: "write_full makes the object", run: `assert(select("#", objclass.write_full(bl("abc"))) == 0)`, want: outcome{object: `data "abc"`}},
	{name: "write_full of less", before: digits, run: `objclass.write_full(bl("abc"))`, want: outcome{object: `data "abc"`}},
	{name: "write_full of more", before: digits, run: `objclass.write_full(bl("0123456789abc"))`, want: outcome{object: `data "0123456789abc"`}},
	{name: "write_full of nothing", before: digits, run: `objclass.write_full(bl(""))`, want: outcome{object: isEmpty}},
	{name: "write_full leaves xattrs and omap", before: digits + `objclass.setxattr("a", bl("1")) objclass.map_set_val("k", bl("v"))`,
		run: `objclass.write_full(bl("x"))`, want: outcome{object: `data "x", xattr "a" "1", key "k" "v"`}},
	{name: "write_full twice", run: `objclass.write_full(bl("longer")) objclass.write_full(bl("short"))`, want: outcome{object: `data "short"`}},
	{name: "write_full of wrong arguments", run: `throws(objclass.write_full) throws(objclass.write_full, "x") throws(objclass.write_full, 5)`},
	{name: "write_full of a wrong argument, uncaught", run: `objclass.write_full("x")`, want: outcome{errno: "EIO"}},

	{name: "current_version is an integer", before: digits, run: `
		local v = objclass.current_version() output:append(show(math.type(v), v > 0))`, want: outcome{output: `"integer" true`, object: isDigits}},
	{name: "current_subop_num", run: `output:append(show(objclass.current_subop_num()))`, want: outcome{output: "0"}},
	{name: "current_subop_version", before: digits, run: `
		output:append(show(objclass.current_subop_version() == objclass.current_version() .. "." .. objclass.current_subop_num()))`,
		want: outcome{output: "true", object: isDigits}},
	{name: "a version rises with a write", before: digits + `objclass.map_set_val("v", bl(tostring(objclass.current_version())))`, run: `
		assert(objclass.current_version() > tonumber(objclass.map_get_val("v"):str())) objclass.map_clear()`, want: outcome{object: isDigits}},
	{name: "current_version is that before the call's own writes", before: digits, run: `
		local v = objclass.current_version() objclass.write_full(bl("x")) assert(objclass.current_version() == v)`, want: outcome{object: `data "x"`}},
}
