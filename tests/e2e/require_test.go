// This file is classes that require others, as clients see them: over changes of the modules, restarts, and in another store.

package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

// greeting is a library whose word is given.
func greeting(word string) string {
	return fmt.Sprintf("local M = {}\nfunction M.greet(name)\n  if name == '' then error('no name') end\n  return '%s ' .. name\nend\nreturn M", word)
}

const greeter = `
local greeting = require "greeting"
function greet(input, output) output:append(greeting.greet(input:str())) end
objclass.register(greet, objclass.RD)`

func greet(t *testing.T, ioctx *client.IOContext, class, want string) {
	t.Helper()
	reply, err := ioctx.Exec(t.Context(), "o", class, "greet", []byte("you"))
	if err != nil || string(reply.Output) != want {
		t.Errorf("%s answers %q, %v, want %q", class, reply.Output, err, want)
	}
}

func TestRequire(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	d := rig.Run(t, data)
	conn := d.Dial(t)
	install := func(name, source string) string {
		t.Helper()
		version, err := conn.InstallClass(t.Context(), name, []byte(source))
		if err != nil {
			t.Fatal(err)
		}
		return version
	}
	lib := install("greeting", greeting("hello"))
	old := install("greeter", greeter)
	install("politer", "local g = require 'greeting@"+lib[:8]+"' local first = require 'greeter'\n"+
		"function greet(input, output) output:append('dear, ' .. g.greet(input:str()) .. tostring(first)) end objclass.register(greet)")
	ioctx := conn.OpenIOContext("default")
	greet(t, ioctx, "greeter", "hello you")
	greet(t, ioctx, "politer", "dear, hello youtrue")
	_, err := ioctx.Exec(t.Context(), "o", "greeter", "greet", nil)
	checkError(t, err, "EIO", "script", "greeting.lua:3: no name")

	// What others install later changes nothing, until the class is installed again; then it is another version.
	install("greeting", greeting("bye"))
	greet(t, ioctx, "greeter", "hello you")
	if version := install("greeter", greeter); version == old {
		t.Error("a class that requires another version is the same version")
	}
	greet(t, ioctx, "greeter", "bye you")
	greet(t, ioctx, "greeter@"+old, "hello you")
	class, err := conn.ShowClass(t.Context(), "greeter@"+old)
	if err != nil || class.Requires["greeting"] != "greeting@"+lib || len(class.RequiredBy) != 1 || !strings.HasPrefix(class.RequiredBy[0], "politer@") {
		t.Errorf("shown %+v, %v", class, err)
	}
	shown, err := exec.Command(rig.Binary(), "--addr", d.Addr(), "class", "show", "greeter@"+old).CombinedOutput()
	if want := "requires:  greeting = greeting@" + lib + "\nneeded by: politer@"; err != nil || !strings.Contains(string(shown), want) {
		t.Errorf("class show prints %s, %v, want %s", shown, err, want)
	}

	// Another daemon, and another store, have the same.
	if err := d.Stop(); err != nil {
		t.Fatal(err)
	}
	archive, other := filepath.Join(dir, "archive"), filepath.Join(dir, "other")
	for _, args := range [][]string{
		{"check", "--data", data}, {"export", archive, "--data", data}, {"import", archive, "--data", other}, {"check", "--data", other},
	} {
		if out, err := exec.Command(rig.Binary(), args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", args[0], err, out)
		}
	}
	for _, folder := range []string{data, other} {
		ioctx := rig.Run(t, folder).Dial(t).OpenIOContext("default")
		greet(t, ioctx, "greeter", "bye you")
		greet(t, ioctx, "greeter@"+old, "hello you")
		greet(t, ioctx, "politer", "dear, hello youtrue")
	}
}

func TestRequireIsRefused(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	d.Install(t, "a", "return 1")
	d.Install(t, "b", "return require 'a'")
	d.Install(t, "large", "--"+strings.Repeat("x", 700<<10)+"\nreturn 1")
	conn := d.Dial(t)
	for _, tt := range []struct{ name, source, errno, kind, message string }{
		{"c", "\nrequire 'nosuch'", "EINVAL", "class", `c.lua:2: require "nosuch": no class nosuch is installed; installed: a, b, large`},
		{"c", "pcall(require, 'nosuch')", "EINVAL", "class", `no class nosuch is installed`},
		{"c", "require 'a@00000000'", "EINVAL", "class", "class a has no version 00000000; it has: "},
		{"c", `require "\0\xff\r\n../x"`, "EINVAL", "class", `require "\x00\xff\r\n../x": "\x00\xff\r\n../x" is no class name`},
		{"c", "require(('x'):rep(100000))", "EINVAL", "class", "is no class name"},
		{"a", "require 'b'", "EINVAL", "class", "class a requires itself: a → b@"},
		{"c", "require 'large' --" + strings.Repeat("x", 400<<10), "EMSGSIZE", "class", "bytes with those of its modules, the limit is 1048576"},
		{"c", "for i = 1, 5000 do require('a' .. i) end", "EINVAL", "class", "no class a1 is installed"},
		{"c", "require 'a'", "EINVAL", "class", "class c registers no method"},
		{"c", "require 'a' while true do end", "ETIMEDOUT", "trap:deadline", "c.lua:1: over 1000 ms"},
	} {
		_, err := conn.InstallClass(t.Context(), tt.name, []byte(tt.source))
		checkError(t, err, tt.errno, tt.kind, tt.message)
	}
	_, err := conn.OpenIOContext("default").Eval(t.Context(), "o", []byte("require 'a'"), "", nil)
	checkError(t, err, "EIO", "script", "eval:1: require 'a': a script that is sent with a call has no modules; install it as a class")
	if classes, err := conn.ListClasses(t.Context()); err != nil || len(classes) != 3 {
		t.Errorf("installed %+v, %v", classes, err)
	}
}
