package store

// This file is how programs over one store tell each other what they have changed.

import (
	"context"
	"time"
)

// Notifier is implemented by a Store that several programs may have open at once. It carries messages from each to all, its
// sender among them.
type Notifier interface {
	// Notify sends a message to all that watch the object, and returns when each of them has taken note or lost its watch: what
	// Watch.Unbroken promises holds then. It fails with ErrTimedOut when that took more than some 20 s. A message of a Notify that
	// failed, or whose ctx ended, may have reached some, or may yet.
	Notify(ctx context.Context, ref Ref, message []byte) error

	// Watch begins to watch the object, which is created if it is absent, and goes on until the store is closed. It returns at
	// once. A watch that is lost, or cannot be had yet, is tried again and again.
	Watch(ref Ref, w Watcher) Watch
}

// Watcher is what a Watch calls, from goroutines of its own. Its functions must not wait for the store.
type Watcher struct {
	// Seen takes note of a message. Messages may come more than once, and in any order.
	Seen func(message []byte)
	// State is told when the watch is lost or cannot be had, and why; and, with nil, when it is there (again).
	State func(err error)
}

// Watch tells what can be relied upon.
type Watch interface {
	// Unbroken reports whether every message was seen whose Notify began after the given time and has succeeded by now.
	Unbroken(since time.Time) bool
}
