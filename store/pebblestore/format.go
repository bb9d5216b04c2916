package pebblestore

// This file checks, before anything else, that a folder holds a store that this program may open.

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/objluad/objluad/store"
)

const (
	// formatVersion is the version of the key layout that this program reads and writes.
	formatVersion = 1
	// engineFormat is the version of Pebble's own files. Its log chunks tell a torn end from damage.
	engineFormat = pebble.FormatTableFormatV6
)

// lockFolder makes the folder if there is none, and locks it against other processes.
func lockFolder(dir string, filesystem vfs.FS) (*pebble.Lock, error) {
	if err := filesystem.MkdirAll(dir, 0o700); err != nil {
		return nil, openError(dir, err)
	}
	lock, err := pebble.LockDirectory(dir, filesystem)
	var pathErr *fs.PathError
	switch {
	case err == nil:
		return lock, nil
	case errors.As(err, &pathErr):
		return nil, openError(dir, err) // the lock file could not be made
	}
	return nil, fmt.Errorf("%w: %s (%v); stop the other process or choose another folder", store.ErrLocked, dir, err)
}

// openError says what keeps a folder from being opened, and what to do about it.
func openError(dir string, err error) error {
	switch {
	case readOnly(err):
		return fmt.Errorf("%w: %s: %v; make the folder writable for user %d or choose another",
			store.ErrReadOnly, dir, err, os.Getuid())
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%w: %s: %v; free some space and try again", store.ErrNoSpace, dir, err)
	case strings.Contains(err.Error(), "unknown format major version"):
		return fmt.Errorf("%w: %v; this program knows up to %d: use a newer objluad", store.ErrFormat, err, pebble.FormatNewest)
	}
	return fmt.Errorf("%w: opening %s: %v; if a file is damaged, start from a backup", store.ErrIO, dir, firstLine(err))
}

func readOnly(err error) bool {
	return errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrPermission) || errors.Is(err, pebble.ErrReadOnly)
}

// ioError gives an error of the engine its place in the object model.
func ioError(err error) error {
	switch {
	case err == nil:
		return nil
	case store.Errno(err) != 0, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%w: %v", store.ErrNoSpace, err)
	case readOnly(err):
		return fmt.Errorf("%w: %v", store.ErrReadOnly, err)
	}
	return fmt.Errorf("%w: %v", store.ErrIO, firstLine(err))
}

// firstLine drops what Pebble's errors carry behind their text.
func firstLine(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	return text
}

// load reads what the store keeps in memory, after having made the store if the folder is new.
func (s *Store) load(dir string) error {
	format, err := get(s.db, formatKey)
	if err != nil {
		return err
	}
	if format == nil {
		if format, err = s.create(dir); err != nil {
			return err
		}
	}
	v, err := strconv.Atoi(string(format))
	if err != nil {
		return fmt.Errorf("%w: %s has format %q", store.ErrFormat, dir, format)
	}
	if v > formatVersion {
		return fmt.Errorf("%w: %s has format %d, this program knows up to %d: use a newer objluad; its objects were not touched",
			store.ErrFormat, dir, v, formatVersion)
	}
	floor, err := s.getUvarint(floorKey)
	if err != nil {
		return err
	}
	s.floor.version.Store(floor)
	next, err := s.getUvarint(nextPoolKey)
	if err != nil {
		return err
	}
	s.nextPool = poolID(next)
	return s.loadPools()
}

// create writes the format and the default pool, together, into a database that has no keys: one that was just made, or
// whose making was interrupted here.
func (s *Store) create(dir string) (format []byte, err error) {
	it, err := s.db.NewIter(nil)
	if err != nil {
		return nil, ioError(err)
	}
	used := it.First()
	if err := it.Close(); err != nil {
		return nil, ioError(err)
	}
	if used {
		return nil, fmt.Errorf("%w: %s holds a database that is not objluad's; choose another folder", store.ErrFormat, dir)
	}
	b := s.db.NewBatch()
	defer b.Close()
	format = strconv.AppendInt(nil, formatVersion, 10)
	if err := setAll(b,
		formatKey, format,
		poolKey("default"), encodeUvarint(0),
		nextPoolKey, encodeUvarint(1)); err != nil {
		return nil, err
	}
	if err := b.Commit(pebble.Sync); err != nil {
		return nil, ioError(err)
	}
	return format, s.fail.err()
}

// setAll sets keys and values that alternate.
func setAll(b *pebble.Batch, keysAndValues ...[]byte) error {
	for i := 0; i < len(keysAndValues); i += 2 {
		if err := b.Set(keysAndValues[i], keysAndValues[i+1], nil); err != nil {
			return ioError(err)
		}
	}
	return nil
}

// get returns a copy of the value of a key, nil where it is absent.
func get(r pebble.Reader, key []byte) ([]byte, error) {
	v, closer, err := r.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, ioError(err)
	}
	c := cloneValue(v)
	return c, ioError(closer.Close())
}

// getUvarint returns the number under a key, 0 where it is absent.
func (s *Store) getUvarint(key []byte) (uint64, error) {
	v, err := get(s.db, key)
	if v == nil || err != nil {
		return 0, err
	}
	return decodeUvarint(v)
}

func encodeUvarint(v uint64) []byte { return binary.AppendUvarint(nil, v) }

func decodeUvarint(b []byte) (uint64, error) {
	d := decoder{b: b}
	v := d.uvarint()
	if d.bad || len(d.b) > 0 {
		return 0, fmt.Errorf("%w: malformed number %x", store.ErrIO, b)
	}
	return v, nil
}
