//go:build !norados

package radosstore

// This file holds the store to being a view of RADOS's own objects, by means of Ceph's rados command.

import (
	"strings"
	"testing"

	"github.com/objluad/objluad/store"
)

// What the rados command writes is an object like any other.
func TestObjectsOfOthers(t *testing.T) {
	c := cluster(t)
	s, pool := openPool(t, c)
	rados := func(input string, args ...string) {
		t.Helper()
		if _, err := c.Rados([]byte(input), append([]string{"-p", pool}, args...)...); err != nil {
			t.Fatal(err)
		}
	}
	rados("data", "put", "o", "-")
	rados("", "setxattr", "o", "x", "value")
	rados("", "setxattr", "o", "objluad:%zz", "not ours")
	rados("", "setomapval", "o", "k", "v")
	rados("", "setomapheader", "o", "head")
	rados("in", "-N", "ns", "put", "o", "-")

	snap, err := s.Snapshot(t.Context(), store.Ref{Pool: pool, OID: "o"})
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	st, ok := snap.Stat()
	data := make([]byte, st.Size)
	header, _ := snap.OmapHeader()
	xattrs, _ := snap.Xattrs(1 << 20)
	v, okValue, _ := snap.OmapValue("k")
	if err := snap.ReadAt(data, 0); err != nil || !ok || string(data) != "data" || string(header) != "head" || !okValue || string(v) != "v" {
		t.Errorf("%q, %v, header %q, value %q, %v, %v", data, ok, header, v, okValue, err)
	}
	if len(xattrs) != 2 || xattrs[0].Key != "objluad:%zz" || string(xattrs[0].Value) != "not ours" || string(xattrs[1].Value) != "value" {
		t.Errorf("xattrs %q", xattrs)
	}
	// A commit that expects another version than the command's last is refused.
	rados("later", "put", "o", "-")
	if _, err := s.Commit(t.Context(), store.Ref{Pool: pool, OID: "o"}, st.Version, &store.WriteSet{}); store.Errno(err) != store.ErrConflict.Errno {
		t.Errorf("committed over a change of the command: %v", err)
	}
	if oids, _, err := s.List(t.Context(), pool, "ns", "", 10); err != nil || len(oids) != 1 {
		t.Errorf("listed %q, %v", oids, err)
	}
}

// What the store commits is what the rados command shows.
func TestObjectsForOthers(t *testing.T) {
	c := cluster(t)
	s, pool := openPool(t, c)
	ws := &store.WriteSet{
		Data:       &store.DataChange{Size: 4, Extents: []store.Extent{{Len: 4, Bytes: []byte("data")}}},
		Xattrs:     map[string][]byte{"x": []byte("value"), "\x00": []byte("nul"), "": []byte("empty")},
		OmapHeader: []byte("head"),
		Omap:       map[string][]byte{"k": []byte("v")},
	}
	for _, ns := range []string{"", "ns"} {
		if _, err := s.Commit(t.Context(), store.Ref{Pool: pool, Namespace: ns, OID: "o"}, 0, ws); err != nil {
			t.Fatal(err)
		}
	}
	for _, c2 := range []struct{ args, want string }{
		{"get o -", "data"},
		{"-N ns get o -", "data"},
		{"getxattr o x", "value"},
		{"getxattr o objluad:%00", "nul"},
		{"getxattr o objluad:", "empty"},
		{"getomapheader o", "head"},
		{"listomapvals o", "k\nvalue (1 bytes) :\n00000000  76"},
		{"--all ls", "ns\to\n"},
	} {
		out, err := c.Rados(nil, append([]string{"-p", pool}, strings.Fields(c2.args)...)...)
		text := string(out)
		if err != nil || !strings.Contains(strings.ReplaceAll(text, "header (4 bytes) :\n00000000  68 65 61 64", "head"), c2.want) {
			t.Errorf("rados %s: %q, %v; want %q", c2.args, text, err, c2.want)
		}
	}
}
