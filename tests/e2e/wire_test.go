// Package e2e is what a daemon's users may do to it, by mistake or on purpose, and what it must answer. This file is requests
// that break the rules of their protocol: the client is told and cut off, nothing that it announced is believed, and others
// notice nothing.
package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/tests/rig"
)

const mib = 1 << 20

// protocolErrors are bytes that end a RESP connection, and a part of what its client is told.
var protocolErrors = []struct{ name, bytes, told string }{
	{"word for a count", "*x\r\n", "bad number after '*'"},
	{"negative count", "*-1\r\n", "bad number after '*'"},
	{"no count", "*\r\n", "bad line of '*'"},
	{"count that overflows", "*99999999999999999999\r\n", "arguments"},
	{"huge count", "*2147483647\r\n", "arguments"},
	{"count just too large", "*131073\r\n", "arguments"},
	{"count without end", "*" + strings.Repeat("0", 64), "too long"},
	{"line feed alone", "*1\n$4\nPING\n", "bad line of '*'"},
	{"integer for an argument", "*1\r\n:5\r\n", "expected '$'"},
	{"array for an argument", "*1\r\n*1\r\n$4\r\nPING\r\n", "expected '$'"},
	{"null argument", "*1\r\n$-1\r\n", "bad number after '$'"},
	{"length that overflows", "*1\r\n$99999999999999999999\r\n", "bytes"},
	{"huge length", "*1\r\n$2147483647\r\n", "bytes"},
	{"frame just too large", "*1\r\n$67108864\r\n", "bytes"},
	{"argument longer than its length", "*1\r\n$4\r\nPINGPONG\r\n", "does not end after"},
	{"argument without array", "$4\r\nPING\r\n", "expected '*'"},
	{"quotes that do not close", "PING \"pong\r\n", "unbalanced quotes"},
	{"inline command without end", strings.Repeat("x", 8<<10), "inline command"},
	{"web browser", "POST / HTTP/1.1\r\nHost: localhost\r\n\r\nPING\r\n", "HTTP"},
}

func TestProtocolErrors(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	for _, tt := range protocolErrors {
		t.Run(tt.name, func(t *testing.T) {
			got, err := converse(d.Addr(), strings.NewReader("PING\r\n"+tt.bytes))
			if err != nil {
				t.Fatal(err)
			}
			// What came before is answered, and nothing comes behind.
			told, ok := strings.CutPrefix(got, "+PONG\r\n-EINVAL input protocol error: ")
			if !ok || !strings.Contains(told, tt.told) || strings.Index(told, "\r\n") != len(told)-2 {
				t.Errorf("answered %q, want an error with %q", got, tt.told)
			}
			checkGood(t, d)
		})
	}
	checkPeak(t, d, 0, func() {
		if got, err := converse(d.Addr(), strings.NewReader(strings.Repeat("*0\r\n", mib)+"PING\r\nQUIT\r\n")); got != "+PONG\r\n+OK\r\n" || err != nil {
			t.Errorf("after a million empty commands: %q, %v", got, err)
		}
	})
}

// TestAnnouncedMemory has clients announce what they never send.
func TestAnnouncedMemory(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	const connections = 200
	checkPeak(t, d, 0, func() {
		for i := range connections {
			conn, err := net.Dial("tcp", d.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			for _, text := range []string{"PING\r\n", "*3\r\n$13\r\nOBJ.WRITEFULL\r\n$7\r\ndefault\r\n$67000000\r\nabc"} {
				if _, err := io.WriteString(conn, text); err != nil {
					t.Fatalf("connection %d: %v", i, err)
				}
			}
			if line, err := bufio.NewReader(conn).ReadString('\n'); line != "+PONG\r\n" || err != nil {
				t.Fatalf("connection %d: %q, %v", i, line, err)
			}
		}
		checkGood(t, d)
	})
}

// TestOversizedFrame sends a frame of small arguments that is too large as a whole. It is gathered up to the limit of 64 MiB,
// in a buffer that doubles: with those that it outgrew, it costs twice that.
func TestOversizedFrame(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	argument := "$1000\r\n" + strings.Repeat("x", 1000) + "\r\n"
	const arguments = 67_000
	checkPeak(t, d, 128*mib, func() {
		got, err := converse(d.Addr(), strings.NewReader(fmt.Sprintf("*%d\r\n", arguments)+strings.Repeat(argument, arguments)))
		if err != nil || !strings.HasPrefix(got, "-EINVAL input protocol error: a command may have 67108864 bytes") {
			t.Errorf("answered %q, %v", got, err)
		}
		checkGood(t, d)
	})
}

// httpErrors are requests as they come over the wire, and the status that answers them.
var httpErrors = []struct {
	name, request string
	body          int64 // bytes that follow
	status        int
}{
	{"no HTTP", "HELLO 3\r\n\r\n", 0, 400},
	{"a name that is not this machine's", "GET /healthz HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n", 0, 403},
	{"two lengths", "PUT /v1/pools/default/objects/o HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 0, 400},
	{"huge header", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", mib) + "\r\n\r\n", 0, 431},
	{"huge path", "GET /" + strings.Repeat("x", mib) + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 0, 431},
	{"huge announced object", "PUT /v1/pools/default/objects/o HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1099511627776\r\n\r\nabc", 0, 413},
	{"huge announced input", "POST /v1/pools/default/objects/o/exec/good/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1099511627776\r\n\r\nabc", 0, 413},
	{"huge announced script", "POST /v1/pools/default/objects/o/eval HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 1099511627776\r\n\r\n--b\r\n", 0, 413},
	{"huge announced class", "PUT /v1/classes/c HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1099511627776\r\n\r\nabc", 0, 413},
	{"endless class", "PUT /v1/classes/c HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", 64 * mib, 413},
	{"endless input", "POST /v1/pools/default/objects/o/exec/good/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", 64 * mib, 413},
	{"bad chunk", "PUT /v1/pools/default/objects/o HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 0, 400},
}

func TestHTTPErrors(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	d.Install(t, "good", goodClass)
	checkPeak(t, d, 32*mib, func() { // the buffer of an input of 16 MiB, which doubles
		for _, tt := range httpErrors {
			t.Run(tt.name, func(t *testing.T) {
				got, err := converse(d.HTTP(), io.MultiReader(strings.NewReader(tt.request), chunks(tt.body)))
				if err != nil {
					t.Fatal(err)
				}
				resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(got)), nil)
				if err != nil || resp.StatusCode != tt.status {
					t.Errorf("answered %.200q, want %d", got, tt.status)
				}
				checkGood(t, d)
			})
		}
	})
}

// chunks is size bytes in chunks of a mebibyte, as HTTP encodes them.
func chunks(size int64) io.Reader {
	chunk := strconv.FormatInt(mib, 16) + "\r\n" + strings.Repeat("x", mib) + "\r\n"
	return strings.NewReader(strings.Repeat(chunk, int(size/mib)))
}

// converse sends all of request, and returns all that is answered until the other side closes the connection, which it must.
// A connection that was closed before all was sent is no error.
func converse(addr string, request io.Reader) (string, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return "", err
	}
	conn.SetDeadline(time.Now().Add(time.Minute))
	sent := make(chan struct{})
	go func() { io.Copy(conn, request); close(sent) }()
	var answer bytes.Buffer
	_, err = answer.ReadFrom(conn)
	conn.Close()
	<-sent
	if answer.Len() > 0 && errors.Is(err, syscall.ECONNRESET) {
		err = nil
	}
	return answer.String(), err
}

// checkPeak runs f, during which the daemon may take 64 MiB of memory for its own ends, and more on top.
func checkPeak(t *testing.T, d *rig.Daemon, more int64, f func()) {
	t.Helper()
	before, err := d.PeakResident()
	if err != nil {
		t.Fatal(err)
	}
	f()
	after, err := d.PeakResident()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("resident memory rose from %d to %d MiB", before/mib, after/mib)
	if after > before+64*mib+more {
		t.Errorf("resident memory rose from %d to %d MiB", before/mib, after/mib)
	}
}

// goodClass has a method that returns its input.
const goodClass = `
function echo(input, output) output:append(input) end
objclass.register(echo, objclass.RD)`

// checkGood checks that a client that does nothing wrong is served.
func checkGood(t *testing.T, d *rig.Daemon) {
	t.Helper()
	conn := d.Dial(t)
	ioctx := conn.OpenIOContext("default")
	if _, err := ioctx.WriteFull(t.Context(), "good", []byte("data")); err != nil {
		t.Error(err)
	}
	if data, err := ioctx.ReadFull(t.Context(), "good"); string(data) != "data" || err != nil {
		t.Errorf("a good client reads %q, %v", data, err)
	}
	if status, body := request(t, d, "GET", "/readyz", ""); status != http.StatusOK {
		t.Errorf("readyz: %d %s", status, body)
	}
}
