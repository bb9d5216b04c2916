package server_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

// A pipelining client's execution is not kept from others while the connection waits for something.
func TestPipelinesKeepNoExecutionWhileTheyWait(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		sends func(*peer)
		runs  int // methods of others
	}{
		"for the rest of a command": {sends: func(p *peer) {
			p.send(command("CLIENT", "REPLY", "OFF") + strings.Repeat(echo("x"), 3) + "*1\r\n$4\r\nPI") // nor is anything written
		}},
		"for the client to read": {sends: func(p *peer) {
			go io.WriteString(p, strings.Repeat(echo(strings.Repeat("x", 16<<10)), 4000))
		}},
		"for an object's lock": {runs: 1, sends: func(p *peer) {
			locker := dial(t, p.RemoteAddr().String())
			locker.send(command("OBJ.EXEC", "p", "locked", "test", "late", "1500", "TIMEOUT", "60000"))
			time.Sleep(100 * time.Millisecond)
			p.send(echo("x") + command("OBJ.APPEND", "p", "locked", "x"))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rig := servertest.Start(t, server.Options{})
			dial(t, rig.RESP).ask("OBJ.EXEC", "p", "o", "test", "echo", "known to be short")
			for range 5 {
				test.sends(dial(t, rig.RESP))
				if test.runs > 0 {
					break
				}
			}
			time.Sleep(300 * time.Millisecond)
			waitFor(t, "no execution is kept", func() bool { return rig.Service.Stats().Running == test.runs })
		})
	}
}
