package pebblestore

// This file keeps errors of the log, and of the folder in which it lies, from Pebble, and stops the store instead.

import (
	"path"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// stopFS is a file system whose logs do not fail. Pebble panics where it cannot close a log or start the next one, and with locks
// in a state that ends the process. Here whatever fails on a log, or in syncing its folder, stops the store, before any commit is told that
// its sync is done; so Store.sync has only to look whether the store has stopped. Nothing is written to a log from then on.
type stopFS struct {
	vfs.FS
	dir  string // of the logs
	fail *failStop
}

func (f stopFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return f.start(name, func() (vfs.File, error) { return f.FS.Create(name, c) })
}

func (f stopFS) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return f.start(newname, func() (vfs.File, error) { return f.FS.ReuseForWrite(oldname, newname, c) })
}

func (f stopFS) OpenDir(name string) (vfs.File, error) {
	folder, err := f.FS.OpenDir(name)
	if err != nil || path.Clean(name) != path.Clean(f.dir) {
		return folder, err
	}
	return stopFile{folder, f.fail}, nil
}

func (f stopFS) Unwrap() vfs.FS { return f.FS }

func (f stopFS) start(name string, create func() (vfs.File, error)) (vfs.File, error) {
	if !isLogOf(f, f.dir, name) {
		return create()
	}
	if f.fail.err() == nil {
		file, err := create()
		if err == nil {
			return stopFile{file, f.fail}, nil
		}
		f.fail.stop(err)
	}
	return stopFile{vfs.NewMemFile(nil), f.fail}, nil // to which nothing is written
}

// isLogOf reports whether name is a log of the store in dir, and not of a backup.
func isLogOf(filesystem vfs.FS, dir, name string) bool {
	return path.Ext(name) == ".log" && filesystem.PathDir(name) == path.Clean(dir)
}

// stopFile is a log, or the folder.
type stopFile struct {
	vfs.File
	fail *failStop
}

func (f stopFile) Write(p []byte) (int, error) {
	f.do(func() error { _, err := f.File.Write(p); return err })
	return len(p), nil
}

func (f stopFile) Sync() error     { f.do(f.File.Sync); return nil }
func (f stopFile) SyncData() error { f.do(f.File.SyncData); return nil }

func (f stopFile) Close() error {
	if err := f.File.Close(); err != nil {
		f.fail.stop(err)
	}
	return nil
}

func (f stopFile) do(step func() error) {
	if f.fail.err() != nil {
		return
	}
	if err := step(); err != nil {
		f.fail.stop(err)
	}
}
