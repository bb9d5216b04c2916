// What a method is told of its run.

package objclass

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Each run begins at a time of its own and has no seed of another, the one that follows a conflict, too.
func TestInvocationOfEachRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []Invocation
		h := newHouse(t, Options{Retries: 3}, map[string]testMethod{
			"note": func(_ context.Context, inv *Invocation) (int32, []byte, error) {
				inv.DrawSeed()
				seen = append(seen, *inv)
				if !inv.Now.Equal(time.Now()) {
					t.Errorf("a run that begins at %v is told %v", time.Now(), inv.Now)
				}
				time.Sleep(time.Millisecond)
				return 0, nil, inv.Object.WriteFull([]byte("x"))
			},
		})
		interfere(h, 2)
		call := Call{Ref: ref("o"), Class: "test", Method: "note", Client: "me"}
		reply, err := h.Exec(t.Context(), call)
		if err != nil || len(seen) != 3 {
			t.Fatalf("%d runs, %v", len(seen), err)
		}
		seeds := map[Seed]bool{{}: true}
		for i, inv := range seen {
			if inv.Ref != call.Ref || inv.Client != "me" || inv.Class != "test" || inv.Unit.Version != reply.ClassVersion {
				t.Errorf("run %d: %+v", i, inv)
			}
			if seeds[inv.Seed] {
				t.Errorf("run %d has the seed of another run, or none", i)
			}
			seeds[inv.Seed] = true
		}
	})
}
