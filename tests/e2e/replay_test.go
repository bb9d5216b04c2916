// This file is calls that are captured on one machine's store and replayed from their bundles, without a daemon and its store.

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

// flaky fails at a line, and with a message, that depend on all that a run takes.
func flaky() string {
	var b strings.Builder
	b.WriteString(`local digits = require "digits"
function roll(input, output)
  local size, mtime = objclass.stat()
  local seen = { size, mtime, objclass.current_version(), objclass.read(0, 0):str(), input:str(), objclass.getxattr("kind"):str(),
    objclass.map_read_header():str(), objclass.caller().client, objclass.object().oid }
  for key, value in objclass.map_pairs() do seen[#seen + 1] = key .. value:str() end
  objclass.setxattr("kind", input)
  seen[#seen + 1] = tostring(objclass.now())
  seen[#seen + 1] = math.random(1 << 40)
  seen[#seen + 1] = objclass.random_bytes(16)
  local all = digits.of(table.concat(seen, "|"))
  local line = tonumber(all:sub(1, 1), 16)
`)
	for i := range 16 {
		fmt.Fprintf(&b, "  if line == %d then error(\"rolled \" .. all) end\n", i)
	}
	b.WriteString("end\nobjclass.register(roll)\n")
	return b.String()
}

const digits = `
local M = {}
function M.of(s) return (hash.sha256(s):gsub(".", function(c) return string.format("%02x", c:byte()) end)) end
return M`

// replayed is what objluad --json replay prints.
type replayed struct {
	Same               bool
	Timed              bool
	Captured, Replayed struct {
		Errno, Kind, Where string
		Message            string
		Ret                int
	}
}

// replay runs objluad replay on a bundle, and fails unless it exits with success exactly when the outcome is the same.
func replay(t *testing.T, bundle []byte) (r replayed) {
	t.Helper()
	cmd := exec.Command(rig.Binary(), "--json", "replay", "-")
	cmd.Stdin = bytes.NewReader(bundle)
	out, err := cmd.Output()
	if jsonErr := json.Unmarshal(out, &r); jsonErr != nil {
		t.Fatalf("replay printed %q, %v: %v", out, jsonErr, err)
	}
	if (err == nil) != r.Same {
		t.Errorf("replay ended with %v and printed %s", err, out)
	}
	return r
}

// flakyBundles captures failing calls at a daemon that is gone when they are returned.
func flakyBundles(t *testing.T, calls int) (bundles [][]byte) {
	t.Helper()
	d := rig.Run(t, filepath.Join(t.TempDir(), "data"))
	d.Install(t, "digits", digits)
	d.Install(t, "flaky", flaky())
	ioctx := d.Dial(t).OpenIOContext("default")
	oid := "o\xff\x00"
	_, err := ioctx.Eval(t.Context(), oid, []byte(`
		local function bl(s) local b = bufferlist.new() b:append(s) return b end
		objclass.write_full(bl("data \0\xff")) objclass.setxattr("kind", bl("x\xfe")) objclass.map_write_header(bl("h"))
		for i = 1, 300 do objclass.map_set_val("key" .. i, bl(string.rep("v", 4096))) end`), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	before, err := ioctx.Stat(t.Context(), oid)
	if err != nil {
		t.Fatal(err)
	}
	for range calls {
		reply, err := ioctx.Exec(t.Context(), oid, "flaky", "roll", []byte("in\xffput"), client.Capture())
		if err != nil {
			t.Fatal(err)
		}
		bundles = append(bundles, reply.Bundle)
	}
	if after, err := ioctx.Stat(t.Context(), oid); err != nil || after != before {
		t.Errorf("captures changed the object from %+v to %+v, %v", before, after, err)
	}
	if err := d.Stop(); err != nil {
		t.Error(err)
	}
	return bundles
}

func TestCapturedFailureReplaysToTheSameLine(t *testing.T) {
	lines := make(map[string]bool)
	for _, bundle := range flakyBundles(t, 5) {
		r := replay(t, bundle)
		if !r.Same || r.Replayed != r.Captured || !strings.HasPrefix(r.Captured.Where, "flaky.lua:") || !strings.Contains(r.Captured.Message, "rolled ") {
			t.Errorf("replay: %+v", r)
		}
		lines[r.Captured.Message] = true
	}
	if len(lines) != 5 {
		t.Errorf("5 calls failed in %d ways: they do not depend on time and random numbers", len(lines))
	}
}

func TestDamagedBundleIsRefused(t *testing.T) {
	bundle := string(flakyBundles(t, 1)[0])
	flipped := []byte(bundle)
	at := strings.Index(bundle, "vvvv")
	flipped[at] = 'w'
	for what, c := range map[string]struct{ bundle, want string }{
		"a changed byte":      {string(flipped), "damaged"},
		"a part":              {bundle[:len(bundle)/2], "a part of one"},
		"nothing":             {"", "no bundle"},
		"another document":    {`{"format":"x"}`, `its format is "x"`},
		"an array":            {`[1]`, "no bundle"},
		"a later version":     {strings.Replace(bundle, `"format_version":1`, `"format_version":2`, 1), "format version 2"},
		"another checksum":    {strings.Replace(bundle, `"sha256":"`, `"sha256":"0`, 1), "damaged"},
		"no content":          {`{"format":"objluad-capture","format_version":1}`, "no content"},
		"not JSON":            {"\x00\x01", "no bundle"},
		"something behind it": {bundle + "{}", "no bundle"},
	} {
		cmd := exec.Command(rig.Binary(), "replay", "-")
		cmd.Stdin = strings.NewReader(c.bundle)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.HasPrefix(string(out), "objluad: EINVAL: ") || !strings.Contains(string(out), c.want) || strings.Count(string(out), "\n") != 1 {
			t.Errorf("%s: %v, %q, want %q", what, err, out, c.want)
		}
	}
}

// A captured call sees the object that any call sees, whatever there is of it.
func TestCaptureSeesTheObject(t *testing.T) {
	d := rig.Run(t, filepath.Join(t.TempDir(), "data"))
	ioctx := d.Dial(t).OpenIOContext("default")
	const fill = `
function fill()
  local value = bufferlist.new()
  for i = 1, 2500 do
    value = bufferlist.new()
    value:append(("v"):rep(i % 49))
    objclass.map_set_val(("key %05d"):format(i), value)
  end
  objclass.map_write_header(value)
  objclass.setxattr("a", value)
  objclass.setxattr("b\\0", bufferlist.new())
  value:append(("d"):rep(100000))
  objclass.write(5, #value, value)
end
objclass.register(fill)`
	const tell = `
function tell()
  local size, mtime = objclass.stat()
  local seen = {size, mtime, objclass.current_version(), objclass.read(0, 0):str(), objclass.map_read_header():str()}
  for key, value in objclass.map_pairs() do seen[#seen + 1] = key .. "=" .. value:str() end
  for name, value in pairs(objclass.getxattrs()) do seen[#seen + 1] = name .. "=" .. value:str() end
  objclass.fail(objclass.EINVAL, hash.sha256(table.concat(seen, "|")))
end
objclass.register(tell)`
	if _, err := ioctx.Eval(t.Context(), "o", []byte(fill), "fill", nil); err != nil {
		t.Fatal(err)
	}
	_, err := ioctx.Eval(t.Context(), "o", []byte(tell), "tell", nil)
	var plain *client.Error
	if !errors.As(err, &plain) {
		t.Fatal(err)
	}
	reply, err := ioctx.Eval(t.Context(), "o", []byte(tell), "tell", nil, client.Capture())
	if err != nil {
		t.Fatal(err)
	}
	if r := replay(t, reply.Bundle); !r.Same || r.Captured.Message != plain.Message {
		t.Errorf("captured %+v, the call had %q", r, plain.Message)
	}
}

// What a capture tells is right for calls that succeed, fail otherwise, find no object, or are ended by the guard.
func TestCapturedOutcomes(t *testing.T) {
	d := rig.Run(t, filepath.Join(t.TempDir(), "data"))
	ioctx := d.Dial(t).OpenIOContext("default")
	for script, want := range map[string]string{
		`function f(input, output) output:append(input:str() .. objclass.random_bytes(9)) return 7 end objclass.register(f)`: "",
		`function f() return -5 end objclass.register(f)`:                                                                    "op",
		`function f() objclass.create() objclass.create() objclass.getxattr("none") end objclass.register(f)`:                "op",
		`function f() objclass.read(0, 0) objclass.map_get_val("a") end objclass.register(f)`:                                "op",
		`function f() while true do end end objclass.register(f)`:                                                            "trap:deadline",
		`function f() local t = {} while true do t[#t + 1] = {} end end objclass.register(f)`:                                "trap:memory",
		`function f(`: "script",
	} {
		reply, err := ioctx.Eval(t.Context(), "absent", []byte(script), "f", []byte("input"), client.Capture())
		if err != nil {
			t.Errorf("%s: %v", script, err)
			continue
		}
		if r := replay(t, reply.Bundle); !r.Same || r.Captured.Kind != want || r.Replayed.Kind != want || r.Timed != (want == "trap:deadline") {
			t.Errorf("%s: %+v, want kind %q", script, r, want)
		}
	}
}

func TestWhatCannotBeCaptured(t *testing.T) {
	d := rig.Run(t, filepath.Join(t.TempDir(), "data"))
	ioctx := d.Dial(t).OpenIOContext("default")
	big := make([]byte, 32<<20+1)
	if _, err := ioctx.WriteFull(t.Context(), "big", big); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ oid, class, want string }{
		{"big", "lua", "EOPNOTSUPP"}, // has no method f
		{"o", "none", "EOPNOTSUPP"},
	} {
		if _, err := ioctx.Exec(t.Context(), c.oid, c.class, "f", nil, client.Capture()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %s: %v, want %s", c.class, c.oid, err, c.want)
		}
	}
	_, err := ioctx.Eval(t.Context(), "big", []byte(""), "", nil, client.Capture())
	if err == nil || !strings.Contains(err.Error(), "EFBIG: the object has 33554433 bytes") {
		t.Errorf("an object of %d bytes: %v", len(big), err)
	}
	_, err = ioctx.Eval(t.Context(), "o", []byte(""), "", nil, client.Capture(), client.IdempotencyKey("k"))
	if err == nil || !strings.Contains(err.Error(), "EINVAL") {
		t.Errorf("with an idempotency key: %v", err)
	}
}

func TestCaptureOverHTTP(t *testing.T) {
	d := rig.Run(t, filepath.Join(t.TempDir(), "data"))
	d.Install(t, "c", "function f(input) error(input:str() .. math.random()) end objclass.register(f)")
	answer, err := http.Post("http://"+d.HTTP()+"/v1/pools/default/objects/o/exec/c/f?capture=true", "", strings.NewReader("in"))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	bundle, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%s, %v, %s", answer.Status, err, bundle)
	}
	file := filepath.Join(t.TempDir(), "bundle")
	if err := os.WriteFile(file, bundle, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(rig.Binary(), "replay", file).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "at c.lua:1\n") || !strings.HasSuffix(string(out), "the same error at the same line as captured\n") {
		t.Errorf("%v, %s", err, out)
	}
}
