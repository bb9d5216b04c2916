// This file checks that methods are linearizable through two daemons over one cluster, while an OSD restarts and a daemon dies.

package rados

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/ceph"
	"github.com/objluad/objluad/tests/rig"
)

// never is when a call returned of which nobody knows whether it was made: it may be made at any time.
const never = math.MaxInt64

// history is what clients did and saw.
type history struct {
	began time.Time
	name  string // of its objects: each history has new ones

	mu       sync.Mutex
	ops      []porcupine.Operation
	endings  [3]int
	progress atomic.Int64 // calls that were made
}

func (h *history) now() int64 { return time.Since(h.began).Nanoseconds() }

// call makes a call, and writes it down unless it had no effect.
func (h *history) call(t *testing.T, ioctx *client.IOContext, id int, oid string, in input) {
	op := porcupine.Operation{ClientId: id, Input: in, Call: h.now(), Return: never}
	reply, err := ioctx.Exec(t.Context(), oid, "model", in.method, []byte(in.argument))
	returned := h.now()
	how := endingOf(t, err)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.endings[how]++
	switch how {
	case made:
		op.Return, op.Output = returned, output{answer: string(reply.Output)}
		h.progress.Add(1)
	case unknown:
		if in.method == "count" || in.method == "load" || in.method == "get" {
			return // it changes nothing
		}
		op.Output = output{unknown: true}
	case notMade:
		return
	}
	h.ops = append(h.ops, op)
}

// randomCall returns a call of a few objects that all clients use.
func (h *history) randomCall(id int) (oid string, in input) {
	kind, n := rand.IntN(3), rand.IntN(2)
	oid = fmt.Sprintf("%s-%s-%d", [...]string{"counter", "register", "cells"}[kind], h.name, n)
	value := func() string { return fmt.Sprint(rand.IntN(4)) }
	in.part = oid
	writes := rand.IntN(2) == 0
	switch {
	case kind == 0 && writes:
		in.method = "inc"
	case kind == 0:
		in.method = "count"
	case kind == 1 && writes:
		in.method, in.argument = "cas", value()+" "+value()
		if rand.IntN(4) == 0 {
			in.argument = " " + value() // the first one
		}
	case kind == 1:
		in.method = "load"
	case writes:
		key := "key" + value()
		in.part += key
		in.method, in.argument = "put", fmt.Sprintf("%s %d.%d", key, id, rand.IntN(1000))
	default:
		key := "key" + value()
		in.part += key
		in.method, in.argument = "get", key
	}
	return oid, in
}

// client makes calls through a daemon until stop is closed, at a pace at which the check of the history does not become the
// test.
func (h *history) client(t *testing.T, d *atomic.Pointer[client.Conn], id int, stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(rand.IntN(int(10 * time.Millisecond)))):
		}
		oid, in := h.randomCall(id)
		h.call(t, d.Load().OpenIOContext("default"), id, oid, in)
	}
}

// check fails unless the history is linearizable; then it leaves a picture of it.
func (h *history) check(t *testing.T) {
	began := time.Now()
	result, info := porcupine.CheckOperationsVerbose(model, h.ops, patience)
	t.Logf("%d calls made, %d not, %d of unknown end; checked in %v: %s",
		h.endings[made], h.endings[notMade], h.endings[unknown], time.Since(began), result)
	if h.endings[made] == 0 {
		t.Error("no call was made")
	}
	if result == porcupine.Ok {
		return
	}
	t.Errorf("the history of %s is not linearizable: %s", h.name, result)
	if f, err := os.CreateTemp("", "history*.html"); err == nil {
		defer f.Close()
		if porcupine.Visualize(model, info, f) == nil {
			t.Log("see", f.Name())
		}
	}
}

func TestLinearizable(t *testing.T) {
	if os.Getenv("SOAK") != "" {
		t.Skip("TestSoakLinearizable is its long form")
	}
	linearizable(t, 1)
}

func TestSoakLinearizable(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("the long form of TestLinearizable; SOAK=1 runs it")
	}
	linearizable(t, 10)
}

func linearizable(t *testing.T, rounds int) {
	t.Parallel() // that is, after the others: installs would wait until the cluster has forgotten the daemon that was killed
	c := sharedCluster(t)
	first, second := serve(t, c), serve(t, c)
	first.Install(t, "model", modelClass)
	for round := range rounds {
		h := &history{began: time.Now(), name: fmt.Sprint(t.Name(), round)}
		second = h.run(t, c, first, second, round%2 == 1)
		h.check(t)
		if t.Failed() {
			return
		}
	}
}

// run has clients make calls through both daemons, of which the second is killed while an OSD is away, stopped or paused. It returns the
// one that was started in its place.
func (h *history) run(t *testing.T, c *ceph.Cluster, first, second *rig.Daemon, paused bool) *rig.Daemon {
	const clients = 8
	var conns [2]atomic.Pointer[client.Conn]
	conns[0].Store(first.Dial(t))
	conns[1].Store(second.Dial(t))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for id := range clients {
		wg.Go(func() { h.client(t, &conns[id%2], id, stop) })
	}
	h.goesOn(t, 200)
	trouble := func() {
		h.goesOn(t, 50)
		if err := second.Kill(); err != nil {
			t.Error(err)
		}
		h.goesOn(t, 50)
		second = serve(t, c)
		conns[1].Store(second.Dial(t))
		h.goesOn(t, 50)
	}
	if paused {
		pauseOSD(t, c, func() { time.Sleep(time.Second) }, trouble)
	} else {
		restartOSD(t, c, trouble)
	}
	h.goesOn(t, 200)
	close(stop)
	wg.Wait()
	return second
}

// goesOn returns when so many more calls were made.
func (h *history) goesOn(t *testing.T, calls int64) {
	end := time.Now().Add(patience)
	for want := h.progress.Load() + calls; h.progress.Load() < want; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Error("calls fail for good")
			return
		}
	}
}
