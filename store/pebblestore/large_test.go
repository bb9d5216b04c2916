package pebblestore

// This file tests that large commits wait for each other, and small ones do not.

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/objluad/objluad/store"
)

func TestLargeCommitsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLargeLine()
		first, err := l.enter(t.Context(), 1<<40) // more than there is room for is let in alone
		if err != nil {
			t.Fatal(err)
		}
		entered := make(chan func())
		go func() {
			done, err := l.enter(t.Context(), largeCommit)
			if err != nil {
				t.Error(err)
			}
			entered <- done
		}()
		synctest.Wait()
		select {
		case <-entered:
			t.Error("a large commit did not wait")
		default:
		}
		small, err := l.enter(t.Context(), largeCommit-1)
		if err != nil {
			t.Fatal(err)
		}
		small()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.enter(ctx, largeCommit); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a large commit that gave up: %v", err)
		}
		first()
		(<-entered)()
	})
}

// Commits wait where they should, and leave the line.
func TestCommitsLeaveTheLine(t *testing.T) {
	s := openMem(t, vfs.NewMem())
	large := incompressible(1, largeCommit)
	if _, err := s.Commit(t.Context(), store.Ref{Pool: "default", OID: "o"}, 0, large); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context(), store.Ref{Pool: "default", OID: "o"}, 99, large); !errors.Is(err, store.ErrConflict) {
		t.Fatal(err)
	}
	if !s.large.bytes.TryAcquire(largeCommits) {
		t.Fatal("a commit has not left the line")
	}
	defer s.large.bytes.Release(largeCommits)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := s.Commit(ctx, store.Ref{Pool: "default", OID: "o"}, 1, large); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("commit while the line is full: %v", err)
	}
	if _, err := s.Commit(t.Context(), store.Ref{Pool: "default", OID: "p"}, 0, stamped(1)); err != nil {
		t.Errorf("small commit while the line is full: %v", err)
	}
}
