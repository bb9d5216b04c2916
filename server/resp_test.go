// This file tests the RESP listener over real sockets.

package server_test

import (
	"bufio"
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

// peer is a client that speaks bytes.
type peer struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

func dial(t *testing.T, addr string) *peer {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(time.Minute))
	return &peer{t, nc, bufio.NewReader(nc)}
}

func (p *peer) send(raw string) {
	p.t.Helper()
	if _, err := io.WriteString(p, raw); err != nil {
		p.t.Fatal(err)
	}
}

// command encodes a command.
func command(args ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	return b.String()
}

// reply reads one reply, whole, as it was sent.
func (p *peer) reply() string {
	p.t.Helper()
	raw, err := p.readReply()
	if err != nil {
		p.t.Fatalf("reading a reply: %v; so far %q", err, raw)
	}
	return raw
}

func (p *peer) readReply() (string, error) {
	line, err := p.r.ReadString('\n')
	if err != nil {
		return line, err
	}
	var n int
	fmt.Sscanf(line[1:], "%d", &n)
	elements := 0
	switch line[0] {
	case '$', '!', '=':
		if n < 0 {
			return line, nil
		}
		body := make([]byte, n+2)
		_, err := io.ReadFull(p.r, body)
		return line + string(body), err
	case '*', '~':
		elements = n
	case '%':
		elements = 2 * n
	}
	for range elements {
		element, err := p.readReply()
		line += element
		if err != nil {
			return line, err
		}
	}
	return line, nil
}

// ask sends a command and returns the reply.
func (p *peer) ask(args ...string) string {
	p.t.Helper()
	p.send(command(args...))
	return p.reply()
}

// wantClosed checks that the server closed the connection, after at most one more reply, which it returns.
func (p *peer) wantClosed() string {
	p.t.Helper()
	rest, err := io.ReadAll(p.r)
	if err != nil {
		p.t.Errorf("the connection ended with %v, want it closed", err)
	}
	return string(rest)
}

func bulk(s string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(s), s) }

func wantMatch(t *testing.T, what, got, pattern string) {
	t.Helper()
	if !regexp.MustCompile(`(?s)^` + pattern + `$`).MatchString(got) {
		t.Errorf("%s: got %q, want %s", what, got, pattern)
	}
}

func TestCommands(t *testing.T) {
	rig := servertest.Start(t, server.Options{Version: "1.2.3"})
	p := dial(t, rig.RESP)
	hash := strings.Trim(strings.SplitN(p.ask("CLASS.INSTALL", "other", "echo RD\n"), "\r\n", 3)[1], "\r\n")
	wantMatch(t, "version", hash, `[0-9a-f]{64}`)
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
		wantMatch(t, fmt.Sprintf("%.80q", test.args), p.ask(test.args...), test.want)
	}
	if got := p.ask("QUIT"); got != "+OK\r\n" {
		t.Errorf("QUIT: %q", got)
	}
	p.wantClosed()
}

func TestHello(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := dial(t, rig.RESP)
	wantMatch(t, "HELLO", p.ask("HELLO"), `\*14\r\n.*\$5\r\nproto\r\n:2\r\n.*`)
	wantMatch(t, "HELLO 4", p.ask("HELLO", "4"), `-NOPROTO unsupported protocol version\r\n`)
	wantMatch(t, "HELLO x", p.ask("HELLO", "x"), `-EINVAL input .*\r\n`)
	wantMatch(t, "HELLO 3 AUTH", p.ask("HELLO", "3", "AUTH", "u", "p"), `-EPERM auth .*\r\n`)
	wantMatch(t, "HELLO 3 SETNAME", p.ask("HELLO", "3", "SETNAME"), `-EINVAL input .*SETNAME.*\r\n`)
	wantMatch(t, "after failures", p.ask("CLIENT", "GETNAME"), `\$-1\r\n`)
	wantMatch(t, "HELLO 3", p.ask("HELLO", "3", "SETNAME", "me"), `%7\r\n.*\$5\r\nproto\r\n:3\r\n.*`)
	wantMatch(t, "GETNAME", p.ask("CLIENT", "GETNAME"), `\$2\r\nme\r\n`)
	wantMatch(t, "META", p.ask("OBJ.EXEC", "p", "o", "test", "ret", "7", "META"), `%6\r\n\$3\r\nret\r\n:7\r\n.*`)
	wantMatch(t, "INFO", p.ask("INFO", "clients"), `=\d+\r\ntxt:# Clients\r\n.*`)
	wantMatch(t, "SHOW", p.ask("CLASS.SHOW", "test"), `%16\r\n.*\$6\r\nactive\r\n#t\r\n.*\$7\r\nmethods\r\n%10\r\n.*`)
	wantMatch(t, "COMMAND INFO", p.ask("COMMAND", "INFO", "nosuch", "ping"), `\*2\r\n_\r\n.*~1\r\n\+fast\r\n.*`)
	wantMatch(t, "error with traceback", p.ask("OBJ.EXEC", "p", "o", "test", "fail", "5 script no\r\ngood", "META"),
		`!\d+\r\nEIO script no\\r\\ngood\nclass_version: [0-9a-f]{64}\nusage: cpu_us=\d+ peak_bytes=\d+ host_ops=\d+\ntraceback:\nstack traceback:\n\ttest.lua:1: in function 'fail'\\r\n-ERR injected\r\n`)
	wantMatch(t, "error without traceback", p.ask("OBJ.READ", "p", "o"), `-ENOENT op .*\r\n`)
	wantMatch(t, "HELLO 2", p.ask("HELLO", "2"), `\*14\r\n.*`)
	wantMatch(t, "RESP2", p.ask("OBJ.EXEC", "p", "o", "test", "ret", "7", "META"), `\*12\r\n.*`)
}

// TestMethodsRunOnTheirConnection checks that no goroutine is between a connection and its method.
func TestMethodsRunOnTheirConnection(t *testing.T) {
	p := dial(t, servertest.Start(t, server.Options{}).RESP)
	wantMatch(t, "the stack of a method", p.ask("OBJ.EXEC", "p", "o", "test", "stack", ""), `.*servertest\.stack.*resp\.\(\*conn\)\.serve.*resp\.\(\*Server\)\.accept.*`)
}

// TestNames uses object ids that break naive protocols, through both ways of naming them.
func TestNames(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := dial(t, rig.RESP)
	for _, oid := range []string{"a/b", "\x00", "a\r\nb", "\xff\xfe", " ", "..", "ünï", strings.Repeat("n", 2048)} {
		wantMatch(t, "write", p.ask("OBJ.WRITEFULL", "p", oid, "of "+oid), `:\d+\r\n`)
		if got, want := p.ask("OBJ.READ", "p", oid), bulk("of "+oid); got != want {
			t.Errorf("read of %.20q: %.60q", oid, got)
		}
		if got := p.ask("OBJ.LIST", "p"); got != "*2\r\n"+bulk("")+"*1\r\n"+bulk(oid) {
			t.Errorf("list with %.20q: %.60q", oid, got)
		}
		wantMatch(t, "remove", p.ask("OBJ.REMOVE", "p", oid), `\+OK\r\n`)
	}
}

func TestBadBytesCloseTheConnection(t *testing.T) {
	rig := servertest.Start(t, server.Options{MaxFrame: 64 << 10})
	for _, raw := range []string{
		"*1000000000\r\n", "*1\r\n$99999999999\r\n", "*1\r\n$-2\r\n", "*1\r\n$-99999999999999999999\r\n",
		strings.Repeat("a", 1<<20), "*2\r\n$1\r\na\r\n$65536\r\n", "$1\r\n",
		"POST / HTTP/1.1\r\nHost: localhost\r\n\r\nOBJ.REMOVE p o\r\n",
	} {
		p := dial(t, rig.RESP)
		go io.WriteString(p, command("PING")+raw+command("PING")) // the server may close before it took all
		if got := p.reply(); got != "+PONG\r\n" {
			t.Errorf("%.30q: %q", raw, got)
		}
		wantMatch(t, fmt.Sprintf("%.30q", raw), p.wantClosed(), `-EINVAL input [^\r\n]*\r\n`)
	}
	if got := dial(t, rig.RESP).ask("PING"); got != "+PONG\r\n" {
		t.Errorf("afterwards: %q", got)
	}
}

// TestPipeline sends many commands before it reads, in pieces that end anywhere.
func TestPipeline(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := dial(t, rig.RESP)
	var send, want bytes.Buffer
	for i := range 500 {
		text := fmt.Sprint(i, strings.Repeat("x", i%100))
		send.WriteString(command("OBJ.EXEC", "p", fmt.Sprint("o", i), "test", "echo", text))
		want.WriteString(bulk(text))
		if i%10 == 0 {
			send.WriteString(command("NOSUCH"))
			want.WriteString("-EINVAL input unknown command 'NOSUCH', with args beginning with: \r\n")
		}
	}
	go func() {
		for send.Len() > 0 {
			p.Write(send.Next(777))
		}
	}()
	got := make([]byte, want.Len())
	if _, err := io.ReadFull(p.r, got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("replies are %.200q…, want %.200q…", got, want.Bytes())
	}
}

// TestLarge passes inputs and outputs far above the buffers, over a connection that goes on with small ones.
func TestLarge(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := dial(t, rig.RESP)
	input := strings.Repeat("0123456789abcdef", 1<<17)
	for range 2 {
		if got := p.ask("OBJ.EXEC", "p", "o", "test", "echo", input); got != bulk(input) {
			t.Errorf("a reply of %d bytes, want %d", len(got), len(bulk(input)))
		}
		if got := p.ask("PING"); got != "+PONG\r\n" {
			t.Errorf("PING: %.40q", got)
		}
		time.Sleep(1100 * time.Millisecond) // the connection's buffers shrink
	}
	wantMatch(t, "over the limit", p.ask("OBJ.EXEC", "p", "o", "test", "echo", strings.Repeat(input, 8)+"x"), `-EMSGSIZE input .*\r\n`)
	wantMatch(t, "a large object", p.ask("OBJ.WRITEFULL", "p", "o", input+input), `:\d+\r\n`)
	if got := p.ask("OBJ.READ", "p", "o"); got != bulk(input+input) {
		t.Errorf("a reply of %d bytes", len(got))
	}
}

// TestClientGone checks that a call ends when its client goes away, and that a client with bytes in flight stays.
func TestClientGone(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	gone, stays := dial(t, rig.RESP), dial(t, rig.RESP)
	gone.send(command("OBJ.EXEC", "p", "o", "test", "wait", "", "TIMEOUT", "60000"))
	stays.send(command("OBJ.EXEC", "p", "o", "test", "wait", "500") + command("PING"))
	waitFor(t, "both run", func() bool { return rig.Service.Stats().Running == 2 })
	gone.Close()
	waitFor(t, "one is canceled", func() bool { return rig.Service.Stats().Running == 1 })
	if got := stays.reply() + stays.reply(); got != bulk("waited")+"+PONG\r\n" {
		t.Errorf("the other got %q", got)
	}
}

// TestCallList checks what an operator is told of a call, in both protocol versions.
func TestCallList(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := dial(t, rig.RESP)
	if got := p.ask("CALL.LIST"); got != "*0\r\n" {
		t.Errorf("without calls: %q", got)
	}
	busy := dial(t, rig.RESP)
	busy.send(command("OBJ.EVAL", "p/n", "o\xff", "--", "wait", "", "TIMEOUT", "60000"))
	waitFor(t, "it runs", func() bool { return running(rig) == 1 })
	fields := `\$2\r\nid\r\n:(\d+)\r\n\$5\r\nstate\r\n\$7\r\nrunning\r\n\$6\r\nage_us\r\n:\d+\r\n\$6\r\nrun_us\r\n:\d+\r\n` +
		`\$4\r\npool\r\n\$1\r\np\r\n\$9\r\nnamespace\r\n\$1\r\nn\r\n\$3\r\noid\r\n\$2\r\no\x{fffd}\r\n\$5\r\nclass\r\n\$4\r\neval\r\n` +
		`\$6\r\nscript\r\n%s\r\n\$6\r\nmethod\r\n\$4\r\nwait\r\n\$6\r\nclient\r\n` + regexp.QuoteMeta(bulk(busy.LocalAddr().String())) + `\$4\r\nuser\r\n\$0\r\n\r\n`
	wantMatch(t, "RESP2", strings.ToValidUTF8(p.ask("CALL.LIST"), "\ufffd"), fmt.Sprintf(`\*1\r\n\*24\r\n`+fields, ":1"))
	p.ask("HELLO", "3")
	list := strings.ToValidUTF8(p.ask("CALL.LIST"), "\ufffd")
	wantMatch(t, "RESP3", list, fmt.Sprintf(`\*1\r\n%%12\r\n`+fields, "#t"))
	id := regexp.MustCompile(`id\r\n:(\d+)`).FindStringSubmatch(list)[1]

	for args, want := range map[string]string{
		"":    `-EINVAL input wrong number of arguments for 'call.kill' command; usage: CALL.KILL id\r\n`,
		"x":   `-EINVAL input a call's id is a number, not "x"\r\n`,
		"-1":  `-EINVAL input .*\r\n`,
		"999": `-ENOENT op no call 999 is under way; it may have ended\r\n`,
		id:    `\+OK\r\n`,
	} {
		wantMatch(t, "CALL.KILL "+args, p.ask(append([]string{"CALL.KILL"}, strings.Fields(args)...)...), want)
	}
	wantMatch(t, "the killed call", busy.reply(), `-ECANCELED trap:canceled .*canceled: killed by an operator\r\n`)
	wantMatch(t, "killed again", p.ask("CALL.KILL", id), `-ENOENT op .*\r\n`)
	if got := busy.ask("OBJ.EXEC", "p", "o", "test", "count", ""); got != bulk("1") {
		t.Errorf("afterwards the connection gave %q", got)
	}
	wantMatch(t, "documentation", p.ask("COMMAND", "DOCS", "call.kill"), `%1\r\n\$9\r\ncall.kill\r\n.*\$5\r\ngroup\r\n\$4\r\ncall\r\n.*`)
	wantMatch(t, "information", p.ask("COMMAND", "INFO", "call.kill"), `\*1\r\n\*10\r\n\$9\r\ncall.kill\r\n:2\r\n~2\r\n\+admin\r\n.*`)
}

// TestKillInAFullHouse has all executions taken and no place left in line.
func TestKillInAFullHouse(t *testing.T) {
	rig := servertest.StartWith(t, server.Options{}, objclass.Options{Executions: 2, Queue: 3})
	var busy []*peer
	for i := range 3 { // one runs, since what never ran counts as long; two wait, half of the line
		p := dial(t, rig.RESP)
		p.send(command("OBJ.EXEC", "p", fmt.Sprint("o", i), "test", "wait", "", "TIMEOUT", "60000"))
		waitFor(t, "it is in", func() bool { return rig.Service.Stats().Calls == i+1 })
		busy = append(busy, p)
	}
	waitFor(t, "they run or wait", func() bool { return running(rig)+waiting(rig) == 3 })
	p := dial(t, rig.RESP)
	wantMatch(t, "another call", p.ask("OBJ.EXEC", "p", "o", "test", "echo", ""), `-EBUSY busy .*\r\n`)
	web := web{t: t, base: "http://" + rig.HTTP}
	list := p.ask("CALL.LIST")
	ids := regexp.MustCompile(`id\r\n:(\d+)`).FindAllStringSubmatch(list, -1)
	if len(ids) != 3 || !strings.Contains(list, "waiting-execution") || !strings.Contains(list, "running") {
		t.Fatalf("the list is %q", list)
	}
	for i, id := range ids {
		if i%2 == 0 {
			web.want(web.do("DELETE", "/v1/calls/"+id[1], ""), 204, "")
		} else if got := p.ask("CALL.KILL", id[1]); got != "+OK\r\n" {
			t.Errorf("CALL.KILL: %q", got)
		}
	}
	for _, p := range busy {
		wantMatch(t, "a killed call", p.reply(), `-ECANCELED (busy|op|trap:canceled) .*killed by an operator\r\n`)
	}
}

// running returns how many calls are shown to run.
func running(rig *servertest.Rig) int { return inState(rig, objclass.CallRunning) }

// waiting returns how many calls are shown to wait for an execution.
func waiting(rig *servertest.Rig) int { return inState(rig, objclass.CallWaitingExecution) }

func inState(rig *servertest.Rig, state objclass.CallState) (n int) {
	for _, call := range rig.Service.Calls() {
		if call.State == state {
			n++
		}
	}
	return n
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("did not happen: %s", what)
		}
	}
}

func TestPanicEndsTheConnectionOnly(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p, other := dial(t, rig.RESP), dial(t, rig.RESP)
	p.send(command("OBJ.EXEC", "p", "o", "test", "panic", ""))
	if got := p.wantClosed(); got != "" {
		t.Errorf("got %q", got)
	}
	if got := other.ask("OBJ.EXEC", "p", "o", "test", "count", ""); got != bulk("1") {
		t.Errorf("another client got %q", got)
	}
}

func TestMaxConnections(t *testing.T) {
	rig := servertest.Start(t, server.Options{MaxConnections: 2})
	a, b := dial(t, rig.RESP), dial(t, rig.RESP)
	a.ask("PING")
	b.ask("PING")
	wantMatch(t, "a third client", dial(t, rig.RESP).wantClosed(), `-EBUSY busy .*\r\n`)
	a.Close()
	waitFor(t, "there is room", func() bool {
		c := dial(t, rig.RESP)
		c.send(command("PING"))
		got, _ := c.readReply()
		return got == "+PONG\r\n"
	})
}

// TestShutdown checks that what was read is answered, that idle clients are let go, and that nobody comes in.
func TestShutdown(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	idle, busy := dial(t, rig.RESP), dial(t, rig.RESP)
	idle.ask("PING")
	busy.send(command("OBJ.EXEC", "p", "o", "test", "wait", "300") + command("OBJ.EXEC", "p", "o", "test", "count", ""))
	waitFor(t, "it runs", func() bool { return rig.Service.Stats().Running == 1 })
	done := make(chan error)
	go func() { done <- rig.Shutdown(t.Context()) }()
	idle.wantClosed()
	if got := busy.reply() + busy.reply(); got != bulk("waited")+bulk("1") {
		t.Errorf("got %q", got)
	}
	busy.wantClosed()
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
	p := dial(t, rig.RESP)
	p.send(command("OBJ.EXEC", "p", "o", "test", "wait", "", "TIMEOUT", "60000"))
	waitFor(t, "it runs", func() bool { return rig.Service.Stats().Running == 1 })
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
			p := dial(t, rig.RESP)
			oid := fmt.Sprint("o", i%4)
			for range 20 {
				p.send(command("OBJ.EXEC", "p", oid, "test", "count", "") + command("INFO") + command("CLASS.INSTALL", "test", servertest.Source()))
				for range 3 {
					if got := p.reply(); got[0] != '$' {
						t.Errorf("got %q", got)
					}
				}
			}
			if i%2 == 0 {
				p.send(command("OBJ.EXEC", "p", "other", "test", "wait", "20"))
			}
			p.Close()
		})
	}
	wg.Wait()
	total := 0
	for i := range 4 {
		var size int
		fmt.Sscanf(dial(t, rig.RESP).ask("OBJ.STAT", "p", fmt.Sprint("o", i)), "*3\r\n:%d", &size)
		total += size
	}
	if total != 20*20 {
		t.Errorf("the objects count %d calls, want %d", total, 20*20)
	}
}
