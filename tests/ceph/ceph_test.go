// This file tests the clusters with Ceph's own client.

package ceph

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What is stored in an OSD survives its stop and start; and nothing of a cluster is left behind.
func TestLife(t *testing.T) {
	for _, cephx := range []bool{false, true} {
		began := time.Now()
		c, err := New(Options{OSDs: 2, Cephx: cephx})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Stop()
		t.Logf("cephx %v: up in %v", cephx, time.Since(began))
		check := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		_, err = c.Command("osd", "pool", "create", "p")
		check(err)
		_, err = c.Rados([]byte("data"), "-p", "p", "put", "o", "-")
		check(err)
		for i := range 2 {
			check(c.StopOSD(i))
		}
		check(c.WaitUp(0))
		for i := range 2 {
			check(c.StartOSD(i))
		}
		check(c.WaitUp(2))
		if got, err := c.Rados(nil, "-p", "p", "get", "o", "-"); string(got) != "data" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		var pids []int
		for _, d := range append([]*daemon{c.mon, c.mgr}, c.osds...) {
			pids = append(pids, d.cmd.Process.Pid)
		}
		check(c.Stop())
		for _, pid := range pids {
			if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
				t.Errorf("process %d: %v", pid, err)
			}
		}
		if _, err := os.Stat(c.dir); !os.IsNotExist(err) {
			t.Errorf("the folder is there: %v", err)
		}
	}
}

// A cluster that cannot come up says which step failed, and leaves nothing.
func TestStartFails(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	_, err := New(Options{Conf: "mon data = /proc/nowhere"})
	if err == nil || !strings.Contains(err.Error(), "ceph-mon --mkfs") {
		t.Errorf("started: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
