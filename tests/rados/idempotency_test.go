package rados

// This file is calls that are repeated with an idempotency key, at two daemons at once, of which each remembers the object.

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/objluad/objluad/client"
)

func TestRepeatsAtTwoDaemons(t *testing.T) {
	_, daemons, on := twoDaemons(t)
	const keys, times = 60, 4
	var replays atomic.Int64
	var outputs sync.Map
	var wg sync.WaitGroup
	for w := range 2 * times {
		wg.Go(func() {
			for i := range keys {
				key := fmt.Sprint("key", i)
				for {
					reply, err := on[w%2].Exec(t.Context(), "o", "account", "deposit", []byte("1"), client.IdempotencyKey(key))
					if errors.Is(err, syscall.EAGAIN) {
						continue
					}
					if err != nil {
						t.Error(err)
						return
					}
					if reply.Replayed {
						replays.Add(1)
					}
					if first, _ := outputs.LoadOrStore(key, string(reply.Output)); first != string(reply.Output) {
						t.Errorf("%s: %s and %s", key, first, reply.Output)
					}
					break
				}
			}
		})
	}
	wg.Wait()
	reply, err := on[0].Exec(t.Context(), "o", "account", "show", nil)
	if err != nil || string(reply.Output) != fmt.Sprint(keys) || replays.Load() != keys*(2*times-1) {
		t.Errorf("the balance is %s, %v, after %d replays", reply.Output, err, replays.Load())
	}
	for d := range daemons {
		t.Logf("daemon %d: %v hits, %v stale", d, metric(t, daemons[d], "objluad_cache_hits_total"), metric(t, daemons[d], "objluad_cache_stale_total"))
	}

	// What one daemon remembers has no reply that the other has stored since: it must be found all the same.
	for i := range 20 {
		key := fmt.Sprint("late", i)
		if _, err := on[i%2].Exec(t.Context(), "p", "account", "deposit", []byte("1"), client.IdempotencyKey(key)); err != nil {
			t.Fatal(err)
		}
		if reply, err := on[1-i%2].Exec(t.Context(), "p", "account", "deposit", []byte("1"), client.IdempotencyKey(key)); err != nil || !reply.Replayed {
			t.Errorf("%s: %+v, %v", key, reply, err)
		}
	}
}
