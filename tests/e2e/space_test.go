// This file fills a disk, a real one: a file system in memory that the test mounts.

package e2e

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

// smallDisk mounts a file system with room for about 60 MiB of objects beside what the store keeps free.
func smallDisk(t *testing.T) string {
	dir := t.TempDir()
	if err := syscall.Mount("objluad-test", dir, "tmpfs", 0, "size=208m"); err != nil {
		if os.Getuid() == 0 && !errors.Is(err, syscall.EPERM) {
			t.Fatal(err)
		}
		t.Skipf("a small disk cannot be mounted here, which root may: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return filepath.Join(dir, "data")
}

// fileOf is the data of an object.
func fileOf(i int) []byte {
	data := make([]byte, 256<<10)
	_, _ = rand.NewChaCha8([32]byte{byte(i), byte(i >> 8)}).Read(data)
	return data
}

// While the disk is full, also over a restart and a crash, writes fail with ENOSPC, what is there can be read and removed, and
// removing makes room for writes.
func TestFullDisk(t *testing.T) {
	data := smallDisk(t)
	full := 0 // objects that were acknowledged
	// fill writes until the disk is full. A compaction may have taken the room for a moment, or given some back.
	fill := func(ioctx *client.IOContext) {
		t.Helper()
		for ; full < 1000; full++ {
			if _, err := ioctx.WriteFull(t.Context(), strconv.Itoa(full), fileOf(full)); err != nil {
				if !errors.Is(err, syscall.ENOSPC) {
					t.Fatalf("object %d: %v", full, err)
				}
				return
			}
		}
		t.Fatal("the disk does not become full")
	}
	same := func(ioctx *client.IOContext, i int) {
		t.Helper()
		if got, err := ioctx.ReadFull(t.Context(), strconv.Itoa(i)); err != nil || !bytes.Equal(got, fileOf(i)) {
			t.Errorf("object %d: %d bytes, %v", i, len(got), err)
		}
	}
	var ioctx *client.IOContext
	for _, end := range []func(*rig.Daemon) error{(*rig.Daemon).Stop, (*rig.Daemon).Kill, nil} {
		d := rig.Run(t, data, "--memtable", "1MiB")
		ioctx = d.Dial(t).OpenIOContext("default")
		fill(ioctx)
		for i := range full {
			same(ioctx, i)
		}
		if end != nil {
			if err := end(d); err != nil {
				t.Fatal(err)
			}
		}
	}
	if full < 20 {
		t.Fatalf("the disk was full after %d objects", full)
	}
	for i := range full {
		if i%4 != 0 {
			if err := ioctx.Delete(t.Context(), strconv.Itoa(i)); err != nil {
				t.Fatalf("removing from a full disk: %v", err)
			}
		}
	}
	err := error(syscall.ENOSPC)
	for begun := time.Now(); err != nil && time.Since(begun) < 2*time.Minute; time.Sleep(10 * time.Millisecond) {
		_, err = ioctx.WriteFull(t.Context(), "1", fileOf(1))
	}
	if err != nil {
		t.Errorf("two minutes after most was removed: %v", err)
	}
	same(ioctx, 1)
	for i := 0; i < full; i += 4 {
		same(ioctx, i)
	}
	t.Logf("the disk was full with %d objects", full)
}
