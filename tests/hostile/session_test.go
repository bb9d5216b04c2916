// This file is one TCP connection to a daemon, so that a test knows on which one each reply came.

package hostile

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/tests/rig"
)

type session struct {
	conn net.Conn
	in   *bufio.Reader
}

func open(t *testing.T, d *rig.Daemon) *session {
	t.Helper()
	conn, err := net.Dial("tcp", d.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &session{conn, bufio.NewReader(conn)}
}

// stuck is far above what any call takes on a slow machine: it only names the attack that is not answered at all.
const stuck = 3 * time.Minute

// replyError is an error that the daemon replied: "<ERRNO> <kind> <message>".
type replyError string

func (e replyError) Error() string { return string(e) }

// do sends a command and returns its reply: a string, an int or a []any. An error that is no replyError is a connection that
// does not do what it must.
func (s *session) do(args ...string) (any, error) {
	s.conn.SetDeadline(time.Now().Add(stuck))
	if err := s.send(args...); err != nil {
		return nil, err
	}
	return s.receive()
}

func (s *session) send(args ...string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	_, err := io.WriteString(s.conn, b.String())
	return err
}

func (s *session) receive() (any, error) {
	line, err := s.in.ReadString('\n')
	if err != nil {
		return nil, err
	}
	text, whole := strings.CutSuffix(line, "\r\n")
	if !whole || text == "" || strings.Contains(text, "\r") {
		return nil, fmt.Errorf("a line is %q", line)
	}
	switch text[0] {
	case '+':
		return text[1:], nil
	case '-':
		return nil, replyError(text[1:])
	}
	n, err := strconv.Atoi(text[1:])
	if err != nil {
		return nil, fmt.Errorf("a line is %q", line)
	}
	switch text[0] {
	case ':':
		return n, nil
	case '$':
		return s.bulk(n)
	case '*':
		return s.array(n)
	}
	return nil, fmt.Errorf("a line is %q", line)
}

func (s *session) bulk(n int) (any, error) {
	b := make([]byte, n+2)
	if _, err := io.ReadFull(s.in, b); err != nil {
		return nil, err
	}
	text, ok := strings.CutSuffix(string(b), "\r\n")
	if !ok {
		return nil, fmt.Errorf("a bulk string of %d bytes ends with %q", n, b[n:])
	}
	return text, nil
}

func (s *session) array(n int) (any, error) {
	elements := make([]any, n)
	for i := range elements {
		var err error
		if elements[i], err = s.receive(); err != nil {
			return nil, err
		}
	}
	return elements, nil
}
