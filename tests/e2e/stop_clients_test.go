// This file is what becomes of connections when the daemon stops: idle ones, ones within a command, and ones that pipeline.

package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/tests/rig"
)

func TestStopLetsClientsGo(t *testing.T) {
	data := t.TempDir()
	d := rig.Run(t, data)
	d.Install(t, "account", accountClass)
	connect := func(addr, text string) (net.Conn, *bufio.Reader) {
		t.Helper()
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		conn.SetDeadline(time.Now().Add(time.Minute))
		io.WriteString(conn, text)
		return conn, bufio.NewReader(conn)
	}
	read := func(from *bufio.Reader, want string) {
		t.Helper()
		got := make([]byte, len(want))
		if _, err := io.ReadFull(from, got); string(got) != want || err != nil {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	ended := make(map[string]*bufio.Reader)
	_, ended["idle"] = connect(d.Addr(), "PING\r\n")
	read(ended["idle"], "+PONG\r\n")
	_, ended["half a command"] = connect(d.Addr(), "PING\r\n*2\r\n$4\r\nPI")
	read(ended["half a command"], "+PONG\r\n")
	_, ended["HTTP"] = connect(d.HTTP(), "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
	read(ended["HTTP"], "HTTP/1.1 200 OK\r\n")
	for line := ""; line != "ok\n"; {
		var err error
		if line, err = ended["HTTP"].ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}

	// A client that sends without a pause is answered what was read.
	pipeline, from := connect(d.Addr(), "")
	go func() {
		for {
			if _, err := io.WriteString(pipeline, strings.Repeat("OBJ.EXEC default o account deposit 1\r\n", 10)); err != nil {
				return
			}
		}
	}()
	acknowledged, reset, stopping := 0, false, make(chan error, 1)
	for {
		line, err := from.ReadString('\n')
		if err == nil && line[0] == '$' {
			line, err = from.ReadString('\n')
		}
		if err != nil {
			if line != "" || !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the replies end with %q, %v", line, err)
			}
			reset = errors.Is(err, syscall.ECONNRESET)
			break
		}
		if acknowledged++; strings.TrimSpace(line) != fmt.Sprint(acknowledged) {
			t.Fatalf("reply %d is %q", acknowledged, line)
		}
		if acknowledged == 1000 {
			go func() { stopping <- d.Stop() }()
		}
	}
	pipeline.Close()
	if err := <-stopping; err != nil {
		t.Error(err)
	}
	for name, from := range ended {
		if rest, err := io.ReadAll(from); len(rest) > 0 || err != nil {
			t.Errorf("%s: the connection ends with %q, %v", name, rest, err)
		}
	}

	d = rig.Run(t, data)
	reply, err := d.Dial(t).OpenIOContext("default").Exec(t.Context(), "o", "account", "balance", nil)
	var balance int
	fmt.Sscan(string(reply.Output), &balance)
	if err != nil || balance < acknowledged || balance > acknowledged && !reset {
		t.Errorf("%d deposits were acknowledged, and the balance is %d, %v", acknowledged, balance, err)
	}
	t.Logf("%d deposits acknowledged, %d made; reset: %v", acknowledged, balance, reset)
}
