// This file tests what the server does about clients that are too many, too slow, or want too much at once.

package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

// metric returns the value of a line of /metrics, "" if there is none.
func metric(t *testing.T, rig *servertest.Rig, name string) string {
	t.Helper()
	resp, err := http.Get("http://" + rig.HTTP + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			return value
		}
	}
	return ""
}

func waitForCut(t *testing.T, rig *servertest.Rig, listener, reason, count string) {
	t.Helper()
	name := fmt.Sprintf(`objluad_clients_cut_off_total{listener=%q,reason=%q}`, listener, reason)
	servertest.WaitFor(t, name, func() bool { return metric(t, rig, name) == count })
}

// While one client's command is arriving, there is no memory for another's: that one is refused, and its connection goes on.
func TestMemoryOfCommands(t *testing.T) {
	t.Parallel()
	rig := servertest.Start(t, server.Options{MaxMemory: 1 << 20})
	first, second := servertest.Dial(t, rig.RESP), servertest.Dial(t, rig.RESP)
	input := strings.Repeat("x", 600_000)
	first.Send(servertest.Echo(input)[:len(input)])
	servertest.WaitFor(t, "it has arrived", func() bool {
		held, err := strconv.ParseFloat(metric(t, rig, "objluad_request_bytes"), 64)
		return err == nil && held > 600_000
	})
	second.Send(servertest.Echo("a") + servertest.Echo(input) + servertest.Echo("b"))
	for _, want := range []string{servertest.Bulk("a"), "-EBUSY busy the server has too much to read from its clients at once\r\n", servertest.Bulk("b")} {
		if got := second.Reply(); got != want {
			t.Errorf("the second client got %.100q, want %q", got, want)
		}
	}
	first.Send(servertest.Echo(input)[len(input):])
	if got := first.Reply(); got != servertest.Bulk(input) {
		t.Errorf("the first client got %.100q", got)
	}
	servertest.WaitFor(t, "there is memory again", func() bool { return second.Ask("OBJ.EXEC", "p", "o", "test", "echo", input) == servertest.Bulk(input) })
	if runs := rig.Runs(); runs != 4 {
		t.Errorf("%d methods ran, want 4", runs)
	}
}

func TestMaxHTTPConnections(t *testing.T) {
	t.Parallel()
	rig := servertest.Start(t, server.Options{MaxHTTPConnections: 2})
	for range 2 {
		p := servertest.Dial(t, rig.HTTP)
		p.Send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
		if resp, err := http.ReadResponse(p.R, nil); err != nil || resp.StatusCode != 200 {
			t.Fatal(resp, err)
		}
	}
	third := servertest.Dial(t, rig.HTTP)
	third.Send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
	resp, err := http.ReadResponse(third.R, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" || !strings.Contains(string(body), `"errno":"EBUSY","kind":"busy"`) || err != nil {
		t.Errorf("%s, %v, %s, %v", resp.Status, resp.Header, body, err)
	}
	third.WantClosed()
}

func TestMaxPeerConnections(t *testing.T) {
	t.Parallel()
	rig := servertest.Start(t, server.Options{MaxPeerConnections: 1})
	a := servertest.Dial(t, rig.RESP)
	a.Ask("PING")
	servertest.WantMatch(t, "the same address", servertest.Dial(t, rig.RESP).WantClosed(), `-EBUSY busy the server has 1 connections of your address.*\r\n`)
	other := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	nc, err := other.Dial("tcp", rig.RESP)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	b := servertest.NewPeer(t, nc)
	if got := b.Ask("PING"); got != "+PONG\r\n" {
		t.Errorf("another address got %q", got)
	}
}

// hugeReply is more than the kernel takes for a client that does not read.
const hugeReply = "33554432"

// A client that does not read has one reply held for it, its next command does not run, and after a while it is cut off.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	rig := servertest.Start(t, server.Options{SlowTimeout: time.Second})
	slow, good := servertest.Dial(t, rig.RESP), servertest.Dial(t, rig.RESP)
	slow.Send(servertest.Command("OBJ.EXEC", "p", "o", "test", "big", hugeReply) + servertest.Command("OBJ.EXEC", "p", "o", "test", "count", ""))
	waitForCut(t, rig, "resp", "slow_reader", "1")
	servertest.WaitFor(t, "its reply is dropped", func() bool { return metric(t, rig, `objluad_unsent_bytes{listener="resp"}`) == "0" })
	servertest.WaitFor(t, "it is gone", func() bool { return metric(t, rig, "objluad_resp_connections") == "1" })
	if _, err := io.Copy(io.Discard, slow.R); err == nil {
		t.Error("the connection ended as if all was well")
	}
	servertest.WantMatch(t, "the object of the next command", good.Ask("OBJ.STAT", "p", "o"), `-ENOENT .*\r\n`)
}

func TestSlowHTTPReader(t *testing.T) {
	t.Parallel()
	rig := servertest.Start(t, server.Options{SlowTimeout: time.Second})
	slow := servertest.Dial(t, rig.HTTP)
	slow.Send("POST /v1/pools/p/objects/o/exec/test/big HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\n" + hugeReply)
	waitForCut(t, rig, "http", "slow_reader", "1")
	if _, err := io.Copy(io.Discard, slow.R); err == nil {
		t.Error("the connection ended as if all was well")
	}
}

// When clients do not take too much in all, the slowest is cut off, and the others get their replies.
func TestUnsent(t *testing.T) {
	t.Parallel()
	rig := servertest.Start(t, server.Options{MaxUnsent: 40 << 20})
	big := servertest.Command("OBJ.EXEC", "p", "o", "test", "big", hugeReply)
	slow, next := servertest.Dial(t, rig.RESP), servertest.Dial(t, rig.RESP)
	slow.Send(big)
	servertest.WaitFor(t, "it does not read", func() bool { return metric(t, rig, `objluad_unsent_bytes{listener="resp"}`) != "0" })
	time.Sleep(time.Second)
	next.Send(big)
	waitForCut(t, rig, "resp", "unsent", "1")
	if got := next.Reply(); len(got) != len("$33554432\r\n\r\n")+32<<20 {
		t.Errorf("the other client got %d bytes", len(got))
	}
	if _, err := io.Copy(io.Discard, slow.R); err == nil {
		t.Error("the slowest was not cut off")
	}
}

// A client that sends a command too slowly is told so, however often a byte of it comes.
func TestSlowSender(t *testing.T) {
	t.Parallel()
	rig := servertest.Start(t, server.Options{SlowTimeout: 500 * time.Millisecond})
	half, drip, good := servertest.Dial(t, rig.RESP), servertest.Dial(t, rig.RESP), servertest.Dial(t, rig.RESP)
	half.Send("*2\r\n$4\r\nPI")
	drip.Send("*2\r\n$4\r\nPING\r\n$100000\r\n")
	go func() {
		for {
			if _, err := io.WriteString(drip, "x"); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	for name, p := range map[string]*servertest.Peer{"half": half, "drip": drip} {
		if got := p.Reply(); !strings.HasPrefix(got, "-ETIMEDOUT input the command did not arrive") {
			t.Errorf("%s: %q", name, got)
		}
	}
	waitForCut(t, rig, "resp", "slow_sender", "2")
	if got := good.Ask("PING"); got != "+PONG\r\n" {
		t.Errorf("a client that only waited got %q", got)
	}
}

// Who sends a body too slowly is told how long it had.
func TestSlowHTTPSender(t *testing.T) {
	t.Parallel()
	rig := servertest.Start(t, server.Options{SlowTimeout: 500 * time.Millisecond})
	half := servertest.Dial(t, rig.HTTP)
	half.Send("PUT /v1/pools/p/objects/o HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\nhalf")
	answer, err := io.ReadAll(half.R)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 408 ") || !strings.Contains(string(answer), "a client has 500ms for each MiB") {
		t.Errorf("%q %v", answer, err)
	}
}

func TestHandshakeAndIdleTimeout(t *testing.T) {
	t.Parallel()
	rig := servertest.Start(t, server.Options{HandshakeTimeout: time.Second, IdleTimeout: 4 * time.Second})
	silent, idle := servertest.Dial(t, rig.RESP), servertest.Dial(t, rig.RESP)
	idle.Ask("PING")
	servertest.WantMatch(t, "who says nothing", silent.WantClosed(), `-ETIMEDOUT input no command came within 1s\r\n`)
	if got := idle.Ask("PING"); got != "+PONG\r\n" {
		t.Errorf("who has spoken got %q", got)
	}
	if got := idle.WantClosed(); got != "" {
		t.Errorf("who idles got %q", got)
	}
	waitForCut(t, rig, "resp", "handshake", "1")
	waitForCut(t, rig, "resp", "idle", "1")
}

// A connection that gave its buffers back takes commands of any size.
func TestAfterIdling(t *testing.T) {
	t.Parallel()
	rig := servertest.Start(t, server.Options{HandshakeTimeout: -1})
	p := servertest.Dial(t, rig.RESP)
	for _, size := range []int{1, 100, 10_000, 1_000_000} {
		time.Sleep(1200 * time.Millisecond)
		input := strings.Repeat("x", size)
		p.Send(strings.Repeat(servertest.Echo(input), 3))
		for range 3 {
			if got := p.Reply(); got != servertest.Bulk(input) {
				t.Fatalf("%d bytes: got %.100q", size, got)
			}
		}
	}
}

// The replies of a long pipeline do not wait for its end.
func TestMaxPipeline(t *testing.T) {
	t.Parallel()
	rig := servertest.Start(t, server.Options{MaxPipeline: 2})
	p := servertest.Dial(t, rig.RESP)
	p.Send(servertest.Echo("a") + servertest.Echo("b") + servertest.Command("OBJ.EXEC", "p", "o", "test", "wait", "", "TIMEOUT", "60000") + servertest.Echo("c"))
	for _, want := range []string{"a", "b"} {
		if got := p.Reply(); got != servertest.Bulk(want) {
			t.Errorf("got %q", got)
		}
	}
	if n := servertest.Running(rig); n > 1 {
		t.Errorf("%d methods run", n)
	}
}
