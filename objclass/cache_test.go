// This file tests changes that are made on states which a store remembers, and which may be stale.

package objclass

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/objluad/objluad/store"
)

// staleStore remembers every state that an object ever had, and serves one of them to changes.
type staleStore struct {
	*memStore
	mu      sync.Mutex
	states  map[store.Ref][]*memObject         // of each object, from the first to the last one that exists or existed
	recall  func(states []*memObject) (at int) // which of the states is served; negative is a snapshot
	failing error                              // what commits fail with
}

func newStaleStore() *staleStore {
	latest := func(states []*memObject) int { return len(states) - 1 }
	return &staleStore{memStore: newMemStore("p"), states: make(map[store.Ref][]*memObject), recall: latest}
}

func (s *staleStore) SnapshotToChange(ctx context.Context, ref store.Ref) (store.Snapshot, bool, error) {
	s.mu.Lock()
	states := s.states[ref]
	at := s.recall(states)
	s.mu.Unlock()
	if at < 0 {
		snap, err := s.Snapshot(ctx, ref)
		return snap, false, err
	}
	s.memStore.mu.Lock()
	defer s.memStore.mu.Unlock()
	s.open++ // as Snapshot does
	return &memSnapshot{store: s.memStore, obj: states[at]}, true, nil
}

func (s *staleStore) CacheSize() int64 { return 42 }

func (s *staleStore) Commit(ctx context.Context, ref store.Ref, expected uint64, ws *store.WriteSet) (uint64, error) {
	version, err := s.memStore.Commit(ctx, ref, expected, ws)
	s.keep(ref)
	if err == nil && s.failing != nil {
		return 0, s.failing
	}
	return version, err
}

// keep remembers the object's present state.
func (s *staleStore) keep(ref store.Ref) {
	s.memStore.mu.Lock()
	now := s.pools[ref.Pool][ref]
	s.memStore.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.states[ref]; now != nil && (len(known) == 0 || known[len(known)-1] != now) {
		s.states[ref] = append(known, now)
	}
}

// balance reads the number that an object's data is, 0 where there is none.
func balance(o *Object) (int, error) {
	data, err := o.Read(0, 0)
	if err != nil || len(data) == 0 {
		return 0, err
	}
	return strconv.Atoi(string(data))
}

// bank has methods whose outcomes tell in all possible ways what they saw.
var bank = map[string]testMethod{
	"deposit": onObject(func(o *Object, input []byte) ([]byte, error) {
		n, err := balance(o)
		if err != nil {
			return nil, err
		}
		more, _ := strconv.Atoi(string(input))
		sum := fmt.Appendf(nil, "%d", n+more)
		return sum, o.WriteFull(append([]byte(nil), sum...))
	}),
	// The return value and the errno tell the balance.
	"withdraw": func(_ context.Context, inv *Invocation) (int32, []byte, error) {
		n, err := balance(inv.Object)
		if err != nil {
			return 0, nil, err
		}
		amount, _ := strconv.Atoi(string(inv.Input))
		if n < amount {
			return int32(-1000 - n), nil, nil
		}
		return int32(n - amount), nil, inv.Object.WriteFull(fmt.Appendf(nil, "%d", n-amount))
	},
	"look": onObject(func(o *Object, _ []byte) ([]byte, error) {
		n, err := balance(o)
		return fmt.Appendf(nil, "%d", n), err
	}),
	"fail": onObject(func(o *Object, _ []byte) ([]byte, error) {
		n, err := balance(o)
		return nil, errors.Join(err, Errorf(syscall.EIO, KindScript, "there are %d", n))
	}),
	"trap": onObject(func(o *Object, _ []byte) ([]byte, error) {
		n, err := balance(o)
		return nil, errors.Join(err, Errorf(syscall.ENOMEM, TrapMemory, "there are %d", n))
	}),
	"remove": onObject(func(o *Object, _ []byte) ([]byte, error) { return nil, o.Remove() }),
	"create": onObject(func(o *Object, _ []byte) ([]byte, error) { return nil, o.Create(true) }),
}

// account is a model of an object of the bank.
type account struct {
	exists bool
	n      int
}

// outcome is what a call has to come to, told in words.
func (a *account) call(method string, input int) string {
	switch method {
	case "deposit":
		a.exists, a.n = true, a.n+input
		return fmt.Sprintf("0 %d", a.n)
	case "withdraw":
		if a.n < input {
			return fmt.Sprintf("error %d", 1000+a.n)
		}
		a.exists, a.n = true, a.n-input
		return fmt.Sprintf("%d ", a.n)
	case "look":
		return fmt.Sprintf("0 %d", a.n)
	case "fail":
		return fmt.Sprintf("error 5 there are %d", a.n)
	case "trap":
		return fmt.Sprintf("error 12 there are %d", a.n)
	case "remove":
		if !a.exists {
			return "error 2"
		}
		*a = account{}
		return "0 "
	case "create":
		if a.exists {
			return "error 17"
		}
		a.exists = true
		return "0 "
	}
	panic(method)
}

// However stale the states are that a store serves to changes, each call answers what it would answer without, and leaves the
// same. Other daemons change the object meanwhile.
func TestStaleStatesGiveNoWrongAnswer(t *testing.T) {
	var hits, stale uint64
	rapid.Check(t, func(rt *rapid.T) {
		st := newStaleStore()
		st.recall = func(states []*memObject) int { return rapid.IntRange(-1, len(states)-1).Draw(rt, "state") }
		h := newHouseOver(t, st, st.memStore, Options{}, bank)
		var want account
		for range rapid.IntRange(1, 30).Draw(rt, "calls") {
			method := rapid.SampledFrom([]string{"deposit", "withdraw", "withdraw", "look", "fail", "trap", "remove", "create"}).Draw(rt, "method")
			input := rapid.IntRange(0, 9).Draw(rt, "input")
			expect := want.call(method, input)
			if rapid.Bool().Draw(rt, "by another") {
				another(rt, st, want)
				continue
			}
			reply, err := h.Exec(context.Background(), Call{Ref: ref("o"), Class: "test", Method: method, Input: []byte(strconv.Itoa(input))})
			got := fmt.Sprintf("%d %s", reply.Ret, reply.Output)
			if err != nil {
				e := OpError(err)
				if got = fmt.Sprintf("error %d", e.Errno); e.Errno == 5 || e.Errno == 12 {
					got += " " + e.Message
				}
			}
			if got != expect {
				rt.Fatalf("%s %d gave %q, want %q", method, input, got, expect)
			}
			if now := st.pools["p"][ref("o")]; err == nil && (now == nil) != (reply.Version == 0) || now != nil && err == nil && now.stat.Version != reply.Version {
				rt.Fatalf("%s: the reply has version %d, the object is %+v", method, reply.Version, now)
			}
		}
		stats := h.Stats().Cache
		hits, stale = hits+stats.Hits, stale+stats.Stale
	})
	t.Logf("%d changes began on a remembered state, %d of them on a stale one", hits, stale)
	if stale == 0 || stale == hits {
		t.Error("of right and stale states, one kind was not served")
	}
}

// another has another daemon bring the object to where the model is.
func another(t *rapid.T, st *staleStore, want account) {
	st.memStore.mu.Lock()
	now := st.pools["p"][ref("o")]
	st.memStore.mu.Unlock()
	expected := (&memSnapshot{obj: now}).version()
	ws := &store.WriteSet{Remove: !want.exists}
	if want.exists {
		data := []byte(strconv.Itoa(want.n))
		ws.Data = &store.DataChange{Size: int64(len(data)), Extents: []store.Extent{{Len: int64(len(data)), Bytes: data}}}
	}
	if now == nil && ws.Remove {
		return
	}
	if _, err := st.Commit(context.Background(), ref("o"), expected, ws); err != nil {
		t.Fatal(err)
	}
}

// first serves the first state that an object had.
func first(states []*memObject) int { return min(0, len(states)-1) }

// What does not change the object: readers never see a remembered state, and direct writes are as careful as methods.
func TestStaleStatesAndDirectOperations(t *testing.T) {
	st := newStaleStore()
	h := newHouseOver(t, st, st.memStore, Options{}, map[string]testMethod{
		"rd": bank["look"], "wr": bank["look"], "deposit": bank["deposit"],
	})
	if _, err := h.call(t.Context(), "o", "deposit"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: "test", Method: "deposit", Input: []byte("7")}); err != nil {
		t.Fatal(err)
	}
	st.recall = first
	if got := h.data(t, "o"); got != "7" {
		t.Errorf("a direct read gives %q", got)
	}
	for _, call := range []Call{{Method: "rd"}, {Method: "wr"}, {Method: "wr", ReadOnly: true}} {
		call.Ref, call.Class = ref("o"), "test"
		if reply, err := h.Exec(t.Context(), call); err != nil || string(reply.Output) != "7" {
			t.Errorf("%+v gives %q, %v", call, reply.Output, err)
		}
	}
	runs := 0
	appendX := func(o *store.Overlay) error { runs++; return o.Append([]byte("x")) }
	if _, err := h.Update(t.Context(), ref("o"), appendX); err != nil || h.data(t, "o") != "7x" || runs != 2 {
		t.Errorf("a direct write left %q after %d runs, %v", h.data(t, "o"), runs, err)
	}
	setAttr := func(o *store.Overlay) error { return o.SetXattr("x", []byte("v")) }
	if _, err := h.Update(t.Context(), ref("o"), setAttr); err != nil {
		t.Fatal(err)
	}
	removeAttr := func(o *store.Overlay) error { return o.RemoveXattr("x") } // which the first state has not
	if _, err := h.Update(t.Context(), ref("o"), removeAttr); err != nil {
		t.Errorf("the removal of an xattr that is there: %v", err)
	}
}

// A commit that failed is judged on the object's present state, too, but one whose end is not known is not made again.
func TestCommitErrorsOnRememberedStates(t *testing.T) {
	for _, c := range []struct {
		err   *store.Error
		runs  int
		errno syscall.Errno
	}{
		{store.ErrTooLarge, 2, syscall.EFBIG},
		{store.ErrTimedOut, 1, syscall.ETIMEDOUT},
	} {
		st := newStaleStore()
		var seen Observation
		h := newHouseOver(t, st, st.memStore, Options{Observe: func(o *Observation) { seen = *o }}, bank)
		for range 2 {
			if _, err := h.call(t.Context(), "o", "deposit"); err != nil {
				t.Fatal(err)
			}
		}
		// The commit is made, and answered by an error: so the object has another version when it is looked at.
		st.failing = c.err
		_, err := h.call(t.Context(), "o", "deposit")
		if OpError(err).Errno != uint64(c.errno) || seen.Runs != c.runs {
			t.Errorf("%v: %v after %d runs, want %v after %d", c.err, err, seen.Runs, c.errno, c.runs)
		}
	}
}

// A call that was killed while it ran on a remembered state is not looked after.
func TestKilledOnRememberedState(t *testing.T) {
	st := newStaleStore()
	started := make(chan struct{})
	h := newHouseOver(t, st, st.memStore, Options{}, map[string]testMethod{
		"deposit": bank["deposit"], "wait": wait(started, nil),
	})
	if _, err := h.call(t.Context(), "o", "deposit"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-started
		cancel()
	}()
	before, _, _ := st.counts()
	_, err := h.call(ctx, "o", "wait")
	wantError(t, err, syscall.ECANCELED, TrapCanceled, "canceled")
	if after, _, _ := st.counts(); after != before {
		t.Errorf("the object was read %d times", after-before)
	}
}

// A pool that is gone is gone for methods on remembered states, too.
func TestRememberedStateOfAPoolThatIsGone(t *testing.T) {
	st := newStaleStore()
	h := newHouseOver(t, st, st.memStore, Options{}, bank)
	for _, method := range []string{"deposit", "look", "fail"} {
		if _, err := h.call(t.Context(), "o", "deposit"); err != nil {
			t.Fatal(err)
		}
		if err := h.RemovePool(t.Context(), "p"); err != nil {
			t.Fatal(err)
		}
		_, err := h.call(t.Context(), "o", method)
		if !errors.Is(err, store.ErrNoPool) {
			t.Errorf("%s: %v", method, err)
		}
		if err := h.CreatePool(t.Context(), "p"); err != nil {
			t.Fatal(err)
		}
	}
}

// Attempts on a right state are one run, with a read only where nothing is committed. What a call used is counted over all.
func TestRunsOnRememberedStates(t *testing.T) {
	st := newStaleStore()
	var seen Observation
	h := newHouseOver(t, st, st.memStore, Options{Observe: func(o *Observation) { seen = *o }}, bank)
	call := func(method string, wantRuns, wantReads int) {
		t.Helper()
		before, _, _ := st.counts()
		_, err := h.call(t.Context(), "o", method)
		after, _, _ := st.counts()
		if err != nil || seen.Runs != wantRuns || after-before != wantReads {
			t.Errorf("%s: %d runs, %d reads, %v; want %d, %d", method, seen.Runs, after-before, err, wantRuns, wantReads)
		}
		if seen.Usage.HostOps < int64(wantRuns) || seen.Usage.CPU < time.Duration(wantRuns) {
			t.Errorf("%s: usage %+v of %d runs", method, seen.Usage, wantRuns)
		}
	}
	call("deposit", 1, 1)
	call("deposit", 1, 0)
	call("look", 1, 1)
	st.recall = first
	call("deposit", 2, 1)
	call("look", 2, 2)
	want := CacheStats{Hits: 4, Misses: 1, Stale: 2, Bytes: 42}
	if got := h.Stats().Cache; got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
}

// Where the store asks others for an object, more calls wait for that than there are executions.
func TestSnapshotsAreOpenedBeforeExecutions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const calls = 8
		st := newStaleStore()
		h := newHouseOver(t, st, st.memStore, Options{Executions: 2}, map[string]testMethod{"rd": bank["look"], "wr": bank["look"]})
		var opening atomic.Int64
		goOn, done := make(chan struct{}), make(chan error)
		st.beforeSnapshot = func(_ context.Context, r store.Ref) {
			opening.Add(1)
			<-goOn
		}
		for i := range calls {
			go func() {
				_, err := h.call(t.Context(), fmt.Sprint("o", i), []string{"rd", "wr"}[i%2])
				done <- err
			}()
		}
		synctest.Wait()
		if n, running := opening.Load(), h.Stats().Running; n != calls || running != 0 {
			t.Errorf("%d snapshots are being opened, and %d methods run", n, running)
		}
		close(goOn)
		for range calls {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}

// Each of opening the snapshot and the run has the budget's wall time, and what was opened is closed when there is no execution.
func TestSnapshotThatTakesLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStaleStore()
		started := make(chan struct{})
		h := newHouseOver(t, st, st.memStore, Options{Executions: 2, MaxWait: time.Minute}, map[string]testMethod{
			"rd": func(_ context.Context, inv *Invocation) (int32, []byte, error) {
				time.Sleep(700 * time.Millisecond)
				_, err := inv.Object.Read(0, 0)
				return 0, nil, err
			},
			"rd_wait": wait(started, nil),
		})
		st.beforeSnapshot = func(ctx context.Context, r store.Ref) {
			wait := 700 * time.Millisecond
			if r.OID == "slow" {
				wait = time.Hour
			}
			select {
			case <-time.After(wait):
			case <-ctx.Done():
			}
		}
		if _, err := h.call(t.Context(), "o", "rd"); err != nil {
			t.Errorf("the budget of 1 s holds for opening and run together: %v", err)
		}
		began := time.Now()
		_, err := h.call(t.Context(), "slow", "rd")
		wantError(t, err, syscall.ETIMEDOUT, KindOp, "deadline")
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("a snapshot was waited for for %v", took)
		}

		st.beforeSnapshot = nil
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		const calls = 3
		for range calls {
			go func() {
				_, err := h.call(ctx, "o", "rd_wait")
				done <- err
			}()
		}
		synctest.Wait()
		if _, open, _ := st.counts(); open != calls || h.Stats().Running != 2 {
			t.Errorf("%d snapshots are open, and %d methods run", open, h.Stats().Running)
		}
		cancel()
		synctest.Wait() // who stands in line leaves it
		for range calls {
			select {
			case <-started: // to find out that it is canceled
				<-done
			case <-done:
			}
		}
		if _, open, _ := st.counts(); open != 0 {
			t.Errorf("%d snapshots are open", open)
		}
	})
}
