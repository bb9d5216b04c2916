// This file is the attacks one at a time, and how quickly those end that a deadline has to end.

package hostile

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"
)

// corpus returns the attacks that are slow, or the others.
func corpus(t *testing.T, slow bool) []*Attack {
	t.Helper()
	attacks, err := Corpus()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(attacks, func(a *Attack) bool { return a.Slow != slow })
}

const bystander = "bystander"

// TestAlone makes each attack by itself. It ends as its file says, the connection that brought it can be used, the process
// is the same, and neither another object nor its own has changed; its own may have if its file says so.
func TestAlone(t *testing.T) { attackAlone(t, corpus(t, false)) }

// TestSoakAlone is TestAlone with the attacks that take long.
func TestSoakAlone(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("SOAK is not set")
	}
	attackAlone(t, corpus(t, true))
}

func attackAlone(t *testing.T, attacks []*Attack) {
	d := startDaemon(t)
	tg := newTarget(t, d)
	tg.newObject(bystander)
	before := tg.content(bystander)
	for _, a := range attacks {
		t.Run(a.Name, func(t *testing.T) {
			tg := newTarget(t, d)
			oid := className(a)
			for range a.Calls {
				tg.newObject(oid)
				own := tg.content(oid)
				got, err := tg.attackWithText(a, oid)
				if err != nil {
					t.Fatalf("the connection: %v", err)
				}
				if !a.Expect.Met(got) {
					t.Errorf("got %s, want %s", got, a.Expect)
				}
				tg.checkAlive()
				tg.checkSame(bystander, before)
				if !a.Writes {
					tg.checkSame(oid, own)
				}
			}
			tg.remove(oid)
		})
	}
}

// stalls is how often a deadline's text may be another one: when the machine stalls, a budget can end before the script is
// where it should be, in the compiler for example.
const stalls = 5

// attackWithText is attack, again if only a deadline's text is not the one that it should be.
func (tg *target) attackWithText(a *Attack, oid string) (got Outcome, err error) {
	for range stalls {
		got, err = tg.attack(a, oid, script(a))
		if err != nil || got.Kind != Deadline || a.Expect.Met(got) || !a.Expect.KindMet(got) {
			break
		}
	}
	return got, err
}

// samples is how often TestLatency makes each attack. The first time, its VM is made, and is not counted.
const samples = 2

// latencyBudget is long enough for an attack to be where it should be when it ends.
const latencyBudget = 20 * time.Millisecond

// TestLatency measures how long after its deadline a call is answered, on a daemon that has nothing else to do. What it
// measures depends on the machine, so it only prints it.
func TestLatency(t *testing.T) {
	tg := newTarget(t, startDaemon(t))
	tg.newObject(bystander)
	var late []time.Duration
	worst := make(map[string]time.Duration)
	for _, a := range corpus(t, false) {
		if a.Expect.Kind != Deadline || a.Class && a.Handler == "" { // a class loads in a budget of the daemon's
			continue
		}
		if a.Class {
			tg.must("CLASS.INSTALL", className(a), string(a.Source))
		}
		a.Timeout = latencyBudget
		for n := range samples + 1 {
			began := time.Now()
			got, err := tg.call(a, bystander, string(a.Source))
			took := time.Since(began) - a.Timeout
			if err != nil || !a.Expect.KindMet(got) {
				t.Fatalf("%s: got %s, %v", a.Name, got, err)
			}
			if n > 0 {
				late = append(late, took)
				worst[a.Name] = max(worst[a.Name], took)
			}
		}
	}
	slices.Sort(late)
	percentile := func(p int) time.Duration { return late[(len(late)-1)*p/100].Round(10 * time.Microsecond) }
	line := fmt.Sprintf("deadline to reply: p50 %v, p99 %v, max %v of %d attacks", percentile(50), percentile(99), percentile(100), len(late))
	t.Log(line)
	fmt.Println(line)
	for name, took := range worst {
		if took > late[(len(late)-1)*98/100] {
			t.Logf("%v: %s", took, name)
		}
	}
}
