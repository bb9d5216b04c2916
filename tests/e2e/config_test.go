// This file is the settings of a daemon that change while it runs.

package e2e

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

// hangup writes the daemon's file of settings, sends SIGHUP, and waits until the log has so many lines with a word more.
func hangup(t *testing.T, d *rig.Daemon, file, text, word string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	before := strings.Count(d.Stderr(), word)
	if err := syscall.Kill(d.PID(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the log has "+word, func() bool { return strings.Count(d.Stderr(), word) > before })
}

func TestReload(t *testing.T) {
	file := filepath.Join(t.TempDir(), "objluad.toml")
	if err := os.WriteFile(file, []byte("timeout = \"300ms\"\nquarantine = 0"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := rig.Run(t, t.TempDir(), "--config", file, "--queue", "50")
	conn := d.Dial(t)
	ioctx := conn.OpenIOContext("default")
	d.Install(t, "faulty", faultyClass)
	run := func(input string, opts ...client.CallOption) error {
		_, err := ioctx.Exec(t.Context(), "o", "faulty", "run", []byte(input), opts...)
		return err
	}
	const reloaded = `"msg":"reloaded"`
	checkError(t, run("loop"), "ETIMEDOUT", "trap:deadline", "over 300 ms")

	// Budgets, the largest of them, and the level of the log.
	hangup(t, d, file, "timeout = \"40ms\"\nmax-timeout = \"2s\"\nquarantine = 0\nlog-level = \"debug\"\narena = \"8MiB\"\nqueue = 7", reloaded)
	checkError(t, run("loop"), "ETIMEDOUT", "trap:deadline", "over 40 ms")
	checkError(t, run("", client.Timeout(3*time.Second)), "EINVAL", "input", "the timeout is 3s, the limit is 2s")
	for _, line := range []string{
		`"msg":"setting changed","setting":"timeout","from":"300ms","to":"40ms","source":"` + file + `:1"`,
		`"msg":"setting is another one now, but changes only when the daemon is started again","setting":"arena","from":"16MiB","to":"8MiB","source":"` + file + `:5"`,
	} {
		if !strings.Contains(d.Stderr(), line) {
			t.Errorf("the log has no line with %s:\n%s", line, d.Stderr())
		}
	}
	checkSettings(t, d, map[string]string{"timeout": "40ms", "max-timeout": "2s", "arena": "16MiB", "queue": "50", "appendfsync": "always", "maxclients": "10000"})
	if strings.Contains(d.Stderr(), `"setting":"queue"`) {
		t.Error("the file changed what the command line had set")
	}

	// A file that is wrong in one line changes nothing, and is told with the line.
	for _, wrong := range []string{"timeout = \"1s\"\nquarantine = -1", "timeout = \"1s\"\nqueeue = 1", "timeout = \"1s\"\nqueue =", "timeout = \"1s\"\nmemtable = \"1KiB\""} {
		hangup(t, d, file, wrong, `"msg":"not reloaded: all is as before","what":"settings","err":"`+file+`:2: `)
		checkError(t, run("loop"), "ETIMEDOUT", "trap:deadline", "over 40 ms")
	}

	// The quarantine, which had none; and a setting that is not in the file any more.
	hangup(t, d, file, "quarantine = 1\ntimeout = \"30ms\"", reloaded)
	if err := run("", client.Timeout(3*time.Second)); err != nil {
		t.Errorf("with the default of max-timeout: %v", err)
	}
	checkError(t, run("loop"), "ETIMEDOUT", "trap:deadline", "over 30 ms")
	checkError(t, run(""), "EPERM", "class", "quarantined")
	hangup(t, d, file, "quarantine = 0", reloaded)
	if err := run(""); err != nil {
		t.Errorf("without quarantine: %v", err)
	}
	if err := d.Stop(); err != nil {
		t.Error(err)
	}
}

// checkSettings checks what clients are told that the settings are.
func checkSettings(t *testing.T, d *rig.Daemon, want map[string]string) {
	t.Helper()
	conn, err := net.Dial("tcp", d.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for name, value := range want {
		fmt.Fprintf(conn, "CONFIG GET %s\r\n", name)
		reply := fmt.Sprintf("*2\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", len(name), name, len(value), value)
		got := make([]byte, len(reply))
		if n, err := io.ReadAtLeast(conn, got, len(got)); err != nil || string(got) != reply {
			t.Fatalf("CONFIG GET %s: %q, %v", name, got[:n], err)
		}
	}
}

// Calls go on while settings are read again.
func TestReloadWhileCalled(t *testing.T) {
	file := filepath.Join(t.TempDir(), "objluad.toml")
	texts := []string{"max-output = 1000\nlog-level = \"info\"", "max-output = 2000\nlog-level = \"debug\""}
	if err := os.WriteFile(file, []byte(texts[0]), 0o600); err != nil {
		t.Fatal(err)
	}
	d := rig.Run(t, t.TempDir(), "--config", file)
	ioctx := d.Dial(t).OpenIOContext("default")
	stop := make(chan struct{})
	ended := make(chan error, 4)
	for range cap(ended) {
		go func() {
			for {
				select {
				case <-stop:
					ended <- nil
					return
				default:
				}
				if _, err := ioctx.Eval(t.Context(), "o", []byte("objclass.write_full(bufferlist.new())"), "", nil); err != nil {
					ended <- err
					return
				}
			}
		}()
	}
	for i := range 20 {
		hangup(t, d, file, fmt.Sprintf("%s # %d", texts[i%2], i), `"msg":"reloaded"`)
	}
	close(stop)
	for range cap(ended) {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}
