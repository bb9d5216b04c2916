// Package load has very many clients connect to a daemon, some of which flood it and some of which do not read: 1000 for 5 seconds, or
// 10 000 for a minute when SOAK is set.
package load

import (
	_ "embed"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"io"

	"github.com/objluad/objluad/tests/rig"
)

//go:embed load.lua
var source string

type role string

const (
	goodClient  role = "good"
	flooder     role = "flood"
	slowReader  role = "slow"
	crowdMember role = "crowd"
)

// load is a daemon and what its clients saw.
type load struct {
	addr   string
	daemon *rig.Daemon
	stop   atomic.Bool

	mu       sync.Mutex
	answers  map[role]map[string]int // by role, and "ok" or the errno and kind
	strange  []string                // errors that are not EBUSY
	duration []time.Duration         // of good calls
}

func (l *load) note(who role, failure string) {
	outcome := "ok"
	if failure != "" {
		words := strings.SplitN(failure, " ", 3)
		outcome = strings.Join(words[:min(2, len(words))], " ")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.answers[who] == nil {
		l.answers[who] = make(map[string]int)
	}
	l.answers[who][outcome]++
	if outcome != "ok" && outcome != "EBUSY busy" {
		l.strange = append(l.strange, failure)
	}
}

func (l *load) took(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.duration = append(l.duration, d)
}

// tail returns how long good calls took since it was last asked: the median, and that which 1 % exceed.
func (l *load) tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.duration
	l.duration = nil
	if len(all) == 0 {
		return "none"
	}
	slices.Sort(all)
	return fmt.Sprintf("%d calls, median %v, p99 %v, longest %v", len(all), all[len(all)/2].Round(10*time.Microsecond),
		all[len(all)*99/100].Round(10*time.Microsecond), all[len(all)-1].Round(10*time.Microsecond))
}

func TestLoad(t *testing.T) { run(t, 1000, 10, 5*time.Second) }

func TestSoakLoad(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("takes minutes; SOAK=1 runs it")
	}
	run(t, 10_000, 100, time.Minute)
}

const (
	goodClients = 20
	// memoryLimit is in bytes: twice what may be held of requests and replies, since garbage is collected when there is as much of it,
	// and what the store and VMs take.
	memoryLimit = 2*(256+256)<<20 + 512<<20
	idleLimit   = 40 << 10 // bytes of an idle connection
)

// run has so many connections, of which so many are floods and as many slow readers.
func run(t *testing.T, connections, hostile int, duration time.Duration) {
	l := &load{answers: make(map[role]map[string]int)}
	l.daemon = rig.Run(t, t.TempDir(), "--max-request-memory", "256MiB", "--max-unsent", "256MiB", "--slow-timeout", "2s")
	l.addr = l.daemon.Addr()
	l.daemon.Install(t, "load", source)
	idle := l.gatherCrowd(t, connections-goodClients-2*hostile)
	defer idle.close()

	var workers sync.WaitGroup
	start := func(n int, worker func(int) error) {
		for i := range n {
			workers.Go(func() {
				if err := worker(i); err != nil {
					t.Error(err)
				}
			})
		}
	}
	endGood := l.startGood(t)
	time.Sleep(duration / 5)
	t.Logf("good calls beside %d idle connections: %s", len(idle), l.tail())

	start(hostile, l.flood)
	start(hostile, l.read)
	time.Sleep(duration / 2)
	t.Logf("good calls beside %d floods and %d slow readers, too: %s", hostile, hostile, l.tail())
	if err := l.stampede(idle); err != nil {
		t.Error(err)
	}
	time.Sleep(duration / 2)
	t.Logf("good calls beside these and %d calls at once: %s", len(idle), l.tail())
	endGood()
	l.waitForCut(t)
	l.stop.Store(true)
	workers.Wait()
	l.check(t)
}

// gatherCrowd connects, and tells what memory an idle connection takes.
func (l *load) gatherCrowd(t *testing.T, n int) crowd {
	before, err := l.daemon.Resident()
	if err != nil {
		t.Fatal(err)
	}
	all, err := l.gather(n)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second) // they give their buffers back
	after, err := l.daemon.Resident()
	if err != nil {
		t.Fatal(err)
	}
	each := (after - before) / int64(n)
	t.Logf("an idle connection takes %.1f KiB of the daemon's memory", float64(each)/1024)
	if each > idleLimit {
		t.Errorf("an idle connection takes %d bytes, more than %d", each, int64(idleLimit))
	}
	return all
}

// waitForCut waits until slow readers were cut off.
func (l *load) waitForCut(t *testing.T) {
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		resp, err := http.Get("http://" + l.daemon.HTTP() + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		var cut []string
		for line := range strings.Lines(string(text)) {
			if reason, ok := strings.CutPrefix(line, `objluad_clients_cut_off_total{listener="resp",reason=`); ok && !strings.HasSuffix(line, " 0\n") {
				cut = append(cut, strings.NewReplacer(`"`, "", "}", "", "\n", "").Replace(reason))
			}
		}
		if len(cut) > 0 {
			t.Logf("cut off: %s", strings.Join(cut, ", "))
			return
		}
		if time.Now().After(end) {
			t.Error("no slow reader was cut off")
			return
		}
	}
}

func (l *load) check(t *testing.T) {
	for _, who := range slices.Sorted(maps.Keys(l.answers)) {
		t.Logf("answers to %s clients: %v", who, l.answers[who])
	}
	if n := len(l.strange); n > 0 {
		t.Errorf("%d errors are not EBUSY, such as %q", n, l.strange[0])
	}
	peak, err := l.daemon.PeakResident()
	if err != nil {
		t.Fatal(err)
	}
	now, err := l.daemon.Resident()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the daemon has %d MiB in the end, and had %d at most", now>>20, peak>>20)
	if peak > memoryLimit {
		t.Errorf("the daemon had %d bytes, more than %d", peak, int64(memoryLimit))
	}
	if pid, err := l.daemon.ProcessID(); err != nil || pid != l.daemon.PID() {
		t.Errorf("the process is %d, %v; it was %d", pid, err, l.daemon.PID())
	}
	if strings.Contains(l.daemon.Stderr(), `"level":"ERROR"`) {
		t.Error("the log has errors")
	}
}
