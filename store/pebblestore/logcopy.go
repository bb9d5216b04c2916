package pebblestore

// This file keeps the copy of a log whole that is written meanwhile.

import (
	"io"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// logFS shows the log that is written only as far as it was written when it was opened. Pebble mostly writes a log over an old
// one, so a copy that commits overtake could have a part of the old one between theirs: it would be taken for damaged.
type logFS struct {
	vfs.FS
	dir string // of the logs

	mu      sync.Mutex
	name    string // of the log that is written; empty before there is one
	written *atomic.Int64
}

func (f *logFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.Create(name, c)
	return f.count(name, file, err)
}

func (f *logFS) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.ReuseForWrite(oldname, newname, c)
	return f.count(newname, file, err)
}

func (f *logFS) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	file, err := f.FS.Open(name, opts...)
	if err != nil || name != f.name {
		return file, err
	}
	return &logPart{File: file, left: f.written.Load()}, nil
}

func (f *logFS) Unwrap() vfs.FS { return f.FS }

func (f *logFS) count(name string, file vfs.File, err error) (vfs.File, error) {
	if err != nil || !isLogOf(f.FS, f.dir, name) {
		return file, err
	}
	log := &countedLog{File: file}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.name, f.written = name, &log.written
	return log, nil
}

// countedLog counts what is written.
type countedLog struct {
	vfs.File
	written atomic.Int64
}

func (l *countedLog) Write(p []byte) (int, error) {
	n, err := l.File.Write(p)
	l.written.Add(int64(n))
	return n, err
}

// logPart is the beginning of a log.
type logPart struct {
	vfs.File
	left int64
}

func (l *logPart) Read(p []byte) (int, error) {
	if l.left == 0 {
		return 0, io.EOF
	}
	n, err := l.File.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}
