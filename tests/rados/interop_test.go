// This file tests that methods and Ceph's rados command see the same objects.

package rados

import (
	"strings"
	"testing"
)

const interopClass = `
function everything(input, output)
  local vals = objclass.map_get_vals("", "", 100)
  output:append(objclass.read(0, 0):str() .. "|" .. objclass.getxattr("x"):str() .. "|" ..
    objclass.map_read_header():str() .. "|" .. objclass.map_get_val("k"):str())
  for key, value in pairs(vals) do output:append("|" .. key .. "=" .. value:str()) end
end

local function buffer(s)
  local b = bufferlist.new()
  b:append(s)
  return b
end

function write(input, output)
  objclass.write_full(buffer("data of " .. input:str()))
  objclass.setxattr("x", buffer("xattr"))
  objclass.map_write_header(buffer("header"))
  objclass.map_set_val("k", buffer("v"))
end

objclass.register(everything, objclass.RD)
objclass.register(write, objclass.RD | objclass.WR)`

func TestMethodsAndTheRadosCommand(t *testing.T) {
	c := sharedCluster(t)
	d := serve(t, c)
	d.Install(t, "interop", interopClass)
	ioctx := open(t, d)
	for _, namespace := range []string{"", "interop"} {
		ioctx.SetNamespace(namespace)
		rados := func(input, args string) string {
			t.Helper()
			out, err := c.Rados([]byte(input), append([]string{"-p", "default", "-N", namespace}, strings.Fields(args)...)...)
			if err != nil {
				t.Fatal(err)
			}
			return string(out)
		}
		rados("data", "put theirs -")
		rados("", "setxattr theirs x value")
		rados("", "setomapheader theirs head")
		rados("", "setomapval theirs k v")
		reply, err := ioctx.Exec(t.Context(), "theirs", "interop", "everything", nil, patient)
		if want := "data|value|head|v|k=v"; err != nil || string(reply.Output) != want {
			t.Errorf("namespace %q: a method read %q, %v; want %q", namespace, reply.Output, err, want)
		}
		if _, err := ioctx.Exec(t.Context(), "ours", "interop", "write", []byte("a method"), patient); err != nil {
			t.Fatal(err)
		}
		for args, want := range map[string]string{
			"get ours -":         "data of a method",
			"getxattr ours x":    "xattr",
			"listxattr ours":     "x\n",
			"getomapheader ours": "68 65 61 64 65 72", // hexadecimal
			"listomapkeys ours":  "k\n",
			"getomapval ours k":  "76",
			"stat ours":          "size 16\n",
		} {
			if got := rados("", args); !strings.Contains(got, want) {
				t.Errorf("namespace %q: rados %s: %q, want %q", namespace, args, got, want)
			}
		}
		// Each changes what the other has made.
		rados("changed", "put ours -")
		rados("", "rmomapkey ours k")
		rados("", "setomapval ours k new")
		reply, err = ioctx.Exec(t.Context(), "ours", "interop", "everything", nil, patient)
		if want := "changed|xattr|header|new|k=new"; err != nil || string(reply.Output) != want {
			t.Errorf("namespace %q: a method read %q, %v; want %q", namespace, reply.Output, err, want)
		}
		if _, err := ioctx.Exec(t.Context(), "theirs", "interop", "write", nil, patient); err != nil {
			t.Fatal(err)
		}
		if got := rados("", "get theirs -"); got != "data of " {
			t.Errorf("namespace %q: rados get: %q", namespace, got)
		}
	}
}
