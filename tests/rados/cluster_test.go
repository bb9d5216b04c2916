// This file is what the tests run on: one cluster for all, and daemons over it.

package rados

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/ceph"
	"github.com/objluad/objluad/tests/rig"
)

// patience is far above what a slow machine needs; it only keeps a test from hanging.
const patience = 3 * time.Minute

// patient is for calls that must succeed on a cluster that may just have been in trouble.
var patient = client.Timeout(time.Minute)

var shared = ceph.Shared{Options: ceph.Options{OSDs: 2, Conf: clusterConf}}

func TestMain(m *testing.M) { shared.Main(m) }

// clusterConf has two copies of each object. An OSD that took over from one that is not known to be dead waits for the other's
// lease on reads to end, 16 s by default; here it is 2 s.
const clusterConf = `
osd pool default size = 2
osd pool default min size = 1
osd pool default read lease ratio = 0.1
`

// sharedCluster returns the cluster that tests share: two OSDs, each of which has all objects, so that one may be gone. Tests leave
// it whole.
func sharedCluster(t *testing.T) *ceph.Cluster {
	t.Helper()
	return shared.Get(t)
}

// serve starts a daemon over the cluster.
func serve(t *testing.T, c *ceph.Cluster, args ...string) *rig.Daemon {
	t.Helper()
	return rig.Run(t, t.TempDir(), append([]string{"--store", "rados", "--ceph-conf", c.Conf()}, args...)...)
}

func open(t *testing.T, d *rig.Daemon) *client.IOContext { return d.Dial(t).OpenIOContext("default") }

// logs waits until a daemon has logged the text so many times.
func logs(t *testing.T, d *rig.Daemon, text string, times int) {
	t.Helper()
	for end := time.Now().Add(patience); strings.Count(d.Stderr(), text) < times; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the daemon has not logged %q %d times", text, times)
		}
	}
}

// mortal is the OSD that fails in tests. It is always the same one: the other has all that was ever committed, whatever is still to be
// copied to this one.
const mortal = 1

// restartOSD stops the mortal OSD, and starts it again.
func restartOSD(t *testing.T, c *ceph.Cluster, meanwhile func()) {
	t.Helper()
	check(t, c.StopOSD(mortal))
	defer func() {
		check(t, c.StartOSD(mortal))
		check(t, c.WaitUp(2))
	}()
	meanwhile()
}

// pauseOSD has the mortal OSD stand still, with all that it was asked, until the cluster has been told to do without it; then it
// goes on, and comes back.
func pauseOSD(t *testing.T, c *ceph.Cluster, paused, down func()) {
	t.Helper()
	check(t, c.PauseOSD(mortal))
	defer func() {
		check(t, c.ResumeOSD(mortal))
		check(t, c.WaitUp(2))
	}()
	paused()
	_, err := c.Command("osd", "down", fmt.Sprint(mortal))
	check(t, err)
	down()
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// ending is how a call ended, as far as its client can tell.
type ending int

const (
	made    ending = iota
	notMade        // it has changed nothing, and will not
	unknown        // it may have been made, or be yet
)

// endingOf tells by what docs/stores.md promises. A call that failed in a way that a cluster or a daemon in trouble does not explain
// is an error of the test.
func endingOf(t *testing.T, err error) ending {
	t.Helper()
	var e *client.Error
	switch {
	case err == nil:
		return made
	case !errors.As(err, &e): // the daemon is gone
		if errors.Is(err, syscall.ECONNREFUSED) {
			return notMade
		}
		return unknown
	case strings.HasPrefix(e.Kind, "trap:"), errors.Is(err, syscall.EAGAIN):
		return notMade
	case errors.Is(err, syscall.ETIMEDOUT):
		return unknown
	}
	t.Errorf("a call failed: %v (%s)", err, e.Kind)
	return unknown
}
