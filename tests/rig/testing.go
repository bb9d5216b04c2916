// This file is the rig for tests, which fail where a program would handle an error.

package rig

import (
	"os"
	"os/exec"
	"testing"

	"github.com/objluad/objluad/client"
)

// Run starts a daemon on the data folder. It lives as long as the test; if it still runs then, it must end with status 0 on
// SIGTERM. The log of a test that failed is shown.
func Run(tb testing.TB, data string, args ...string) *Daemon {
	tb.Helper()
	return RunCommand(tb, Command(Binary(), data, args...))
}

// RunCommand is Run of a command that Command returned.
func RunCommand(tb testing.TB, cmd *exec.Cmd) *Daemon {
	tb.Helper()
	d, err := StartCommand(cmd)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if d.Running() {
			if err := d.Stop(); err != nil {
				tb.Error(err)
			}
		}
		if tb.Failed() {
			tb.Logf("the daemon wrote:\n%s", d.Stderr())
		}
	})
	return d
}

// Check has "objluad check" find nothing wrong in a data folder that no daemon serves.
func Check(tb testing.TB, data string) {
	tb.Helper()
	if out, err := exec.Command(Binary(), "check", "--data", data).CombinedOutput(); err != nil {
		tb.Errorf("check of %s: %v\n%s", data, err, out)
	}
}

// CheckCopy is Check of a copy: a check recovers a store whose daemon was killed, which may be for the next daemon to do.
func CheckCopy(tb testing.TB, data string) {
	tb.Helper()
	dir := tb.TempDir()
	if err := os.CopyFS(dir, os.DirFS(data)); err != nil {
		tb.Fatal(err)
	}
	Check(tb, dir)
}

// Dial returns a connection to the daemon that lives as long as the test. It sends nothing again: a test sees what the daemon answers.
func (d *Daemon) Dial(tb testing.TB) *client.Conn {
	tb.Helper()
	conn, err := client.DialOptions(d.Addr(), client.Options{Retries: -1})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(conn.Shutdown)
	return conn
}

// Install installs a class.
func (d *Daemon) Install(tb testing.TB, name, source string) {
	tb.Helper()
	if _, err := d.Dial(tb).InstallClass(tb.Context(), name, []byte(source)); err != nil {
		tb.Fatal(err)
	}
}
