package pebblestore

// This file tests copies of a log that commits overtake.

import (
	"path"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/objluad/objluad/store"
)

// slowFS calls a function after each read of a log, with how much of it was read.
type slowFS struct {
	vfs.FS
	read func(so int64)
}

func (f *slowFS) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	file, err := f.FS.Open(name, opts...)
	if err != nil || path.Ext(name) != ".log" {
		return file, err
	}
	return &slowLog{File: file, fs: f}, nil
}

type slowLog struct {
	vfs.File
	fs *slowFS
	so int64
}

func (f *slowLog) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	f.so += int64(n)
	if f.fs.read != nil {
		f.fs.read(f.so)
	}
	return n, err
}

// A log that took the place of an old one, and grows after its end was read, gives a copy that opens.
func TestBackupOfBusyLog(t *testing.T) {
	for _, fsync := range []Fsync{FsyncAlways, FsyncNever} {
		disk := &slowFS{FS: vfs.NewMem()}
		s, err := Open("data", Options{FS: disk, Logger: quiet, Fsync: fsync, MemTableSize: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		r := store.Ref{Pool: "default", OID: "o"}
		var version uint64
		commit := func(times int) {
			for range times {
				if version, err = s.Commit(t.Context(), r, version, incompressible(int(version), 20<<10)); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range 10 {
			commit(45)
			if err := s.db.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		commit(5)
		acked, end := version, int64(s.db.Metrics().WAL.Size)
		disk.read = func(so int64) {
			if so >= end && version == acked {
				commit(10)
			}
		}
		if err := s.Backup(t.Context(), "copy"); err != nil {
			t.Fatal(err)
		}
		disk.read = nil
		if version == acked {
			t.Fatal("no commit was made meanwhile")
		}
		copied, err := Open("copy", Options{FS: disk, Logger: quiet})
		if err != nil {
			t.Fatalf("%s: %v", fsync, err)
		}
		defer copied.Close()
		wantClean(t, copied)
		snap, err := copied.Snapshot(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if st, _ := snap.Stat(); st.Version < acked || st.Version > version {
			t.Errorf("%s: the copy has commit %d, %d were acknowledged before", fsync, st.Version, acked)
		}
		if err := snap.Close(); err != nil {
			t.Error(err)
		}
	}
}
