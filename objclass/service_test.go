package objclass

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/objluad/objluad/store"
)

func TestReplyTellsWhatTheCallDid(t *testing.T) {
	var seen []Observation
	opts := Options{Observe: func(o *Observation) { seen = append(seen, *o) }}
	h := newHouse(t, opts, map[string]testMethod{"inc": onObject(increment)})
	reply, err := h.call(t.Context(), "o", "inc")
	if err != nil {
		t.Fatal(err)
	}
	st := h.store.pools["p"][ref("o")].stat
	if string(reply.Output) != "1" || reply.Version != st.Version || len(reply.ClassVersion) != versionLen {
		t.Errorf("reply is %+v, the object has %+v", reply, st)
	}
	if want := (Usage{CPU: 10, PeakBytes: 100, HostOps: 2}); reply.Usage != want {
		t.Errorf("usage is %+v, want %+v", reply.Usage, want)
	}
	if len(seen) != 1 || seen[0].Class != "test" || seen[0].Method != "inc" || seen[0].Runs != 1 || seen[0].Err != nil {
		t.Errorf("observed %+v", seen)
	}
}

func TestMethodReadsItsOwnWrites(t *testing.T) {
	h := newHouse(t, Options{}, map[string]testMethod{
		"m": onObject(func(o *Object, input []byte) ([]byte, error) {
			if err := o.WriteFull(input); err != nil {
				return nil, err
			}
			return o.Read(0, 0)
		}),
	})
	reply, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: "test", Method: "m", Input: []byte("abc")})
	if err != nil || string(reply.Output) != "abc" {
		t.Errorf("got %q, %v", reply.Output, err)
	}
}

func TestFailedMethodCommitsNothing(t *testing.T) {
	writeAnd := func(ret int32, err error) testMethod {
		return func(_ context.Context, inv *Invocation) (int32, []byte, error) {
			if werr := inv.Object.WriteFull([]byte("half")); werr != nil {
				return 0, nil, werr
			}
			return ret, []byte("output"), err
		}
	}
	h := newHouse(t, Options{}, map[string]testMethod{
		"enoent":  writeAnd(-2, nil),
		"unnamed": writeAnd(-4000, nil),
		"lowest":  writeAnd(-1<<31, nil),
		"error":   writeAnd(0, Errorf(syscall.EIO, KindScript, "test.lua:1: no")),
		"trap":    writeAnd(0, Errorf(syscall.ETIMEDOUT, TrapDeadline, "over 1000 ms")),
		"ok":      writeAnd(7, nil),
	})
	_, _, before := h.store.counts()
	for _, c := range []struct {
		method string
		errno  syscall.Errno
		kind   Kind
		text   string
	}{
		{"enoent", syscall.ENOENT, KindOp, "method returned -2 (ENOENT)"},
		{"unnamed", 4000, KindOp, "method returned -4000 (E4000)"},
		{"lowest", 1 << 31, KindOp, "method returned -2147483648 (E2147483648)"},
		{"error", syscall.EIO, KindScript, "test.lua:1: no"},
		{"trap", syscall.ETIMEDOUT, TrapDeadline, "over 1000 ms"},
	} {
		_, err := h.call(t.Context(), "o", c.method)
		e := wantError(t, err, c.errno, c.kind, c.text)
		if len(e.ClassVersion) != versionLen || e.Usage.HostOps != 1 || e.Usage.PeakBytes != 100 {
			t.Errorf("%s: the error does not tell version and usage: %+v", c.method, e)
		}
		if got := h.data(t, "o"); got != "(absent)" {
			t.Errorf("%s committed %q", c.method, got)
		}
	}
	if _, _, after := h.store.counts(); after != before {
		t.Errorf("%d commits were made", after-before)
	}
	if reply, err := h.call(t.Context(), "o", "ok"); err != nil || reply.Ret != 7 || h.data(t, "o") != "half" {
		t.Errorf("the method that succeeds gave %+v, %v, %q", reply, err, h.data(t, "o"))
	}
}

func TestMethodThatChangesNothingCommitsNothing(t *testing.T) {
	h := newHouse(t, Options{}, map[string]testMethod{
		"inc":  onObject(increment),
		"none": onObject(func(o *Object, _ []byte) ([]byte, error) { return o.Read(0, 0) }),
		"come and go": onObject(func(o *Object, _ []byte) ([]byte, error) {
			return nil, errors.Join(o.Create(true), o.Remove())
		}),
		"remove": onObject(func(o *Object, _ []byte) ([]byte, error) { return nil, o.Remove() }),
	})
	first, err := h.call(t.Context(), "o", "inc")
	if err != nil {
		t.Fatal(err)
	}
	if reply, err := h.call(t.Context(), "o", "none"); err != nil || reply.Version != first.Version {
		t.Errorf("version is %d (%v), want still %d", reply.Version, err, first.Version)
	}
	_, _, before := h.store.counts()
	if reply, err := h.call(t.Context(), "absent", "none"); err != nil || reply.Version != 0 {
		t.Errorf("version of an absent object is %d (%v)", reply.Version, err)
	}
	if _, _, after := h.store.counts(); after != before {
		t.Error("a commit was made for nothing")
	}
	if reply, err := h.call(t.Context(), "o", "remove"); err != nil || reply.Version != 0 || h.data(t, "o") != "(absent)" {
		t.Errorf("after the removal: %+v, %v", reply, err)
	}
}

func TestReaderIsRefusedBeforeEffect(t *testing.T) {
	swallow := onObject(func(o *Object, _ []byte) ([]byte, error) {
		if err := o.WriteFull([]byte("x")); !errors.Is(err, syscall.EPERM) {
			return nil, fmt.Errorf("the write gave %v", err)
		}
		return o.Read(0, 0)
	})
	fail := onObject(func(o *Object, _ []byte) ([]byte, error) { return nil, o.WriteFull([]byte("x")) })
	h := newHouse(t, Options{}, map[string]testMethod{"rd_swallow": swallow, "rd_fail": fail, "wr": fail})
	if reply, err := h.call(t.Context(), "o", "rd_swallow"); err != nil || len(reply.Output) != 0 {
		t.Errorf("a reader that catches the refusal gave %q, %v", reply.Output, err)
	}
	_, err := h.call(t.Context(), "o", "rd_fail")
	wantError(t, err, syscall.EPERM, KindOp, "WR")
	_, err = h.Exec(t.Context(), Call{Ref: ref("o"), Class: "test", Method: "wr", ReadOnly: true})
	wantError(t, err, syscall.EPERM, KindOp, "read-only")
	_, err = h.Exec(t.Context(), Call{Ref: ref("o"), Script: []byte(" "), Method: "wr", ReadOnly: true})
	wantError(t, err, syscall.EPERM, KindOp, "read-only")
	if got := h.data(t, "o"); got != "(absent)" {
		t.Errorf("a reader wrote %q", got)
	}
	if errReadOnly.ClassVersion != "" || errReadOnly.Usage != (Usage{}) {
		t.Errorf("what is known of one call got into the error of all: %+v", errReadOnly)
	}
}

func TestReaderTakesNoLock(t *testing.T) {
	started, goOn := make(chan struct{}), make(chan struct{})
	h := newHouse(t, Options{Executions: 2}, map[string]testMethod{
		"wait": wait(started, goOn),
		"rd":   onObject(func(o *Object, _ []byte) ([]byte, error) { return o.Read(0, 0) }),
	})
	done := make(chan error)
	go func() {
		_, err := h.call(context.Background(), "o", "wait")
		done <- err
	}()
	<-started
	if _, err := h.call(t.Context(), "o", "rd"); err != nil {
		t.Error(err)
	}
	close(goOn)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// interfere makes the next n commits to object "o" come too late, by a commit of its own before each.
func interfere(h *house, n int) {
	h.store.beforeCommit = func(r store.Ref) {
		if r != ref("o") || n == 0 {
			return
		}
		n--
		h.store.mu.Lock()
		defer h.store.mu.Unlock()
		h.store.versions++
		h.store.pools["p"][r] = h.store.pools["p"][r].apply(&store.WriteSet{
			Xattrs: map[string][]byte{fmt.Sprint(n): {}},
		}, h.store.versions)
	}
}

func TestConflictRunsTheMethodAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen Observation
		opts := Options{Retries: 3, Observe: func(o *Observation) { seen = *o }}
		h := newHouse(t, opts, map[string]testMethod{
			"count": onObject(func(o *Object, _ []byte) ([]byte, error) {
				xattrs, _ := o.Xattrs()
				return nil, o.WriteFull(fmt.Appendf(nil, "%d", len(xattrs)))
			}),
		})
		interfere(h, 3)
		reply, err := h.call(t.Context(), "o", "count")
		if err != nil {
			t.Fatal(err)
		}
		if got := h.data(t, "o"); got != "3" {
			t.Errorf("the last run saw %s of 3 commits of others", got)
		}
		if seen.Runs != 4 || reply.Usage.HostOps != 4*2 || reply.Usage.PeakBytes != 100 {
			t.Errorf("%d runs, usage %+v: want those of 4 runs", seen.Runs, reply.Usage)
		}

		before := h.engine.runs.Load()
		interfere(h, 4)
		_, err = h.call(t.Context(), "o", "count")
		wantError(t, err, syscall.EAGAIN, KindBusy, "4 times")
		if runs := h.engine.runs.Load() - before; runs != 4 {
			t.Errorf("the method ran %d times, want 4", runs)
		}

		interfere(h, 4)
		_, err = h.Update(t.Context(), ref("o"), func(o *store.Overlay) error { return o.Append([]byte("x")) })
		wantError(t, err, syscall.EAGAIN, KindBusy, "4 times")
	})
}

// A method whose snapshot was overtaken runs again, whatever it made of the read that failed.
func TestOvertakenReadRunsTheMethodAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen Observation
		opts := Options{Retries: 3, Observe: func(o *Observation) { seen = *o }}
		swallow := func(write bool) testMethod {
			return onObject(func(o *Object, _ []byte) ([]byte, error) {
				data, err := o.Read(0, 0)
				if err != nil {
					data = []byte("failed")
				}
				if write {
					return data, o.WriteFull(data)
				}
				return data, nil
			})
		}
		h := newHouse(t, opts, map[string]testMethod{
			"wr":   swallow(true),
			"rd":   swallow(false),
			"pass": onObject(func(o *Object, _ []byte) ([]byte, error) { return o.Read(0, 0) }),
			"trap": func(_ context.Context, inv *Invocation) (int32, []byte, error) {
				inv.Object.Read(0, 0)
				return 0, nil, Errorf(syscall.ETIMEDOUT, TrapDeadline, "over 1000 ms")
			},
		})
		if _, err := h.Update(t.Context(), ref("o"), func(o *store.Overlay) error { return o.WriteFull([]byte("data")) }); err != nil {
			t.Fatal(err)
		}
		for _, method := range []string{"wr", "rd", "pass"} {
			h.store.overtakes = 3
			reply, err := h.call(t.Context(), "o", method)
			if err != nil || string(reply.Output) != "data" || seen.Runs != 4 {
				t.Errorf("%s: %q, %v after %d runs", method, reply.Output, err, seen.Runs)
			}
			h.store.overtakes = 4
			_, err = h.call(t.Context(), "o", method)
			wantError(t, err, syscall.EAGAIN, KindBusy, "4 times")
		}
		h.store.overtakes = 4
		_, err := h.call(t.Context(), "o", "trap")
		wantError(t, err, syscall.ETIMEDOUT, TrapDeadline, "over 1000 ms")

		h.store.overtakes = 3
		var data []byte
		err = h.View(t.Context(), ref("o"), func(o *store.Overlay) error {
			var err error
			data, err = o.Read(0, 100)
			return err
		})
		if err != nil || string(data) != "data" {
			t.Errorf("View: %q, %v", data, err)
		}
		h.store.overtakes = 0
		if _, open, _ := h.store.counts(); open != 0 {
			t.Errorf("%d snapshots are open", open)
		}
	})
}

func TestConflictDoesNotExtendTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Options{}, map[string]testMethod{
			"slow": onObject(func(o *Object, _ []byte) ([]byte, error) {
				time.Sleep(400 * time.Millisecond)
				return nil, o.WriteFull([]byte("x"))
			}),
		})
		interfere(h, 100)
		_, err := h.call(t.Context(), "o", "slow")
		wantError(t, err, syscall.EAGAIN, KindBusy, "")
		if runs := h.engine.runs.Load(); runs != 3 {
			t.Errorf("the method ran %d times, want 3: none begins when 1 s is used up", runs)
		}
	})
}

func TestConcurrentCallsLoseNothing(t *testing.T) {
	h := newHouse(t, Options{}, map[string]testMethod{"inc": onObject(increment)})
	const callers, each = 16, 25
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for i := range each {
				if _, err := h.call(t.Context(), fmt.Sprint("o", i%3), "inc"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	var total int
	for i := range 3 {
		total += len(h.data(t, fmt.Sprint("o", i)))
	}
	if total != callers*each {
		t.Errorf("%d of %d calls had their effect", total, callers*each)
	}
	if runs := h.engine.runs.Load(); runs != callers*each {
		t.Errorf("%d runs for %d calls: the lock should make conflicts needless", runs, callers*each)
	}
	if most := h.engine.most.Load(); most > int64(h.opts.Executions) {
		t.Errorf("%d methods ran at once, the bound is %d", most, h.opts.Executions)
	}
}

func TestCallersOfAHotObjectLeaveOthersAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started, goOn := make(chan struct{}, 100), make(chan struct{})
		h := newHouse(t, Options{Executions: 2, Queue: 40}, map[string]testMethod{
			"wait": wait(started, goOn),
			"inc":  onObject(increment),
		})
		results := make(chan error, 100)
		for range 100 {
			go func() {
				_, err := h.call(context.Background(), "hot", "wait")
				results <- err
			}()
		}
		synctest.Wait()
		if running := h.Stats().Running; running != 1 {
			t.Errorf("callers of one object hold %d executions", running)
		}
		if _, err := h.call(t.Context(), "other", "inc"); err != nil {
			t.Errorf("another object: %v", err)
		}
		close(goOn)
		var busy int
		for range 100 {
			if err := <-results; err != nil {
				// Most meet the end of the line; some the house full of those that are about to.
				wantError(t, err, syscall.EBUSY, KindBusy, "")
				busy++
			}
		}
		if want := 100 - 1 - lineLimit(40); busy != want {
			t.Errorf("%d calls were refused, want %d", busy, want)
		}
	})
}

func TestFullHouseIsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started, goOn := make(chan struct{}, 100), make(chan struct{})
		h := newHouse(t, Options{Executions: 2, Queue: 3}, map[string]testMethod{"wait": wait(started, goOn)})
		results := make(chan error, 5)
		for i := range 5 {
			go func() {
				_, err := h.call(context.Background(), fmt.Sprint(i), "wait")
				results <- err
			}()
		}
		synctest.Wait()
		if stats := h.Stats(); stats.Calls != 5 || stats.Running != 2 {
			t.Errorf("stats are %+v, want 5 calls of which 2 run", stats)
		}
		_, err := h.call(t.Context(), "o", "wait")
		wantError(t, err, syscall.EBUSY, KindBusy, "5 calls")
		wantError(t, h.View(t.Context(), ref("o"), nil), syscall.EBUSY, KindBusy, "5 calls")
		close(goOn)
		for range 5 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
	})
}

func TestWaitingEnds(t *testing.T) {
	for what, object := range map[string]string{
		theLock:     "o", // which a running call has locked
		anExecution: "another",
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				started, goOn := make(chan struct{}, 10), make(chan struct{})
				h := newHouse(t, Options{Executions: 2, MaxWait: time.Minute}, map[string]testMethod{
					"wait": wait(started, goOn),
				})
				var wg sync.WaitGroup
				call := func() {
					if _, err := h.call(context.Background(), "o", "wait"); err != nil {
						t.Error(err)
					}
				}
				wg.Go(call)
				time.Sleep(time.Second)
				goOn <- struct{}{}
				wg.Wait() // it is known as long now, so one of two executions is for it
				wg.Go(call)
				synctest.Wait()

				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				_, err := h.call(ctx, object, "wait")
				wantError(t, err, syscall.ECANCELED, KindBusy, "canceled while waiting for "+what)

				ctx, cancel = context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				_, err = h.call(ctx, object, "wait")
				wantError(t, err, syscall.ETIMEDOUT, KindBusy, "deadline")

				began := time.Now()
				_, err = h.call(t.Context(), object, "wait")
				wantError(t, err, syscall.ETIMEDOUT, KindBusy, "waited 1m0s for "+what)
				if waited := time.Since(began); waited != time.Minute {
					t.Errorf("waited %v", waited)
				}
				if runs := h.engine.runs.Load(); runs != 2 {
					t.Errorf("a call that ended in line ran")
				}
				close(goOn)
				wg.Wait()
			})
		})
	}
}

func TestTimeoutBoundsTheRunOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started, goOn := make(chan struct{}, 1), make(chan struct{})
		var budget Budget
		h := newHouse(t, Options{}, map[string]testMethod{
			"wait": wait(started, goOn),
			"budget": func(_ context.Context, inv *Invocation) (int32, []byte, error) {
				budget = inv.Budget
				return 0, nil, nil
			},
		})
		var wg sync.WaitGroup
		wg.Go(func() { h.call(context.Background(), "o", "wait") })
		time.AfterFunc(10*time.Second, func() { close(goOn) })
		<-started
		_, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: "test", Method: "budget", Timeout: 50 * time.Millisecond})
		if want := (Budget{Wall: 50 * time.Millisecond, CPU: 50 * time.Millisecond, Memory: 16 << 20, Output: 16 << 20}); err != nil || budget != want {
			t.Errorf("after 10 s in line the budget is %+v (%v), want %+v", budget, err, want)
		}
		if _, err := h.call(t.Context(), "o", "budget"); err != nil || budget != h.opts.Budget {
			t.Errorf("without a timeout the budget is %+v, want %+v", budget, h.opts.Budget)
		}
		wg.Wait()
	})
}

func TestReadsOfAStoreThatDoesNotAnswerEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Options{}, map[string]testMethod{
			"rd_hang": onObject(func(o *Object, _ []byte) ([]byte, error) {
				<-o.ctx.Done() // what such a store waits for
				return o.Read(0, 0)
			}),
		})
		began := time.Now()
		_, err := h.call(t.Context(), "o", "rd_hang")
		wantError(t, err, syscall.ETIMEDOUT, KindOp, "deadline")
		if ran := time.Since(began); ran != time.Second+readGrace {
			t.Errorf("it ran %v", ran)
		}
	})
}

func TestCanceledRunIsATrap(t *testing.T) {
	started := make(chan struct{}, 1)
	h := newHouse(t, Options{}, map[string]testMethod{"wait": wait(started, nil)})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-started
		cancel()
	}()
	_, err := h.call(ctx, "o", "wait")
	wantError(t, err, syscall.ECANCELED, TrapCanceled, "")
}

func TestWrongRequests(t *testing.T) {
	h := newHouse(t, Options{MaxInput: 10, MaxSource: 20}, map[string]testMethod{"inc": onObject(increment)})
	good := Call{Ref: ref("o"), Class: "test", Method: "inc"}
	with := func(change func(*Call)) Call {
		c := good
		change(&c)
		return c
	}
	for _, c := range []struct {
		name  string
		call  Call
		errno syscall.Errno
		kind  Kind
		text  string
	}{
		{"no oid", with(func(c *Call) { c.Ref.OID = "" }), syscall.EINVAL, KindInput, "object id is empty"},
		{"internal pool", with(func(c *Call) { c.Ref.Pool = classPool }), syscall.EINVAL, KindInput, "reserved"},
		{"unknown pool", with(func(c *Call) { c.Ref.Pool = "nowhere" }), syscall.ENOENT, KindOp, `"nowhere"`},
		{"input", with(func(c *Call) { c.Input = make([]byte, 11) }), syscall.EMSGSIZE, KindInput, "11 bytes"},
		{"timeout", with(func(c *Call) { c.Timeout = time.Minute + 1 }), syscall.EINVAL, KindInput, "limit is 1m0s"},
		{"negative timeout", with(func(c *Call) { c.Timeout = -1 }), syscall.EINVAL, KindInput, "negative"},
		{"class and script", with(func(c *Call) { c.Script = []byte(" ") }), syscall.EINVAL, KindInput, "not both"},
		{"no class", with(func(c *Call) { c.Class = "" }), syscall.EINVAL, KindClass, "no class name"},
		{"unknown class", with(func(c *Call) { c.Class = "foo" }), syscall.EOPNOTSUPP, KindClass, "installed: test"},
		{"unknown version", with(func(c *Call) { c.Class = "test@0000" }), syscall.EOPNOTSUPP, KindClass, "has no version 0000"},
		{"short version", with(func(c *Call) { c.Class = "test@000" }), syscall.EINVAL, KindClass, "4 to 64 hex digits"},
		{"unknown method", with(func(c *Call) { c.Method = "foo" }), syscall.EOPNOTSUPP, KindClass, `no method "foo"; it has: inc`},
		{"bytecode", Call{Ref: ref("o"), Script: []byte("\x1bLua")}, syscall.EINVAL, KindInput, "bytecode"},
		{"long script", Call{Ref: ref("o"), Script: make([]byte, 21)}, syscall.EMSGSIZE, KindInput, "21 bytes"},
		{"unknown handler", Call{Ref: ref("o"), Script: []byte(" "), Method: "foo"}, syscall.EIO, KindScript, "foo"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := h.Exec(t.Context(), c.call)
			wantError(t, err, c.errno, c.kind, c.text)
		})
	}
	if _, err := h.Exec(t.Context(), good); err != nil {
		t.Errorf("the good call: %v", err)
	}
}

func TestScriptIsNamedByItsHash(t *testing.T) {
	var unit *Unit
	h := newHouse(t, Options{}, map[string]testMethod{
		"m": func(_ context.Context, inv *Invocation) (int32, []byte, error) {
			unit = inv.Unit
			return 0, nil, inv.Object.Create(true)
		},
	})
	reply, err := h.Exec(t.Context(), Call{Ref: ref("o"), Script: []byte("abc"), Method: "m"})
	if err != nil {
		t.Fatal(err)
	}
	const hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // of FIPS 180-2's example
	if reply.ClassVersion != hash || unit.Version != hash || unit.Name != "eval" || !unit.Script {
		t.Errorf("script ran as %+v, reply %+v", unit, reply)
	}
}

func TestLongMethodsLeaveRoomForShortOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Options{Executions: 8}, map[string]testMethod{
			"rd_long": onObject(func(*Object, []byte) ([]byte, error) {
				time.Sleep(time.Second)
				return nil, nil
			}),
			"rd_short": onObject(func(*Object, []byte) ([]byte, error) { return nil, nil }),
		})
		exec := func(method string) {
			if _, err := h.call(context.Background(), "o", method); err != nil {
				t.Error(err)
			}
		}
		exec("rd_short")
		exec("rd_long") // now they are known
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { exec("rd_long") })
			wg.Go(func() { // scripts not seen before count as long
				script := fmt.Appendf(nil, "-- %p", new(int))
				h.Exec(context.Background(), Call{Ref: ref("o"), Script: script, Method: "rd_long", ReadOnly: true})
			})
		}
		synctest.Wait()
		if running := h.Stats().Running; running != 2 {
			t.Errorf("%d of 8 executions run long methods, want 2", running)
		}
		began := time.Now()
		exec("rd_short")
		if waited := time.Since(began); waited != 0 {
			t.Errorf("a short method waited %v", waited)
		}
		wg.Wait()
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("20 long methods took %v, want 10 s: two at once", took)
		}
	})
}

func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started, goOn := make(chan struct{}, 2), make(chan struct{})
		h := newHouse(t, Options{}, map[string]testMethod{"wait": wait(started, goOn)})
		results := make(chan error, 2)
		for range 2 { // one runs, one waits for the lock
			go func() {
				_, err := h.call(context.Background(), "o", "wait")
				results <- err
			}()
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := h.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("while calls are under way Drain returned %v", err)
		}
		_, err := h.call(t.Context(), "o", "wait")
		wantError(t, err, syscall.ESHUTDOWN, KindBusy, "shutting down")
		_, err = h.Update(t.Context(), ref("o"), nil)
		wantError(t, err, syscall.ESHUTDOWN, KindBusy, "shutting down")
		_, err = h.Classes().List(t.Context())
		wantError(t, err, syscall.ESHUTDOWN, KindBusy, "shutting down")

		drained := make(chan error)
		go func() { drained <- h.Drain(context.Background()) }()
		close(goOn)
		for range 2 {
			if err := <-results; err != nil {
				t.Errorf("a call that was in: %v", err)
			}
		}
		if err := <-drained; err != nil {
			t.Error(err)
		}
		if err := h.Drain(t.Context()); err != nil {
			t.Errorf("drained again: %v", err)
		}
	})
}

func TestPanicOfTheEngineReleasesEverything(t *testing.T) {
	h := newHouse(t, Options{}, map[string]testMethod{
		"panic": func(context.Context, *Invocation) (int32, []byte, error) { panic("engine") },
		"inc":   onObject(increment),
	})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		h.call(t.Context(), "o", "panic")
	}()
	if _, err := h.call(t.Context(), "o", "inc"); err != nil {
		t.Error(err)
	}
}

func TestDirectOperations(t *testing.T) {
	h := newHouse(t, Options{}, nil)
	version, err := h.Update(t.Context(), ref("o"), func(o *store.Overlay) error { return o.WriteFull([]byte("abc")) })
	if err != nil || version == 0 || h.data(t, "o") != "abc" {
		t.Errorf("version %d, %v, data %q", version, err, h.data(t, "o"))
	}
	_, err = h.Update(t.Context(), ref("o"), func(o *store.Overlay) error {
		return errors.Join(o.WriteFull([]byte("half")), o.Create(true))
	})
	wantError(t, err, syscall.EEXIST, KindOp, "exists")
	if got := h.data(t, "o"); got != "abc" {
		t.Errorf("a failed update left %q", got)
	}
	if again, err := h.Update(t.Context(), ref("o"), func(*store.Overlay) error { return nil }); again != version {
		t.Errorf("an update of nothing gave version %d, %v, want %d", again, err, version)
	}
	wantError(t, h.View(t.Context(), store.Ref{Pool: classPool, OID: "test"}, nil), syscall.EINVAL, KindInput, "reserved")
	_, err = h.Update(t.Context(), store.Ref{Pool: "x", OID: "o"}, nil)
	wantError(t, err, syscall.ENOENT, KindOp, `pool does not exist: "x"`)
}

// The store of these tests cannot be copied; what a daemon answers whose store can is in tests/e2e.
func TestBackupRefused(t *testing.T) {
	h := newHouse(t, Options{Backups: "/nowhere"}, nil)
	_, err := h.Backup(t.Context(), "b")
	wantError(t, err, syscall.EOPNOTSUPP, KindOp, "export it instead")
	_, err = h.Backup(t.Context(), "../b")
	wantError(t, err, syscall.EINVAL, KindInput, "begins with a letter or a digit")
}

func TestPools(t *testing.T) {
	h := newHouse(t, Options{}, nil)
	if err := h.CreatePool(t.Context(), "q"); err != nil {
		t.Error(err)
	}
	wantError(t, h.CreatePool(t.Context(), "q"), syscall.EEXIST, KindOp, "pool exists")
	if pools, err := h.Pools(t.Context()); err != nil || fmt.Sprint(pools) != "[p q]" {
		t.Errorf("pools are %v, %v", pools, err)
	}
	if err := h.RemovePool(t.Context(), "q"); err != nil {
		t.Error(err)
	}
	wantError(t, h.RemovePool(t.Context(), "q"), syscall.ENOENT, KindOp, `"q"`)
	for name, err := range map[string]error{
		"create": h.CreatePool(t.Context(), ".x"),
		"remove": h.RemovePool(t.Context(), classPool),
	} {
		t.Run(name, func(t *testing.T) { wantError(t, err, syscall.EINVAL, KindInput, "reserved") })
	}
	_, _, err := h.List(t.Context(), classPool, "", "", 10)
	wantError(t, err, syscall.EINVAL, KindInput, "reserved")
	_, _, err = h.List(t.Context(), "x", "", "", 10)
	wantError(t, err, syscall.ENOENT, KindOp, `"x"`)
	if _, err := h.Update(t.Context(), ref("o"), func(o *store.Overlay) error { return o.Create(true) }); err != nil {
		t.Error(err)
	}
	if oids, more, err := h.List(t.Context(), "p", "", "", 10); err != nil || more || fmt.Sprint(oids) != "[o]" {
		t.Errorf("objects are %v, %v, %v", oids, more, err)
	}
}

// fading is a context that ends after so many looks at it.
type fading struct {
	context.Context
	left int
}

func (f *fading) Err() error {
	if f.left--; f.left < 0 {
		return context.Canceled
	}
	return nil
}

// A change that was ended half-way is not committed, even if whoever made it overlooks the error.
func TestHalfMadeChangesAreNotCommitted(t *testing.T) {
	h := newHouse(t, Options{}, nil)
	halves := 0
	for most := range 20 {
		ctx := &fading{Context: context.Background(), left: 1 << 30}
		_, err := h.objects.view(ctx, ref("o"), func(o *store.Overlay) error {
			for i := range int64(5000) {
				if err := o.Write(2*i, []byte("x")); err != nil {
					return err
				}
			}
			ctx.left = most
			o.Truncate(6000) // what fails is overlooked
			if o.Err() != nil {
				halves++
			}
			return nil
		})
		if half := halves > 0; half != errors.Is(err, context.Canceled) {
			t.Errorf("after %d looks: half made %v, error %v", most, half, err)
		}
		if halves > 0 {
			return
		}
	}
	t.Error("no change was ended half-way")
}
