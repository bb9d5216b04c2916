// This file tests daemons whose cluster fails, in part or as a whole.

package rados

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/ceph"
	"github.com/objluad/objluad/tests/rig"
)

// counters are objects that are counted up, and how the calls ended that did so.
type counters struct {
	objects int
	endings [3]atomic.Int64
}

func (c *counters) oid(i int) string { return fmt.Sprint("loaded", i%c.objects) }

func (c *counters) inc(t *testing.T, ioctx *client.IOContext, i int) ending {
	_, err := ioctx.Exec(t.Context(), c.oid(i), "loaded", "inc", nil)
	how := endingOf(t, err)
	c.endings[how].Add(1)
	return how
}

// recover returns when each object was changed, through each of the daemons, and how long that took.
func (c *counters) recover(t *testing.T, daemons []*rig.Daemon) time.Duration {
	t.Helper()
	began := time.Now()
	for _, d := range daemons {
		ioctx := open(t, d)
		for i := range c.objects {
			for c.inc(t, ioctx, i) != made {
				if time.Since(began) > patience {
					t.Fatalf("%s takes no change", c.oid(i))
				}
			}
		}
	}
	return time.Since(began)
}

// check fails unless each call that was acknowledged was counted, and of the others only those that may have been made.
func (c *counters) check(t *testing.T, ioctx *client.IOContext) {
	t.Helper()
	var sum int64
	for i := range c.objects {
		reply, err := ioctx.Exec(t.Context(), c.oid(i), "loaded", "get", nil, patient)
		if err != nil {
			t.Fatal(err)
		}
		n, err := strconv.ParseInt(string(reply.Output), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	acknowledged, open := c.endings[made].Load(), c.endings[unknown].Load()
	t.Logf("%d calls acknowledged, %d not made, %d of unknown end; %d counted", acknowledged, c.endings[notMade].Load(), open, sum)
	if sum < acknowledged || sum > acknowledged+open {
		t.Errorf("counted to %d: %d were acknowledged, %d are of unknown end", sum, acknowledged, open)
	}
}

// shortTimeout is what these daemons have as --ceph-timeout.
const shortTimeout = 4 * time.Second

// An OSD fails under load, by a stop and by standing still: calls through the daemons succeed or fail with ETIMEDOUT or
// EAGAIN, none is lost or counted twice, and they go on by themselves.
func TestOSDFailsUnderLoad(t *testing.T) {
	cluster := sharedCluster(t)
	daemons := []*rig.Daemon{
		serve(t, cluster, "--ceph-timeout", shortTimeout.String()),
		serve(t, cluster, "--ceph-timeout", shortTimeout.String()),
	}
	daemons[0].Install(t, "loaded", counterClass)
	c := &counters{objects: 16}
	c.recover(t, daemons)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 8 {
		ioctx := open(t, daemons[w%2])
		wg.Go(func() {
			for i := w; ; i++ {
				select {
				case <-stop:
					return
				default:
					c.inc(t, ioctx, i)
				}
			}
		})
	}
	restartOSD(t, cluster, func() {
		t.Logf("an OSD has stopped: all take changes after %v", c.recover(t, daemons))
	})
	t.Logf("it is up again: all take changes after %v", c.recover(t, daemons))
	pauseOSD(t, cluster, func() {
		for began := time.Now(); c.endings[unknown].Load() == 0 && time.Since(began) < patience; {
			time.Sleep(10 * time.Millisecond)
		}
	}, func() {
		t.Logf("it stood still, and is down: all take changes after %v", c.recover(t, daemons))
	})
	t.Logf("it is up again: all take changes after %v", c.recover(t, daemons))
	close(stop)
	wg.Wait()
	c.check(t, open(t, daemons[1]))
}

// A cluster that is dead makes errors, in bounded time; when it lives again the daemon goes on by itself.
func TestClusterDies(t *testing.T) {
	c := sharedCluster(t)
	d := serve(t, c, "--ceph-timeout", shortTimeout.String())
	d.Install(t, "dead", counterClass)
	ioctx := open(t, d)
	if _, err := ioctx.Exec(t.Context(), "dead", "dead", "inc", nil, patient); err != nil {
		t.Fatal(err)
	}
	processes := []func() error{func() error { return c.PauseOSD(0) }, func() error { return c.PauseOSD(1) }, c.PauseMon}
	for _, pause := range processes {
		if err := pause(); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for what, do := range deadCalls(d.Dial(t)) {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			began := time.Now()
			if err := do(ctx); !errors.Is(err, syscall.ETIMEDOUT) || ctx.Err() != nil {
				t.Errorf("%s ended with %v", what, err)
			}
			t.Logf("%s failed after %v", what, time.Since(began))
		})
	}
	wg.Go(func() { startsNot(t, c) })
	wg.Wait()
	for _, resume := range []func() error{c.ResumeMon, func() error { return c.ResumeOSD(0) }, func() error { return c.ResumeOSD(1) }} {
		if err := resume(); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	for {
		_, err := ioctx.Exec(t.Context(), "dead", "dead", "inc", nil)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.ETIMEDOUT) || time.Since(began) > patience {
			t.Fatalf("the daemon does not go on: %v", err)
		}
	}
	t.Logf("the daemon goes on after %v", time.Since(began))
}

// deadCalls are calls of which none can succeed.
func deadCalls(conn *client.Conn) map[string]func(ctx context.Context) error {
	ioctx := conn.OpenIOContext("default")
	exec := func(class, method string, opts ...client.CallOption) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			_, err := ioctx.Exec(ctx, "dead", class, method, nil, opts...)
			return err
		}
	}
	return map[string]func(ctx context.Context) error{
		"writing method": exec("dead", "inc"),
		"reading method": exec("dead", "get"),
		"patient method": exec("dead", "inc", client.Timeout(time.Minute)),
		"unknown class":  exec("unknown", "get"),
		"read":           func(ctx context.Context) error { _, err := ioctx.ReadFull(ctx, "dead"); return err },
		"write":          func(ctx context.Context) error { _, err := ioctx.WriteFull(ctx, "other", nil); return err },
		"listing": func(ctx context.Context) error {
			for _, err := range ioctx.ListObjects(ctx) {
				return err
			}
			return nil
		},
		"install": func(ctx context.Context) error {
			_, err := conn.InstallClass(ctx, "dead", []byte(counterClass+"\n"))
			return err
		},
	}
}

// startsNot checks that a daemon says in one line why it does not start.
func startsNot(t *testing.T, c *ceph.Cluster) {
	began := time.Now()
	_, err := rig.Start(t.TempDir(), "--store", "rados", "--ceph-conf", c.Conf(), "--ceph-timeout", shortTimeout.String())
	var exit *rig.ExitError
	if !errors.As(err, &exit) || exit.Status != 1 || !strings.HasPrefix(exit.Stderr, "objluad: ETIMEDOUT: ") ||
		strings.Count(exit.Stderr, "\n") != 1 {
		t.Errorf("started: %v", err)
	}
	t.Logf("start gave up after %v", time.Since(began))
}
