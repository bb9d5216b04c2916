package pebblestore

// This file runs the conformance suite, and tests what a folder can be when it is opened.

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/store/storetest"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func openMem(t *testing.T, fs vfs.FS) *Store {
	t.Helper()
	s, err := Open("data", Options{FS: fs, Logger: quiet, MemTableSize: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Whatever the suite does, Check finds nothing wrong with what is left.
func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store {
		s := openMem(t, vfs.NewMem())
		t.Cleanup(func() {
			if s.usable() == nil {
				wantClean(t, s)
			}
		})
		return s
	})
}

// tree returns the names and sizes of what is in a folder.
func tree(t *testing.T, dir string) (files []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		files = append(files, e.Name())
	}
	return files
}

// A folder is made where there is none, and what was committed, pools and version floor included, is there again.
func TestReopen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	r := store.Ref{Pool: "p", OID: "o"}
	var last uint64
	for i := range 4 {
		s, err := Open(dir, Options{Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if err := s.CreatePool(t.Context(), "p"); err != nil {
				t.Fatal(err)
			}
		}
		v, err := s.Commit(t.Context(), r, 0, &store.WriteSet{Omap: map[string][]byte{"k": {byte(i)}}})
		if err != nil || v != last+1 {
			t.Fatalf("created with version %d after %d, %v", v, last, err)
		}
		if last, err = s.Commit(t.Context(), r, v, &store.WriteSet{Remove: true}); err != nil || last != v+1 {
			t.Fatalf("removed with version %d, %v", last, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A folder is locked against another process: here, one that the test starts from itself.
func TestLocked(t *testing.T) {
	if dir := os.Getenv("PEBBLESTORE_TEST_OPEN"); dir != "" {
		_, err := Open(dir, Options{Logger: quiet})
		fmt.Println(err)
		return
	}
	dir := t.TempDir()
	s, err := Open(dir, Options{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := Open(dir, Options{Logger: quiet}); !errors.Is(err, store.ErrLocked) {
		t.Errorf("opened twice by one process: %v", err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestLocked$")
	cmd.Env = append(os.Environ(), "PEBBLESTORE_TEST_OPEN="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), store.ErrLocked.Error()) || !strings.Contains(string(out), dir) {
		t.Errorf("opened by two processes: %v, %s", err, out)
	}
	if _, err := s.Commit(t.Context(), store.Ref{Pool: "default", OID: "o"}, 0, &store.WriteSet{}); err != nil {
		t.Errorf("the first process is disturbed: %v", err)
	}
}

// readOnlyFS fails as a file system does that is mounted read-only.
type readOnlyFS struct {
	vfs.FS
	err error
}

func (f readOnlyFS) fail(op, name string) error { return &fs.PathError{Op: op, Path: name, Err: f.err} }

func (f readOnlyFS) Create(name string, _ vfs.DiskWriteCategory) (vfs.File, error) {
	return nil, f.fail("create", name)
}

func (f readOnlyFS) MkdirAll(dir string, _ os.FileMode) error {
	if _, err := f.Stat(dir); err == nil {
		return nil
	}
	return f.fail("mkdir", dir)
}

func (f readOnlyFS) Lock(name string) (io.Closer, error) { return nil, f.fail("lock", name) }

func list(t *testing.T, fs vfs.FS) []string {
	t.Helper()
	files, err := fs.List("data")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	return files
}

func TestReadOnly(t *testing.T) {
	mem := vfs.NewMem()
	s := openMem(t, mem)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, errno := range []syscall.Errno{syscall.EROFS, syscall.EACCES} {
		before := list(t, mem)
		for _, dir := range []string{"data", "new"} {
			_, err := Open(dir, Options{FS: readOnlyFS{mem, errno}, Logger: quiet})
			if !errors.Is(err, store.ErrReadOnly) || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "writable") {
				t.Errorf("%v, %s: %v", errno, dir, err)
			}
		}
		if after := list(t, mem); !slices.Equal(before, after) {
			t.Errorf("files %q, were %q", after, before)
		}
	}
	openMem(t, mem)
}

// A store that a newer program wrote is refused, and can still be opened by that program.
func TestNewerFormat(t *testing.T) {
	mem := vfs.NewMem()
	s := openMem(t, mem)
	if _, err := s.Commit(t.Context(), store.Ref{Pool: "default", OID: "o"}, 0, &store.WriteSet{}); err != nil {
		t.Fatal(err)
	}
	setFormat := func(s *Store, v string) {
		t.Helper()
		if err := s.db.Set(formatKey, []byte(v), pebble.Sync); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	setFormat(s, "12")
	for range 2 {
		_, err := Open("data", Options{FS: mem, Logger: quiet})
		if !errors.Is(err, store.ErrFormat) || !strings.Contains(err.Error(), "format 12") || !strings.Contains(err.Error(), "up to 1:") {
			t.Fatalf("opened: %v", err)
		}
	}
	db, err := pebble.Open("data", &pebble.Options{FS: mem, Logger: &failStop{log: quiet}})
	if err != nil {
		t.Fatal(err)
	}
	setFormat(&Store{db: db, fail: &failStop{log: quiet}, lock: noLock(t), room: newRoom(), pools: map[string]*pool{}}, "1")
	s = openMem(t, mem)
	if _, more, err := s.List(t.Context(), "default", "", "", 0); !more || err != nil {
		t.Errorf("the object is lost: %v", err)
	}
}

// noLock returns a lock of a folder of its own.
func noLock(t *testing.T) *pebble.Lock {
	t.Helper()
	l, err := pebble.LockDirectory("", vfs.NewMem())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// The engine's own format, newer than this program's engine.
func TestNewerEngine(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, Options{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	old, err := filepath.Glob(filepath.Join(dir, "marker.format-version.*"))
	if err != nil || len(old) != 1 {
		t.Fatal(old, err)
	}
	if err := os.Rename(old[0], filepath.Join(dir, "marker.format-version.000099.099")); err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir)
	_, err = Open(dir, Options{Logger: quiet})
	if !errors.Is(err, store.ErrFormat) || !strings.Contains(err.Error(), "99") || !strings.Contains(err.Error(), "newer objluad") {
		t.Errorf("opened: %v", err)
	}
	if after := tree(t, dir); !slices.Equal(before, after) {
		t.Errorf("files %q, were %q", after, before)
	}
}

// A database of another program is not taken over.
func TestForeignDatabase(t *testing.T) {
	mem := vfs.NewMem()
	db, err := pebble.Open("data", &pebble.Options{FS: mem, Logger: &failStop{log: quiet}})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Set([]byte("key"), nil, pebble.Sync), db.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open("data", Options{FS: mem, Logger: quiet}); !errors.Is(err, store.ErrFormat) {
		t.Errorf("opened: %v", err)
	}
}

// On a real disk the space is that of the file system, without what is kept for the engine.
func TestSpace(t *testing.T) {
	s, err := Open(t.TempDir(), Options{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	space, err := s.Space(t.Context())
	if err != nil || space.Total < 1 || space.Available > space.Total-128<<20 {
		t.Errorf("%+v, %v", space, err)
	}
}
