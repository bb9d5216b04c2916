// This file tests what clients tell of their connections, and what they may know and do of those of others.

package resp_test

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

// dialogue checks replies to commands: regular expressions.
func dialogue(t *testing.T, p *servertest.Peer, lines ...[2]string) {
	t.Helper()
	for _, line := range lines {
		servertest.WantMatch(t, line[0], p.Ask(strings.Fields(line[0])...), line[1])
	}
}

// fields returns the fields of a line of CLIENT LIST.
func fields(line string) map[string]string {
	m := map[string]string{}
	for _, field := range strings.Fields(line) {
		name, value, _ := strings.Cut(field, "=")
		m[name] = value
	}
	return m
}

// clientLine returns the fields of a client in CLIENT LIST, nil when it is not there.
func clientLine(p *servertest.Peer, id string) map[string]string {
	for line := range strings.Lines(p.Ask("CLIENT", "LIST")) {
		if f := fields(line); f["id"] == id {
			return f
		}
	}
	return nil
}

func TestSession(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := servertest.Dial(t, rig.RESP)
	dialogue(t, p,
		[2]string{"ECHO hello", `\$5\r\nhello\r\n`},
		[2]string{"TIME", `\*2\r\n\$10\r\n\d{10}\r\n\$\d\r\n\d{1,6}\r\n`},
		[2]string{"SELECT 0", `\+OK\r\n`},
		[2]string{"SELECT 1", `-EINVAL input DB index is out of range\r\n`},
		[2]string{"SELECT x", `-EINVAL input value is not an integer or out of range\r\n`},
		[2]string{"HELLO 3 SETNAME me", `%7\r\n.*`},
		[2]string{"RESET", `\+RESET\r\n`},
		[2]string{"CLIENT GETNAME", `\$-1\r\n`}, // RESP2 again
		[2]string{"COMMAND GETKEYS OBJ.READ pool oid", `\*1\r\n\$3\r\noid\r\n`},
		[2]string{"COMMAND GETKEYS OBJ.READ pool", `-EINVAL input Invalid number of arguments specified for command\r\n`},
		[2]string{"COMMAND GETKEYS PING", `-EINVAL input The command has no key arguments\r\n`},
		[2]string{"COMMAND GETKEYS NOSUCH", `-EINVAL input Invalid command specified\r\n`},
		[2]string{"COMMAND LIST FILTERBY PATTERN ping*", `\*1\r\n\$4\r\nping\r\n`},
		[2]string{"COMMAND LIST FILTERBY MODULE x", `\*0\r\n`},
		[2]string{"COMMAND LIST FILTERBY COLOUR x", `-EINVAL input syntax error\r\n`},
		[2]string{"COMMAND INFO client|id nosuch|id client|nosuch", `\*3\r\n\*10\r\n\$9\r\nclient\|id\r\n:2\r\n.*\*-1\r\n\*-1\r\n`},
		[2]string{"COMMAND DOCS obj.read", `.*\$6\r\noffset\r\n\$4\r\ntype\r\n\$7\r\ninteger\r\n.*`},
		[2]string{"COMMAND DOCS client|reply", `\*2\r\n\$12\r\nclient\|reply\r\n.*pure-token.*`},
		[2]string{"COMMAND HELP", `\*\d+\r\n\+COMMAND <subcommand> .*\+GETKEYS command \[arg \.\.\.\]\r\n.*`},
		[2]string{"CLASS.CANARY HELP", `\*9\r\n.*`},
		[2]string{"COMMAND NOSUCH", `-EINVAL input unknown subcommand 'NOSUCH'. Try COMMAND HELP.\r\n`},
	)
}

func TestClientDescribesItself(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := servertest.Dial(t, rig.RESP)
	dialogue(t, p,
		[2]string{"CLIENT SETNAME me", `\+OK\r\n`},
		[2]string{"CLIENT SETINFO LIB-NAME lib(1)", `\+OK\r\n`},
		[2]string{"CLIENT SETINFO lib-ver 1.2", `\+OK\r\n`},
		[2]string{"CLIENT SETINFO COLOUR x", `-EINVAL input Unrecognized option 'COLOUR'\r\n`},
		[2]string{"CLIENT NO-EVICT on", `\+OK\r\n`},
		[2]string{"CLIENT NO-TOUCH off", `\+OK\r\n`},
		[2]string{"CLIENT NO-TOUCH x", `-EINVAL input syntax error\r\n`},
		[2]string{"CLIENT MAINT_NOTIFICATIONS ON", `-EINVAL input unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP.\r\n`},
		[2]string{"CLIENT TRACKING ON", `-EINVAL input unknown subcommand 'TRACKING'. Try CLIENT HELP.\r\n`},
	)
	for _, bad := range []string{"a b", "a\n", "a\x00", strings.Repeat("n", 65), "ü"} {
		for _, args := range [][]string{{"CLIENT", "SETNAME", bad}, {"CLIENT", "SETINFO", "LIB-NAME", bad}, {"HELLO", "3", "SETNAME", bad}} {
			servertest.WantMatch(t, fmt.Sprintf("%.60q", args), p.Ask(args...), `-EINVAL input .* cannot contain spaces, newlines or special characters.*\r\n`)
		}
	}
	info := p.Ask("CLIENT", "INFO")
	servertest.WantMatch(t, "CLIENT INFO", info, `\$\d+\r\nid=1 addr=`+regexp.QuoteMeta(p.LocalAddr().String())+` laddr=`+regexp.QuoteMeta(rig.RESP)+
		` fd=\d+ name=me age=\d+ idle=\d+ flags=N db=0 qbuf=\d+ qbuf-free=\d+ omem=\d+ tot-mem=\d+ cmd=client\|info user=default resp=2 lib-name=lib\(1\) lib-ver=1.2\n\r\n`)
	p.Ask("HELLO", "3")
	servertest.WantMatch(t, "CLIENT INFO in RESP3", p.Ask("CLIENT", "INFO"), `=\d+\r\ntxt:id=1 .* resp=3 .*\n\r\n`)
}

// TestClientList looks at a connection that runs a method, at one that idles, and at one whose command has not arrived in full.
func TestClientList(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p, idle, runs, partial := servertest.Dial(t, rig.RESP), servertest.Dial(t, rig.RESP), servertest.Dial(t, rig.RESP), servertest.Dial(t, rig.RESP)
	p.Ask("PING")
	idle.Ask("ECHO", "x")
	runs.Send(servertest.Command("OBJ.EXEC", "p", "o", "test", "wait", ""))
	partial.Ask("PING")
	partial.Send("*2\r\n$4\r\nPING\r\n$100\r\nhalf")
	servertest.WaitFor(t, "the bytes that wait are shown", func() bool { return clientLine(p, "4")["qbuf"] == "24" })
	servertest.WaitFor(t, "the running command is shown", func() bool { return clientLine(p, "3")["cmd"] == "obj.exec" })
	servertest.WaitFor(t, "connections idle", func() bool { return clientLine(p, "2")["idle"] >= "1" && clientLine(p, "2")["age"] >= "1" })
	if f := clientLine(p, "2"); f["cmd"] != "echo" || f["addr"] != idle.LocalAddr().String() {
		t.Errorf("the idle client: %v", f)
	}
	if f := clientLine(p, "3"); f["idle"] != "0" {
		t.Errorf("a client whose command runs idles: %v", f)
	}
	fd := map[string]bool{}
	for _, id := range []string{"1", "2", "3", "4"} {
		fd[clientLine(p, id)["fd"]] = true
	}
	if len(fd) != 4 {
		t.Errorf("the sockets are %v", fd)
	}
	dialogue(t, p,
		[2]string{"CLIENT LIST ID 1 3 99", `\$\d+\r\nid=1 [^\n]*\nid=3 [^\n]*\n\r\n`},
		[2]string{"CLIENT LIST TYPE normal", `\$\d+\r\n(id=\d [^\n]*\n){4}\r\n`},
		[2]string{"CLIENT LIST TYPE pubsub", `\$0\r\n\r\n`},
		[2]string{"CLIENT LIST TYPE foo", `-EINVAL input Unknown client type 'foo'\r\n`},
		[2]string{"CLIENT LIST ID x", `-EINVAL input Invalid client ID\r\n`},
		[2]string{"CLIENT LIST ID", `-EINVAL input syntax error\r\n`},
		[2]string{"CLIENT LIST FOO", `-EINVAL input syntax error\r\n`},
		[2]string{"CLIENT KILL ID 3", `:1\r\n`},
	)
	servertest.WaitFor(t, "the method ends", func() bool { return rig.Service.Stats().Calls == 0 })
}

// TestClientListOfASlowReader has a client that does not take a reply.
func TestClientListOfASlowReader(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p, slow := servertest.Dial(t, rig.RESP), servertest.Dial(t, rig.RESP)
	p.Ask("PING")
	slow.Send(servertest.Command("OBJ.EXEC", "p", "o", "test", "big", fmt.Sprint(16<<20)))
	servertest.WaitFor(t, "what a client does not take is shown", func() bool {
		f := clientLine(p, "2")
		return len(f["omem"]) == 8 && f["tot-mem"] > f["omem"]
	})
}

func TestClientKill(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := servertest.Dial(t, rig.RESP)
	p.Ask("PING")
	victim := func() *servertest.Peer {
		v := servertest.Dial(t, rig.RESP)
		v.Ask("PING")
		return v
	}
	for _, how := range []string{"ID", "ADDR", "TYPE", "LADDR", "USER", "old"} {
		v := victim()
		id := strings.Trim(v.Ask("CLIENT", "ID"), ":\r\n")
		args, want := []string{"CLIENT", "KILL", how, ""}, ":1\r\n"
		switch how {
		case "ID":
			args[3] = id
		case "ADDR":
			args[3] = v.LocalAddr().String()
		case "TYPE":
			args[3] = "normal"
		case "LADDR":
			args[3] = rig.RESP
		case "USER":
			args[3] = "default"
		case "old":
			args, want = []string{"CLIENT", "KILL", v.LocalAddr().String()}, "+OK\r\n"
		}
		p.Send(servertest.Command(args...) + servertest.Command("CLIENT", "LIST")) // at once: the other connection has not ended yet
		if got := p.Reply(); got != want {
			t.Errorf("%q: %q", args, got)
		}
		if list := p.Reply(); strings.Contains(list, "id="+id+" ") {
			t.Errorf("%s: the client is still listed: %s", how, list)
		}
		if b, err := v.R.ReadByte(); err == nil {
			t.Errorf("%s: the client reads %q", how, b)
		}
	}
	stays := victim()
	dialogue(t, p,
		[2]string{"CLIENT KILL 127.0.0.1:1", `-ENOENT input No such client\r\n`},
		[2]string{"CLIENT KILL ID 99", `:0\r\n`},
		[2]string{"CLIENT KILL ID 0", `-EINVAL input client-id should be greater than 0\r\n`},
		[2]string{"CLIENT KILL ID x", `-EINVAL input client-id should be greater than 0\r\n`},
		[2]string{"CLIENT KILL TYPE foo", `-EINVAL input Unknown client type 'foo'\r\n`},
		[2]string{"CLIENT KILL TYPE pubsub", `:0\r\n`},
		[2]string{"CLIENT KILL USER nobody", `:0\r\n`},
		[2]string{"CLIENT KILL MAXAGE 1000", `:0\r\n`},
		[2]string{"CLIENT KILL MAXAGE 0", `-EINVAL input maxage .*\r\n`},
		[2]string{"CLIENT KILL FOO 1", `-EINVAL input syntax error\r\n`},
		[2]string{"CLIENT KILL ID 1 SKIPME", `-EINVAL input syntax error\r\n`},
		[2]string{"CLIENT KILL ID 1", `:0\r\n`}, // itself, which is skipped
		[2]string{"CLIENT KILL", `-EINVAL input wrong number of arguments for 'client\|kill' command; .*\r\n`},
	)
	if got := p.Ask("CLIENT", "KILL", "ADDR", ""); got != ":0\r\n" {
		t.Errorf("no address: %q", got)
	}
	if got := stays.Ask("PING"); got != "+PONG\r\n" {
		t.Errorf("a client that nobody killed: %q", got)
	}
	p.Send(servertest.Command("CLIENT", "KILL", "ID", "1", "SKIPME", "no") + servertest.Command("PING"))
	if got := p.WantClosed(); got != ":1\r\n" {
		t.Errorf("a client that kills itself reads %q", got)
	}
}

// TestClientKillMany looks at the list while those that were killed have not all ended.
func TestClientKillMany(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := servertest.Dial(t, rig.RESP)
	p.Ask("PING")
	for range 200 {
		servertest.Dial(t, rig.RESP).Ask("PING")
	}
	p.Send(servertest.Command("CLIENT", "KILL", "TYPE", "normal") + servertest.Command("CLIENT", "LIST"))
	servertest.WantMatch(t, "CLIENT KILL", p.Reply(), `:200\r\n`)
	servertest.WantMatch(t, "CLIENT LIST", p.Reply(), `\$\d+\r\nid=1 [^\n]*\n\r\n`)
}

// TestClientKillEndsItsCall checks that a killed client's method ends, and changes nothing.
func TestClientKillEndsItsCall(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p, runs := servertest.Dial(t, rig.RESP), servertest.Dial(t, rig.RESP)
	p.Ask("PING")
	runs.Send(servertest.Command("OBJ.EXEC", "p", "o", "test", "wait", "", "TIMEOUT", "60000") + servertest.Command("OBJ.WRITEFULL", "p", "o", "x"))
	servertest.WaitFor(t, "the method runs", func() bool { return rig.Service.Stats().Running == 1 })
	if got := p.Ask("CLIENT", "KILL", "ID", "2"); got != ":1\r\n" {
		t.Errorf("CLIENT KILL: %q", got)
	}
	began := time.Now()
	servertest.WaitFor(t, "the method ends", func() bool { return rig.Service.Stats().Calls == 0 })
	if took := time.Since(began); took > 30*time.Second { // the method's own time is 60 s
		t.Errorf("the method ended after %v", took)
	}
	servertest.WaitFor(t, "the connection is counted no more", func() bool { return len(regexp.MustCompile(`id=`).FindAllString(p.Ask("CLIENT", "LIST"), -1)) == 1 })
	servertest.WantMatch(t, "what was behind it", p.Ask("OBJ.READ", "p", "o"), `-ENOENT .*`)
}

// TestClientReply checks which replies are left out, those of errors too, and that what was answered before is sent.
func TestClientReply(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	reply := func(mode string) string { return servertest.Command("CLIENT", "REPLY", mode) }
	echo := func(s string) string { return servertest.Command("ECHO", s) }
	for name, test := range map[string]struct{ send, want string }{
		"off":           {echo("1") + reply("OFF") + echo("2") + servertest.Command("NOSUCH") + reply("ON") + echo("3"), servertest.Bulk("1") + "+OK\r\n" + servertest.Bulk("3")},
		"off for good":  {echo("1") + reply("OFF") + echo("2"), servertest.Bulk("1")},
		"skip":          {echo("1") + reply("SKIP") + echo("2") + echo("3"), servertest.Bulk("1") + servertest.Bulk("3")},
		"skip an error": {reply("SKIP") + servertest.Command("NOSUCH") + echo("3"), servertest.Bulk("3")},
		"skip twice":    {reply("SKIP") + reply("SKIP") + echo("2") + echo("3"), servertest.Bulk("3")},
		"skip, on":      {reply("SKIP") + reply("ON") + echo("2"), "+OK\r\n" + servertest.Bulk("2")},
		"off, skip":     {reply("OFF") + reply("SKIP") + echo("1") + echo("2") + reply("ON"), "+OK\r\n"},
		"reset":         {reply("OFF") + echo("1") + servertest.Command("RESET") + echo("2"), "+RESET\r\n" + servertest.Bulk("2")},
		"on":            {reply("ON"), "+OK\r\n"},
		"none":          {reply("MAYBE"), "-EINVAL input syntax error\r\n"},
		"a large one":   {reply("SKIP") + servertest.Command("OBJ.EXEC", "p", "o", "test", "big", "100000") + echo("2"), servertest.Bulk("2")},
		"a commit":      {reply("SKIP") + servertest.Command("OBJ.EXEC", "p", "o", "test", "count", "") + servertest.Command("OBJ.READ", "p", "o"), servertest.Bulk("x")},
	} {
		p := servertest.Dial(t, rig.RESP)
		p.Send(test.send)
		p.Conn.(*net.TCPConn).CloseWrite()
		if got := p.WantClosed(); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// TestMutedCommitFails has the disk fail under a client that wants no replies: its connection ends, as any other.
func TestMutedCommitFails(t *testing.T) {
	disk := &slowDisk{FS: vfs.NewMem()}
	rig := servertest.StartOn(t, disk, server.Options{}, objclass.Options{})
	release := disk.hold()
	p := servertest.Dial(t, rig.RESP)
	p.Send(servertest.Command("CLIENT", "REPLY", "OFF") + servertest.Command("OBJ.EXEC", "p", "o", "test", "count", ""))
	reader := servertest.Dial(t, rig.RESP)
	servertest.WaitFor(t, "the commit is visible while the disk is slow", func() bool { return reader.Ask("OBJ.READ", "p", "o") == servertest.Bulk("x") })
	release(errors.New("the disk has failed"))
	if got := p.WantClosed(); got != "" {
		t.Errorf("got %q", got)
	}
}

// Replies stay off however the commands arrive, and while the connection idles.
func TestRepliesStayOff(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p, other := servertest.Dial(t, rig.RESP), servertest.Dial(t, rig.RESP)
	id := strings.Trim(p.Ask("CLIENT", "ID"), ":\r\n")
	commands := func(name string) func() bool {
		return func() bool { return clientLine(other, id)["cmd"] == name }
	}
	p.Send(servertest.Command("CLIENT", "REPLY", "OFF"))
	servertest.WaitFor(t, "replies are off", commands("client|reply"))
	p.Send(servertest.Command("ECHO", "one"))
	servertest.WaitFor(t, "a command by itself", commands("echo"))
	servertest.WaitFor(t, "it idles for as long as connections keep their buffers", func() bool { return clientLine(other, id)["idle"] == "2" })
	p.Send(servertest.Command("PING", "two"))
	servertest.WaitFor(t, "a command after a while", commands("ping"))
	servertest.WantMatch(t, "the first reply", p.Ask("CLIENT", "REPLY", "ON"), `\+OK\r\n`)
	servertest.WantMatch(t, "the next", p.Ask("PING"), `\+PONG\r\n`)
}
