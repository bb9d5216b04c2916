package objclass

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/objluad/objluad/store"
)

// batchHouse has one execution, and methods that take as long as their input says: 10 µs or longer.
func batchHouse(t *testing.T) (h *house, call func(b *Batch, class, method, input string)) {
	takesTime := func(_ context.Context, inv *Invocation) (int32, []byte, error) {
		d, err := time.ParseDuration(string(inv.Input))
		time.Sleep(d)
		return 0, nil, err
	}
	h = newHouse(t, Options{}, map[string]testMethod{"rd": takesTime, "rd2": takesTime, "wr": takesTime})
	call = func(b *Batch, class, method, input string) {
		t.Helper()
		if _, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: class, Method: method, Input: []byte(input), Tenant: "t", Batch: b}); err != nil {
			t.Error(err)
		}
	}
	for _, method := range []string{"rd", "rd2", "wr"} { // which are known to be short then
		call(nil, "test", method, "10us")
	}
	h.executions.resize(1, 1, 100)
	return h, call
}

func TestBatchKeepsItsExecution(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, call := batchHouse(t)
		b := &Batch{More: true}
		kept := func(when string, want bool) {
			t.Helper()
			if got := h.executions.count() == 1; got != want || (b.kept != nil) != want {
				t.Errorf("after %s %d methods run, kept: %v", when, h.executions.count(), b.kept != nil)
			}
		}
		call(b, "test", "rd", "10us")
		kept("a short call", true)
		other := make(chan struct{})
		go func() { defer close(other); call(nil, "test", "rd", "10us") }()
		synctest.Wait()
		call(b, "test", "rd", "10us")
		kept("another one", true)
		b.End()
		<-other
		kept("the end", false)
		b.End()

		call(b, "test", "rd", "10us")
		call(b, "test", "rd2", "10us")
		kept("a short call of another method", true)
		call(b, "test", "wr", "10us")
		kept("a method that may write", false)
		call(b, "test", "rd", "600us")
		kept("a call that took long", false)
		call(b, "test", "rd", "400us")
		call(b, "test", "rd", "200us")
		kept("calls that took long together", false)
		call(b, "test", "rd", "10us")
		time.Sleep(longestKeep)
		call(b, "test", "rd", "10us")
		kept("a call that took a new one", true)
		b.More = false
		call(b, "test", "rd", "10us")
		kept("the last call", false)
		b.More = true
		call(b, "test", "rd", "10us")
		if _, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: "nosuch", Method: "rd", Batch: b}); err == nil {
			t.Error("a class that is absent has run")
		}
		kept("a call of something else", false)

		took := func(when string, want *execution) {
			t.Helper()
			if b.kept != want {
				t.Errorf("%s took the execution that was kept: %v", when, want == nil)
			}
		}
		call(b, "test", "rd", "10us")
		first := b.kept
		call(b, "test", "rd", "10us")
		took("a call like the one before", first)
		if _, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: "test", Method: "rd", Input: []byte("10us"), Tenant: "u", Batch: b}); err != nil {
			t.Error(err)
		}
		if b.kept == first || b.kept.tenant != "u" {
			t.Errorf("a call of another tenant took the execution that was kept, of %q", b.kept.tenant)
		}
		call(b, "test", "rd", "10us")
		h.know(t, "rd", time.Second)
		call(b, "test", "rd", "10us")
		took("a call of a method that has turned long", nil)
		h.know(t, "rd", time.Microsecond)
		h.executions.resize(2, 1, 100) // loading takes one
		call(b, "test", "rd", "10us")
		if _, err := h.Classes().Install(t.Context(), "test", []byte("rd RD\nrd2 RD")); err != nil {
			t.Fatal(err)
		}
		call(b, "test", "rd", "10us")
		took("a call of a version that never ran", nil)

		for _, script := range []string{"one", "two", "one", "two"} { // the first two are learnt
			first = b.kept
			call := Call{Ref: ref("o"), Script: []byte("rd RD\n" + script + " RD"), Method: "rd", Input: []byte("10us"), ReadOnly: true, Batch: b}
			if _, err := h.Exec(t.Context(), call); err != nil {
				t.Error(err)
			}
		}
		if first == nil || b.kept == nil || b.kept == first {
			t.Errorf("calls of two scripts kept %p and %p", first, b.kept)
		}

		call(b, "test", "rd2", "10us") // which is learnt
		call(b, "test", "rd2", "10us")
		kept("another method", true)
		var running []int // when the object is read
		h.store.beforeSnapshot = func(context.Context, store.Ref) { running = append(running, h.executions.count()) }
		if _, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: "test", Method: "rd2", Input: []byte("10us"), Tenant: "t", Capture: true, Batch: b}); err != nil {
			t.Error(err)
		}
		if len(running) == 0 || running[0] != 0 {
			t.Errorf("while an object is read to be captured, %d methods run", running)
		}
		h.store.beforeSnapshot = nil
		b.End()
	})
}

// Nobody waits long for a batch, however many calls it has.
func TestBatchLetsOthersRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, call := batchHouse(t)
		const calls = 1000
		var wg sync.WaitGroup
		var last time.Duration
		began := time.Now()
		wg.Go(func() {
			b := &Batch{More: true}
			defer b.End()
			for range calls {
				call(b, "test", "rd", "10us")
			}
			last = time.Since(began)
		})
		time.Sleep(5 * time.Microsecond)
		call(nil, "test", "rd2", "10us")
		waited := time.Since(began)
		wg.Wait()
		if waited > longestKeep+100*time.Microsecond || last < calls*10*time.Microsecond {
			t.Errorf("a call beside a batch of %v ended after %v", last, waited)
		}
	})
}
