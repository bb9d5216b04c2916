// This file tests that a class is the same through all daemons over a cluster.

package rados

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/client"
)

// watched is what a daemon logs when changes of others reach it.
const watched = "classes are watched"

func numbered(n int) string {
	return fmt.Sprintf("function number(input, output) output:append(%q) end\nobjclass.register(number, objclass.RD)", strconv.Itoa(n))
}

// runs checks which version of a class a call runs that begins now.
func runs(t *testing.T, ioctx *client.IOContext, class string, n int) {
	t.Helper()
	reply, err := ioctx.Exec(t.Context(), "o", class, "number", nil, patient)
	if err != nil || string(reply.Output) != strconv.Itoa(n) {
		t.Errorf("the call ran version %q, %v; want %d", reply.Output, err, n)
	}
}

// When an install through one daemon has answered, no call that begins later, through another one that is under load, runs the
// version before it.
func TestInstalledVersionIsRunByAll(t *testing.T) {
	c := sharedCluster(t)
	a, b := serve(t, c), serve(t, c)
	logs(t, b, watched, 1)
	const rounds, versions, workers = 100, 7, 4
	install := func(i int) { a.Install(t, "numbered", numbered(i%versions)) }
	install(0)

	var answered, calls atomic.Int64 // answered: the newest install that has been
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range workers {
		ioctx := open(t, b)
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				least := answered.Load()
				reply, err := ioctx.Exec(t.Context(), "o", "numbered", "number", nil, patient)
				if err != nil {
					t.Error(err)
					return
				}
				// By the end at most one install more was made than had been answered.
				most := answered.Load() + 1
				n, _ := strconv.Atoi(string(reply.Output))
				if behind := ((int(most)-n)%versions + versions) % versions; most-int64(behind) < least {
					t.Errorf("a call ran version %d, though install %d, of version %d, had been answered", n, least, least%versions)
				}
				calls.Add(1)
			}
		})
	}
	ioctx, began := open(t, b), time.Now()
	for i := 1; i <= rounds; i++ {
		install(i)
		answered.Store(int64(i))
		runs(t, ioctx, "numbered", i%versions)
	}
	t.Logf("%v for each install, with a call after it, and %d calls meanwhile", time.Since(began)/rounds, calls.Load())
	close(stop)
	wg.Wait()
}

// A daemon that was stopped while a class was installed, and goes on after that was answered, runs the new version in all calls that
// were waiting for it.
func TestSoakStoppedDaemonRunsNoOldVersion(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("the cluster waits for the daemon; SOAK=1 runs it")
	}
	c := sharedCluster(t)
	a, b := serve(t, c), serve(t, c)
	a.Install(t, "stopped", numbered(1))
	logs(t, b, watched, 1)
	ioctxs := make([]*client.IOContext, 20)
	for i := range ioctxs {
		ioctxs[i] = open(t, b)
		runs(t, ioctxs[i], "stopped", 1)
	}
	signal := func(s syscall.Signal) {
		if err := syscall.Kill(b.PID(), s); err != nil {
			t.Fatal(err)
		}
	}
	signal(syscall.SIGSTOP)
	began := time.Now()
	a.Install(t, "stopped", numbered(2))
	t.Logf("answered after %v", time.Since(began))
	var wg sync.WaitGroup
	for _, ioctx := range ioctxs {
		wg.Go(func() { runs(t, ioctx, "stopped", 2) })
	}
	time.Sleep(100 * time.Millisecond) // most have been sent
	signal(syscall.SIGCONT)
	wg.Wait()
	logs(t, b, watched, 2)
	a.Install(t, "stopped", numbered(3))
	runs(t, ioctxs[0], "stopped", 3)
}

// An install waits for a daemon that was killed until the cluster forgets it.
func TestSoakInstallAfterADaemonWasKilled(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("the cluster waits for the daemon; SOAK=1 runs it")
	}
	c := sharedCluster(t)
	a, b := serve(t, c), serve(t, c)
	logs(t, b, watched, 1)
	if err := b.Kill(); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		began := time.Now()
		a.Install(t, "killed", numbered(i))
		t.Logf("install %d answered after %v", i, time.Since(began))
	}
	runs(t, open(t, a), "killed", 1)
}

// What nobody told of is found in time.
func TestSoakClassRemovedByHand(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("it takes half a minute; SOAK=1 runs it")
	}
	c := sharedCluster(t)
	d := serve(t, c)
	d.Install(t, "removed", numbered(1))
	logs(t, d, watched, 1)
	ioctx := open(t, d)
	runs(t, ioctx, "removed", 1)
	if _, err := c.Rados(nil, "-p", ".objluad", "rm", "removed"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for {
		_, err := ioctx.Exec(t.Context(), "o", "removed", "number", nil, patient)
		if errors.Is(err, syscall.EOPNOTSUPP) {
			break
		}
		if err != nil || time.Since(began) > patience {
			t.Fatalf("the class is still there: %v", err)
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Logf("found after %v", time.Since(began))
	d.Install(t, "removed", numbered(2))
	runs(t, ioctx, "removed", 2)
}

// The object by which daemons tell each other of changes is no class.
func TestNoClassForNotifications(t *testing.T) {
	c := sharedCluster(t)
	d := serve(t, c)
	d.Install(t, "listed", numbered(1))
	logs(t, d, watched, 1)
	classes, err := d.Dial(t).ListClasses(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, class := range classes {
		if class.Name == "classes" {
			t.Errorf("listed %+v", class)
		}
	}
	out, err := c.Rados(nil, "-p", ".objluad", "-N", "notify", "ls")
	if string(out) != "classes\n" || err != nil {
		t.Errorf("the namespace has %q, %v", out, err)
	}
}
