package pebblestore

// This file bounds the memory of large commits.

import (
	"context"

	"golang.org/x/sync/semaphore"
)

const (
	largeCommit  = 1 << 20   // bytes from which a commit counts
	largeCommits = 256 << 20 // bytes of large commits that the engine takes at once
)

// largeLine lets so many large commits into the engine that its copies of them have a bound, whatever the number of clients. The
// others wait, in order; small ones do not.
type largeLine struct{ bytes *semaphore.Weighted }

func newLargeLine() largeLine { return largeLine{semaphore.NewWeighted(largeCommits)} }

// enter waits until a commit of size bytes may begin; done must be called when it has ended.
func (l largeLine) enter(ctx context.Context, size int64) (done func(), err error) {
	if size < largeCommit {
		return func() {}, nil
	}
	size = min(size, largeCommits)
	if err := l.bytes.Acquire(ctx, size); err != nil {
		return nil, err
	}
	return func() { l.bytes.Release(size) }, nil
}
