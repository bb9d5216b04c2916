package pebblestore

// This file refuses commits before the disk is full.

import (
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/objluad/objluad/store"
)

// spaceInterval is how long a measurement of the free space counts.
const spaceInterval = 100 * time.Millisecond

// space knows how much of the disk is free: the last measurement, less what was committed since.
type space struct {
	fs      vfs.FS
	dir     string
	reserve uint64

	mu       sync.Mutex
	measured time.Time
	free     int64
}

// admit fails with store.ErrNoSpace where a commit of n bytes would leave less than the reserve. A file system that cannot
// say what is free admits everything.
func (s *space) admit(n int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); now.Sub(s.measured) >= spaceInterval {
		usage, err := s.fs.GetDiskUsage(s.dir)
		if err != nil {
			usage.AvailBytes = math.MaxInt64
		}
		s.free = int64(min(usage.AvailBytes, math.MaxInt64))
		s.measured = now
	}
	if s.free-n < int64(s.reserve) {
		return fmt.Errorf("%w: a commit of %d bytes; the disk has %d bytes free, of which %d are kept for the storage engine",
			store.ErrNoSpace, n, s.free, s.reserve)
	}
	s.free -= n
	return nil
}
