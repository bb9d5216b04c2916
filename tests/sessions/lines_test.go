// This file is sessions of what nc and telnet send: lines, and bytes that are no RESP.

package sessions

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/tests/rig"
)

// lines sends bytes, ends its half of the connection, and checks all that comes back.
func lines(t *testing.T, d *rig.Daemon) {
	const tooMany = 128<<10 + 1
	for name, test := range map[string]struct{ send, want string }{
		"lines":        {"PING\r\nping hello\nECHO \"a b\\x41\"\nECHO 'c d'\r\n\r\nQUIT\r\nPING\r\n", "+PONG\r\n$5\r\nhello\r\n$4\r\na bA\r\n$3\r\nc d\r\n+OK\r\n"},
		"both":         {"PING\r\n" + encode("ECHO", "x") + "PING\r\n", "+PONG\r\n$1\r\nx\r\n+PONG\r\n"},
		"a call":       {"OBJ.EXEC default line s inc 2\nOBJ.READ default line\n", "$1\r\n2\r\n$1\r\n2\r\n"},
		"half a frame": {encode("PING") + "*2\r\n$4\r\nECHO\r\n$10\r\nhalf", "+PONG\r\n"},
		"half a line":  {"PING\r\nPIN", "+PONG\r\n"},
		"nothing":      {"", ""},
		"open quotes":  {"PING\r\nECHO \"a\r\nPING\r\n", "+PONG\r\n-EINVAL input protocol error: unbalanced quotes in an inline command\r\n"},
		"HTTP":         {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "-EINVAL input protocol error: this is HTTP, and the port is one of RESP\r\n"},
		"many arguments": {"*131073\r\n" + strings.Repeat("$1\r\na\r\n", tooMany),
			"-EINVAL input protocol error: a command may have 131072 arguments\r\n"},
		"most arguments": {"*131072\r\n$4\r\nPING\r\n" + strings.Repeat("$1\r\na\r\n", tooMany-2),
			"-EINVAL input wrong number of arguments for 'ping' command; usage: PING [message]\r\n"},
		"huge bulk":       {"*2\r\n$4\r\nECHO\r\n$512000000\r\nx", "-EINVAL input protocol error: a command may have 67108864 bytes\r\n"},
		"negative bulk":   {"*1\r\n$-1\r\n", "-EINVAL input protocol error: bad number after '$'\r\n"},
		"negative array":  {"*-1\r\n", "-EINVAL input protocol error: bad number after '*'\r\n"},
		"array in array":  {"*1\r\n*1\r\n$4\r\nPING\r\n", "-EINVAL input protocol error: expected '$', got \"*\"\r\n"},
		"arrays in depth": {strings.Repeat("*1\r\n", 100_000), "-EINVAL input protocol error: expected '$', got \"*\"\r\n"},
		"unknown":         {"CLIENT NOSUCH\r\nPING\r\n", "-EINVAL input unknown subcommand 'NOSUCH'. Try CLIENT HELP.\r\n+PONG\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", d.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(time.Minute))
			go func() { // the daemon may close before it took all
				io.WriteString(conn, test.send)
				conn.(*net.TCPConn).CloseWrite()
			}()
			got, err := io.ReadAll(conn)
			if err != nil || string(got) != test.want {
				t.Errorf("got %.300q, %v; want %.300q", got, err, test.want)
			}
		})
	}
}
