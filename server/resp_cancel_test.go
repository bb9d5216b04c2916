// This file tests that calls are ended by their tags, and no others.

package server_test

import (
	"testing"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

func TestCallCancel(t *testing.T) {
	users, _ := newUsers(t, map[string]string{"alice": "allow x", "bob": "allow x", "root": "allow *"})
	rig := servertest.Start(t, server.Options{Users: users})
	begin := func(user, tag string) *peer {
		p := dial(t, rig.RESP).login(user)
		p.send(command("OBJ.EXEC", "p", "o", "test", "wait", "", "TIMEOUT", "60000", "TAG", tag) + command("PING"))
		return p
	}
	one, two, same, bobs := begin("alice", "one"), begin("alice", "two"), begin("alice", "one"), begin("bob", "one")
	under := func() int { return len(rig.Service.Calls()) } // some run, and some wait for that
	waitFor(t, "all are under way", func() bool { return under() == 4 })
	alice, root := dial(t, rig.RESP).login("alice"), dial(t, rig.RESP).login("root")
	for _, tt := range []struct {
		p    *peer
		tags []string
		want string
	}{
		{root, []string{"one", "two"}, ":0\r\n"}, // they are not its own
		{alice, []string{"none", "on", "one2", ""}, ":0\r\n"},
		{alice, []string{"none", "one"}, ":2\r\n"},
	} {
		if got := tt.p.ask(append([]string{"CALL.CANCEL"}, tt.tags...)...); got != tt.want {
			t.Errorf("CALL.CANCEL %q: %q", tt.tags, got)
		}
	}
	for _, p := range []*peer{one, same} {
		wantMatch(t, "a canceled call", p.reply(), `-ECANCELED (trap:canceled|busy|op) .*\r\n`)
		wantMatch(t, "the command behind it", p.reply(), `\+PONG\r\n`)
	}
	if n := under(); n != 2 {
		t.Errorf("%d calls are under way", n)
	}
	if got := alice.ask("CALL.CANCEL", "one", "two"); got != ":1\r\n" {
		t.Errorf("what ended has its tag still: %q", got)
	}
	wantMatch(t, "the other call", two.reply(), `-ECANCELED (trap:canceled|busy|op) .*\r\n`)
	if n := under(); n != 1 {
		t.Errorf("%d calls are under way of another user", n)
	}
	if got := dial(t, rig.RESP).login("bob").ask("CALL.CANCEL", "one"); got != ":1\r\n" {
		t.Errorf("of the user's own call: %q", got)
	}
	wantMatch(t, "bob's call", bobs.reply(), `-ECANCELED (trap:canceled|busy|op) .*\r\n`)

	for _, args := range [][]string{{"TAG"}, {"TAG", ""}, {"TAG", string(make([]byte, 256))}} {
		wantMatch(t, "TAG", alice.ask(append([]string{"OBJ.EXEC", "p", "o", "test", "echo", "x"}, args...)...), `-EINVAL input (a tag has 1 to 255 bytes|TAG is followed by a tag)\r\n`)
	}
	if got := alice.ask("OBJ.EXEC", "p", "o", "test", "echo", "x", "tag", string(make([]byte, 255))); got != bulk("x") {
		t.Errorf("a call with a long tag: %q", got)
	}
}

// A call with a tag ends with its connection, too.
func TestTaggedCallOfAClientThatLeft(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := dial(t, rig.RESP)
	p.send(command("OBJ.EXEC", "p", "o", "test", "wait", "", "TIMEOUT", "60000", "TAG", "x"))
	waitFor(t, "it runs", func() bool { return inState(rig, objclass.CallRunning) == 1 })
	p.Close()
	waitFor(t, "it ends", func() bool { return inState(rig, objclass.CallRunning) == 0 })
}
