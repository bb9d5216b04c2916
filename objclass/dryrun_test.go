package objclass

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"syscall"
	"testing"

	"github.com/objluad/objluad/store"
)

// recordingStore keeps the effects of the last commit, told from the write set that it was given.
type recordingStore struct {
	*memStore
	last *store.Effects
}

func (s *recordingStore) Commit(ctx context.Context, ref store.Ref, expected uint64, ws *store.WriteSet) (uint64, error) {
	var st store.Stat
	if obj := s.pools[ref.Pool][ref]; obj != nil {
		st = obj.stat
	}
	s.last = ws.Effects(st)
	return s.memStore.Commit(ctx, ref, expected, ws)
}

// randomChanges makes a method that changes its object in ways that its input, a seed, chooses.
func randomChanges(_ context.Context, inv *Invocation) (int32, []byte, error) {
	var seed uint64
	fmt.Sscan(string(inv.Input), &seed)
	r, o := rand.New(rand.NewPCG(seed, 1)), inv.Object
	key := func() string { return string(rune('a' + r.IntN(4))) }
	value := func() []byte { return make([]byte, r.IntN(50)) }
	for range r.IntN(8) {
		_ = []func() error{ // some fail, as is natural
			func() error { return o.Create(false) },
			func() error { return o.Write(r.Int64N(100), value()) },
			func() error { return o.Write(r.Int64N(100), value()) },
			func() error { return o.WriteFull(value()) },
			func() error { return o.Truncate(r.Int64N(100)) },
			func() error { return o.Zero(r.Int64N(100), r.Int64N(50)) },
			func() error { return o.SetXattr(key(), value()) },
			func() error { return o.RemoveXattr(key()) },
			func() error { return o.SetOmapHeader(value()) },
			func() error { return o.SetOmapValues([]KeyValue{{Key: key(), Value: value()}}) },
			func() error { return o.RemoveOmapKey(key()) },
			func() error { return o.RemoveOmapRange(KeyRange{First: key(), Open: r.IntN(2) == 0, End: "d"}) },
			func() error {
				if r.IntN(3) > 0 {
					return nil
				}
				return o.OmapClear()
			},
			func() error {
				if r.IntN(3) > 0 {
					return nil
				}
				return o.Remove()
			},
		}[r.IntN(14)]()
	}
	return 3, []byte("out"), nil
}

// What a dry run tells is what the same call then commits, of random methods on random objects.
func TestDryRunTellsWhatIsCommitted(t *testing.T) {
	mem := newMemStore("p")
	st := &recordingStore{memStore: mem}
	h := newHouseOver(t, st, mem, Options{}, map[string]testMethod{"change": randomChanges})
	kinds := map[string]int{}
	for seed := range 3000 {
		call := Call{Ref: ref(fmt.Sprint(seed % 7)), Class: "test", Method: "change", Input: fmt.Append(nil, seed)}
		_, _, before := mem.counts()
		st.last = new(store.Effects)
		call.DryRun = true
		dry, err := h.Exec(t.Context(), call)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, now := mem.counts(); now != before {
			t.Fatalf("seed %d: a dry run has committed", seed)
		}
		if obj := mem.pools["p"][call.Ref]; obj == nil && dry.Version != 0 || obj != nil && dry.Version != obj.stat.Version {
			t.Fatalf("seed %d: version %d of %+v", seed, dry.Version, obj)
		}
		call.DryRun = false
		real, err := h.Exec(t.Context(), call)
		if err != nil || real.Effects != nil || real.Ret != dry.Ret || string(real.Output) != string(dry.Output) {
			t.Fatalf("seed %d: %+v, %v; dry run %+v", seed, real, err, dry)
		}
		if !reflect.DeepEqual(dry.Effects, st.last) {
			t.Fatalf("seed %d: told  %+v\ncommitted %+v", seed, dry.Effects, st.last)
		}
		for _, e := range dry.Effects.List {
			kinds[e.Op]++
		}
	}
	if len(kinds) != 13 {
		t.Errorf("the test shows only %v", kinds)
	}
}

// A dry run waits for no writer, and is bound by what binds a real call.
func TestDryRunIsACallLikeOthers(t *testing.T) {
	started, goOn := make(chan struct{}), make(chan struct{})
	h := newHouse(t, Options{}, map[string]testMethod{"inc": onObject(increment), "wait": wait(started, goOn), "rdinc": onObject(increment)})
	ended := make(chan error)
	go func() {
		_, err := h.call(t.Context(), "o", "wait")
		ended <- err
	}()
	<-started
	dry, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: "test", Method: "inc", DryRun: true})
	if err != nil || dry.Effects.Total != 2 {
		t.Errorf("beside a writer: %+v, %v", dry, err)
	}
	close(goOn)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	_, err = h.Exec(t.Context(), Call{Ref: ref("o"), Class: "test", Method: "inc", DryRun: true, ReadOnly: true})
	wantError(t, err, syscall.EPERM, KindOp, "may not write")
	_, err = h.Exec(t.Context(), Call{Ref: ref("o"), Class: "test", Method: "rdinc", DryRun: true})
	wantError(t, err, syscall.EPERM, KindOp, "may not write")
	if got := h.data(t, "o"); got != "(absent)" {
		t.Errorf("the object has %q", got)
	}
}
