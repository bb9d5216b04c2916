// This file tests the operations on objects without a method.

package client_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"syscall"
	"testing"

	"github.com/objluad/objluad/client"
)

// versions checks that each write gives a version above the one before it.
type versions struct {
	t    *testing.T
	last uint64
}

func (v *versions) above(version uint64, err error) {
	v.t.Helper()
	if err != nil || version <= v.last {
		v.t.Errorf("version %d, %v; the one before was %d", version, err, v.last)
	}
	v.last = version
}

func TestData(t *testing.T) {
	conn, _ := dial(t)
	ctx, ioctx := t.Context(), conn.OpenIOContext("p")
	v := versions{t: t}
	for name, op := range map[string]func() (uint64, error){
		"Truncate": func() (uint64, error) { return ioctx.Truncate(ctx, "o", 3) },
		"Zero":     func() (uint64, error) { return ioctx.Zero(ctx, "o", 0, 3) },
	} {
		if version, err := op(); version != 0 || err != nil {
			t.Errorf("%s of an absent object: %d, %v", name, version, err)
		}
	}
	v.above(ioctx.Write(ctx, "o", []byte("c\r\n\x00"), 2))
	v.above(ioctx.Append(ctx, "o", []byte("xyz")))
	v.above(ioctx.Zero(ctx, "o", 6, 1))
	v.above(ioctx.Truncate(ctx, "o", 8))
	if data, err := ioctx.ReadFull(ctx, "o"); string(data) != "\x00\x00c\r\n\x00\x00y" || err != nil {
		t.Errorf("ReadFull: %q, %v", data, err)
	}
	if version, err := ioctx.Create(ctx, "o", client.CreateIdempotent); version != v.last || err != nil {
		t.Errorf("Create: %d, %v", version, err)
	}
	if _, err := ioctx.Create(ctx, "o", client.CreateExclusive); !errors.Is(err, syscall.EEXIST) {
		t.Errorf("Create: %v", err)
	}
	if _, err := ioctx.Create(ctx, "new", client.CreateExclusive); err != nil {
		t.Errorf("Create: %v", err)
	}
	if _, err := ioctx.Truncate(ctx, "o", 1<<40); !errors.Is(err, syscall.EFBIG) {
		t.Errorf("Truncate: %v", err)
	}
}

func TestXattrs(t *testing.T) {
	conn, _ := dial(t)
	ctx, ioctx := t.Context(), conn.OpenIOContext("p")
	if _, err := ioctx.ListXattrs(ctx, "o"); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("ListXattrs: %v", err)
	}
	v := versions{t: t}
	v.above(ioctx.SetXattr(ctx, "o", "a", []byte("1\r\n\xff")))
	v.above(ioctx.SetXattr(ctx, "o", "\xff", nil))
	v.above(ioctx.SetXattr(ctx, "o", "b", []byte("2")))
	v.above(ioctx.RmXattr(ctx, "o", "b"))
	if _, err := ioctx.GetXattr(ctx, "o", "b"); !errors.Is(err, syscall.ENODATA) {
		t.Errorf("GetXattr: %v", err)
	}
	if value, err := ioctx.GetXattr(ctx, "o", "a"); string(value) != "1\r\n\xff" || err != nil {
		t.Errorf("GetXattr: %q, %v", value, err)
	}
	xattrs, err := ioctx.ListXattrs(ctx, "o")
	if fmt.Sprintf("%q", xattrs) != `map["a":"1\r\n\xff" "\xff":""]` || err != nil {
		t.Errorf("ListXattrs: %q, %v", xattrs, err)
	}
}

func TestOmap(t *testing.T) {
	conn, _ := dial(t)
	ctx, ioctx := t.Context(), conn.OpenIOContext("p")
	for _, err := range ioctx.ListOmapValues(ctx, "o", "", "") {
		if !errors.Is(err, syscall.ENOENT) {
			t.Errorf("ListOmapValues: %v", err)
		}
	}
	if _, err := ioctx.RmOmapKeys(ctx, "o", nil); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("RmOmapKeys: %v", err)
	}
	v := versions{t: t}
	v.above(ioctx.SetOmap(ctx, "o", nil))
	want := map[string][]byte{"": []byte("empty")}
	for i := range 2500 { // more than two pages
		want[fmt.Sprintf("k%04d\xff", i)] = fmt.Append(nil, i)
	}
	v.above(ioctx.SetOmap(ctx, "o", want))
	v.above(ioctx.SetOmapHeader(ctx, "o", []byte("head\x00")))
	equal := func(what string, got map[string][]byte, err error, want map[string][]byte) {
		t.Helper()
		if err != nil || !maps.EqualFunc(got, want, slices.Equal[[]byte]) {
			t.Errorf("%s: %d pairs, %v; want %d", what, len(got), err, len(want))
		}
	}
	got, err := ioctx.GetAllOmapValues(ctx, "o", "", "")
	equal("GetAllOmapValues", got, err, want)
	got, err = ioctx.GetOmapValues(ctx, "o", "", "", 1)
	equal("GetOmapValues", got, err, map[string][]byte{"": []byte("empty")})
	got, err = ioctx.GetOmapValues(ctx, "o", "k2000\xff", "k20", 2)
	equal("GetOmapValues", got, err, map[string][]byte{"k2001\xff": []byte("2001"), "k2002\xff": []byte("2002")})
	got, err = ioctx.GetOmapValues(ctx, "o", "k0000\xff", "", 1500)
	if len(got) != 1500 || got["k1500\xff"] == nil || got["k0000\xff"] != nil || err != nil {
		t.Errorf("GetOmapValues over pages: %d pairs, %v", len(got), err)
	}
	got, err = ioctx.GetOmapValues(ctx, "o", "", "", 0)
	equal("GetOmapValues of none", got, err, nil)
	var keys []string
	for key, err := range ioctx.ListOmapKeys(ctx, "o", "", "") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	if !slices.Equal(keys, slices.Sorted(maps.Keys(want))) {
		t.Errorf("ListOmapKeys: %d keys", len(keys))
	}
	if value, err := ioctx.GetOmapValue(ctx, "o", ""); string(value) != "empty" || err != nil {
		t.Errorf("GetOmapValue: %q, %v", value, err)
	}
	if header, err := ioctx.GetOmapHeader(ctx, "o"); string(header) != "head\x00" || err != nil {
		t.Errorf("GetOmapHeader: %q, %v", header, err)
	}
	v.above(ioctx.RmOmapKeys(ctx, "o", []string{"", "k0000\xff", "nosuch"}))
	if version, err := ioctx.RmOmapKeys(ctx, "o", nil); version != v.last || err != nil {
		t.Errorf("RmOmapKeys of none: %d, %v", version, err)
	}
	if _, err := ioctx.GetOmapValue(ctx, "o", ""); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("GetOmapValue: %v", err)
	}
	v.above(ioctx.CleanOmap(ctx, "o"))
	if got, err := ioctx.GetAllOmapValues(ctx, "o", "", ""); len(got) != 0 || err != nil {
		t.Errorf("after CleanOmap: %d pairs, %v", len(got), err)
	}
}

func TestIfVersion(t *testing.T) {
	conn, _ := dial(t)
	ctx, ioctx := t.Context(), conn.OpenIOContext("p")
	version, err := ioctx.IfVersion(0).WriteFull(ctx, "o", []byte("a"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ioctx.IfVersion(0).WriteFull(ctx, "o", []byte("b")); !errors.Is(err, syscall.ERANGE) {
		t.Errorf("version 0: %v", err)
	}
	next, err := ioctx.IfVersion(version).Append(ctx, "o", []byte("b"))
	if err != nil {
		t.Fatal(err)
	}
	if err := ioctx.IfVersion(version).Delete(ctx, "o"); !errors.Is(err, syscall.ERANGE) {
		t.Errorf("an old version: %v", err)
	}
	if _, err := ioctx.IfVersion(next+1).ReadFull(ctx, "o"); !errors.Is(err, syscall.EOVERFLOW) {
		t.Errorf("a version to come: %v", err)
	}
	if data, err := ioctx.IfVersion(next).ReadFull(ctx, "o"); string(data) != "ab" || err != nil {
		t.Errorf("ReadFull: %q, %v", data, err)
	}
	if _, err := ioctx.IfVersion(next).Exec(ctx, "o", "test", "echo", nil); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("Exec: %v", err)
	}
	for _, err := range ioctx.IfVersion(next).ListObjects(ctx) {
		if !errors.Is(err, syscall.EINVAL) {
			t.Errorf("ListObjects: %v", err)
		}
	}
}
