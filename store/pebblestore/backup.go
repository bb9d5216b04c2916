package pebblestore

// This file copies a store while it is in use.

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/objluad/objluad/store"
)

// Backup makes a copy as store.Backuper says. Tables, which never change, are linked where dir lies on the same file system;
// the log, in which each acknowledged commit is by then, is copied. Commits go on meanwhile; pools are neither made nor removed.
// Until the copy is complete and on the disk, ".tmp-" precedes its name; what a crash left under such a name is removed by the
// next backup of that name.
func (s *Store) Backup(ctx context.Context, dir string) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	if err := s.usable(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := s.fs.Stat(dir); err == nil {
		return fmt.Errorf("%w: %s", store.ErrBackupExists, dir)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return ioError(err)
	}
	parent := s.fs.PathDir(dir)
	if _, err := s.fs.Stat(parent); err != nil {
		return ioError(err)
	}
	if err := s.space.admit(0); err != nil {
		return err
	}
	unfinished := s.fs.PathJoin(parent, ".tmp-"+s.fs.PathBase(dir))
	if err := s.fs.RemoveAll(unfinished); err != nil {
		return ioError(err)
	}
	if err := s.db.Checkpoint(unfinished); err != nil {
		return ioError(err)
	}
	if err := s.fs.Rename(unfinished, dir); err != nil {
		return ioError(errors.Join(err, s.fs.RemoveAll(unfinished)))
	}
	return ioError(syncDir(s.fs, parent))
}

// privateFS makes folders that only the daemon's user may read: copies as the data itself.
type privateFS struct{ vfs.FS }

func (f privateFS) MkdirAll(dir string, _ os.FileMode) error { return f.FS.MkdirAll(dir, 0o700) }

func (f privateFS) Unwrap() vfs.FS { return f.FS }

func syncDir(filesystem vfs.FS, dir string) error {
	d, err := filesystem.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
