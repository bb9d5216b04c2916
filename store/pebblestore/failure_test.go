package pebblestore

// This file tests what happens when the machine or its disk fails.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/objluad/objluad/store"
)

// stamped returns a write set in which everything carries i, and that leaves nothing of what was before. Every other one
// has more than fits into a head.
func stamped(i int) *store.WriteSet {
	stamp := []byte(fmt.Sprintf("%08d", i))
	if i%2 == 1 {
		stamp = bytes.Repeat(stamp, 3000)
	}
	return &store.WriteSet{
		Data:       &store.DataChange{Size: int64(len(stamp)), Extents: []store.Extent{{Len: int64(len(stamp)), Bytes: stamp}}},
		Xattrs:     map[string][]byte{"x": stamp},
		OmapClear:  true,
		OmapHeader: stamp,
		Omap:       map[string][]byte{fmt.Sprint(i): stamp},
	}
}

// stampOf returns the number that an object carries, or fails if its parts carry several.
func stampOf(snap store.Snapshot) (i int, err error) {
	st, ok := snap.Stat()
	if !ok {
		return -1, nil
	}
	data := make([]byte, st.Size)
	if err := snap.ReadAt(data, 0); err != nil {
		return 0, err
	}
	if _, err := fmt.Sscanf(string(data[:8]), "%d", &i); err != nil {
		return 0, err
	}
	want := stamped(i)
	xattr, _, err1 := snap.Xattr("x")
	header, err2 := snap.OmapHeader()
	value, _, err3 := snap.OmapValue(fmt.Sprint(i))
	if err := errors.Join(err1, err2, err3); err != nil {
		return 0, err
	}
	for _, part := range [][]byte{data, xattr, header, value} {
		if !bytes.Equal(part, want.Xattrs["x"]) {
			return 0, fmt.Errorf("the object is half of commit %d: %.20q", i, part)
		}
	}
	it, err := snap.OmapIter("")
	if err != nil {
		return 0, err
	}
	n := 0
	for it.Next() {
		n++
	}
	if n != 1 {
		err = fmt.Errorf("%d omap pairs after commit %d", n, i)
	}
	return i, errors.Join(err, it.Err(), it.Close())
}

// faultyFS is a disk that fills up, or breaks.
type faultyFS struct {
	vfs.FS
	free        atomic.Uint64
	fault       atomic.Pointer[error] // of writes and syncs
	failSyncs   atomic.Bool           // of syncs only
	failReads   atomic.Bool
	failLogs    atomic.Bool // to be made
	failFolders atomic.Bool // to be synced
}

func (f *faultyFS) GetDiskUsage(string) (vfs.DiskUsage, error) {
	return vfs.DiskUsage{AvailBytes: f.free.Load()}, nil
}

func (f *faultyFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if f.failLogs.Load() && strings.HasSuffix(name, ".log") {
		return nil, syscall.EIO
	}
	file, err := f.FS.Create(name, c)
	return faultyFile{file, f}, err
}

func (f *faultyFS) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	file, err := f.FS.Open(name, opts...)
	return faultyFile{file, f}, err
}

func (f *faultyFS) OpenDir(name string) (vfs.File, error) {
	folder, err := f.FS.OpenDir(name)
	return faultyFolder{folder, f}, err
}

type faultyFolder struct {
	vfs.File
	fs *faultyFS
}

func (f faultyFolder) Sync() error {
	if f.fs.failFolders.Load() {
		return syscall.EIO
	}
	return f.File.Sync()
}

func (f *faultyFS) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if f.failLogs.Load() {
		return nil, syscall.EIO
	}
	file, err := f.FS.ReuseForWrite(oldname, newname, c)
	return faultyFile{file, f}, err
}

type faultyFile struct {
	vfs.File
	fs *faultyFS
}

func (f faultyFile) Write(p []byte) (int, error) {
	if err := f.fs.fault.Load(); err != nil {
		return 0, *err
	}
	return f.File.Write(p)
}

func (f faultyFile) ReadAt(p []byte, off int64) (int, error) {
	if f.fs.failReads.Load() {
		return 0, syscall.EIO
	}
	return f.File.ReadAt(p, off)
}

func (f faultyFile) Sync() error     { return f.sync(f.File.Sync) }
func (f faultyFile) SyncData() error { return f.sync(f.File.SyncData) }

func (f faultyFile) sync(do func() error) error {
	if err := f.fs.fault.Load(); err != nil {
		return *err
	}
	if f.fs.failSyncs.Load() {
		return syscall.EIO
	}
	return do()
}

// While the disk is nearly full, only removals are accepted.
func TestNoSpace(t *testing.T) {
	disk := &faultyFS{FS: vfs.NewMem()}
	disk.free.Store(1 << 40)
	s := openMem(t, disk)
	r := store.Ref{Pool: "default", OID: "o"}
	v, err := s.Commit(t.Context(), r, 0, stamped(1))
	if err != nil {
		t.Fatal(err)
	}
	disk.free.Store(100 << 20)
	time.Sleep(2 * spaceInterval)
	if _, err := s.Commit(t.Context(), r, v, stamped(2)); !errors.Is(err, store.ErrNoSpace) {
		t.Fatalf("commit to a full disk: %v", err)
	}
	snap, err := s.Snapshot(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if i, err := stampOf(snap); i != 1 || err != nil {
		t.Errorf("object %d, %v", i, err)
	}
	if err := snap.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.Commit(t.Context(), r, v, &store.WriteSet{Remove: true}); err != nil {
		t.Errorf("removal from a full disk: %v", err)
	}
	disk.free.Store(1 << 40)
	time.Sleep(2 * spaceInterval)
	if _, err := s.Commit(t.Context(), r, 0, stamped(3)); err != nil {
		t.Errorf("commit after space was made: %v", err)
	}
}

// smallFS is a disk of 16 MiB.
type smallFS struct{ vfs.FS }

func (f smallFS) GetDiskUsage(dir string) (vfs.DiskUsage, error) {
	free := int64(16 << 20)
	names, err := f.List(dir)
	for _, name := range names {
		if info, err := f.Stat(f.PathJoin(dir, name)); err == nil { // it may be gone by now
			free -= info.Size()
		}
	}
	return vfs.DiskUsage{AvailBytes: uint64(max(free, 0))}, err
}

// Removals from a full disk make room for commits, though nothing else is written that would have the engine go to the disk.
func TestRemovalsMakeRoom(t *testing.T) {
	s, err := Open("data", Options{FS: smallFS{vfs.NewMem()}, Logger: quiet, MemTableSize: 1 << 20, Reserve: 8 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := func(i int) store.Ref { return store.Ref{Pool: "default", OID: fmt.Sprint(i)} }
	n := 0
	for ; err == nil && n < 1000; n++ {
		_, err = s.Commit(t.Context(), r(n), 0, incompressible(n, 100_000))
	}
	if !errors.Is(err, store.ErrNoSpace) {
		t.Fatalf("after %d commits: %v", n, err)
	}
	for i := range n - 1 {
		if _, err := s.Commit(t.Context(), r(i), 1, &store.WriteSet{Remove: true}); err != nil {
			t.Fatal(err)
		}
	}
	for begun := time.Now(); err != nil && time.Since(begun) < time.Minute; time.Sleep(spaceInterval) {
		_, err = s.Commit(t.Context(), r(n), 0, incompressible(n, 100_000))
	}
	if err != nil {
		t.Errorf("a minute after all objects were removed: %v", err)
	}
	wantClean(t, s)
}

// Between two measurements, commits count against the space.
func TestSpaceBetweenMeasurements(t *testing.T) {
	disk := &faultyFS{FS: vfs.NewMem()}
	disk.free.Store(1000)
	s := space{fs: disk, reserve: 100}
	if err := s.admit(800); err != nil {
		t.Error(err)
	}
	if err := s.admit(200); !errors.Is(err, store.ErrNoSpace) || !strings.Contains(err.Error(), "200 bytes free") {
		t.Error(err)
	}
	if err := s.admit(100); err != nil {
		t.Error(err)
	}
}

// A disk that fails under a commit stops the store, not the process: the commit and all that follows fail, with the
// cause, and what was acknowledged before is there when the disk is well.
func TestDiskFails(t *testing.T) {
	for _, errno := range []error{syscall.EIO, syscall.ENOSPC} {
		mem := vfs.NewCrashableMem()
		disk := &faultyFS{FS: mem}
		disk.free.Store(1 << 40)
		s, err := Open("data", Options{FS: disk, Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		r := store.Ref{Pool: "default", OID: "o"}
		v, err := s.Commit(t.Context(), r, 0, stamped(1))
		if err != nil {
			t.Fatal(err)
		}
		disk.fault.Store(&errno)
		want := ioError(errno)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := s.Commit(t.Context(), r, v, stamped(2)); err == nil {
					t.Error("a commit was acknowledged that is not on the disk")
				}
			})
		}
		wg.Wait()
		for _, oid := range []string{"o", "p"} {
			_, err := s.Commit(t.Context(), store.Ref{Pool: "default", OID: oid}, 0, stamped(3))
			if store.Errno(err) != store.Errno(want) || !strings.Contains(err.Error(), "restart") {
				t.Errorf("commit after the fault: %v", err)
			}
		}
		if _, err := s.Snapshot(t.Context(), r); store.Errno(err) != store.Errno(want) {
			t.Errorf("snapshot after the fault: %v", err)
		}
		clone := mem.CrashClone(vfs.CrashCloneCfg{})
		if err := s.Close(); err != nil {
			t.Errorf("close after the fault: %v", err)
		}
		after := openMem(t, clone)
		snap, err := after.Snapshot(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if i, err := stampOf(snap); i != 1 || err != nil {
			t.Errorf("found commit %d, %v", i, err)
		}
		if err := snap.Close(); err != nil {
			t.Error(err)
		}
	}
}

// The store stops, and not the process, where a log cannot be closed or the next one cannot be made.
func TestNextLogFails(t *testing.T) {
	for _, fsync := range []Fsync{FsyncAlways, FsyncNever} {
		for name, fault := range map[string]func(*faultyFS){
			"close":  func(disk *faultyFS) { disk.failSyncs.Store(true) },
			"start":  func(disk *faultyFS) { disk.failLogs.Store(true) },
			"folder": func(disk *faultyFS) { disk.failFolders.Store(true) },
		} {
			mem := vfs.NewCrashableMem()
			disk := &faultyFS{FS: &crashFS{MemFS: mem, before: func(string, string) {}, synced: func(string) {}}}
			disk.free.Store(1 << 40)
			s, err := Open("data", Options{FS: disk, Logger: quiet, Fsync: fsync, MemTableSize: 1 << 20})
			if err != nil {
				t.Fatal(err)
			}
			acked := 0
			for i := 0; err == nil && i < 1000; i++ {
				if i == 3 {
					fault(disk)
				}
				if _, err = s.Commit(t.Context(), store.Ref{Pool: "default", OID: fmt.Sprint(i)}, 0, incompressible(i, 100_000)); err == nil {
					acked++
				}
			}
			if !errors.Is(err, store.ErrIO) || !strings.Contains(err.Error(), "restart") || acked < 3 {
				t.Errorf("%s, %s: after %d commits: %v", fsync, name, acked, err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			after := openMem(t, mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))}))
			wantClean(t, after)
			oids, _, err := after.List(t.Context(), "default", "", "", 1000)
			if err != nil || len(oids) < acked {
				t.Errorf("%s, %s: %d objects are there, %d were acknowledged, %v", fsync, name, len(oids), acked, err)
			}
		}
	}
}

// A disk that cannot be read fails what has to be read from it, and nothing else: other objects can be read and written, and when
// the disk is well, so are all.
func TestReadFails(t *testing.T) {
	disk := &faultyFS{FS: vfs.NewMem()}
	disk.free.Store(1 << 40)
	s, err := Open("data", Options{FS: disk, Logger: quiet, CacheSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cold, hot := store.Ref{Pool: "default", OID: "cold"}, store.Ref{Pool: "default", OID: "hot"}
	if _, err := s.Commit(t.Context(), cold, 0, stamped(1)); err != nil {
		t.Fatal(err)
	}
	if err := s.db.Flush(); err != nil {
		t.Fatal(err)
	}
	hotVersion, err := s.Commit(t.Context(), hot, 0, stamped(2))
	if err != nil {
		t.Fatal(err)
	}
	disk.failReads.Store(true)
	if _, err := s.Snapshot(t.Context(), cold); !errors.Is(err, store.ErrIO) || !strings.Contains(err.Error(), "input/output error") {
		t.Errorf("snapshot of what cannot be read: %v", err)
	}
	if _, err := s.Commit(t.Context(), cold, 1, stamped(2)); !errors.Is(err, store.ErrIO) {
		t.Errorf("commit to what cannot be read: %v", err)
	}
	if hotVersion, err = s.Commit(t.Context(), hot, hotVersion, stamped(3)); err != nil || commitIn(t, s, "hot") != 3 {
		t.Errorf("commit to what is in memory: %v", err)
	}
	disk.failReads.Store(false)
	if i := commitIn(t, s, "cold"); i != 1 {
		t.Errorf("found commit %d", i)
	}
	if _, err := s.Commit(t.Context(), hot, hotVersion, &store.WriteSet{Remove: true}); err != nil {
		t.Error(err)
	}
	wantClean(t, s)
}

// A sync that nobody waits for stops the store when it fails, as one of a commit does.
func TestLateSyncFails(t *testing.T) {
	disk := &faultyFS{FS: vfs.NewMem()}
	disk.free.Store(1 << 40)
	s, err := Open("data", Options{FS: disk, Logger: quiet, Fsync: FsyncInterval, FsyncInterval: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	r := store.Ref{Pool: "default", OID: "o"}
	v, err := s.Commit(t.Context(), r, 0, stamped(1))
	if err != nil {
		t.Fatal(err)
	}
	disk.failSyncs.Store(true)
	for begun := time.Now(); err == nil && time.Since(begun) < time.Minute; time.Sleep(time.Millisecond) {
		v, err = s.Commit(t.Context(), r, v, stamped(2))
	}
	if !errors.Is(err, store.ErrIO) || !strings.Contains(err.Error(), "restart") {
		t.Errorf("commit after a failed sync: %v", err)
	}
	if _, err := s.Snapshot(t.Context(), r); !errors.Is(err, store.ErrIO) {
		t.Errorf("snapshot after a failed sync: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Closing a store makes durable what was not synced yet.
func TestCloseSyncs(t *testing.T) {
	for _, fsync := range []Fsync{FsyncInterval, FsyncNever} {
		disk := vfs.NewCrashableMem()
		s, err := Open("data", Options{FS: disk, Logger: quiet, Fsync: fsync, FsyncInterval: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Commit(t.Context(), store.Ref{Pool: "default", OID: "o"}, 0, stamped(1)); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if i := commitIn(t, openMem(t, disk.CrashClone(vfs.CrashCloneCfg{})), "o"); i != 1 {
			t.Errorf("%s: found commit %d", fsync, i)
		}
	}
}

// commitIn returns the number of the stamped commit that an object shows.
func commitIn(t *testing.T, s *Store, oid string) int {
	t.Helper()
	snap, err := s.Snapshot(t.Context(), store.Ref{Pool: "default", OID: oid})
	if err != nil {
		t.Fatal(err)
	}
	i, err := stampOf(snap)
	if err := errors.Join(err, snap.Close()); err != nil {
		t.Fatal(err)
	}
	return i
}

// Damage to stored bytes is an error of the object that they belong to; others can be read.
func TestDamage(t *testing.T) {
	mem := vfs.NewMem()
	s := openMem(t, mem)
	ctx := t.Context()
	for i := range 40 {
		if _, err := s.Commit(ctx, store.Ref{Pool: "default", OID: fmt.Sprint(i)}, 0, incompressible(i, 100_000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.db.Flush(), s.Close()); err != nil {
		t.Fatal(err)
	}
	damage(t, mem)
	s = openMem(t, mem)
	damaged := 0
	for i := range 40 {
		snap, err := s.Snapshot(ctx, store.Ref{Pool: "default", OID: fmt.Sprint(i)})
		if err == nil {
			st, _ := snap.Stat()
			err = snap.ReadAt(make([]byte, st.Size), 0)
			if cerr := snap.Close(); cerr != nil {
				t.Error(cerr)
			}
		}
		if err != nil {
			damaged++
			if !errors.Is(err, store.ErrIO) {
				t.Errorf("object %d: %v", i, err)
			}
		}
	}
	if damaged == 0 || damaged > 2 {
		t.Errorf("%d objects are damaged by one changed byte", damaged)
	}
}

// incompressible returns a write set of size bytes of data that are random, but for the seed.
func incompressible(seed, size int) *store.WriteSet {
	data := make([]byte, size)
	rng := rand.NewChaCha8([32]byte{byte(seed)})
	_, _ = rng.Read(data)
	return &store.WriteSet{Data: &store.DataChange{Size: int64(size), Extents: []store.Extent{{Len: int64(size), Bytes: data}}}}
}

func contentOf(t *testing.T, fs vfs.FS, name string) []byte {
	t.Helper()
	f, err := fs.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return b
}

// damage changes one byte in the middle of the largest table, and returns its name.
func damage(t *testing.T, fs vfs.FS) string {
	t.Helper()
	names, err := fs.List("data")
	if err != nil {
		t.Fatal(err)
	}
	var largest string
	var content []byte
	for _, name := range names {
		if !strings.HasSuffix(name, ".sst") {
			continue
		}
		if b := contentOf(t, fs, "data/"+name); len(b) > len(content) {
			largest, content = name, b
		}
	}
	if largest == "" {
		t.Fatal("no table")
	}
	content[len(content)/2] ^= 1
	f, err := fs.Create("data/"+largest, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return largest
}
