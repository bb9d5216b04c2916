// This file is class versions that trap again and again: they are refused, tried again, and let free.

package e2e

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

const faultyClass = `
function run(input, output)
	if input:str() == "loop" then while true do pcall(function() while true do end end) end end
	if input:str() == "memory" then local s = "x" while true do s = s .. s end end
	output:append("ran")
end
objclass.register(run)`

func TestQuarantine(t *testing.T) {
	d := rig.Run(t, t.TempDir(), "--quarantine", "3", "--quarantine-cooldown", "1h")
	conn := d.Dial(t)
	ioctx := conn.OpenIOContext("default")
	d.Install(t, "faulty", faultyClass)
	run := func(class, input string, opts ...client.CallOption) error {
		_, err := ioctx.Exec(t.Context(), "o", class, "run", []byte(input), opts...)
		return err
	}
	trap := func() {
		t.Helper()
		checkError(t, run("faulty", "memory"), "ENOMEM", "trap:memory", "arena")
		checkError(t, run("faulty", "loop"), "ETIMEDOUT", "trap:deadline", "over 1000 ms")
		checkError(t, run("faulty", "memory"), "ENOMEM", "trap:memory", "arena")
	}
	trap()
	checkError(t, run("faulty", ""), "EPERM", "class", "quarantined: class faulty@")
	if _, err := ioctx.Eval(t.Context(), "o", []byte(faultyClass), "run", nil); err != nil {
		t.Errorf("the same source as a script: %v", err)
	}
	class, err := conn.ShowClass(t.Context(), "faulty")
	if q := class.Quarantine; err != nil || q == nil || q.Traps != 3 || q.Until.Sub(q.Since) != time.Hour || !strings.HasPrefix(q.Last, "trap:memory ") {
		t.Errorf("shown as %+v, %v", q, err)
	}
	status, body := request(t, d, "GET", "/v1/classes", "")
	var list struct {
		Classes []struct{ Quarantine struct{ Traps int } }
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil || status != 200 || len(list.Classes) != 1 || list.Classes[0].Quarantine.Traps != 3 {
		t.Errorf("listed as %d %s", status, body)
	}
	if got := cli(t, d, "class", "list"); !strings.Contains(got, "(quarantined)") {
		t.Errorf("class list: %s", got)
	}
	if got := cli(t, d, "class", "show", "faulty"); !regexp.MustCompile(`\nquarantine: since \S+ until \S+, after 3 traps; last: trap:memory faulty.lua`).MatchString(got) {
		t.Errorf("class show: %s", got)
	}
	_, numbers := request(t, d, "GET", "/metrics", "")
	for _, line := range []string{"objluad_quarantined_versions 1", "objluad_quarantine_entered_total 1", "objluad_quarantine_refused_total 1"} {
		if !strings.Contains(numbers, "\n"+line+"\n") {
			t.Errorf("no metric %s", line)
		}
	}
	if !strings.Contains(d.Stderr(), `"msg":"class version is quarantined: its calls are refused","class":"faulty"`) {
		t.Error("the log has no word of it")
	}

	for _, reset := range []func(){
		func() {
			if err := conn.ResetClass(t.Context(), "faulty@"+class.Version[:8]); err != nil {
				t.Error(err)
			}
		},
		func() {
			if status, body := request(t, d, "DELETE", "/v1/classes/faulty/quarantine", ""); status != http.StatusNoContent {
				t.Error(status, body)
			}
		},
		func() {
			if got := cli(t, d, "class", "reset", "faulty"); got != "" {
				t.Error(got)
			}
		},
	} {
		checkError(t, run("faulty", ""), "EPERM", "class", "objluad class reset faulty@")
		reset()
		if err := run("faulty", ""); err != nil {
			t.Errorf("after the reset: %v", err)
		}
		trap()
	}
	checkError(t, conn.ResetClass(t.Context(), "nosuch"), "EOPNOTSUPP", "class", "no class nosuch")
}

// A version is tried again when the cooldown is over, and goes on if it is well. Traps that its callers brought about count for nothing.
func TestQuarantineEnds(t *testing.T) {
	d := rig.Run(t, t.TempDir(), "--quarantine", "1", "--quarantine-cooldown", "100ms")
	ioctx := d.Dial(t).OpenIOContext("default")
	d.Install(t, "faulty", faultyClass)
	run := func(input string, opts ...client.CallOption) error {
		_, err := ioctx.Exec(t.Context(), "o", "faulty", "run", []byte(input), opts...)
		return err
	}
	for range 3 {
		checkError(t, run("loop", client.Timeout(10*time.Millisecond)), "ETIMEDOUT", "trap:deadline", "over 10 ms")
	}
	if err := run(""); err != nil {
		t.Errorf("after timeouts that were too short: %v", err)
	}
	checkError(t, run("memory"), "ENOMEM", "trap:memory", "")
	eventually(t, "a call is let through", func() bool { return run("") == nil })
	if err := run(""); err != nil {
		t.Error(err)
	}
}

func TestQuarantineIsOff(t *testing.T) {
	d := rig.Run(t, t.TempDir(), "--quarantine", "0")
	ioctx := d.Dial(t).OpenIOContext("default")
	d.Install(t, "faulty", faultyClass)
	for range 20 {
		_, err := ioctx.Exec(t.Context(), "o", "faulty", "run", []byte("memory"))
		checkError(t, err, "ENOMEM", "trap:memory", "")
	}
}
