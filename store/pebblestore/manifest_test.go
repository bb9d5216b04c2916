package pebblestore

// This file tests manifests that are lost in part, or as a whole.

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	pebblerecord "github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/objluad/objluad/store"
)

// closedStore returns a disk with a store that has tables and logs.
func closedStore(t *testing.T) *vfs.MemFS {
	t.Helper()
	disk := vfs.NewMem()
	s, err := Open("data", Options{FS: disk, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Commit(t.Context(), store.Ref{Pool: "default", OID: "o"}, 0, incompressible(1, 100_000))
	if err := errors.Join(err, s.db.Flush(), s.Close()); err != nil {
		t.Fatal(err)
	}
	return disk
}

// manifestOf returns the name of a store's manifest.
func manifestOf(t *testing.T, disk vfs.FS) string {
	t.Helper()
	names, err := disk.List("data")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(names, func(name string) bool { return strings.HasPrefix(name, "MANIFEST") })
	return "data/" + names[i]
}

// Some ways to copy a folder leave empty files out, as what names the manifest is. Nothing of the rest is removed then.
func TestManifestWithoutMarker(t *testing.T) {
	disk := closedStore(t)
	names, err := disk.List("data")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasPrefix(name, "marker.manifest.") {
			if err := disk.Remove("data/" + name); err != nil {
				t.Fatal(err)
			}
		}
	}
	before, _ := disk.List("data")
	manifest := contentOf(t, disk, manifestOf(t, disk))
	if _, err := Open("data", Options{FS: disk, Logger: quiet}); !errors.Is(err, store.ErrIO) || !strings.Contains(err.Error(), "marker.manifest.* is missing") {
		t.Errorf("opened: %v", err)
	}
	after, _ := disk.List("data")
	slices.Sort(before)
	slices.Sort(after)
	if !slices.Equal(before, after) || !bytes.Equal(manifest, contentOf(t, disk, manifestOf(t, disk))) {
		t.Errorf("there were %q, there are %q", before, after)
	}
}

// Zeros up to the end of a block, which disks leave of what they lost, are damage if records follow, and else what a crash tore off.
func TestManifestZeroed(t *testing.T) {
	disk := closedStore(t)
	var content bytes.Buffer
	w := pebblerecord.NewWriter(&content)
	for range 40 {
		if _, err := w.WriteRecord(bytes.Repeat([]byte("r"), 2000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from, to int
		damaged  bool
	}{
		{0, 0, false},
		{manifestBlock - 4096, manifestBlock, true},
		{manifestBlock, 2 * manifestBlock, true},
		{content.Len() - 4096, content.Len(), false},
		{manifestBlock + 100, content.Len(), false},
	} {
		b := bytes.Clone(content.Bytes())
		clear(b[c.from:c.to])
		f, err := disk.Create(manifestOf(t, disk), vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Write(b)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		if err := checkManifest("data", disk); errors.Is(err, store.ErrIO) != c.damaged {
			t.Errorf("zeros at [%d, %d): %v", c.from, c.to, err)
		}
	}
}
