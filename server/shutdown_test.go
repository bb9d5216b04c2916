// This file tests what becomes of clients that are sending when the server shuts down.

package server_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

// Of a pipeline that was read in part, the replies to that part arrive, and then the connection ends without a reset, which would take
// them away.
func TestShutdownWithinAPipeline(t *testing.T) {
	t.Parallel()
	rig := servertest.Start(t, server.Options{})
	p := servertest.Dial(t, rig.RESP)
	p.Send(servertest.Command("OBJ.EXEC", "p", "o", "test", "wait", "500") + strings.Repeat(servertest.Command("OBJ.EXEC", "p", "o", "test", "count", ""), 5000))
	servertest.WaitFor(t, "it runs", func() bool { return servertest.InState(rig, objclass.CallRunning) == 1 })
	done := make(chan error)
	go func() { done <- rig.Shutdown(t.Context()) }()
	if got := p.Reply(); got != servertest.Bulk("waited") {
		t.Errorf("got %q", got)
	}
	rest, err := io.ReadAll(p.R)
	if err != nil {
		t.Errorf("the connection ended with %v", err)
	}
	answered := strings.Count(string(rest), "$")
	var want strings.Builder
	for i := range answered {
		want.WriteString(servertest.Bulk(fmt.Sprint(i + 1)))
	}
	if string(rest) != want.String() || answered == 0 || answered == 5000 {
		t.Errorf("%d replies: %.200q", answered, rest)
	}
	p.Close()
	if err := <-done; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if runs := rig.Runs(); runs != int64(answered+1) {
		t.Errorf("%d methods ran, and %d were answered", runs, answered+1)
	}
}
