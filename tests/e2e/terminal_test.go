// This file is a terminal for tests: a program runs in it, and what it shows can be read.

package e2e

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
)

type terminal struct {
	t      *testing.T
	file   *os.File // the terminal's own end
	screen vt10x.Terminal
	ended  chan error // gets how the program ended

	mu      sync.Mutex
	written strings.Builder // all that the program wrote
}

// all returns all that the program wrote, with what the screen no longer shows.
func (term *terminal) all() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.written.String()
}

// openTerminal runs a program in a terminal of that size. It is killed with the test.
func openTerminal(t *testing.T, columns, rows int, cmd *exec.Cmd) *terminal {
	t.Helper()
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, "TERM=xterm-256color")
	file, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: uint16(columns), Rows: uint16(rows)})
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, file: file, screen: vt10x.New(vt10x.WithSize(columns, rows), vt10x.WithWriter(file)), ended: make(chan error, 1)}
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		buf := make([]byte, 64<<10)
		for {
			n, err := file.Read(buf)
			_, _ = term.screen.Write(buf[:n])
			term.mu.Lock()
			term.written.Write(buf[:n])
			term.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	go func() {
		err := cmd.Wait()
		<-shown // all that it wrote is on the screen
		term.ended <- err
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // unless it ended
		file.Close()
	})
	return term
}

// press sends keys as if they were typed.
func (term *terminal) press(keys string) {
	term.t.Helper()
	if _, err := term.file.WriteString(keys); err != nil {
		term.t.Fatal(err)
	}
}

// await waits until the screen shows a text.
func (term *terminal) await(text string) {
	term.t.Helper()
	term.awaitScreen("the terminal shows "+text, func(screen string) bool { return strings.Contains(screen, text) })
}

// awaitScreen waits until the screen is as it should be.
func (term *terminal) awaitScreen(what string, ok func(screen string) bool) {
	term.t.Helper()
	for end := time.Now().Add(2 * time.Minute); !ok(term.screen.String()); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			term.t.Fatalf("did not happen: %s; the terminal shows\n%s", what, term.screen.String())
		}
	}
}

// resize changes the size, of which the program is told.
func (term *terminal) resize(columns, rows int) {
	term.t.Helper()
	term.screen.Resize(columns, rows)
	if err := pty.Setsize(term.file, &pty.Winsize{Cols: uint16(columns), Rows: uint16(rows)}); err != nil {
		term.t.Fatal(err)
	}
}

// awaitEnd waits for the program's end, and returns how it was.
func (term *terminal) awaitEnd() error {
	term.t.Helper()
	select {
	case err := <-term.ended:
		return err
	case <-time.After(2 * time.Minute):
		term.t.Fatalf("the program does not end; the terminal shows\n%s", term.screen.String())
		return nil
	}
}
