// Package rados looks at daemons over one Ceph cluster from the outside.
package rados

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/objluad/objluad/tests/rig"
)

const counterClass = `
function inc(input, output)
  local n = (tonumber(objclass.read(0, 0):str()) or 0) + 1
  local sum = bufferlist.new()
  sum:append(string.format("%d", n))
  objclass.write_full(sum)
  output:append(sum)
end

function get(input, output)
  output:append(objclass.read(0, 0))
end

objclass.register(inc, objclass.RD | objclass.WR)
objclass.register(get, objclass.RD)`

// Two daemons over one cluster count together: each acknowledged call is counted once, and each answer given once.
func TestTwoDaemonsCount(t *testing.T) {
	cluster := sharedCluster(t)
	daemons := []*rig.Daemon{serve(t, cluster), serve(t, cluster)}
	daemons[0].Install(t, "counter", counterClass)

	const workers, each = 8, 50
	var busy atomic.Int64
	var mu sync.Mutex
	answers := make(map[string]int)
	var wg sync.WaitGroup
	for w := range workers {
		ioctx := open(t, daemons[w%2])
		wg.Go(func() {
			for done := 0; done < each; {
				reply, err := ioctx.Exec(t.Context(), "visits", "counter", "inc", nil, patient)
				if errors.Is(err, syscall.EAGAIN) { // the other daemon came first, too often
					busy.Add(1)
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				done++
				mu.Lock()
				answers[string(reply.Output)]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	t.Logf("%d calls were sent away", busy.Load())
	want := fmt.Sprint(workers * each)
	for i, d := range daemons {
		reply, err := open(t, d).Exec(t.Context(), "visits", "counter", "get", nil, patient)
		if err != nil || string(reply.Output) != want {
			t.Errorf("daemon %d counted to %q, %v; want %s", i, reply.Output, err, want)
		}
	}
	if len(answers) != workers*each {
		t.Errorf("%d different answers to %d calls", len(answers), workers*each)
	}
	if got, err := cluster.Rados(nil, "-p", "default", "get", "visits", "-"); string(got) != want || err != nil {
		t.Errorf("the rados command gets %q, %v; want %s", got, err, want)
	}
}

// A daemon built without librados says so.
func TestWithoutRADOS(t *testing.T) {
	binary, err := rig.Build("objluad-norados", "-tags=lua54,norados")
	if err != nil {
		t.Fatal(err)
	}
	_, err = rig.StartCommand(rig.Command(binary, t.TempDir(), "--store", "rados"))
	var exit *rig.ExitError
	if !errors.As(err, &exit) || !strings.HasPrefix(exit.Stderr, "objluad: EOPNOTSUPP: this program was built with the tag norados") {
		t.Errorf("started: %v", err)
	}
}
