package objclass

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/objluad/objluad/store"
)

// background calls a method on another goroutine, and returns where its error arrives.
func (h *house) background(call Call) <-chan error {
	result := make(chan error, 1)
	go func() {
		_, err := h.Exec(context.Background(), call)
		result <- err
	}()
	return result
}

func callOf(oid, method string) Call { return Call{Ref: ref(oid), Class: "test", Method: method} }

// killAs kills the call that is in that state, of which there is one.
func (h *house) killAs(t *testing.T, state CallState) {
	t.Helper()
	var found []CallInfo
	for _, call := range h.Calls() {
		if call.State == state {
			found = append(found, call)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d calls are %v, want 1: %+v", len(found), state, h.Calls())
	}
	if err := h.Kill(found[0].ID); err != nil {
		t.Fatalf("Kill of a call that is %v: %v", state, err)
	}
}

func TestCallsAreListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started, goOn := make(chan struct{}, 10), make(chan struct{})
		h := newHouse(t, Options{Executions: 8}, map[string]testMethod{"wait": wait(started, goOn)})
		h.know(t, "wait", time.Second) // so that two of it run, and others wait
		if calls := h.Calls(); len(calls) != 0 {
			t.Errorf("when none was made there are %+v", calls)
		}
		named := callOf("o", "wait")
		named.Class, named.Client = "test@"+versionOf([]byte("wait RD|WR\n"))[:8], "127.0.0.1:1"
		results := []<-chan error{h.background(named)}
		synctest.Wait()
		time.Sleep(time.Second)
		script := Call{Ref: store.Ref{Pool: "p", Namespace: "n", OID: "o2\xff"}, Script: []byte("--"), Method: strings.Repeat("é", 200)}
		for _, call := range []Call{callOf("o", "wait"), script, callOf("o3", "wait"), callOf("o4", "wait")} {
			if call.Script != nil {
				h.engine.methods[call.Method] = h.engine.methods["wait"]
			}
			results = append(results, h.background(call))
			synctest.Wait()
		}
		time.Sleep(time.Second)
		want := []CallInfo{
			{Class: named.Class, Method: "wait", Ref: ref("o"), Client: "127.0.0.1:1", State: CallRunning, Age: 2 * time.Second, Ran: 2 * time.Second},
			{Class: "test", Method: "wait", Ref: ref("o"), State: CallWaitingLock, Age: time.Second},
			{Class: "eval", Script: true, Method: strings.Repeat("é", 128) + "…", Ref: script.Ref, State: CallRunning, Age: time.Second, Ran: time.Second},
			{Class: "test", Method: "wait", Ref: ref("o3"), State: CallWaitingExecution, Age: time.Second},
			{Class: "test", Method: "wait", Ref: ref("o4"), State: CallWaitingExecution, Age: time.Second},
		}
		calls := h.Calls()
		if len(calls) != len(want) {
			t.Fatalf("%d calls are listed, want %d: %+v", len(calls), len(want), calls)
		}
		last := uint64(0)
		for i, got := range calls {
			if got.ID <= last {
				t.Errorf("call %d has id %d after %d", i, got.ID, last)
			}
			last, want[i].ID = got.ID, got.ID
			if got != want[i] {
				t.Errorf("call %d is\n%+v, want\n%+v", i, got, want[i])
			}
		}
		close(goOn)
		for _, result := range results {
			if err := <-result; err != nil {
				t.Error(err)
			}
		}
		if calls := h.Calls(); len(calls) != 0 {
			t.Errorf("when all have ended there are %+v", calls)
		}
	})
}

// A call is killed wherever it waits, even while the house is full, and has never run.
func TestKillWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started, goOn := make(chan struct{}, 10), make(chan struct{})
		h := newHouse(t, Options{Executions: 2, Queue: 2}, map[string]testMethod{"wait": wait(started, goOn)})
		first, second := h.background(callOf("o", "wait")), h.background(callOf("o2", "wait"))
		synctest.Wait()
		forLock := h.background(callOf("o", "wait"))
		synctest.Wait()
		forExecution := h.background(callOf("o3", "wait"))
		synctest.Wait()
		_, err := h.call(t.Context(), "o", "wait")
		wantError(t, err, syscall.EBUSY, KindBusy, "4 calls under way")

		h.killAs(t, CallWaitingLock)
		wantError(t, <-forLock, syscall.ECANCELED, KindBusy, "canceled while waiting for the object's lock: killed by an operator")
		h.killAs(t, CallWaitingExecution)
		wantError(t, <-forExecution, syscall.ECANCELED, KindBusy, "canceled while waiting for an execution: killed by an operator")
		if runs := h.engine.runs.Load(); runs != 2 {
			t.Errorf("%d methods ran, want 2", runs)
		}
		close(goOn)
		if err := errors.Join(<-first, <-second); err != nil {
			t.Errorf("the other calls: %v", err)
		}
	})
}

func TestKillRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Options{}, map[string]testMethod{
			"write": func(ctx context.Context, inv *Invocation) (int32, []byte, error) {
				if err := inv.Object.WriteFull([]byte("half")); err != nil {
					return 0, nil, err
				}
				<-ctx.Done()
				if err := inv.Object.WriteFull([]byte("all")); !errors.Is(err, context.Canceled) {
					t.Errorf("after the end a write gave %v", err)
				}
				return 0, nil, Errorf(syscall.ECANCELED, TrapCanceled, "test.lua:1: canceled")
			},
		})
		result := h.background(callOf("o", "write"))
		synctest.Wait()
		h.killAs(t, CallRunning)
		wantError(t, <-result, syscall.ECANCELED, TrapCanceled, "test.lua:1: canceled: killed by an operator")
		if got := h.data(t, "o"); got != "(absent)" {
			t.Errorf("the killed call left %q", got)
		}

		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := h.call(ctx, "o", "write")
		if e := wantError(t, err, syscall.ECANCELED, TrapCanceled, "canceled"); e != nil && strings.Contains(e.Message, "operator") {
			t.Errorf("a client that went away is told %q", e.Message)
		}
	})
}

// A method that does not notice that it was killed, and succeeds, changes nothing; nor does one that only read succeed. Until
// then the call is shown to be ending, and may be killed again.
func TestKillIsNotOverlooked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		goOn := make(chan struct{})
		deaf := onObject(func(o *Object, _ []byte) ([]byte, error) {
			err := o.flagsErr()
			<-goOn
			return nil, err
		})
		h := newHouse(t, Options{}, map[string]testMethod{"deaf": deaf, "rd_deaf": deaf})
		for _, method := range []string{"deaf", "rd_deaf"} {
			result := h.background(callOf("o", method))
			synctest.Wait()
			h.killAs(t, CallRunning)
			id := h.Calls()[0].ID
			time.Sleep(time.Second)
			if got := h.Calls()[0]; got.State != CallEnding || got.Ran != time.Second {
				t.Errorf("the killed call is %+v", got)
			}
			h.killAs(t, CallEnding)
			goOn <- struct{}{}
			wantError(t, <-result, syscall.ECANCELED, KindBusy, "killed by an operator")
			wantError(t, h.Kill(id), syscall.ENOENT, KindOp, fmt.Sprintf("no call %d is under way", id))
		}
		if got := h.data(t, "o"); got != "(absent)" {
			t.Errorf("a killed call left %q", got)
		}
	})
}

// flagsErr writes if the method may.
func (o *Object) flagsErr() error {
	if o.flags&WR == 0 {
		return nil
	}
	return o.WriteFull([]byte("x"))
}

func TestKillOfACommitIsTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Options{}, map[string]testMethod{"inc": onObject(increment)})
		goOn := make(chan struct{})
		h.store.beforeCommit = func(store.Ref) { <-goOn }
		result := h.background(callOf("o", "inc"))
		synctest.Wait()
		calls := h.Calls()
		if len(calls) != 1 || calls[0].State != CallCommitting {
			t.Fatalf("there are %+v", calls)
		}
		wantError(t, h.Kill(calls[0].ID), syscall.EINPROGRESS, KindOp, "too late")
		close(goOn)
		if err := <-result; err != nil || h.data(t, "o") != "x" {
			t.Errorf("the call that committed: %v, %q", err, h.data(t, "o"))
		}
		wantError(t, h.Kill(calls[0].ID), syscall.ENOENT, KindOp, "")
	})
}

// A killed call that comes as far as its commit does not commit, and to kill it is not too late.
func TestKillBeforeTheCommit(t *testing.T) {
	l := &lifetime{Context: t.Context(), progress: progress{state: CallRunning}}
	for range 2 {
		if state, ok := l.kill(); !ok {
			t.Errorf("a call that is %v was not killed", state)
		}
		l.proceed(progress{state: CallCommitting})
	}
	if l.Err() != errKilled {
		t.Errorf("it would commit: %v", l.Err())
	}
}

// A commit that another one overtook has not happened, so its call can be killed again: before the next run, and in it.
func TestKillAfterAConflict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started, goOn := make(chan struct{}, 10), make(chan struct{}, 2)
		h := newHouse(t, Options{}, map[string]testMethod{
			"write": func(ctx context.Context, inv *Invocation) (int32, []byte, error) {
				if err := inv.Object.WriteFull([]byte("x")); err != nil {
					return 0, nil, err
				}
				return wait(started, goOn)(ctx, inv)
			},
		})
		interfere(h, 1)
		goOn <- struct{}{}
		result := h.background(callOf("o", "write"))
		synctest.Wait()
		h.killAs(t, CallRunning)
		wantError(t, <-result, syscall.ECANCELED, TrapCanceled, "killed by an operator")

		interfere(h, 2)
		goOn <- struct{}{}
		goOn <- struct{}{}
		result = h.background(callOf("o", "write"))
		synctest.Wait() // after the second conflict it pauses
		h.killAs(t, CallWaitingExecution)
		wantError(t, <-result, syscall.ECANCELED, KindBusy, "killed by an operator")
		if runs := h.engine.runs.Load(); runs != 2+2 || h.data(t, "o") != "" {
			t.Errorf("after %d runs, want 4, the object has %q", runs, h.data(t, "o"))
		}
	})
}

// A call is killed while the store does not answer who looks for its class.
func TestKillResolving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Options{}, map[string]testMethod{"inc": onObject(increment)})
		h.store.beforeSnapshot = func(ctx context.Context, r store.Ref) {
			if r.Pool == classPool {
				<-ctx.Done()
			}
		}
		call := callOf("o", "inc")
		call.Class = "nosuch"
		result := h.background(call)
		synctest.Wait()
		h.killAs(t, CallResolving)
		wantError(t, <-result, syscall.ECANCELED, KindOp, "killed by an operator")
	})
}

func TestKillOfNothing(t *testing.T) {
	h := newHouse(t, Options{}, map[string]testMethod{"inc": onObject(increment)})
	for _, id := range []uint64{0, 1, 1 << 63} {
		wantError(t, h.Kill(id), syscall.ENOENT, KindOp, fmt.Sprintf("no call %d is under way", id))
	}
}

// What Kill reports holds for every call, however it comes in the way: a killed call fails and has changed nothing.
func TestKillAgainstTheCall(t *testing.T) {
	slowly := func(method testMethod) testMethod {
		return func(ctx context.Context, inv *Invocation) (int32, []byte, error) {
			runtime.Gosched()
			defer runtime.Gosched()
			return method(ctx, inv)
		}
	}
	h := newHouse(t, Options{}, map[string]testMethod{"inc": slowly(onObject(increment)), "rd": slowly(onObject((*Object).readAll))})
	h.store.beforeCommit = func(store.Ref) { runtime.Gosched() }
	const callers, each = 8, 300
	var succeeded, failed, killed atomic.Int64
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			caller := NewCaller()
			defer caller.Cancel()
			for j := range each {
				method := "inc"
				if j%3 == 0 {
					method = "rd"
				}
				_, err := h.Exec(caller, callOf(fmt.Sprint("o", i%2), method))
				switch {
				case err != nil:
					wantError(t, err, syscall.ECANCELED, OpError(err).Kind, "killed by an operator")
					failed.Add(1)
				case method == "inc":
					succeeded.Add(1)
				}
			}
		})
	}
	stop := make(chan struct{})
	var killer sync.WaitGroup
	killer.Go(func() {
		dead := make(map[uint64]bool)
		for {
			select {
			case <-stop:
				return
			default:
			}
			for _, call := range h.Calls() {
				if err := h.Kill(call.ID); err == nil && !dead[call.ID] {
					dead[call.ID] = true
					killed.Add(1)
				}
			}
		}
	})
	wg.Wait()
	close(stop)
	killer.Wait()
	if failed.Load() != killed.Load() {
		t.Errorf("%d calls failed, %d were killed", failed.Load(), killed.Load())
	}
	if size := len(h.data(t, "o0")) + len(h.data(t, "o1")); int64(size) != succeeded.Load() {
		t.Errorf("%d calls had an effect, %d succeeded", size, succeeded.Load())
	}
	t.Logf("%d of %d calls were killed", killed.Load(), callers*each)
}

// readAll is a method that only reads.
func (o *Object) readAll([]byte) ([]byte, error) { return o.Read(0, 0) }
