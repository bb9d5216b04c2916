// This file is data folders that a daemon must not open: it says why on one line, and ends with status 1.

package e2e

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"github.com/objluad/objluad/tests/rig"
)

func TestLockedFolder(t *testing.T) {
	data := t.TempDir()
	first := rig.Run(t, data)
	checkGood(t, first)
	checkUnchanged(t, data, func() {
		checkRefused(t, rig.Command(rig.Binary(), data), "EBUSY", "in use by another process")
	})
	checkGood(t, first)
	if pid, err := first.ProcessID(); pid != first.PID() || err != nil {
		t.Errorf("the first daemon's process is %d, was %d, %v", pid, first.PID(), err)
	}
}

// TestReadOnlyFolder runs the daemon as a user who may not write. For root, who always may, that is another one.
func TestReadOnlyFolder(t *testing.T) {
	dir, err := os.MkdirTemp("", "objluad") // unlike t.TempDir, it can be opened up for others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	binary, data := filepath.Join(dir, "objluad"), filepath.Join(dir, "data")
	copyFile(t, rig.Binary(), binary)
	used(t, data)
	for _, tt := range []struct {
		name, data string
		prepare    func() error
	}{
		{"used", data, func() error { return chmodAll(data, 0o555, 0o444) }},
		{"new", filepath.Join(dir, "nosuch"), func() error { return nil }},
		{"empty", filepath.Join(dir, "empty"), func() error { return os.Mkdir(filepath.Join(dir, "empty"), 0o555) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := errors.Join(os.Chmod(dir, 0o755), tt.prepare(), os.Chmod(dir, 0o555)); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.Chmod(dir, 0o755) })
			cmd := rig.Command(binary, tt.data)
			if os.Getuid() == 0 {
				const nobody = 65534
				cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
			}
			checkUnchanged(t, dir, func() { checkRefused(t, cmd, "EROFS", "make the folder writable") })
		})
	}
	if err := chmodAll(data, 0o755, 0o644); err != nil {
		t.Fatal(err)
	}
	checkUsed(t, data)
}

func TestNewerFormat(t *testing.T) {
	t.Run("of the keys", func(t *testing.T) {
		data := filepath.Join(t.TempDir(), "data")
		used(t, data)
		setFormat(t, data, "2")
		// The engine may move what it keeps from file to file before the key can be read.
		checkRefused(t, rig.Command(rig.Binary(), data), "EOPNOTSUPP", "use a newer objluad")
		setFormat(t, data, "1")
		checkUsed(t, data)
	})
	t.Run("of the engine's files", func(t *testing.T) {
		data := filepath.Join(t.TempDir(), "data")
		used(t, data)
		marker := onlyFile(t, filepath.Join(data, "marker.format-version.*"))
		newer := strings.TrimSuffix(marker, filepath.Ext(marker)) + ".999"
		if err := os.Rename(marker, newer); err != nil {
			t.Fatal(err)
		}
		checkUnchanged(t, data, func() {
			checkRefused(t, rig.Command(rig.Binary(), data), "EOPNOTSUPP", "use a newer objluad")
		})
		if err := os.Rename(newer, marker); err != nil {
			t.Fatal(err)
		}
		checkUsed(t, data)
	})
}

// setFormat writes what a store keeps of its own format.
func setFormat(t *testing.T, data, format string) {
	t.Helper()
	db, err := pebble.Open(data, &pebble.Options{Logger: silent{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Set([]byte("\x00format"), []byte(format), pebble.Sync), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// silent is a log of the storage engine that nobody reads.
type silent struct{}

func (silent) Infof(string, ...any)              {}
func (silent) Errorf(string, ...any)             {}
func (silent) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func onlyFile(t *testing.T, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) != 1 {
		t.Fatalf("%s: %q, %v", pattern, files, err)
	}
	return files[0]
}

// used makes a data folder that has something to lose.
func used(t *testing.T, data string) {
	t.Helper()
	d := rig.Run(t, data)
	if _, err := d.Dial(t).OpenIOContext("default").WriteFull(t.Context(), "o", []byte("to be kept")); err != nil {
		t.Fatal(err)
	}
	if err := d.Stop(); err != nil {
		t.Fatal(err)
	}
}

func checkUsed(t *testing.T, data string) {
	t.Helper()
	kept, err := rig.Run(t, data).Dial(t).OpenIOContext("default").ReadFull(t.Context(), "o")
	if string(kept) != "to be kept" || err != nil {
		t.Errorf("the folder has %q, %v", kept, err)
	}
}

// checkRefused checks that the daemon does not start, and says why.
func checkRefused(t *testing.T, cmd *exec.Cmd, errno, message string) {
	t.Helper()
	d, err := rig.StartCommand(cmd)
	if err == nil {
		d.Kill()
		t.Fatal("the daemon started")
	}
	var exit *rig.ExitError
	if !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit.Status != 1 || !strings.HasPrefix(exit.Stderr, "objluad: "+errno+": ") || !strings.Contains(exit.Stderr, message) ||
		strings.Index(exit.Stderr, "\n") != len(exit.Stderr)-1 {
		t.Errorf("status %d and %q, want one line with %s and %q", exit.Status, exit.Stderr, errno, message)
	}
}

// checkUnchanged checks that f leaves every file of a folder as it is.
func checkUnchanged(t *testing.T, folder string, f func()) {
	t.Helper()
	before := contents(t, folder)
	f()
	if after := contents(t, folder); !maps.Equal(before, after) {
		t.Errorf("the folder was\n%v\nand is\n%v", before, after)
	}
}

// contents returns what each file of a folder is like.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil || entry.IsDir() {
			files[path] = info.Mode().String()
			return err
		}
		data, err := os.ReadFile(path)
		files[path] = fmt.Sprintf("%v, %d bytes, %.8x", info.Mode(), len(data), sha256.Sum256(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func chmodAll(dir string, folder, file fs.FileMode) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.Chmod(path, folder)
		}
		return os.Chmod(path, file)
	})
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	src, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(dst, src); err != nil {
		t.Fatal(err)
	}
	if err := dst.Close(); err != nil {
		t.Fatal(err)
	}
}
