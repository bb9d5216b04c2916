//go:build !norados

package radosstore

// This file sends messages to those who watch an object.

// #include "rs.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/objluad/objluad/store"
)

// noticesAtOnce bounds the notifications under way, each of which has a thread.
const noticesAtOnce = 16

// Notify sends a message to all that watch the object. Where there is no object nobody watches.
func (s *Store) Notify(ctx context.Context, ref store.Ref, message []byte) error {
	limited, cancel := context.WithTimeout(ctx, notifyTimeout+checkEvery)
	defer cancel()
	err := s.notify(limited, ref, message)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return clusterError(syscall.ETIMEDOUT)
	}
	return err
}

func (s *Store) notify(ctx context.Context, ref store.Ref, message []byte) error {
	in, err := s.pool(ctx, ref.Pool)
	if err != nil {
		return err
	}
	_, err = asideIn(ctx, s, &s.lingering, func() (struct{}, error) {
		select {
		case s.notices <- struct{}{}:
			defer func() { <-s.notices }()
		case <-ctx.Done():
			return struct{}{}, ctx.Err()
		}
		r := C.rs_notify(in.c, cString(ref.Namespace), cString(ref.OID), cBytes(message), C.uint32_t(notifyTimeout/time.Second))
		return struct{}{}, notifyError(syscall.Errno(-r))
	})
	return err
}

func notifyError(errno syscall.Errno) error {
	switch errno {
	case 0, syscall.ENOENT:
		return nil
	case syscall.ETIMEDOUT:
		return fmt.Errorf("%w, or one who watches did not take note in %v", store.ErrTimedOut, notifyTimeout)
	}
	return clusterError(errno)
}
