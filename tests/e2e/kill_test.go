// This file is an operator who ends endless calls: through all interfaces, and beside calls that do nothing wrong.

package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

const endlessClass = `
local function begin() objclass.write_full(bufferlist.new()) objclass.setxattr("half", bufferlist.new()) end

-- Its end is a line of the script.
function loop() begin() while true do pcall(function() while true do end end) end end

-- No line of the script is reached.
function match() begin() string.find(("a"):rep(40), ("a-"):rep(40) .. "b") end

-- Most of the time it is outside of the VM.
function host() begin() while true do pcall(objclass.read, 0, 0) pcall(objclass.setxattr, "half", bufferlist.new()) end end

for _, method in ipairs({loop, match, host}) do objclass.register(method, objclass.RD | objclass.WR) end`

// endlessTimeout is for calls that a kill must end before.
const endlessTimeout = 10 * time.Minute

// operators are the ways in which an operator kills a call.
var operators = []struct {
	name string
	kill func(t *testing.T, d *rig.Daemon, id string) (answer string)
	gone string // the answer when the call is no longer there
}{
	{"command line", func(t *testing.T, d *rig.Daemon, id string) string { return cli(t, d, "kill", id) },
		"objluad: ENOENT: no call %s is under way; it may have ended\n"},
	{"RESP", func(t *testing.T, d *rig.Daemon, id string) string { return inline(t, d, "CALL.KILL "+id) },
		"-ENOENT op no call %s is under way; it may have ended\r\n"},
	{"HTTP", func(t *testing.T, d *rig.Daemon, id string) string {
		status, body := request(t, d, "DELETE", "/v1/calls/"+id, "")
		if status == http.StatusNoContent {
			return body
		}
		return fmt.Sprint(status, " ", body)
	}, `404 {"title":"Not Found","status":404,"detail":"no call %s is under way; it may have ended","errno":"ENOENT","kind":"op"}` + "\n"},
}

func TestKillEndlessCalls(t *testing.T) {
	d := rig.Run(t, t.TempDir(), "--max-timeout", endlessTimeout.String())
	d.Install(t, "endless", endlessClass)
	conn := d.Dial(t)
	ioctx := conn.OpenIOContext("default")
	for _, method := range []string{"loop", "match", "host"} {
		oid := "object of " + method
		version, err := ioctx.WriteFull(t.Context(), oid, []byte("whole"))
		if err != nil {
			t.Fatal(err)
		}
		for _, operator := range operators {
			t.Run(method+" by "+operator.name, func(t *testing.T) {
				ended := endless(t, d, oid, method)
				id := listed(t, d, oid, method, "running")
				began := time.Now()
				if answer := operator.kill(t, d, id); answer != "" && answer != "+OK\r\n" {
					t.Errorf("the kill was answered %q", answer)
				}
				checkError(t, <-ended, "ECANCELED", "trap:canceled", "canceled")
				t.Logf("the call ended after %v", time.Since(began))
				if answer, want := operator.kill(t, d, id), fmt.Sprintf(operator.gone, id); answer != want {
					t.Errorf("killed again: %q, want %q", answer, want)
				}
				if list := cli(t, d, "ps"); strings.Count(list, "\n") != 1 {
					t.Errorf("calls are left:\n%s", list)
				}
				data, err := ioctx.ReadFull(t.Context(), oid)
				st, statErr := ioctx.Stat(t.Context(), oid)
				if string(data) != "whole" || st.Version != version || err != nil || statErr != nil {
					t.Errorf("the object has %q, version %d, %v, %v; had version %d", data, st.Version, err, statErr, version)
				}
			})
		}
	}
	checkGood(t, d)
}

// The client of a killed call is told who ended it, and where: a call that is listed as running may not have come to its first line.
func TestKilledClientIsTold(t *testing.T) {
	d := rig.Run(t, t.TempDir(), "--max-timeout", endlessTimeout.String())
	d.Install(t, "endless", endlessClass)
	for method, where := range map[string]string{
		"loop":  `(:[25]: canceled|: canceled, before its first line)`,
		"match": `(:2: canceled|: canceled, (inside a library function|before its first line))`,
	} {
		ended := endless(t, d, "o", method)
		cli(t, d, "kill", listed(t, d, "o", method, "running"))
		err := <-ended
		checkError(t, err, "ECANCELED", "trap:canceled", "")
		want := regexp.MustCompile(`\bendless\.lua` + where + `: killed by an operator$`)
		if err == nil || !want.MatchString(err.Error()) {
			t.Errorf("%s: got %v, want %v", method, err, want)
		}
	}
}

// TestKillInAFullDaemon has an operator who comes when nothing else is let in.
func TestKillInAFullDaemon(t *testing.T) {
	const in = 6
	d := rig.Run(t, t.TempDir(), "--executions", "2", "--queue", strconv.Itoa(in-2), "--max-timeout", endlessTimeout.String())
	d.Install(t, "endless", endlessClass)
	var ended []<-chan error
	for i := range in {
		ended = append(ended, endless(t, d, fmt.Sprint("o", i%3), "loop"))
	}
	conn := d.Dial(t)
	var calls []client.CallInfo
	eventually(t, "the daemon is full", func() bool {
		var err error
		if calls, err = conn.Calls(t.Context()); err != nil {
			t.Fatal(err)
		}
		states := map[string]int{}
		for _, call := range calls {
			states[call.State]++
		}
		return len(calls) == in && states["waiting-lock"] == in/2 && states["running"] > 0
	})
	if _, err := conn.OpenIOContext("default").Stat(t.Context(), "o"); err == nil || !strings.Contains(err.Error(), "EBUSY") {
		t.Errorf("another client got %v, want EBUSY", err)
	}
	list := cli(t, d, "ps")
	if strings.Count(list, "\n") != 1+in || strings.Count(list, " waiting-lock ") != in/2 || !strings.Contains(list, " running ") {
		t.Errorf("ps prints\n%s", list)
	}
	args := []string{"kill"}
	for _, call := range calls {
		args = append(args, strconv.FormatUint(call.ID, 10))
	}
	if answer := cli(t, d, args...); answer != "" {
		t.Errorf("kill printed %q", answer)
	}
	for _, call := range ended {
		checkError(t, <-call, "ECANCELED", "", "killed by an operator")
	}
	checkGood(t, d)
}

// endless begins a call that ends only when it is killed, and returns where its error arrives.
func endless(t *testing.T, d *rig.Daemon, oid, method string) <-chan error {
	t.Helper()
	ioctx := d.Dial(t).OpenIOContext("default")
	ended := make(chan error, 1)
	go func() {
		_, err := ioctx.Exec(t.Context(), oid, "endless", method, nil, client.Timeout(endlessTimeout))
		ended <- err
	}()
	return ended
}

// listed waits until ps shows a call on the object in that state, and returns its id.
func listed(t *testing.T, d *rig.Daemon, oid, method, state string) (id string) {
	t.Helper()
	eventually(t, "the call is listed", func() bool {
		for line := range strings.Lines(cli(t, d, "ps")) {
			if strings.Contains(line, oid) && strings.Contains(line, " "+method+" ") && strings.Contains(line, " "+state+" ") {
				id, _, _ = strings.Cut(line, " ")
				return true
			}
		}
		return false
	})
	return id
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("did not happen: %s", what)
		}
	}
}

// cli runs a client command and returns what it printed: to standard error if it failed, which it must do with status 1.
func cli(t *testing.T, d *rig.Daemon, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), rig.Binary(), append([]string{"--addr", d.Addr()}, args...)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err == nil {
		return stdout.String() + stderr.String()
	}
	if cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("%q ended with status %d", args, cmd.ProcessState.ExitCode())
	}
	return stderr.String()
}

// inline sends one command on a connection of its own and returns the reply.
func inline(t *testing.T, d *rig.Daemon, command string) string {
	t.Helper()
	conn, err := net.Dial("tcp", d.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, command+"\r\nQUIT\r\n"); err != nil {
		t.Fatal(err)
	}
	reply, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(reply), "+OK\r\n")
}
