// This file tests the RESP listener over real sockets.

package resp_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

func TestCommands(t *testing.T) {
	rig := servertest.Start(t, server.Options{Version: "1.2.3"})
	p := servertest.Dial(t, rig.RESP)
	hash := strings.Trim(strings.SplitN(p.Ask("CLASS.INSTALL", "other", "echo RD\n"), "\r\n", 3)[1], "\r\n")
	servertest.WantMatch(t, "version", hash, `[0-9a-f]{64}`)
	for _, test := range []struct {
		args []string
		want string // regular expression
	}{
		{[]string{"PING"}, `\+PONG\r\n`},
		{[]string{"ping", "a\r\nb"}, `\$4\r\na\r\nb\r\n`},
		{[]string{"PING", "a", "b"}, `-EINVAL input wrong number of arguments for 'ping' command; usage: PING \[message\]\r\n`},
		{[]string{"NOSUCH", "a"}, `-EINVAL input unknown command 'NOSUCH', with args beginning with: 'a' \r\n`},
		{[]string{strings.Repeat("x", 100)}, `-EINVAL input unknown command 'x{64}', with args beginning with: \r\n`},
		{[]string{""}, `-EINVAL input unknown command '', with args beginning with: \r\n`},
		{[]string{"a\r\n+OK\r\n"}, `-EINVAL input unknown command 'a\\r\\n\+OK\\r\\n', with args beginning with: \r\n`},

		{[]string{"OBJ.READ", "p", "o"}, `-ENOENT op object does not exist\r\n`},
		{[]string{"OBJ.STAT", "p", "o"}, `-ENOENT op object does not exist\r\n`},
		{[]string{"OBJ.REMOVE", "p", "o"}, `-ENOENT op object does not exist\r\n`},
		{[]string{"OBJ.WRITEFULL", "p", "o", "hello\r\n"}, `:[1-9]\d*\r\n`},
		{[]string{"OBJ.READ", "p", "o"}, `\$7\r\nhello\r\n\r\n`},
		{[]string{"OBJ.READ", "p", "o", "1", "3"}, `\$3\r\nell\r\n`},
		{[]string{"OBJ.READ", "p", "o", "5", "100"}, `\$2\r\n\r\n\r\n`},
		{[]string{"OBJ.READ", "p", "o", "100", "9223372036854775807"}, `\$0\r\n\r\n`},
		{[]string{"OBJ.READ", "p", "o", "1"}, `-EINVAL input wrong number of arguments for .*\r\n`},
		{[]string{"OBJ.READ", "p", "o", "-1", "3"}, `-EINVAL input offset is a number from 0, not "-1"\r\n`},
		{[]string{"OBJ.READ", "p", "o", "0", "9223372036854775808"}, `-EINVAL input length .*\r\n`},
		{[]string{"OBJ.STAT", "p", "o"}, `\*3\r\n:7\r\n:1\d{18}\r\n:[1-9]\d*\r\n`},
		{[]string{"OBJ.READ", "p/ns", "o"}, `-ENOENT op .*\r\n`},
		{[]string{"OBJ.WRITEFULL", "p/ns/x", "o", ""}, `:\d+\r\n`},
		{[]string{"OBJ.READ", "p/ns/x", "o"}, `\$0\r\n\r\n`},
		{[]string{"OBJ.REMOVE", "p/ns/x", "o"}, `\+OK\r\n`},
		{[]string{"OBJ.READ", "nosuch", "o"}, `-ENOENT op pool does not exist.*\r\n`},
		{[]string{"OBJ.READ", "", "o"}, `-EINVAL input .*\r\n`},
		{[]string{"OBJ.READ", ".objluad", "test"}, `-EINVAL input .*reserved\r\n`},
		{[]string{"OBJ.READ", "p", ""}, `-EINVAL input .*\r\n`},
		{[]string{"OBJ.WRITEFULL", "p", strings.Repeat("n", 10_000), ""}, `-ENAMETOOLONG input .*\r\n`},

		{[]string{"OBJ.EXEC", "p", "o", "test", "echo", "in\x00put"}, `\$6\r\nin\x00put\r\n`},
		{[]string{"OBJ.EXEC", "p", "o", "other@" + hash[:8], "echo", ""}, `\$0\r\n\r\n`},
		{[]string{"OBJ.EXEC", "p", "o", "other@ffff", "echo", ""}, `-EOPNOTSUPP class .*\r\n`},
		{[]string{"OBJ.EXEC", "p", "o", "test", "ret", "7", "meta"},
			`\*12\r\n\$3\r\nret\r\n:7\r\n\$6\r\noutput\r\n\$0\r\n\r\n\$7\r\nversion\r\n:\d+\r\n\$13\r\nclass_version\r\n\$64\r\n[0-9a-f]{64}\r\n\$6\r\ncpu_us\r\n:12\r\n\$10\r\npeak_bytes\r\n:345\r\n`},
		{[]string{"OBJ.EXEC", "p", "o", "test", "ret", "-2"}, `-ENOENT op .*\r\n`},
		{[]string{"OBJ.EXEC", "p", "o", "test", "ret", "-12345"}, `-E12345 op .*\r\n`},
		{[]string{"OBJ.EXEC", "p", "c", "test", "count", ""}, `\$1\r\n1\r\n`},
		{[]string{"OBJ.EXEC", "p", "c", "test", "count", "", "TIMEOUT", "100"}, `\$1\r\n2\r\n`},
		{[]string{"OBJ.EXEC", "p", "c", "test", "count", "", "READONLY"}, `-EPERM op .*\r\n`},
		{[]string{"OBJ.EXEC", "p", "c", "test", "count", "", "TIMEOUT"}, `-EINVAL input TIMEOUT .*\r\n`},
		{[]string{"OBJ.EXEC", "p", "c", "test", "count", "", "TIMEOUT", "0"}, `-EINVAL input .*milliseconds.*\r\n`},
		{[]string{"OBJ.EXEC", "p", "c", "test", "count", "", "TIMEOUT", "9223372036854775807"}, `-EINVAL input .*limit.*\r\n`},
		{[]string{"OBJ.EXEC", "p", "c", "test", "count", "", "SOON"}, `-EINVAL input unknown option "SOON"\r\n`},
		{[]string{"OBJ.EXEC", "p", "c", "test", "count"}, `-EINVAL input wrong number of arguments for 'obj.exec' command; usage: OBJ.EXEC pool oid .*\r\n`},
		{[]string{"OBJ.EXEC", "p", "c", "nosuch", "count", ""}, `-EOPNOTSUPP class .*\r\n`},
		{[]string{"OBJ.EXEC", "p", "c", "test", "nosuch", ""}, `-EOPNOTSUPP class .*\r\n`},
		{[]string{"OBJ.EXEC", "p", "c", "test", "fail", "110 trap:deadline counter.lua:17: over 1000 ms"},
			`-ETIMEDOUT trap:deadline counter.lua:17: over 1000 ms\r\n`},
		{[]string{"OBJ.EXEC", "p", "c", "test", "fail", "5 script a\r\n+OK\r\n\x1b[31m\xff\u0085\x7f"},
			`-EIO script a\\r\\n\+OK\\r\\n\\x1b\[31m\\xff\\u0085\\x7f\r\n`},
		{[]string{"OBJ.EXEC", "p", "c", "test", "fail", "5 script " + strings.Repeat("é", 5000)}, `-EIO script é{1000}é{1000}é{48}…\r\n`},
		{[]string{"OBJ.EVAL", "p", "o", "-- any", "echo", "input"}, `\$5\r\ninput\r\n`},
		{[]string{"OBJ.EVAL", "p", "o", "-- any", "nosuch", ""}, `-EIO script eval: handler "nosuch" is not registered\r\n`},

		{[]string{"OBJ.LIST", "p"}, `\*2\r\n\$0\r\n\r\n\*2\r\n\$1\r\nc\r\n\$1\r\no\r\n`},
		{[]string{"OBJ.LIST", "p", "LIMIT", "1"}, `\*2\r\n\$1\r\nc\r\n\*1\r\n\$1\r\nc\r\n`},
		{[]string{"OBJ.LIST", "p", "after", "c", "limit", "1"}, `\*2\r\n\$0\r\n\r\n\*1\r\n\$1\r\no\r\n`},
		{[]string{"OBJ.LIST", "p", "LIMIT", "0"}, `-EINVAL input LIMIT is 1 to 10000\r\n`},
		{[]string{"OBJ.LIST", "p", "LIMIT"}, `-EINVAL input wrong number of arguments for .*\r\n`},
		{[]string{"OBJ.LIST", "p", "SOON", "1"}, `-EINVAL input unknown option "SOON"\r\n`},
		{[]string{"OBJ.LIST", "nosuch"}, `-ENOENT op .*\r\n`},

		{[]string{"CLASS.INSTALL", "bad", "nosuch RD"}, `-EIO script .*bad.lua:1: syntax error.*\r\n`},
		{[]string{"CLASS.INSTALL", "../bad", "echo RD"}, `-EINVAL class .*\r\n`},
		{[]string{"CLASS.SHOW", "other"}, `\*32\r\n\$4\r\nname\r\n\$5\r\nother\r\n.*\$6\r\nactive\r\n:1\r\n.*\$7\r\nmethods\r\n\*2\r\n\$4\r\necho\r\n\$2\r\nRD\r\n.*\$6\r\nsource\r\n\$8\r\necho RD\n\r\n.*`},
		{[]string{"CLASS.SHOW", "nosuch"}, `-EOPNOTSUPP class .*\r\n`},
		{[]string{"CLASS.LIST"}, `\*2\r\n\*24\r\n.*other.*test.*`},

		{[]string{"AUTH", "secret"}, `-EPERM auth .*no users.*\r\n`},
		{[]string{"CLIENT", "GETNAME"}, `\$-1\r\n`},
		{[]string{"CLIENT", "SETNAME", "me"}, `\+OK\r\n`},
		{[]string{"CLIENT", "GETNAME"}, `\$2\r\nme\r\n`},
		{[]string{"CLIENT", "SETNAME", "a b"}, `-EINVAL input .*\r\n`},
		{[]string{"CLIENT", "ID"}, `:1\r\n`},
		{[]string{"CLIENT", "SETINFO", "lib-name", "x"}, `\+OK\r\n`},
		{[]string{"CLIENT", "NOSUCH"}, `-EINVAL input unknown subcommand 'NOSUCH'. Try CLIENT HELP.\r\n`},
		{[]string{"CLIENT"}, `-EINVAL input wrong number of arguments for 'client' command; usage: CLIENT GETNAME\|HELP\|ID.*\r\n`},

		{[]string{"COMMAND", "COUNT"}, `:[1-9]\d\r\n`},
		{[]string{"COMMAND"}, `\*[1-9]\d\r\n.*\*10\r\n\$8\r\nobj.exec\r\n:-6\r\n\*1\r\n\+write\r\n:2\r\n:2\r\n:1\r\n.*`},
		{[]string{"COMMAND", "INFO", "nosuch", "ping"}, `\*2\r\n\*-1\r\n\*10\r\n\$4\r\nping\r\n:-1\r\n.*`},
		{[]string{"COMMAND", "DOCS", "OBJ.STAT"}, `\*2\r\n\$8\r\nobj.stat\r\n.*Returns an object's size.*`},
		{[]string{"INFO", "server"}, `\$\d+\r\n# Server\r\nobjluad_version:1.2.3\r\nprocess_id:\d+\r\n.*`},
		{[]string{"INFO", "nosuch"}, `\$0\r\n\r\n`},
		{[]string{"INFO"}, `.*connected_clients:1\r\n.*calls:\d+\r\n.*traps:1\r\n.*slots:1\r\n.*`},
	} {
		servertest.WantMatch(t, fmt.Sprintf("%.80q", test.args), p.Ask(test.args...), test.want)
	}
	if got := p.Ask("QUIT"); got != "+OK\r\n" {
		t.Errorf("QUIT: %q", got)
	}
	p.WantClosed()
}

func TestHello(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := servertest.Dial(t, rig.RESP)
	servertest.WantMatch(t, "HELLO", p.Ask("HELLO"), `\*14\r\n.*\$5\r\nproto\r\n:2\r\n.*`)
	servertest.WantMatch(t, "HELLO 4", p.Ask("HELLO", "4"), `-NOPROTO unsupported protocol version\r\n`)
	servertest.WantMatch(t, "HELLO x", p.Ask("HELLO", "x"), `-EINVAL input .*\r\n`)
	servertest.WantMatch(t, "HELLO 3 AUTH", p.Ask("HELLO", "3", "AUTH", "u", "p"), `-EPERM auth .*\r\n`)
	servertest.WantMatch(t, "HELLO 3 SETNAME", p.Ask("HELLO", "3", "SETNAME"), `-EINVAL input .*SETNAME.*\r\n`)
	servertest.WantMatch(t, "after failures", p.Ask("CLIENT", "GETNAME"), `\$-1\r\n`)
	servertest.WantMatch(t, "HELLO 3", p.Ask("HELLO", "3", "SETNAME", "me"), `%7\r\n.*\$5\r\nproto\r\n:3\r\n.*`)
	servertest.WantMatch(t, "GETNAME", p.Ask("CLIENT", "GETNAME"), `\$2\r\nme\r\n`)
	servertest.WantMatch(t, "META", p.Ask("OBJ.EXEC", "p", "o", "test", "ret", "7", "META"), `%6\r\n\$3\r\nret\r\n:7\r\n.*`)
	servertest.WantMatch(t, "INFO", p.Ask("INFO", "clients"), `=\d+\r\ntxt:# Clients\r\n.*`)
	servertest.WantMatch(t, "SHOW", p.Ask("CLASS.SHOW", "test"), `%16\r\n.*\$6\r\nactive\r\n#t\r\n.*\$7\r\nmethods\r\n%10\r\n.*`)
	servertest.WantMatch(t, "COMMAND INFO", p.Ask("COMMAND", "INFO", "nosuch", "ping"), `\*2\r\n_\r\n.*~1\r\n\+fast\r\n.*`)
	servertest.WantMatch(t, "error with traceback", p.Ask("OBJ.EXEC", "p", "o", "test", "fail", "5 script no\r\ngood", "META"),
		`!\d+\r\nEIO script no\\r\\ngood\nclass_version: [0-9a-f]{64}\nusage: cpu_us=\d+ peak_bytes=\d+ host_ops=\d+\ntraceback:\nstack traceback:\n\ttest.lua:1: in function 'fail'\\r\n-ERR injected\r\n`)
	servertest.WantMatch(t, "error without traceback", p.Ask("OBJ.READ", "p", "o"), `-ENOENT op .*\r\n`)
	servertest.WantMatch(t, "HELLO 2", p.Ask("HELLO", "2"), `\*14\r\n.*`)
	servertest.WantMatch(t, "RESP2", p.Ask("OBJ.EXEC", "p", "o", "test", "ret", "7", "META"), `\*12\r\n.*`)
}

// TestMethodsRunOnTheirConnection checks that no goroutine is between a connection and its method.
func TestMethodsRunOnTheirConnection(t *testing.T) {
	p := servertest.Dial(t, servertest.Start(t, server.Options{}).RESP)
	servertest.WantMatch(t, "the stack of a method", p.Ask("OBJ.EXEC", "p", "o", "test", "stack", ""), `.*servertest\.stack.*resp\.\(\*conn\)\.serve.*resp\.\(\*Server\)\.accept.*`)
}

// TestNames uses object ids that break naive protocols, through both ways of naming them.
func TestNames(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := servertest.Dial(t, rig.RESP)
	for _, oid := range []string{"a/b", "\x00", "a\r\nb", "\xff\xfe", " ", "..", "ünï", strings.Repeat("n", 2048)} {
		servertest.WantMatch(t, "write", p.Ask("OBJ.WRITEFULL", "p", oid, "of "+oid), `:\d+\r\n`)
		if got, want := p.Ask("OBJ.READ", "p", oid), servertest.Bulk("of "+oid); got != want {
			t.Errorf("read of %.20q: %.60q", oid, got)
		}
		if got := p.Ask("OBJ.LIST", "p"); got != "*2\r\n"+servertest.Bulk("")+"*1\r\n"+servertest.Bulk(oid) {
			t.Errorf("list with %.20q: %.60q", oid, got)
		}
		servertest.WantMatch(t, "remove", p.Ask("OBJ.REMOVE", "p", oid), `\+OK\r\n`)
	}
}

func TestBadBytesCloseTheConnection(t *testing.T) {
	rig := servertest.Start(t, server.Options{MaxFrame: 64 << 10})
	for _, raw := range []string{
		"*1000000000\r\n", "*1\r\n$99999999999\r\n", "*1\r\n$-2\r\n", "*1\r\n$-99999999999999999999\r\n",
		strings.Repeat("a", 1<<20), "*2\r\n$1\r\na\r\n$65536\r\n", "$1\r\n",
		"POST / HTTP/1.1\r\nHost: localhost\r\n\r\nOBJ.REMOVE p o\r\n",
	} {
		p := servertest.Dial(t, rig.RESP)
		go io.WriteString(p, servertest.Command("PING")+raw+servertest.Command("PING")) // the server may close before it took all
		if got := p.Reply(); got != "+PONG\r\n" {
			t.Errorf("%.30q: %q", raw, got)
		}
		servertest.WantMatch(t, fmt.Sprintf("%.30q", raw), p.WantClosed(), `-EINVAL input [^\r\n]*\r\n`)
	}
	if got := servertest.Dial(t, rig.RESP).Ask("PING"); got != "+PONG\r\n" {
		t.Errorf("afterwards: %q", got)
	}
}

// TestPipeline sends many commands before it reads, in pieces that end anywhere.
func TestPipeline(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := servertest.Dial(t, rig.RESP)
	var send, want bytes.Buffer
	for i := range 500 {
		text := fmt.Sprint(i, strings.Repeat("x", i%100))
		send.WriteString(servertest.Command("OBJ.EXEC", "p", fmt.Sprint("o", i), "test", "echo", text))
		want.WriteString(servertest.Bulk(text))
		if i%10 == 0 {
			send.WriteString(servertest.Command("NOSUCH"))
			want.WriteString("-EINVAL input unknown command 'NOSUCH', with args beginning with: \r\n")
		}
	}
	go func() {
		for send.Len() > 0 {
			p.Write(send.Next(777))
		}
	}()
	got := make([]byte, want.Len())
	if _, err := io.ReadFull(p.R, got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("replies are %.200q…, want %.200q…", got, want.Bytes())
	}
}

// TestLarge passes inputs and outputs far above the buffers, over a connection that goes on with small ones.
func TestLarge(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := servertest.Dial(t, rig.RESP)
	input := strings.Repeat("0123456789abcdef", 1<<17)
	for range 2 {
		if got := p.Ask("OBJ.EXEC", "p", "o", "test", "echo", input); got != servertest.Bulk(input) {
			t.Errorf("a reply of %d bytes, want %d", len(got), len(servertest.Bulk(input)))
		}
		if got := p.Ask("PING"); got != "+PONG\r\n" {
			t.Errorf("PING: %.40q", got)
		}
		time.Sleep(1100 * time.Millisecond) // the connection's buffers shrink
	}
	servertest.WantMatch(t, "over the limit", p.Ask("OBJ.EXEC", "p", "o", "test", "echo", strings.Repeat(input, 8)+"x"), `-EMSGSIZE input .*\r\n`)
	servertest.WantMatch(t, "a large object", p.Ask("OBJ.WRITEFULL", "p", "o", input+input), `:\d+\r\n`)
	if got := p.Ask("OBJ.READ", "p", "o"); got != servertest.Bulk(input+input) {
		t.Errorf("a reply of %d bytes", len(got))
	}
}

// TestClientGone checks that a call ends when its client goes away, and that a client with bytes in flight stays.
func TestClientGone(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	gone, stays := servertest.Dial(t, rig.RESP), servertest.Dial(t, rig.RESP)
	gone.Send(servertest.Command("OBJ.EXEC", "p", "o", "test", "wait", "", "TIMEOUT", "60000"))
	stays.Send(servertest.Command("OBJ.EXEC", "p", "o", "test", "wait", "500") + servertest.Command("PING"))
	servertest.WaitFor(t, "both run", func() bool { return rig.Service.Stats().Running == 2 })
	gone.Close()
	servertest.WaitFor(t, "one is canceled", func() bool { return rig.Service.Stats().Running == 1 })
	if got := stays.Reply() + stays.Reply(); got != servertest.Bulk("waited")+"+PONG\r\n" {
		t.Errorf("the other got %q", got)
	}
}

// TestCallList checks what an operator is told of a call, in both protocol versions.
func TestCallList(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := servertest.Dial(t, rig.RESP)
	if got := p.Ask("CALL.LIST"); got != "*0\r\n" {
		t.Errorf("without calls: %q", got)
	}
	busy := servertest.Dial(t, rig.RESP)
	busy.Send(servertest.Command("OBJ.EVAL", "p/n", "o\xff", "--", "wait", "", "TIMEOUT", "60000"))
	servertest.WaitFor(t, "it runs", func() bool { return servertest.Running(rig) == 1 })
	fields := `\$2\r\nid\r\n:(\d+)\r\n\$5\r\nstate\r\n\$7\r\nrunning\r\n\$6\r\nage_us\r\n:\d+\r\n\$6\r\nrun_us\r\n:\d+\r\n` +
		`\$4\r\npool\r\n\$1\r\np\r\n\$9\r\nnamespace\r\n\$1\r\nn\r\n\$3\r\noid\r\n\$2\r\no\x{fffd}\r\n\$5\r\nclass\r\n\$4\r\neval\r\n` +
		`\$6\r\nscript\r\n%s\r\n\$6\r\nmethod\r\n\$4\r\nwait\r\n\$6\r\nclient\r\n` + regexp.QuoteMeta(servertest.Bulk(busy.LocalAddr().String())) + `\$4\r\nuser\r\n\$0\r\n\r\n`
	servertest.WantMatch(t, "RESP2", strings.ToValidUTF8(p.Ask("CALL.LIST"), "\ufffd"), fmt.Sprintf(`\*1\r\n\*24\r\n`+fields, ":1"))
	p.Ask("HELLO", "3")
	list := strings.ToValidUTF8(p.Ask("CALL.LIST"), "\ufffd")
	servertest.WantMatch(t, "RESP3", list, fmt.Sprintf(`\*1\r\n%%12\r\n`+fields, "#t"))
	id := regexp.MustCompile(`id\r\n:(\d+)`).FindStringSubmatch(list)[1]

	for args, want := range map[string]string{
		"":    `-EINVAL input wrong number of arguments for 'call.kill' command; usage: CALL.KILL id\r\n`,
		"x":   `-EINVAL input a call's id is a number, not "x"\r\n`,
		"-1":  `-EINVAL input .*\r\n`,
		"999": `-ENOENT op no call 999 is under way; it may have ended\r\n`,
		id:    `\+OK\r\n`,
	} {
		servertest.WantMatch(t, "CALL.KILL "+args, p.Ask(append([]string{"CALL.KILL"}, strings.Fields(args)...)...), want)
	}
	servertest.WantMatch(t, "the killed call", busy.Reply(), `-ECANCELED trap:canceled .*canceled: killed by an operator\r\n`)
	servertest.WantMatch(t, "killed again", p.Ask("CALL.KILL", id), `-ENOENT op .*\r\n`)
	if got := busy.Ask("OBJ.EXEC", "p", "o", "test", "count", ""); got != servertest.Bulk("1") {
		t.Errorf("afterwards the connection gave %q", got)
	}
	servertest.WantMatch(t, "documentation", p.Ask("COMMAND", "DOCS", "call.kill"), `%1\r\n\$9\r\ncall.kill\r\n.*\$5\r\ngroup\r\n\$4\r\ncall\r\n.*`)
	servertest.WantMatch(t, "information", p.Ask("COMMAND", "INFO", "call.kill"), `\*1\r\n\*10\r\n\$9\r\ncall.kill\r\n:2\r\n~2\r\n\+admin\r\n.*`)
}

// TestKillInAFullHouse has all executions taken and no place left in line.
func TestKillInAFullHouse(t *testing.T) {
	rig := servertest.StartWith(t, server.Options{}, objclass.Options{Executions: 2, Queue: 3})
	var busy []*servertest.Peer
	for i := range 3 { // one runs, since what never ran counts as long; two wait, half of the line
		p := servertest.Dial(t, rig.RESP)
		p.Send(servertest.Command("OBJ.EXEC", "p", fmt.Sprint("o", i), "test", "wait", "", "TIMEOUT", "60000"))
		servertest.WaitFor(t, "it is in", func() bool { return rig.Service.Stats().Calls == i+1 })
		busy = append(busy, p)
	}
	servertest.WaitFor(t, "they run or wait", func() bool { return servertest.Running(rig)+servertest.Waiting(rig) == 3 })
	p := servertest.Dial(t, rig.RESP)
	servertest.WantMatch(t, "another call", p.Ask("OBJ.EXEC", "p", "o", "test", "echo", ""), `-EBUSY busy .*\r\n`)
	web := servertest.NewWeb(t, rig)
	list := p.Ask("CALL.LIST")
	ids := regexp.MustCompile(`id\r\n:(\d+)`).FindAllStringSubmatch(list, -1)
	if len(ids) != 3 || !strings.Contains(list, "waiting-execution") || !strings.Contains(list, "running") {
		t.Fatalf("the list is %q", list)
	}
	for i, id := range ids {
		if i%2 == 0 {
			web.Want(web.Do("DELETE", "/v1/calls/"+id[1], ""), 204, "")
		} else if got := p.Ask("CALL.KILL", id[1]); got != "+OK\r\n" {
			t.Errorf("CALL.KILL: %q", got)
		}
	}
	for _, p := range busy {
		servertest.WantMatch(t, "a killed call", p.Reply(), `-ECANCELED (busy|op|trap:canceled) .*killed by an operator\r\n`)
	}
}

func TestPanicEndsTheConnectionOnly(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p, other := servertest.Dial(t, rig.RESP), servertest.Dial(t, rig.RESP)
	p.Send(servertest.Command("OBJ.EXEC", "p", "o", "test", "panic", ""))
	if got := p.WantClosed(); got != "" {
		t.Errorf("got %q", got)
	}
	if got := other.Ask("OBJ.EXEC", "p", "o", "test", "count", ""); got != servertest.Bulk("1") {
		t.Errorf("another client got %q", got)
	}
}

func TestMaxConnections(t *testing.T) {
	rig := servertest.Start(t, server.Options{MaxConnections: 2})
	a, b := servertest.Dial(t, rig.RESP), servertest.Dial(t, rig.RESP)
	a.Ask("PING")
	b.Ask("PING")
	servertest.WantMatch(t, "a third client", servertest.Dial(t, rig.RESP).WantClosed(), `-EBUSY busy .*\r\n`)
	a.Close()
	servertest.WaitFor(t, "there is room", func() bool {
		c := servertest.Dial(t, rig.RESP)
		c.Send(servertest.Command("PING"))
		got, _ := c.ReadReply()
		return got == "+PONG\r\n"
	})
}

// TestShutdown checks that what was read is answered, that idle clients are let go, and that nobody comes in.
func TestShutdown(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	idle, busy := servertest.Dial(t, rig.RESP), servertest.Dial(t, rig.RESP)
	idle.Ask("PING")
	busy.Send(servertest.Command("OBJ.EXEC", "p", "o", "test", "wait", "300") + servertest.Command("OBJ.EXEC", "p", "o", "test", "count", ""))
	servertest.WaitFor(t, "it runs", func() bool { return rig.Service.Stats().Running == 1 })
	done := make(chan error)
	go func() { done <- rig.Shutdown(t.Context()) }()
	idle.WantClosed()
	if got := busy.Reply() + busy.Reply(); got != servertest.Bulk("waited")+servertest.Bulk("1") {
		t.Errorf("got %q", got)
	}
	busy.WantClosed()
	if err := <-done; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if nc, err := net.Dial("tcp", rig.RESP); err == nil {
		nc.Close()
		t.Error("somebody came in")
	}
}

// TestShutdownInTime cancels what runs for too long.
func TestShutdownInTime(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := servertest.Dial(t, rig.RESP)
	p.Send(servertest.Command("OBJ.EXEC", "p", "o", "test", "wait", "", "TIMEOUT", "60000"))
	servertest.WaitFor(t, "it runs", func() bool { return rig.Service.Stats().Running == 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := rig.Shutdown(ctx); err == nil {
		t.Error("Shutdown did not tell that it cut a call short")
	}
	if n := rig.Service.Stats().Running; n != 0 {
		t.Errorf("%d methods run still", n)
	}
}

// TestManyClients has clients come, work and go at once, for the race detector.
func TestManyClients(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			p := servertest.Dial(t, rig.RESP)
			oid := fmt.Sprint("o", i%4)
			for range 20 {
				p.Send(servertest.Command("OBJ.EXEC", "p", oid, "test", "count", "") + servertest.Command("INFO") + servertest.Command("CLASS.INSTALL", "test", servertest.Source()))
				for range 3 {
					if got := p.Reply(); got[0] != '$' {
						t.Errorf("got %q", got)
					}
				}
			}
			if i%2 == 0 {
				p.Send(servertest.Command("OBJ.EXEC", "p", "other", "test", "wait", "20"))
			}
			p.Close()
		})
	}
	wg.Wait()
	total := 0
	for i := range 4 {
		var size int
		fmt.Sscanf(servertest.Dial(t, rig.RESP).Ask("OBJ.STAT", "p", fmt.Sprint("o", i)), "*3\r\n:%d", &size)
		total += size
	}
	if total != 20*20 {
		t.Errorf("the objects count %d calls, want %d", total, 20*20)
	}
}
