package pebblestore

// This file stops the store, rather than the process, where Pebble cannot go on.

import (
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/objluad/objluad/store"
)

// failStop is Pebble's logger, whose Fatalf is meant to end the process: after a failed write of its manifest, say, what
// Pebble has in memory is ahead of the disk. Ending the daemon would take down other users of the process, and with them
// the explanation. So the store is stopped for good: each operation fails from then on, a commit under way too, whose
// outcome is known only after a restart.
type failStop struct {
	log   *slog.Logger
	cause atomic.Pointer[error]
}

// err returns why the store was stopped, or nil.
func (f *failStop) err() error {
	if p := f.cause.Load(); p != nil {
		return *p
	}
	return nil
}

// stop stops the store if it was not, and returns the error of the first stop.
func (f *failStop) stop(cause error) error {
	err := fmt.Errorf("%w; the store has stopped, restart the daemon once the disk is well", ioError(cause))
	if f.cause.CompareAndSwap(nil, &err) {
		f.log.Error("storage engine failed; the store has stopped", "err", cause)
	}
	return f.err()
}

// guard calls write, which puts something into Pebble's log, unless the store is stopped. A panic of Pebble's stops it.
func (f *failStop) guard(write func() error) (err error) {
	if err := f.err(); err != nil {
		return err
	}
	defer func() {
		if r := recover(); r != nil {
			cause, ok := r.(error)
			if !ok {
				cause = fmt.Errorf("panic: %v", r)
			}
			err = f.stop(cause)
		}
	}()
	if err := write(); err != nil {
		return ioError(err)
	}
	return f.err()
}

func (f *failStop) Infof(format string, args ...any) {
	f.log.Debug("storage engine: " + fmt.Sprintf(format, args...))
}

func (f *failStop) Errorf(format string, args ...any) {
	f.log.Error("storage engine: " + fmt.Sprintf(format, args...))
}

func (f *failStop) Fatalf(format string, args ...any) {
	for _, arg := range args {
		if err, ok := arg.(error); ok {
			f.stop(fmt.Errorf("%w (%s)", err, fmt.Sprintf(format, args...)))
			return
		}
	}
	f.stop(fmt.Errorf("%w: %s", store.ErrIO, fmt.Sprintf(format, args...)))
}
