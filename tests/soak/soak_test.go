// Package soak runs good and hostile methods together against a daemon that was built with the race detector: for 30
// seconds, or for 10 minutes when SOAK is set.
package soak

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

const (
	goodClients = 16
	attackers   = 16
	samples     = 30 // of resident memory
)

// soak is the daemon under load, and how often what was done to it.
type soak struct {
	daemon *rig.Daemon
	stop   atomic.Bool

	good, attacks, hot atomic.Int64
}

func (s *soak) dial(t *testing.T) *client.IOContext {
	return s.daemon.Dial(t).OpenIOContext("default")
}

func TestSoak(t *testing.T) {
	duration, long := 30*time.Second, os.Getenv("SOAK") != ""
	if long {
		duration = 10 * time.Minute
	}
	binary, err := rig.Build("objluad-race", "-race")
	if err != nil {
		t.Fatal(err)
	}
	// Small memtables are full, and their memory is taken, before the first sample.
	s := &soak{daemon: rig.RunCommand(t, rig.Command(binary, t.TempDir(), "--max-output", "1MiB", "--memtable", "1MiB", "--quarantine", "0"))}
	s.daemon.Install(t, "good", goodClass)
	s.daemon.Install(t, "hostile", hostileClass)
	s.fillImages(t)

	var workers sync.WaitGroup
	run := func(worker func(*testing.T, int) error, count int) {
		for i := range count {
			workers.Go(func() {
				if err := worker(t, i); err != nil {
					t.Error(err)
				}
			})
		}
	}
	run(s.work, goodClients)
	run(s.attack, attackers)
	resident := s.sample(t, duration)
	s.stop.Store(true)
	workers.Wait()

	t.Logf("%d good calls, %d attacks", s.good.Load()+s.hot.Load(), s.attacks.Load())
	checkBounded(t, resident)
	if long {
		checkFlat(t, resident)
	}
	s.checkHot(t)
	s.checkProcess(t)
}

// fillImages has the daemon keep as many images as it ever will, each of a VM that has used some memory. This is so much that
// else memory would rise until the last of them is made, sooner or later.
func (s *soak) fillImages(t *testing.T) {
	ioctx := s.dial(t)
	for i := range scripts {
		script := fmt.Sprintf("local s = string.rep('x', 1 << 20) -- %d", i)
		if _, err := ioctx.Eval(t.Context(), "o", []byte(script), "", nil, client.Timeout(ample)); err != nil {
			t.Fatal(err)
		}
	}
}

// sample returns the daemon's resident memory in MiB, as it was at equal intervals.
func (s *soak) sample(t *testing.T, duration time.Duration) []int64 {
	resident := make([]int64, samples)
	for i := range resident {
		time.Sleep(duration / samples)
		bytes, err := s.daemon.Resident()
		if err != nil {
			t.Error(err)
		}
		resident[i] = bytes >> 20
	}
	return resident
}

// checkBounded checks that memory does not rise by more than VMs may hold: 512 MiB while they idle, and 16 MiB each while they run.
func checkBounded(t *testing.T, resident []int64) {
	t.Logf("resident memory in MiB: %d", resident)
	places := int64(8 * runtime.NumCPU()) // of methods that turn out to be long
	if limit := resident[0] + 512 + places*16; slices.Max(resident) > limit {
		t.Errorf("resident memory rises from %d to %d MiB, more than VMs may hold", resident[0], slices.Max(resident))
	}
}

// checkFlat checks that memory does not grow for long. The first third of the time is for caches and VMs to fill; from then on the highest
// sample may rise by what a garbage collector and a storage engine's buffers make it vary.
func checkFlat(t *testing.T, resident []int64) {
	middle, last := slices.Max(resident[samples/3:samples*2/3]), slices.Max(resident[samples*2/3:])
	if limit := middle + middle*15/100 + 16; last > limit {
		t.Errorf("resident memory grows: up to %d MiB in the middle third, up to %d in the last one, more than %d", middle, last, limit)
	}
}

// checkHot checks that each increment of the counter that all had in common was counted once.
func (s *soak) checkHot(t *testing.T) {
	w := &goodClient{t: t, ioctx: s.dial(t)}
	got, err := w.call(hot, "dump", "")
	if value, _, _ := strings.Cut(got, "\n"); err != nil || value != strconv.FormatInt(s.hot.Load(), 10) {
		t.Errorf("the hot counter is %q after %d increments, %v", value, s.hot.Load(), err)
	}
}

// checkProcess checks that the process that was started is there, has nothing to complain about, and ends well.
func (s *soak) checkProcess(t *testing.T) {
	if pid, err := s.daemon.ProcessID(); err != nil || pid != s.daemon.PID() {
		t.Errorf("the process is %d now, was %d, %v", pid, s.daemon.PID(), err)
	}
	if err := s.daemon.Stop(); err != nil { // a data race shows here, too: the detector sets the exit status
		t.Error(err)
	}
	for line := range strings.Lines(s.daemon.Stderr()) {
		for _, complaint := range []string{"DATA RACE", "panic", "fatal error", `"level":"ERROR"`} {
			if strings.Contains(line, complaint) {
				t.Errorf("the daemon wrote: %s", line)
			}
		}
	}
}
