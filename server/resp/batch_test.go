package resp_test

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
		sends func(*testing.T, *servertest.Rig, *servertest.Peer)
		runs  int // methods of others
	}{
		"for the rest of a command": {sends: func(_ *testing.T, _ *servertest.Rig, p *servertest.Peer) {
			p.Send(servertest.Command("CLIENT", "REPLY", "OFF") + strings.Repeat(servertest.Echo("x"), 3) + "*1\r\n$4\r\nPI") // nor is anything written
		}},
		"for the client to read": {sends: func(_ *testing.T, _ *servertest.Rig, p *servertest.Peer) {
			go io.WriteString(p, strings.Repeat(servertest.Echo(strings.Repeat("x", 16<<10)), 4000))
		}},
		"for an object's lock": {runs: 1, sends: func(t *testing.T, rig *servertest.Rig, p *servertest.Peer) {
			servertest.Dial(t, rig.RESP).Send(servertest.Command("OBJ.EXEC", "p", "locked", "test", "late", "60000", "TIMEOUT", "60000"))
			servertest.WaitFor(t, "somebody has the lock", func() bool { return rig.Service.Stats().Running == 1 })
			p.Send(servertest.Echo("x") + servertest.Command("OBJ.APPEND", "p", "locked", "x"))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rig := servertest.Start(t, server.Options{})
			servertest.Dial(t, rig.RESP).Ask("OBJ.EXEC", "p", "o", "test", "echo", "known to be short")
			for range 5 {
				test.sends(t, rig, servertest.Dial(t, rig.RESP))
				if test.runs > 0 {
					break
				}
			}
			time.Sleep(300 * time.Millisecond)
			servertest.WaitFor(t, "no execution is kept", func() bool { return rig.Service.Stats().Running == test.runs })
		})
	}
}
