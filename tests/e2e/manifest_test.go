// This file is classes whose manifests restrict them, as clients see it.

package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

const restrictedClass = `
objclass.manifest{
  doc = "Has little.",
  methods = {
    spin = {timeout_ms = 50},
    burn = {cpu_ms = 50, timeout_ms = 30000},
    grow = {memory_bytes = 1 << 20},
    put = {output_bytes = 10, flags = objclass.RD},
  },
  capabilities = {omap = {"index/"}, xattr = {"user."}, create = true},
}
function spin() while true do end end
function burn() while true do end end
function grow(input) return #("x"):rep(tonumber(input:str())) >> 20 end
function put(input, output) output:append(input) end
function run(input, output)
  local f = assert(load(input:str()))
  local ok, errno = pcall(f)
  output:append(tostring(ok and "ok" or errno))
end
for _, f in ipairs{spin, burn, grow, put, run} do objclass.register(f) end`

func TestManifest(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	d.Install(t, "restricted", restrictedClass)
	conn := d.Dial(t)
	ioctx := conn.OpenIOContext("default")

	t.Run("shown", func(t *testing.T) {
		class, err := conn.ShowClass(t.Context(), "restricted")
		if err != nil || class.Methods["put"] != "RD" || class.Methods["run"] != "RD|WR" {
			t.Fatalf("%+v, %v", class, err)
		}
		_, body := request(t, d, "GET", "/v1/classes/restricted", "")
		var shown struct{ Manifest json.RawMessage }
		if err := json.Unmarshal([]byte(body), &shown); err != nil || string(shown.Manifest) != string(class.Manifest) ||
			!strings.Contains(string(class.Manifest), `"spin":{"timeout_ms":50}`) {
			t.Errorf("HTTP shows %s, RESP %s, %v", shown.Manifest, class.Manifest, err)
		}
	})
	t.Run("budgets", func(t *testing.T) {
		minute := client.Timeout(time.Minute) // which raises no budget
		_, err := ioctx.Exec(t.Context(), "o", "restricted", "spin", nil, minute)
		checkError(t, err, "ETIMEDOUT", "trap:deadline", "over 50 ms")
		_, err = ioctx.Exec(t.Context(), "o", "restricted", "burn", nil, minute)
		checkError(t, err, "ETIMEDOUT", "trap:deadline", "over 50 ms")
		_, err = ioctx.Exec(t.Context(), "o", "restricted", "burn", nil, client.Timeout(20*time.Millisecond))
		checkError(t, err, "ETIMEDOUT", "trap:deadline", "over 20 ms")
		_, err = ioctx.Exec(t.Context(), "o", "restricted", "grow", []byte("2000000"), minute)
		checkError(t, err, "ENOMEM", "trap:memory", "memory")
		if _, err = ioctx.Exec(t.Context(), "o", "restricted", "grow", []byte("500000"), minute); err != nil {
			t.Error(err)
		}
		_, err = ioctx.Exec(t.Context(), "o", "restricted", "put", []byte("12345678901"))
		checkError(t, err, "EMSGSIZE", "op", "output of 11 bytes is over the limit of 10")
		if _, err = ioctx.Exec(t.Context(), "o", "restricted", "put", []byte("1234567890")); err != nil {
			t.Error(err)
		}
	})
	t.Run("capabilities", func(t *testing.T) {
		prelude := `local b = bufferlist.new() b:append("v") `
		for _, tt := range []struct{ script, want string }{
			{`objclass.setxattr("user.x", b)`, "ok"}, {`objclass.map_set_val("index/1", b)`, "ok"}, {`objclass.setxattr("secret", b)`, "-1"},
			{`objclass.map_set_val("index", b)`, "-1"}, {`objclass.map_set_vals{["index/1"] = "v", other = "v"}`, "-1"},
			{`assert(next(objclass.getxattrs()) == "user.x")`, "ok"}, {`objclass.map_get_keys("", 10)`, "-1"},
			{`objclass.map_get_keys("", 10, "index/")`, "ok"}, {`objclass.map_get_vals("", "", 10)`, "-1"},
			{`for k in objclass.map_pairs("", "index/") do assert(k == "index/1") end`, "ok"}, {`for k in objclass.map_pairs() do end`, "-1"},
			{`objclass.map_get_vals_by_keys{"index/1", "x"}`, "-1"}, {`objclass.map_remove_range("index/", "index0")`, "ok"},
			{`objclass.map_remove_range("index/")`, "-1"}, {`objclass.map_clear()`, "-1"}, {`objclass.remove()`, "-1"}, {`objclass.stat()`, "-1"},
			{`objclass.read(0, 0)`, "-1"}, {`objclass.append(b)`, "-1"}, {`objclass.map_read_header()`, "-1"}, {`objclass.current_version()`, "ok"},
		} {
			reply, err := ioctx.Exec(t.Context(), "o", "restricted", "run", []byte(prelude+tt.script))
			if err != nil || string(reply.Output) != tt.want {
				t.Errorf("%s: %s, %v, want %s", tt.script, reply.Output, err, tt.want)
			}
		}
	})
}

func TestManifestsThatAreRefused(t *testing.T) {
	d := rig.Run(t, t.TempDir(), "--max-timeout", "2s", "--arena", "1MiB", "--max-output", "1KiB")
	conn := d.Dial(t)
	for _, tt := range []struct{ manifest, errno, kind, message string }{
		{`{methods = {f = {timeout_ms = 2001}}}`, "EINVAL", "class", "c.lua:1: manifest: methods.f.timeout_ms is 2001, the server's limit is 2000"},
		{`{methods = {f = {memory_bytes = 2 << 20}}}`, "EINVAL", "class", "methods.f.memory_bytes is 2097152, the server's limit is 1048576"},
		{`{methods = {f = {memory_bytes = 1}}}`, "EINVAL", "class", "methods.f.memory_bytes is 1, but the class takes"},
		{`{methods = {f = {output_bytes = 1025}}}`, "EINVAL", "class", "methods.f.output_bytes is 1025, the server's limit is 1024"},
		{`{methods = {f = {flags = 8}}}`, "EINVAL", "class", "methods.f.flags is 8; flags are"},
		{`{method = {}}`, "EINVAL", "class", "method is unknown; there are capabilities, doc, methods"},
		{`{methods = {g = {}}}`, "EINVAL", "class", "methods.g is not registered; registered: f"},
		{`{doc = print}`, "EINVAL", "class", "doc is a function, not a string"},
	} {
		_, err := conn.InstallClass(t.Context(), "c", fmt.Appendf(nil, "objclass.manifest%s function f() end objclass.register(f)", tt.manifest))
		checkError(t, err, tt.errno, tt.kind, tt.message)
	}
	_, err := conn.InstallClass(t.Context(), "c", []byte("objclass.register(print, 8)"))
	checkError(t, err, "EIO", "script", "flags are objclass.RD, objclass.WR")
	_, err = conn.InstallClass(t.Context(), "c", []byte(strings.Repeat("-", 10<<20)))
	checkError(t, err, "EMSGSIZE", "class", "10485760 bytes, the limit is 1048576")
	if classes, err := conn.ListClasses(t.Context()); err != nil || len(classes) != 0 {
		t.Errorf("installed %+v, %v", classes, err)
	}
}

// greedyClass was granted one prefix of omap keys, and asks for all else by every function that there is.
const greedyClass = `objclass.manifest{capabilities = {omap = {"granted/"}}}
function probe(input, output)
	local b = bufferlist.new()
	b:append("x")
	local calls = {
		{"create"}, {"create", true}, {"remove"}, {"stat"}, {"read", 0, 0}, {"read", 0, 1 << 62}, {"write", 0, 1, b}, {"write_full", b}, {"append", b}, {"truncate", 0},
		{"zero", 0, 1}, {"getxattr", "kept"}, {"getxattrs"}, {"setxattr", "kept", b}, {"rmxattr", "kept"}, {"map_clear"}, {"map_get_keys", "", 1},
		{"map_get_keys", "", 0}, {"map_get_keys", "granted/", 1, "granted"}, {"map_get_vals", "", "", 1}, {"map_get_vals", "granted/", "k", -1},
		{"map_get_vals_by_keys", {"granted/", "kept"}}, {"map_get_val", "kept"}, {"map_set_val", "kept", b}, {"map_set_vals", {["granted/"] = "x", kept = "x"}},
		{"map_remove_key", "kept"}, {"map_remove_range", ""}, {"map_remove_range", "granted/", "z"}, {"map_remove_range", "granted/"}, {"map_read_header"},
		{"map_write_header", b},
	}
	for round = 1, 2 do
		for _, call in ipairs(calls) do
			local ok, errno, message = pcall(objclass[call[1]], table.unpack(call, 2))
			assert(not ok and errno == -objclass.EPERM and message:find("grants"), call[1])
		end
		for _, walk in ipairs{objclass.map_pairs(), objclass.map_pairs("granted/"), objclass.map_pairs("", "grant")} do
			assert(select(2, pcall(walk)) == -objclass.EPERM)
		end
	end
	objclass.map_set_val("granted/x", b)
	assert(next(objclass.map_get_keys("", -1, "granted/")) == "granted/x")
	objclass.map_remove_range("granted/", "granted0")
	assert(next(objclass.map_get_keys("", -1, "granted/")) == nil)
	output:append("refused")
end
objclass.register(probe)`

func TestScriptsGetOnlyWhatTheyWereGranted(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	d.Install(t, "greedy", greedyClass)
	d.Install(t, "maker", `
		function make(input)
			objclass.write_full(input) objclass.setxattr("kept", input) objclass.map_set_val("kept", input) objclass.map_write_header(input)
		end
		function look(input, output)
			output:append(objclass.read(0, 0):str() .. objclass.getxattr("kept"):str() .. objclass.map_get_val("kept"):str() .. objclass.map_read_header():str())
		end
		objclass.register(make) objclass.register(look)`)
	ioctx := d.Dial(t).OpenIOContext("default")
	if _, err := ioctx.Exec(t.Context(), "o", "maker", "make", []byte("mine ")); err != nil {
		t.Fatal(err)
	}
	reply, err := ioctx.Exec(t.Context(), "o", "greedy", "probe", nil)
	if err != nil || string(reply.Output) != "refused" {
		t.Errorf("%q, %v", reply.Output, err)
	}
	reply, err = ioctx.Exec(t.Context(), "o", "maker", "look", nil)
	if err != nil || string(reply.Output) != "mine mine mine mine " {
		t.Errorf("the object has %q, %v", reply.Output, err)
	}
	// An absent object it may not create.
	_, err = ioctx.Exec(t.Context(), "absent", "greedy", "probe", nil)
	checkError(t, err, "EPERM", "op", "the creation of the object is outside of what the class's manifest grants")
}
