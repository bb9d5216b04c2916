package clslua

import "time"

// Scripts that harm an OSD or the object there, and here only themselves, or nothing.
var harmCases = []testCase{
	{name: "an operation after a failure that load swallowed", before: `objclass.create()`, run: `
		objclass.remove() load(function() objclass.stat() end) objclass.write_full(bl("after"))`, want: outcome{object: `data "after"`}, differs: "survives", kills: true},
	{name: "an operation in a finaliser while a failure goes up", run: `
		local ok = pcall(setmetatable, {}, {__gc = function() objclass.create() end}) objclass.stat()`, want: outcome{errno: "ENOENT"}, differs: "survives", kills: true},
	{name: "a bufferlist after its finaliser", run: `
		local b = bl("x") for i = 1, 2 do pcall(function() b:__gc() end) end output:append(b:str())`, want: outcome{output: "x"}, differs: "survives", kills: true},
	{name: "an endless loop", run: `while true do end`, timeout: 200 * time.Millisecond, want: outcome{errno: "ETIMEDOUT"}, differs: "survives", kills: true},
	{name: "an endless loop around pcall", run: `while true do pcall(function() while true do end end) end`, timeout: 200 * time.Millisecond,
		want: outcome{errno: "ETIMEDOUT"}, differs: "survives", kills: true},
	{name: "a pattern that takes for ever", run: `(("a"):rep(40)):find(("a?"):rep(40) .. ("a"):rep(40) .. "b")`, timeout: 200 * time.Millisecond,
		want: outcome{errno: "ETIMEDOUT"}, differs: "survives", kills: true},
	{name: "64 MiB of memory", run: `local s = ("x"):rep(64 << 20) output:append(show(#s))`,
		want: outcome{errno: "ENOMEM"}, differs: "limits", there: &outcome{output: "67108864"}},

	{name: "write_full of the same size, and a full read", before: digits, run: `
		objclass.write_full(bl("abcdefghij")) objclass.setxattr("read", objclass.read(0, 0))`,
		want: outcome{object: `data "abcdefghij", xattr "read" "abcdefghij"`}, differs: "digests", kills: true},
	{name: "a write of nothing past the end", before: digits, run: `objclass.write(20, 0, bl(""))`, want: outcome{object: isDigits}, differs: "digests", kills: true},
}
