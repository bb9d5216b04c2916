package pebblestore

// This file tests copies of a store that is in use; what a crash leaves of them is in crash_test.go.

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/objluad/objluad/store"
)

func TestBackup(t *testing.T) {
	for _, fsync := range []Fsync{FsyncAlways, FsyncNever} {
		dir := t.TempDir()
		s, err := Open(filepath.Join(dir, "data"), Options{Logger: quiet, Fsync: fsync, MemTableSize: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		r := store.Ref{Pool: "default", OID: "o"}
		var acked, version uint64
		commit := func(i int) {
			var err error
			if version, err = s.Commit(context.Background(), r, version, stamped(i)); err != nil {
				t.Error(err)
			}
		}
		for i := range 40 {
			commit(i)
		}
		acked = version
		stop, begun := make(chan struct{}), make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := 40; ; i++ {
				commit(i)
				if i == 42 {
					close(begun)
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
		<-begun
		if err := s.Backup(t.Context(), filepath.Join(dir, "copy")); err != nil {
			t.Fatal(err)
		}
		close(stop)
		wg.Wait()
		if info, err := os.Stat(filepath.Join(dir, "copy")); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("the copy has mode %v, %v", info.Mode(), err)
		}
		copied, err := Open(filepath.Join(dir, "copy"), Options{Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		defer copied.Close()
		wantClean(t, copied)
		i := uint64(commitIn(t, copied, "o"))
		if i < acked-1 || i >= version {
			t.Errorf("%s: the copy has commit %d, %d were acknowledged before and %d after", fsync, i, acked, version)
		}
		// The two go on apart.
		if _, err := copied.Commit(t.Context(), r, i+1, &store.WriteSet{Remove: true}); err != nil {
			t.Error(err)
		}
		commit(1)
		wantClean(t, s)
		if got := commitIn(t, s, "o"); got != 1 {
			t.Errorf("the store has commit %d", got)
		}
	}
}

func TestBackupRefused(t *testing.T) {
	disk := &faultyFS{FS: vfs.NewMem()}
	disk.free.Store(1 << 40)
	s, err := Open("data", Options{FS: disk, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	refused := func(want error, dir, text string) {
		t.Helper()
		if err := s.Backup(t.Context(), dir); !errors.Is(err, want) || !strings.Contains(err.Error(), text) {
			t.Errorf("backup to %s: %v", dir, err)
		}
	}
	refused(store.ErrIO, "nowhere/copy", "nowhere")
	refused(store.ErrBackupExists, "data", "data")
	// What a crash left is removed.
	if err := disk.MkdirAll(".tmp-copy/left", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), "copy"); err != nil {
		t.Error(err)
	}
	refused(store.ErrBackupExists, "copy", "backup exists: copy")
	if _, err := disk.Stat("copy/left"); err == nil {
		t.Error("what was left is in the backup")
	}
	disk.free.Store(0)
	s.space.measured = s.space.measured.Add(-spaceInterval)
	refused(store.ErrNoSpace, "copy2", "no space left")
	disk.free.Store(1 << 40)
	s.space.measured = s.space.measured.Add(-spaceInterval)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Backup(ctx, "copy2"); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	refused(store.ErrClosed, "copy2", "closed")
	if names, _ := disk.List(""); strings.Contains(strings.Join(names, " "), "copy2") {
		t.Errorf("left behind: %q", names)
	}
}
