package rados

// This file is calls that are captured on a Ceph cluster, and replayed without it.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

// flaky has a method that fails at a line, and with a message, that depend on all that the object has, and with the input "x" on the
// time and random numbers, too.
func flaky() string {
	var b strings.Builder
	b.WriteString(`
function fill(input)
  objclass.write_full(input)
  objclass.setxattr("a\xff", input)
  objclass.setxattr("empty", bufferlist.new())
  objclass.map_write_header(input)
  for i = 1, 1500 do objclass.map_set_val(("key %05d\xff"):format(i), input) end
end
objclass.register(fill)
function roll(input)
  local size, mtime = objclass.stat()
  local seen = {size, mtime, objclass.current_version(), objclass.read(0, 0):str(), objclass.map_read_header():str(), input:str()}
  for key, value in objclass.map_pairs() do seen[#seen + 1] = key .. "=" .. value:str() end
  for name, value in pairs(objclass.getxattrs()) do seen[#seen + 1] = name .. "=" .. value:str() end
  if input:str() == "x" then
    for _, drawn in ipairs {objclass.now(), math.random(1 << 40), objclass.random_bytes(16)} do seen[#seen + 1] = drawn end
  end
  local all = hash.sha256(table.concat(seen, "|"))
  local line = all:byte() % 8
`)
	for i := range 8 {
		fmt.Fprintf(&b, "  if line == %d then objclass.fail(objclass.EINVAL, 'rolled ' .. all) end\n", i)
	}
	b.WriteString("end\nobjclass.register(roll)\n")
	return b.String()
}

// A failing call that is captured over a cluster replays to the same line, where there is neither the cluster nor the daemon.
func TestCapturedOnRADOSReplaysToTheSameLine(t *testing.T) {
	var bundles [][]byte
	var plain *client.Error // of a call that was not captured, and has the last bundle's input
	t.Run("capture", func(t *testing.T) {
		d := serve(t, sharedCluster(t))
		d.Install(t, "flaky", flaky())
		on := open(t, d)
		if _, err := on.Exec(t.Context(), "captured", "flaky", "fill", []byte("in\xff\x00put"), patient); err != nil {
			t.Fatal(err)
		}
		before, err := on.Stat(t.Context(), "captured")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := on.Exec(t.Context(), "captured", "flaky", "roll", nil, patient); !errors.As(err, &plain) {
			t.Fatal(err)
		}
		for _, input := range []string{"x", "x", "x", ""} {
			reply, err := on.Exec(t.Context(), "captured", "flaky", "roll", []byte(input), client.Capture(), patient)
			if err != nil {
				t.Fatal(err)
			}
			bundles = append(bundles, reply.Bundle)
		}
		if after, err := on.Stat(t.Context(), "captured"); err != nil || after != before {
			t.Errorf("captures changed the object from %+v to %+v, %v", before, after, err)
		}
	})
	for i, bundle := range bundles {
		cmd := exec.Command(rig.Binary(), "--json", "replay", "-")
		cmd.Stdin = bytes.NewReader(bundle)
		out, err := cmd.Output()
		var r struct {
			Same               bool
			Captured, Replayed struct{ Errno, Kind, Where, Message string }
		}
		if jsonErr := json.Unmarshal(out, &r); jsonErr != nil || err != nil {
			t.Fatalf("%v, %v: %s", err, jsonErr, out)
		}
		if !r.Same || r.Captured != r.Replayed || !strings.HasPrefix(r.Captured.Where, "flaky.lua:") || !strings.Contains(r.Captured.Message, "rolled ") {
			t.Errorf("%+v", r)
		}
		if i == len(bundles)-1 && r.Captured.Message != plain.Message {
			t.Errorf("captured was %s, the call had %s", r.Captured.Message, plain.Message)
		}
	}
}
