package pebblestore

// This file puts off the syncs of the log where Options.Fsync asks for that.

import (
	"encoding/binary"
	"hash/crc32"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Fsync says when the log is synced, that is, what a crash of the machine may take away. With each of them a commit is in the
// hands of the operating system before it is acknowledged, so the end of the process, by kill -9 too, takes nothing away; and
// whatever a crash leaves is the state after some commit, with all commits before it and none behind it, nor a part of one.
type Fsync string

const (
	// FsyncAlways acknowledges a commit when it is on the disk.
	FsyncAlways Fsync = "always"
	// FsyncInterval syncs once in each Options.FsyncInterval. A crash of the machine takes away the acknowledged commits of
	// at most that time, and of as long as a sync takes.
	FsyncInterval Fsync = "interval"
	// FsyncNever leaves it to the operating system when to write, as a rule within half a minute. The log is synced when it
	// is full or closed: a crash of the machine takes away what is in the last one, at most about Options.MemTableSize.
	FsyncNever Fsync = "never"
)

// lateSync syncs the log behind Pebble's back. Pebble believes that its syncs, which only happen when a commit waits for one,
// are made; so what it has written is with the operating system when a commit is acknowledged. The real sync happens at
// each interval, and before a log is closed: Pebble opens the next one after that, so no log has a hole before it.
type lateSync struct {
	dir  string // of the logs; those that are copied elsewhere, for a backup, are synced as usual
	fail *failStop
	stop chan struct{}

	mu  sync.Mutex
	log *lateFile // the one that is written; nil before there is one
}

// run syncs the log at each interval, until the store is closed, or stopped because a sync failed.
func (l *lateSync) run(interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-ticker.C:
		}
		if err := l.sync(); err != nil {
			l.fail.stop(err)
			return
		}
	}
}

func (l *lateSync) sync() error {
	l.mu.Lock()
	log := l.log
	l.mu.Unlock()
	if log == nil {
		return nil
	}
	return log.sync()
}

// lateFS is a file system whose logs are synced late.
type lateFS struct {
	vfs.FS
	late *lateSync
}

func (f lateFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.Create(name, c)
	return f.wrap(name, file, err)
}

func (f lateFS) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.ReuseForWrite(oldname, newname, c)
	return f.wrap(newname, file, err)
}

func (f lateFS) Unwrap() vfs.FS { return f.FS }

func (f lateFS) wrap(name string, file vfs.File, err error) (vfs.File, error) {
	if err != nil || !isLogOf(f, f.late.dir, name) {
		return file, err
	}
	log := &lateFile{File: file}
	f.late.mu.Lock()
	f.late.log = log
	f.late.mu.Unlock()
	return log, nil
}

// lateFile is a log.
type lateFile struct {
	vfs.File
	buf     []byte
	written atomic.Int64
	synced  atomic.Int64

	mu     sync.Mutex // held by a sync, and by Close
	closed bool
}

func (f *lateFile) Write(p []byte) (int, error) {
	f.buf = append(f.buf[:0], p...)
	tellSynced(f.buf, uint64(f.synced.Load()))
	n, err := f.File.Write(f.buf)
	f.written.Add(int64(n))
	return n, err
}

func (f *lateFile) Sync() error     { return nil }
func (f *lateFile) SyncData() error { return nil }

func (f *lateFile) sync() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	return f.syncLocked()
}

func (f *lateFile) syncLocked() error {
	written := f.written.Load()
	if written == f.synced.Load() {
		return nil
	}
	if err := f.File.SyncData(); err != nil {
		return err
	}
	f.synced.Store(written)
	return nil
}

func (f *lateFile) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	err := f.syncLocked()
	if cerr := f.File.Close(); err == nil {
		err = cerr
	}
	return err
}

// A chunk of Pebble's log begins with its checksum (4 bytes, of all that follows the length), length (2), kind (1) and log
// number (4), and with how many bytes of the log were synced when it was written (8): all in little-endian.
const (
	chunkHeader    = 19
	chunkLength    = 4
	chunkKind      = 6
	chunkSynced    = 11
	chunkKindFirst = 9 // of the kinds that have this header
	chunkKindLast  = 12
)

// tellSynced makes whole chunks of the log tell how much of it was synced in truth. By that Pebble knows damage, where it will
// not open the log, from the torn end that a crash leaves, since disks write in no order what was not synced.
func tellSynced(p []byte, synced uint64) {
	for len(p) >= chunkHeader && p[chunkKind] >= chunkKindFirst && p[chunkKind] <= chunkKindLast {
		n := chunkHeader + int(binary.LittleEndian.Uint16(p[chunkLength:]))
		if n > len(p) {
			return
		}
		binary.LittleEndian.PutUint64(p[chunkSynced:], synced)
		binary.LittleEndian.PutUint32(p, logChecksum(p[chunkKind:n]))
		p = p[n:]
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// logChecksum is the checksum of LevelDB's log format.
func logChecksum(p []byte) uint32 {
	c := crc32.Checksum(p, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}
