package rados

// This file has many clients of two daemons change one object, which is the worst case for versions that are asserted.

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// How many calls two daemons make on one object, and how many they send away because others came first too often.
func TestSoakContention(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("set SOAK=1 to run it")
	}
	_, daemons, on := twoDaemons(t)
	for _, daemonsUsed := range []int{1, 2} {
		object := fmt.Sprint("hot", daemonsUsed)
		var calls, busy [2]atomic.Int64
		var wg sync.WaitGroup
		began := time.Now()
		for w := range 50 {
			d := w % daemonsUsed
			wg.Go(func() {
				for time.Since(began) < 10*time.Second {
					_, err := on[d].Exec(t.Context(), object, "account", "deposit", []byte("1"))
					switch {
					case err == nil:
						calls[d].Add(1)
					case errors.Is(err, syscall.EAGAIN):
						busy[d].Add(1)
					default:
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		for d := range daemonsUsed {
			t.Logf("%d daemons: number %d made %d calls in 10 s and sent %d away; of its changes %v began on what it remembered, %v of them stale",
				daemonsUsed, d, calls[d].Load(), busy[d].Load(), metric(t, daemons[d], "objluad_cache_hits_total"), metric(t, daemons[d], "objluad_cache_stale_total"))
		}
		reply, err := on[0].Exec(t.Context(), object, "account", "show", nil)
		if want := fmt.Sprint(calls[0].Load() + calls[1].Load()); err != nil || string(reply.Output) != want {
			t.Errorf("counted to %q, %v; want %s", reply.Output, err, want)
		}
	}
}
