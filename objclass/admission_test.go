package objclass

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// Each step takes executions and gives them back; what then runs shows who went first.
func TestWhoRunsNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAdmission(2, 10)
		var order []string
		wait := func(long bool, name string) {
			go func() {
				if err := a.start(context.Background(), long, time.Minute); err != nil {
					t.Error(err)
				}
				order = append(order, name)
			}()
			synctest.Wait()
		}
		stop := func(long bool, want string) {
			t.Helper()
			order = nil
			a.stop(long)
			synctest.Wait()
			if got := fmt.Sprint(order); got != want {
				t.Errorf("%s went on, want %s", got, want)
			}
		}
		wait(false, "")
		wait(false, "")
		wait(true, "long 1")
		wait(true, "long 2")
		for i := range 3 {
			wait(false, fmt.Sprint("short ", i))
		}
		stop(false, "[long 1]") // none runs, so its turn has come
		stop(false, "[short 0]")
		stop(false, "[short 1]") // while one long runs, short ones go first
		stop(false, "[short 2]")
		stop(false, "[]") // the place is kept: long ones have one of two
		stop(true, "[long 2]")
		stop(true, "[]")
		if calls, running := a.load(); calls != 0 || running != 0 || a.runningLong != 0 {
			t.Errorf("%d calls, %d executions, %d of them long", calls, running, a.runningLong)
		}
	})
}

func TestLongLineIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAdmission(2, 8)
		ctx, cancel := context.WithCancel(t.Context())
		if err := a.start(ctx, true, time.Minute); err != nil {
			t.Fatal(err)
		}
		results := make(chan error, 7)
		for range lineLimit(8) {
			go func() { results <- a.start(ctx, true, time.Minute) }()
		}
		synctest.Wait()
		wantError(t, a.start(ctx, true, time.Minute), syscall.EBUSY, KindBusy, "7 calls wait for an execution")
		if err := a.start(ctx, false, time.Minute); err != nil {
			t.Errorf("a short method: %v", err)
		}
		cancel()
		for range lineLimit(8) {
			if err := <-results; !errors.Is(err, context.Canceled) {
				t.Errorf("a canceled call got %v", err)
			}
		}
		if a.long.len() != 0 {
			t.Errorf("%d are in line", a.long.len())
		}
	})
}
