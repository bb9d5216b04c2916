// Package crash kills a daemon while clients write, and looks at what is there when it was started again. SIGKILL takes away
// what the process has not given to the kernel: it shows whether a reply waits for the log to be written and whether a commit
// is whole. What a power failure would take away besides, the disk's cache, it leaves.
package crash

import (
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

//go:embed counter.lua
var counter string

const (
	clients = 50
	hot     = "hot"
	large   = 8000 // blanks of each client's own counter: a store may keep small and large parts in different ways
)

// tally is what the clients know of one counter.
type tally struct {
	base       uint64        // its value when the round began
	acked      atomic.Uint64 // increments of the round that were acknowledged
	unanswered atomic.Uint64 // increments of the round that may have happened or not
}

// counters are the tallies by object: one that all clients increment, and one for each client.
type counters map[string]*tally

func newCounters() counters {
	c := counters{hot: new(tally)}
	for i := range clients {
		c[own(i)] = new(tally)
	}
	return c
}

func own(client int) string { return fmt.Sprintf("client-%d", client) }

// TestKill kills the daemon in several rounds on one folder. After each restart every acknowledged
// increment must be there, at most those beyond that were under way, and none in part, and the store must be clean: whenever the
// log is synced, since it is with the kernel by then.
func TestKill(t *testing.T) {
	for fsync, rounds := range map[string]int{"always": 8, "interval": 3, "never": 3} {
		t.Run(fsync, func(t *testing.T) { kill(t, rounds, "--fsync", fsync, "--memtable", "1MiB") })
	}
}

// TestKillIdle kills a daemon that has acknowledged one small increment and has nothing else to write, which would take
// along what a buffer holds.
func TestKillIdle(t *testing.T) {
	for _, fsync := range []string{"always", "interval", "never"} {
		t.Run(fsync, func(t *testing.T) {
			data := t.TempDir()
			for round := range 4 {
				d := rig.Run(t, data, "--fsync", fsync)
				ioctx := d.Dial(t).OpenIOContext("default")
				if round == 0 {
					d.Install(t, "counter", counter)
				} else if n, err := read(t, ioctx, hot); n != uint64(round) || err != nil {
					t.Errorf("after %d increments the counter is %d, %v", round, n, err)
				}
				if _, err := ioctx.Exec(t.Context(), hot, "counter", "incr", []byte("0")); err != nil {
					t.Fatal(err)
				}
				if err := d.Kill(); err != nil {
					t.Fatal(err)
				}
				rig.CheckCopy(t, data)
			}
		})
	}
}

func kill(t *testing.T, rounds int, args ...string) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	data, tallies := t.TempDir(), newCounters()
	for round := range rounds {
		d := rig.Run(t, data, args...)
		if round == 0 {
			d.Install(t, "counter", counter)
		} else {
			tallies.check(t, d)
		}
		tallies.hammer(t, d, time.Duration(random.Int64N(int64(time.Second))))
		rig.CheckCopy(t, data)
	}
	d := rig.Run(t, data, args...)
	tallies.check(t, d)
	if err := d.Stop(); err != nil {
		t.Error(err)
	}
	tallies.check(t, rig.Run(t, data, args...))
}

// hammer has all clients increment until the daemon is killed, some time after all have begun.
func (c counters) hammer(t *testing.T, d *rig.Daemon, delay time.Duration) {
	var begun, ended sync.WaitGroup
	begun.Add(clients)
	for i := range clients {
		conn := d.Dial(t)
		ended.Go(func() {
			began := sync.OnceFunc(begun.Done)
			defer began()
			for ioctx := conn.OpenIOContext("default"); c.incr(t, ioctx, hot, 0) && c.incr(t, ioctx, own(i), large); {
				began()
			}
		})
	}
	begun.Wait()
	time.Sleep(delay)
	if err := d.Kill(); err != nil {
		t.Fatal(err)
	}
	ended.Wait()
	var acked, unanswered uint64
	for _, tally := range c {
		acked += tally.acked.Load()
		unanswered += tally.unanswered.Load()
	}
	t.Logf("killed after %v: %d increments were acknowledged, %d under way", delay, acked, unanswered)
}

// incr increments a counter and reports whether the daemon lives.
func (c counters) incr(t *testing.T, ioctx *client.IOContext, oid string, blanks int) bool {
	_, err := ioctx.Exec(t.Context(), oid, "counter", "incr", []byte(strconv.Itoa(blanks)), client.Timeout(time.Minute))
	var refused *client.Error
	switch {
	case err == nil:
		c[oid].acked.Add(1)
		return true
	case errors.As(err, &refused):
		t.Errorf("%s: %v", oid, err)
	default:
		c[oid].unanswered.Add(1)
	}
	return false
}

// check compares all counters with their tallies, and begins a new round of these.
func (c counters) check(t *testing.T, d *rig.Daemon) {
	t.Helper()
	ioctx := d.Dial(t).OpenIOContext("default")
	for oid, tally := range c {
		value, err := read(t, ioctx, oid)
		if err != nil {
			t.Errorf("%s: %v", oid, err)
			continue
		}
		low := tally.base + tally.acked.Load()
		if high := low + tally.unanswered.Load(); value < low || value > high {
			t.Errorf("%s is %d, but the clients know of %d to %d increments", oid, value, low, high)
		}
		tally.base = value
		tally.acked.Store(0)
		tally.unanswered.Store(0)
	}
}

// read returns a counter's value, which must be the same in all three places.
func read(t *testing.T, ioctx *client.IOContext, oid string) (uint64, error) {
	if _, err := ioctx.Stat(t.Context(), oid); errors.Is(err, syscall.ENOENT) {
		return 0, nil
	}
	reply, err := ioctx.Exec(t.Context(), oid, "counter", "get", nil)
	if err != nil {
		return 0, err
	}
	var data, xattr, omap string
	if n, _ := fmt.Sscan(string(reply.Output), &data, &xattr, &omap); n != 3 || data != xattr || data != omap {
		return 0, fmt.Errorf("data, xattr and omap disagree: %.80q", reply.Output)
	}
	return strconv.ParseUint(data, 10, 64)
}
