// This file tests the rig on a daemon that does nothing else.

package rig_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/objluad/objluad/tests/rig"
)

func TestLife(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	if err := d.Dial(t).Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if pid, err := d.ProcessID(); err != nil || pid != d.PID() {
		t.Errorf("ProcessID: %d, %v; want %d", pid, err, d.PID())
	}
	now, err := d.Resident()
	if err != nil || now < 1<<20 {
		t.Errorf("Resident: %d, %v", now, err)
	}
	if peak, err := d.PeakResident(); err != nil || peak < now {
		t.Errorf("PeakResident: %d below %d, %v", peak, now, err)
	}
	if !d.Running() {
		t.Error("a daemon that answers does not run")
	}
	if err := d.Stop(); err != nil || d.Running() {
		t.Errorf("Stop: %v; running %v", err, d.Running())
	}
	if log := d.Stderr(); !strings.Contains(log, `"msg":"stopped"`) {
		t.Errorf("the log has no end: %s", log)
	}
}

func TestKill(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	if err := d.Kill(); err != nil || d.Running() {
		t.Errorf("Kill: %v; running %v", err, d.Running())
	}
	if log := d.Stderr(); strings.Contains(log, `"msg":"stopp`) {
		t.Errorf("it had time to say something: %s", log)
	}
}

func TestStartFails(t *testing.T) {
	_, err := rig.Start(filepath.Join(t.TempDir(), "d"), "--queue", "0")
	var exit *rig.ExitError
	if !errors.As(err, &exit) || exit.Status != 1 || !strings.HasPrefix(exit.Stderr, "objluad: EINVAL: ") {
		t.Errorf("Start: %v", err)
	}
}
