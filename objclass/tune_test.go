package objclass

import (
	"context"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// tunedHouse has a method that answers the budget with which it began, after gate lets it end.
func tunedHouse(t *testing.T, opts Options) (h *house, gate chan struct{}, call func(Call) (Budget, error)) {
	gate = make(chan struct{})
	var mu sync.Mutex
	budgets := make(map[string]Budget)
	h = newHouse(t, opts, map[string]testMethod{"rd": func(_ context.Context, inv *Invocation) (int32, []byte, error) {
		mu.Lock()
		budgets[string(inv.Input)] = inv.Budget
		mu.Unlock()
		<-gate
		return 0, inv.Input, nil
	}})
	lastID := 0
	return h, gate, func(c Call) (Budget, error) {
		mu.Lock()
		lastID++
		c.Input = []byte{byte(lastID)}
		mu.Unlock()
		c.Ref, c.Class, c.Method = ref("o"), "test", "rd"
		_, err := h.Exec(t.Context(), c)
		mu.Lock()
		defer mu.Unlock()
		return budgets[string(c.Input)], err
	}
}

func TestTuneBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, gate, call := tunedHouse(t, Options{})
		began := make(chan Budget)
		go func() {
			budget, err := call(Call{})
			if err != nil {
				t.Error(err)
			}
			began <- budget
		}()
		synctest.Wait()
		h.Tune(Tuning{Timeout: 3 * time.Second, MaxTimeout: 5 * time.Second, MaxOutput: 77})
		close(gate)
		if got := <-began; got.Wall != time.Second || got.Output != 16<<20 {
			t.Errorf("a call under way has %+v", got)
		}
		want := Budget{Wall: 3 * time.Second, CPU: 3 * time.Second, Memory: 16 << 20, Output: 77}
		if got, err := call(Call{}); got != want || err != nil {
			t.Errorf("the next call has %+v, %v", got, err)
		}
		_, err := call(Call{Timeout: 6 * time.Second})
		wantError(t, err, syscall.EINVAL, KindInput, "the limit is 5s")
		h.Tune(Tuning{})
		if got, err := call(Call{Timeout: 6 * time.Second}); got.Wall != 6*time.Second || err != nil {
			t.Errorf("with the defaults a call has %+v, %v", got, err)
		}
	})
}

func TestTuneRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, gate, call := tunedHouse(t, Options{Executions: 2, Queue: 8})
		var wg sync.WaitGroup
		start := func() {
			wg.Go(func() {
				if _, err := call(Call{}); err != nil {
					t.Error(err)
				}
			})
		}
		for range 4 {
			start()
		}
		synctest.Wait()
		if n := h.Stats().Running; n != 2 {
			t.Fatalf("%d methods run", n)
		}
		h.Tune(Tuning{Executions: 2, Queue: 1})
		_, err := call(Call{})
		wantError(t, err, syscall.EBUSY, KindBusy, "")
		h.Tune(Tuning{Executions: 6, Queue: 8}) // those that wait need no other event to begin
		synctest.Wait()
		if n := h.Stats().Running; n != 4 {
			t.Errorf("%d methods run where there is room for 6", n)
		}
		start()
		synctest.Wait()
		close(gate)
		wg.Wait()
	})
}

func TestTuneQuarantine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, call := quarantineHouse(t)
		bad(t, call, 3)
		wantRefused(t, call("test", ""))
		h.Tune(Tuning{}) // none
		if err := call("test", ""); err != nil {
			t.Errorf("without quarantine: %v", err)
		}
		bad(t, call, 10)
		h.Tune(Tuning{Quarantine: QuarantineOptions{Traps: 2}})
		bad(t, call, 2)
		wantRefused(t, call("test", ""))
	})
}

// A call that began when there was a quarantine ends when there is none.
func TestTuneQuarantineMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		h := newHouse(t, Options{Quarantine: QuarantineOptions{Traps: 1}}, map[string]testMethod{"m": func(context.Context, *Invocation) (int32, []byte, error) {
			<-gate
			return 0, nil, Errorf(syscall.ENOMEM, TrapMemory, "over")
		}})
		exec := func() error {
			_, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: "test", Method: "m"})
			return err
		}
		ended := make(chan error)
		go func() { ended <- exec() }()
		synctest.Wait()
		h.Tune(Tuning{})
		close(gate)
		wantError(t, <-ended, syscall.ENOMEM, TrapMemory, "over")
		wantError(t, exec(), syscall.ENOMEM, TrapMemory, "over")
	})
}
