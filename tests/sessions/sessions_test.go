// Package sessions has the clients that people use talk to the daemon: redis-cli, redis-benchmark, go-redis, rueidis and curl.
package sessions

import (
	"bytes"
	"errors"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/tests/rig"
)

const class = `
-- echo answers its input.
function echo(input, output) output:append(input) end

-- inc adds the input to the number in the object, and answers the sum.
function inc(input, output)
  local n = (tonumber(objclass.read(0, 0):str()) or 0) + tonumber(input:str())
  local sum = bufferlist.new()
  sum:append(tostring(n))
  objclass.write_full(sum)
  output:append(sum)
end

-- spin never ends.
function spin() while true do end end

objclass.register(echo, objclass.RD)
objclass.register(inc, objclass.RD | objclass.WR)
objclass.register(spin, objclass.RD)`

// TestSessions runs all sessions against one daemon, each with objects of its own.
func TestSessions(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	d.Install(t, "s", class)
	for name, session := range map[string]func(*testing.T, *rig.Daemon){
		"redis-cli documents":           cliDocuments,
		"redis-cli from standard input": cliStandardInput,
		"redis-cli --pipe":              cliPipe,
		"redis-benchmark":               benchmark,
		"lines":                         lines,
		"go-redis":                      goRedis,
		"rueidis":                       rueidisSessions,
		"curl":                          curl,
	} {
		t.Run(name, func(t *testing.T) { session(t, d) })
	}
	if log := d.Stderr(); strings.Contains(log, `"level":"ERROR"`) || strings.Contains(log, `"level":"WARN"`) {
		t.Errorf("the daemon is not content:\n%s", log)
	}
}

// run runs a program of a client, which must end with status 0, and returns what it prints on standard output and standard error.
func run(t *testing.T, stdin, program string, args ...string) string {
	t.Helper()
	out, err := start(t, stdin, program, args...)
	if err != nil {
		t.Errorf("%s %.200q: %v\n%s", program, args, err, out)
	}
	return out
}

// runFailing is run of a program that must end with status 1.
func runFailing(t *testing.T, stdin, program string, args ...string) string {
	t.Helper()
	out, err := start(t, stdin, program, args...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("%s %.200q: %v, want status 1\n%s", program, args, err, out)
	}
	return out
}

func start(t *testing.T, stdin, program string, args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is not installed", program)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(bytes.ReplaceAll(out, []byte("\r\n"), []byte("\n"))), err
}

// at returns the options by which Redis's programs find the daemon.
func at(t *testing.T, d *rig.Daemon) []string {
	t.Helper()
	host, port, err := net.SplitHostPort(d.Addr())
	if err != nil {
		t.Fatal(err)
	}
	return []string{"-h", host, "-p", port}
}

// wantObject checks the data of an object.
func wantObject(t *testing.T, d *rig.Daemon, oid, want string) {
	t.Helper()
	data, err := d.Dial(t).OpenIOContext("default").ReadFull(t.Context(), oid)
	if err != nil || string(data) != want {
		t.Errorf("%s has %.60q, %v; want %.60q", oid, data, err, want)
	}
}

// wantNoCalls waits for the end of all calls.
func wantNoCalls(t *testing.T, d *rig.Daemon) {
	t.Helper()
	conn := d.Dial(t)
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		calls, err := conn.Calls(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(calls) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("calls do not end: %+v", calls)
		}
	}
}
