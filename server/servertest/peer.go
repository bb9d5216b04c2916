// This file is a RESP client of tests.

package servertest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Peer is a client that speaks bytes.
type Peer struct {
	t *testing.T
	net.Conn
	R *bufio.Reader
}

// NewPeer is a client on a connection.
func NewPeer(t *testing.T, nc net.Conn) *Peer { return &Peer{t, nc, bufio.NewReader(nc)} }

// Dial connects to a RESP listener, for a minute at most.
func Dial(t *testing.T, addr string) *Peer {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(time.Minute))
	return NewPeer(t, nc)
}

// Send sends bytes.
func (p *Peer) Send(raw string) {
	p.t.Helper()
	if _, err := io.WriteString(p, raw); err != nil {
		p.t.Fatal(err)
	}
}

// Reply reads one reply, whole, as it was sent.
func (p *Peer) Reply() string {
	p.t.Helper()
	raw, err := p.ReadReply()
	if err != nil {
		p.t.Fatalf("reading a reply: %v; so far %q", err, raw)
	}
	return raw
}

// ReadReply is reply for clients whose connection may end.
func (p *Peer) ReadReply() (string, error) {
	line, err := p.R.ReadString('\n')
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
		_, err := io.ReadFull(p.R, body)
		return line + string(body), err
	case '*', '~':
		elements = n
	case '%':
		elements = 2 * n
	}
	for range elements {
		element, err := p.ReadReply()
		line += element
		if err != nil {
			return line, err
		}
	}
	return line, nil
}

// Ask sends a command and returns the reply.
func (p *Peer) Ask(args ...string) string {
	p.t.Helper()
	p.Send(Command(args...))
	return p.Reply()
}

// WantClosed checks that the server closed the connection, after at most one more reply, which it returns.
func (p *Peer) WantClosed() string {
	p.t.Helper()
	rest, err := io.ReadAll(p.R)
	if err != nil {
		p.t.Errorf("the connection ended with %v, want it closed", err)
	}
	return string(rest)
}

// Command encodes a command.
func Command(args ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	return b.String()
}

// Bulk encodes a bulk string.
func Bulk(s string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(s), s) }

// WantMatch checks that a regular expression matches all of what was got.
func WantMatch(t *testing.T, what, got, pattern string) {
	t.Helper()
	if !regexp.MustCompile(`(?s)^` + pattern + `$`).MatchString(got) {
		t.Errorf("%s: got %q, want %s", what, got, pattern)
	}
}

// Echo is a command whose answer is its input.
func Echo(input string) string { return Command("OBJ.EXEC", "p", "o", "test", "echo", input) }
