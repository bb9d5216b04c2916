// This file is names that programs trip over: any bytes name an object, and come back as they were sent.

package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

// names are legal for objects, namespaces, xattrs, omap keys and methods' inputs.
var names = []string{
	"\x00", "a\x00b", "a", "/", "a/b", "a//b", "../../etc/passwd", ".", "..", " ", "a b", "-", "%00", "a%2Fb", "a?b#c", "a+b&c=d",
	"\r\n", "+OK\r\n", "\x1b[31m", "naïve", "日本", "\xff\xfe", "\xc3\x28", "\xed\xa0\x80", strings.Repeat("n", 100),
}

const namesClass = `
function note(input, output)
  local name = input:str()
  objclass.setxattr(name, input)
  objclass.map_set_val(name, input)
  assert(objclass.getxattrs()[name] == input and objclass.getxattr(name) == input)
  assert(objclass.map_get_vals("", name, 10)[name] == input and objclass.map_get_val(name) == input)
end
objclass.register(note, objclass.RD | objclass.WR)

_G["odd\0/näme"] = function(input, output) output:append("odd") end
objclass.register(_G["odd\0/näme"], objclass.RD)
function odd(input, output) output:append("plain") end
objclass.register(odd, objclass.RD)`

func TestNames(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	ioctx := d.Dial(t).OpenIOContext("default")
	for i, name := range append(names, strings.Repeat("\x00", 2048)) {
		data := "data of " + name
		if _, err := ioctx.WriteFull(t.Context(), name, []byte(data)); err != nil {
			t.Errorf("writing %.30q: %v", name, err)
		}
		if got, err := ioctx.ReadFull(t.Context(), name); string(got) != data || err != nil {
			t.Errorf("reading %.30q: %.30q, %v", name, got, err)
		}
		checkObjects(t, ioctx, append(slices.Clone(names[:min(i, len(names))]), name))
	}
}

// checkObjects checks that a listing has the names, in byte order, and nothing else.
func checkObjects(t *testing.T, ioctx *client.IOContext, want []string) {
	t.Helper()
	var got []string
	for oid, err := range ioctx.ListObjects(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, oid)
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("listed are %.30q, want %.30q", got, want)
	}
}

func TestNamesOverHTTP(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	ioctx := d.Dial(t).OpenIOContext("default")
	for _, name := range names {
		path := "/v1/pools/default/objects/" + escape(name)
		status, body := request(t, d, "PUT", path, "written over HTTP")
		if status != http.StatusCreated {
			t.Errorf("writing %.30q: %d %s", name, status, body)
		}
		if got, err := ioctx.ReadFull(t.Context(), name); string(got) != "written over HTTP" || err != nil {
			t.Errorf("reading %.30q over RESP: %q, %v", name, got, err)
		}
		if status, body := request(t, d, "GET", path, ""); status != http.StatusOK || body != "written over HTTP" {
			t.Errorf("reading %.30q: %d %s", name, status, body)
		}
		if status, body := request(t, d, "DELETE", path, ""); status != http.StatusNoContent {
			t.Errorf("removing %.30q: %d %s", name, status, body)
		}
		checkObjects(t, ioctx, nil)
	}
}

func TestNamespaces(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	conn := d.Dial(t)
	for _, name := range names {
		ioctx := conn.OpenIOContext("default")
		ioctx.SetNamespace(name)
		checkObjects(t, ioctx, nil)
		if _, err := ioctx.WriteFull(t.Context(), "o", []byte("in "+name)); err != nil {
			t.Errorf("writing in %.30q: %v", name, err)
		}
		checkObjects(t, ioctx, []string{"o"})
		path := "/v1/pools/default/objects/o?namespace=" + escape(name)
		if status, body := request(t, d, "GET", path, ""); status != http.StatusOK || body != "in "+name {
			t.Errorf("reading in %.30q: %d %s", name, status, body)
		}
	}
}

// TestNamesInside has a method use each name for an xattr and an omap key, and calls a method by an odd name.
func TestNamesInside(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	d.Install(t, "names", namesClass)
	conn := d.Dial(t)
	ioctx := conn.OpenIOContext("default")
	for _, name := range names {
		if _, err := ioctx.Exec(t.Context(), "o", "names", "note", []byte(name)); err != nil {
			t.Errorf("%.30q: %v", name, err)
		}
	}
	for _, length := range []int{101, 10 << 10} {
		_, err := ioctx.Exec(t.Context(), "o", "names", "note", []byte(strings.Repeat("n", length)))
		checkError(t, err, "ENAMETOOLONG", "op", "")
	}
	for method, want := range map[string]string{"odd\x00/näme": "odd", "odd": "plain"} {
		if reply, err := ioctx.Exec(t.Context(), "o", "names", method, nil); string(reply.Output) != want || err != nil {
			t.Errorf("method %q: %q, %v", method, reply.Output, err)
		}
		path := "/v1/pools/default/objects/o/exec/names/" + escape(method)
		if status, body := request(t, d, "POST", path, ""); status != http.StatusOK || body != want {
			t.Errorf("method %q over HTTP: %d %s", method, status, body)
		}
	}
}

// TestIllegalNames checks that a name that cannot be is refused in words, and not cut or taken for another one.
func TestIllegalNames(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	d.Install(t, "good", goodClass)
	conn := d.Dial(t)
	long := strings.Repeat("n", 10<<10)
	for _, oid := range []string{strings.Repeat("n", 2049), long} {
		_, err := conn.OpenIOContext("default").WriteFull(t.Context(), oid, nil)
		checkError(t, err, "ENAMETOOLONG", "input", "the limit is 2048")
		status, body := request(t, d, "PUT", "/v1/pools/default/objects/"+escape(oid), "data")
		if status != http.StatusBadRequest || !strings.Contains(body, "ENAMETOOLONG") {
			t.Errorf("over HTTP: %d %s", status, body)
		}
	}
	namespace := conn.OpenIOContext("default")
	namespace.SetNamespace(long)
	_, err := namespace.WriteFull(t.Context(), "o", nil)
	checkError(t, err, "ENAMETOOLONG", "input", "the limit is 256")

	for _, tt := range []struct{ pool, errno string }{
		{"", "EINVAL"}, {"\x00", "EINVAL"}, {"default\x00", "EINVAL"}, {"\xff", "EINVAL"}, {"a b", "EINVAL"}, {long, "ENAMETOOLONG"},
	} {
		_, err := conn.OpenIOContext(tt.pool).WriteFull(t.Context(), "o", nil)
		checkError(t, err, tt.errno, "input", "")
	}
	for _, class := range []string{"", "\x00", "good\x00", "\xff", "a b", "a/b", "../good", "-4", strings.Repeat("c", 65)} {
		_, err := conn.InstallClass(t.Context(), class, []byte(goodClass))
		checkError(t, err, "EINVAL", "class", "class name")
		_, err = conn.OpenIOContext("default").Exec(t.Context(), "o", class, "echo", nil)
		checkError(t, err, "EINVAL", "class", "class name")
	}
	_, err = conn.InstallClass(t.Context(), long, []byte(goodClass))
	checkError(t, err, "EINVAL", "class", "")
	_, err = conn.InstallClass(t.Context(), "odd", []byte(`_G["\xff"] = function() end objclass.register(_G["\xff"])`))
	checkError(t, err, "EINVAL", "class", "is not UTF-8")
	for _, method := range []string{"", "\x00", "echo\x00", "\xff", "Echo", long} {
		_, err := conn.OpenIOContext("default").Exec(t.Context(), "o", "good", method, nil)
		checkError(t, err, "EOPNOTSUPP", "class", "class good has no method")
	}
	checkObjects(t, conn.OpenIOContext("default"), nil)
}
