// This file is all attacks at once, beside calls that do nothing wrong.

package hostile

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/objluad/objluad/tests/rig"
)

const (
	attackers   = 16
	goodClients = 8
	hot         = "hot" // the object that all good clients increment
)

const counterClass = `
function increment(input, output)
	local n = (tonumber(objclass.read(0, 0):str()) or 0) + #input
	output:append(("%d"):format(n))
	objclass.write_full(output)
end
local calls = 0
function describe(input, output)
	calls = calls + 1
	left = (left or 0) + 1
	output:append(("%d %d %s %s"):format(calls, left, input:str():rep(3), tostring(string.left)))
	string.left = true
end
objclass.register(increment)
objclass.register(describe, objclass.RD)`

// siege is a daemon under attack, and what was done to it.
type siege struct {
	t       *testing.T
	daemon  *rig.Daemon
	attacks []*Attack
	over    atomic.Bool

	made, good, refused, onHot atomic.Int64
}

// TestTogether makes all attacks at once, each twice, while good clients count.
func TestTogether(t *testing.T) {
	besiege(t, startDaemon(t), func(round int, _ time.Duration) bool { return round < 2 })
}

// TestSoakTogether goes on for ten minutes, against a daemon with the race detector.
func TestSoakTogether(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("SOAK is not set")
	}
	binary, err := rig.Build("objluad-race", "-race")
	if err != nil {
		t.Fatal(err)
	}
	d := rig.RunCommand(t, rig.Command(binary, t.TempDir(), daemonArgs...))
	installAll(t, d)
	besiege(t, d, func(_ int, since time.Duration) bool { return since < 10*time.Minute })
}

// besiege makes all attacks at once, in rounds for as long as more says so. No good call may answer anything else than it
// must, nor fail but for want of room, and each attack ends as its file says.
func besiege(t *testing.T, d *rig.Daemon, more func(round int, since time.Duration) bool) {
	s := &siege{t: t, daemon: d, attacks: corpus(t, false)}
	tg := newTarget(t, d)
	tg.must("CLASS.INSTALL", "counter", counterClass)
	tg.newObject(bystander)
	before := tg.content(bystander)

	var good sync.WaitGroup
	for i := range goodClients {
		good.Go(func() { s.count(i) })
	}
	began := time.Now()
	for round := 0; more(round, time.Since(began)) && !t.Failed(); round++ {
		s.storm()
	}
	s.over.Store(true)
	good.Wait()

	t.Logf("%d attacks and %d good calls in %v; %d had no room", s.made.Load(), s.good.Load(), time.Since(began).Round(time.Second), s.refused.Load())
	tg.checkAlive()
	tg.checkSame(bystander, before)
	if n := tg.must("OBJ.READ", "default", hot); n != strconv.FormatInt(s.onHot.Load(), 10) {
		t.Errorf("the hot counter is %v after %d increments", n, s.onHot.Load())
	}
	s.checkLog()
}

// storm makes each attack once, with many attackers at work.
func (s *siege) storm() {
	var next atomic.Int64
	var workers sync.WaitGroup
	for i := range attackers {
		workers.Go(func() {
			tg := newTarget(s.t, s.daemon)
			oid := fmt.Sprintf("victim-%d", i)
			for {
				n := int(next.Add(1)) - 1
				if n >= len(s.attacks) {
					return
				}
				if err := s.strike(tg, s.attacks[n], oid); err != nil {
					s.t.Errorf("%s: %v", s.attacks[n].Name, err)
					return
				}
			}
		})
	}
	workers.Wait()
}

// strike makes one attack, on an object that nobody else touches.
func (s *siege) strike(tg *target, a *Attack, oid string) error {
	for range a.Calls {
		tg.newObject(oid)
		before := tg.content(oid)
		var got Outcome
		for got.Kind = "busy"; got.Kind == "busy"; {
			var err error
			if got, err = tg.attack(a, oid, script(a)); err != nil {
				return fmt.Errorf("the connection: %w", err)
			}
		}
		// Where a deadline strikes, and so its text, is another matter on a busy machine.
		if !a.Expect.KindMet(got) || got.Kind != Deadline && !a.Expect.Met(got) {
			return fmt.Errorf("got %s, want %s", got, a.Expect)
		}
		if !a.Writes {
			tg.checkSame(oid, before)
		}
		s.made.Add(1)
	}
	return nil
}

// count increments a counter of its own and the one that all have in common, and checks each answer.
func (s *siege) count(worker int) {
	tg := newTarget(s.t, s.daemon)
	own := fmt.Sprintf("counter-%d", worker)
	total := 0
	for n := 1; !s.over.Load() && !s.t.Failed(); n++ {
		by := strings.Repeat("i", n%5+1)
		total += len(by)
		s.expect(tg, own, "increment", by, strconv.Itoa(total))
		s.expect(tg, own, "describe", by, "1 1 "+strings.Repeat(by, 3)+" nil")
		if s.expect(tg, hot, "increment", "i", "") {
			s.onHot.Add(1)
		}
	}
	if got := tg.must("OBJ.READ", "default", own); got != strconv.Itoa(total) {
		s.t.Errorf("%s is %v, want %d", own, got, total)
	}
}

// expect makes a good call until there is room for it. An empty want stands for any answer.
func (s *siege) expect(tg *target, oid, method, input, want string) bool {
	for {
		got, err := tg.do("OBJ.EXEC", "default", oid, "counter", method, input, "TIMEOUT", strconv.FormatInt(ample.Milliseconds(), 10))
		switch {
		case isBusy(err):
			s.refused.Add(1)
			continue
		case err != nil:
			s.t.Errorf("%s of %s: %v", method, oid, err)
			return false
		case want != "" && got != want:
			s.t.Errorf("%s of %s answered %.100v, want %s", method, oid, got, want)
			return false
		}
		s.good.Add(1)
		return true
	}
}

// checkLog checks that the daemon has nothing to complain about.
func (s *siege) checkLog() {
	if err := s.daemon.Stop(); err != nil { // a data race shows here: the detector sets the exit status
		s.t.Error(err)
	}
	for line := range strings.Lines(s.daemon.Stderr()) {
		for _, complaint := range []string{"DATA RACE", "fatal error", "panic inside", `"level":"ERROR"`} {
			if strings.Contains(line, complaint) {
				s.t.Errorf("the daemon wrote: %.1000s", line)
			}
		}
	}
}
