// This file is an operator at a terminal with objluad top, and scripts that read what it prints.

package e2e

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/hinshun/vt10x"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

// openTop runs top in a shell, which says when the terminal is as it was before.
func openTop(t *testing.T, d *rig.Daemon) *terminal {
	t.Helper()
	script := `before=$(stty -g); "$0" --addr "$1" top --interval 100ms; [ "$before" = "$(stty -g)" ] && echo restored, status $?`
	term := openTerminal(t, 130, 40, exec.Command("bash", "-c", script, rig.Binary(), d.Addr()))
	term.await("calls under way")
	return term
}

// checkRestored checks that the terminal is as it was, and that the program ended without an error.
func (term *terminal) checkRestored() {
	term.t.Helper()
	term.await("restored, status 0")
	if err := term.awaitEnd(); err != nil {
		term.t.Error(err)
	}
	if term.screen.Mode()&vt10x.ModeAltScreen != 0 || !term.screen.CursorVisible() {
		term.t.Error("the terminal has the other screen, or no cursor")
	}
}

func TestTop(t *testing.T) {
	d := rig.Run(t, t.TempDir(), "--max-timeout", endlessTimeout.String())
	d.Install(t, "endless", endlessClass)
	spared := endless(t, d, "spared", "loop")
	sparedID := listed(t, d, "spared", "loop", "running")
	ended := endless(t, d, "doomed", "loop")
	id := listed(t, d, "doomed", "loop", "running")
	term := openTop(t, d)
	if term.screen.Mode()&vt10x.ModeAltScreen == 0 {
		t.Error("top is not on the terminal's other screen")
	}
	term.await("doomed")

	term.press("/doom\r") // the one call that is to be killed
	term.awaitScreen("the other call is filtered out", func(screen string) bool {
		return strings.Contains(screen, "doomed") && !strings.Contains(screen, "spared")
	})
	term.press("k")
	term.await("kill call " + id + "? y or n")
	term.press("n")
	term.await("call " + id + " goes on")
	term.press("k")
	term.await("kill call " + id + "? y or n")
	term.press("y")
	checkError(t, <-ended, "ECANCELED", "trap:canceled", "killed by an operator")
	term.awaitScreen("the call is gone, and counted", func(screen string) bool {
		return !strings.Contains(screen, "doomed") && strings.Contains(screen, "errors: trap:canceled")
	})
	term.press("\x1b") // no filter
	term.await("spared")

	for _, size := range [][2]int{{40, 8}, {20, 3}, {1, 1}, {200, 60}, {80, 24}} {
		term.resize(size[0], size[1])
		time.Sleep(200 * time.Millisecond) // for top to draw something wrong, if it does
	}
	term.await("spared")
	term.await("q quit")
	term.press("p")
	term.await("PAUSED")
	term.press("q")
	term.checkRestored()

	cli(t, d, "kill", sparedID)
	checkError(t, <-spared, "ECANCELED", "trap:canceled", "")
}

// A signal ends top as q does, and a daemon that goes away does not.
func TestTopSurvivesTheDaemon(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	term := openTop(t, d)
	if err := d.Stop(); err != nil {
		t.Fatal(err)
	}
	term.await("the daemon does not answer")
	term.press("\x03")
	term.checkRestored()
}

// frameJSON is of what top prints what the test reads.
type frameJSON struct {
	SinceStart bool `json:"since_start"`
	Daemon     struct {
		Connections int `json:"connections"`
		Memory      int `json:"memory_bytes"`
	} `json:"daemon"`
	Total   costJSON   `json:"total"`
	Classes []costJSON `json:"classes"`
	Methods []costJSON `json:"methods"`
	Calls   []struct {
		OID string `json:"oid"`
	} `json:"calls"`
	Errors []struct {
		Kind  string `json:"kind"`
		Total int    `json:"total"`
	} `json:"errors"`
}

type costJSON struct {
	Class  string `json:"class"`
	Method string `json:"method"`
	Calls  int    `json:"calls"`
	CPU    int    `json:"cpu_us"`
	Mean   int    `json:"mean_us"`
	Traps  int    `json:"traps"`
}

func TestTopInScripts(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	d.Install(t, "endless", endlessClass)
	d.Install(t, "cheap", "function f() end objclass.register(f, objclass.RD)")
	ioctx := d.Dial(t).OpenIOContext("default")
	for range 5 {
		if _, err := ioctx.Exec(t.Context(), "o", "cheap", "f", nil); err != nil {
			t.Fatal(err)
		}
	}
	_, err := ioctx.Exec(t.Context(), "o", "endless", "loop", nil, client.Timeout(100*time.Millisecond))
	checkError(t, err, "ETIMEDOUT", "trap:deadline", "")

	var frame frameJSON
	if err := json.Unmarshal([]byte(cli(t, d, "--json", "top", "-n", "1")), &frame); err != nil {
		t.Fatal(err)
	}
	if !frame.SinceStart || frame.Daemon.Connections < 1 || frame.Daemon.Memory < 1<<20 || frame.Total.Calls != 6 || frame.Calls == nil {
		t.Errorf("the frame: %+v", frame)
	}
	if len(frame.Classes) != 2 || frame.Classes[0].Class != "endless" || frame.Classes[0].CPU < 10_000 || frame.Classes[1].Calls != 5 {
		t.Errorf("classes: %+v", frame.Classes)
	}
	if len(frame.Methods) != 2 || frame.Methods[0].Method != "loop" || frame.Methods[0].Mean < 100_000 || frame.Methods[0].Traps != 1 {
		t.Errorf("methods: %+v", frame.Methods)
	}
	if len(frame.Errors) != 1 || frame.Errors[0].Kind != "trap:deadline" || frame.Errors[0].Total != 1 {
		t.Errorf("errors: %+v", frame.Errors)
	}
	text := cli(t, d, "top", "--batch", "-n", "2", "--interval", "100ms")
	if strings.Count(text, "classes by cost:") != 2 || strings.Contains(text, "\x1b") {
		t.Errorf("printed\n%s", text)
	}
	if got, want := cli(t, d, "top"), "objluad: ENOTTY: this is no terminal; --batch prints frames as text, and --json as JSON\n"; got != want {
		t.Errorf("without a terminal: %q", got)
	}
}
