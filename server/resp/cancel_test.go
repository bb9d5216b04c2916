// This file tests that calls are ended by their tags, and no others.

package resp_test

import (
	"testing"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

func TestCallCancel(t *testing.T) {
	users, _ := servertest.NewUsers(t, map[string]string{"alice": "allow x", "bob": "allow x", "root": "allow *"})
	rig := servertest.Start(t, server.Options{Users: users})
	begin := func(user, tag string) *servertest.Peer {
		p := servertest.Dial(t, rig.RESP).Login(user)
		p.Send(servertest.Command("OBJ.EXEC", "p", "o", "test", "wait", "", "TIMEOUT", "60000", "TAG", tag) + servertest.Command("PING"))
		return p
	}
	one, two, same, bobs := begin("alice", "one"), begin("alice", "two"), begin("alice", "one"), begin("bob", "one")
	under := func() int { return len(rig.Service.Calls()) } // some run, and some wait for that
	servertest.WaitFor(t, "all are under way", func() bool { return under() == 4 })
	alice, root := servertest.Dial(t, rig.RESP).Login("alice"), servertest.Dial(t, rig.RESP).Login("root")
	for _, tt := range []struct {
		p    *servertest.Peer
		tags []string
		want string
	}{
		{root, []string{"one", "two"}, ":0\r\n"}, // they are not its own
		{alice, []string{"none", "on", "one2", ""}, ":0\r\n"},
		{alice, []string{"none", "one"}, ":2\r\n"},
	} {
		if got := tt.p.Ask(append([]string{"CALL.CANCEL"}, tt.tags...)...); got != tt.want {
			t.Errorf("CALL.CANCEL %q: %q", tt.tags, got)
		}
	}
	for _, p := range []*servertest.Peer{one, same} {
		servertest.WantMatch(t, "a canceled call", p.Reply(), `-ECANCELED (trap:canceled|busy|op) .*\r\n`)
		servertest.WantMatch(t, "the command behind it", p.Reply(), `\+PONG\r\n`)
	}
	if n := under(); n != 2 {
		t.Errorf("%d calls are under way", n)
	}
	if got := alice.Ask("CALL.CANCEL", "one", "two"); got != ":1\r\n" {
		t.Errorf("what ended has its tag still: %q", got)
	}
	servertest.WantMatch(t, "the other call", two.Reply(), `-ECANCELED (trap:canceled|busy|op) .*\r\n`)
	if n := under(); n != 1 {
		t.Errorf("%d calls are under way of another user", n)
	}
	if got := servertest.Dial(t, rig.RESP).Login("bob").Ask("CALL.CANCEL", "one"); got != ":1\r\n" {
		t.Errorf("of the user's own call: %q", got)
	}
	servertest.WantMatch(t, "bob's call", bobs.Reply(), `-ECANCELED (trap:canceled|busy|op) .*\r\n`)

	for _, args := range [][]string{{"TAG"}, {"TAG", ""}, {"TAG", string(make([]byte, 256))}} {
		servertest.WantMatch(t, "TAG", alice.Ask(append([]string{"OBJ.EXEC", "p", "o", "test", "echo", "x"}, args...)...), `-EINVAL input (a tag has 1 to 255 bytes|TAG is followed by a tag)\r\n`)
	}
	if got := alice.Ask("OBJ.EXEC", "p", "o", "test", "echo", "x", "tag", string(make([]byte, 255))); got != servertest.Bulk("x") {
		t.Errorf("a call with a long tag: %q", got)
	}
}

// A call with a tag ends with its connection, too.
func TestTaggedCallOfAClientThatLeft(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := servertest.Dial(t, rig.RESP)
	p.Send(servertest.Command("OBJ.EXEC", "p", "o", "test", "wait", "", "TIMEOUT", "60000", "TAG", "x"))
	servertest.WaitFor(t, "it runs", func() bool { return servertest.InState(rig, objclass.CallRunning) == 1 })
	p.Close()
	servertest.WaitFor(t, "it ends", func() bool { return servertest.InState(rig, objclass.CallRunning) == 0 })
}
