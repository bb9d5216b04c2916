// This file tests what clients find who want the server to hold, to log or to do more than they sent it.

package server_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

// heap returns the bytes that are live.
func heap() int {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}

// Names that are too long are neither kept by the connection, nor written to the log.
func TestLongNamesAreNotKept(t *testing.T) {
	const clients, length = 10, 4 << 20
	users, _ := newUsers(t, map[string]string{"alice": ""})
	var log logged
	rig := servertest.Start(t, server.Options{Users: users, Audit: slog.New(slog.NewTextHandler(&log, nil))})
	name := strings.Repeat("n", length)
	before := heap()
	for range clients {
		p := dial(t, rig.RESP).login("alice")
		wantMatch(t, "a long name", p.ask("OBJ.STAT", name+"/"+name, "o"), `-EPERM auth user alice may not use OBJ.STAT on pool n{256}…, namespace n{256}…: .*`)
		wantMatch(t, "a long class", p.ask("OBJ.EXEC", "p", "o", name, name, ""), `-EPERM auth .*`)
	}
	waitFor(t, "the names are gone, as soon as buffers of connections that idle are", func() bool { return heap()-before < clients*length/4 })
	if n := len(log.String()); n > clients*4096 {
		t.Errorf("the log got %d bytes of %d refusals", n, 2*clients)
	}
}

// A connection that idles holds nothing of its last command.
func TestIdleConnectionsHoldNoCommands(t *testing.T) {
	const clients, length = 10, 8 << 20
	rig := servertest.Start(t, server.Options{})
	message := strings.Repeat("m", length)
	before := heap()
	for range clients {
		p := dial(t, rig.RESP)
		wantMatch(t, "a large command", p.ask("OBJ.STAT", "p", message), `-ENAMETOOLONG .*`)
	}
	waitFor(t, "the messages are gone", func() bool { return heap()-before < clients*length/4 })
}

// Replies stay off however the commands arrive, and while the connection idles.
func TestRepliesStayOff(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p, other := dial(t, rig.RESP), dial(t, rig.RESP)
	id := strings.Trim(p.ask("CLIENT", "ID"), ":\r\n")
	commands := func(name string) func() bool {
		return func() bool { return clientLine(other, id)["cmd"] == name }
	}
	p.send(command("CLIENT", "REPLY", "OFF"))
	waitFor(t, "replies are off", commands("client|reply"))
	p.send(command("ECHO", "one"))
	waitFor(t, "a command by itself", commands("echo"))
	waitFor(t, "it idles for as long as connections keep their buffers", func() bool { return clientLine(other, id)["idle"] == "2" })
	p.send(command("PING", "two"))
	waitFor(t, "a command after a while", commands("ping"))
	wantMatch(t, "the first reply", p.ask("CLIENT", "REPLY", "ON"), `\+OK\r\n`)
	wantMatch(t, "the next", p.ask("PING"), `\+PONG\r\n`)
}

// allocated returns the bytes that do allocates in all, collected or not.
func allocated(do func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// Pairs of three bytes each take no more memory than other bodies do, and those that a request may have are counted.
func TestManyOmapPairs(t *testing.T) {
	w, _ := startWeb(t, server.Options{})
	const m, pair, most = objects + "o/omap", `{"key":"a","value":""}`, 128 << 10
	list := func(pair string, n int) string { return "[" + strings.Repeat(pair+",", n-1) + pair + "]" }
	body := `{"set":` + list("{}", 2<<20) + "}"
	if n := allocated(func() { w.wantProblem(w.do("POST", m, body), 400, "EINVAL", "input", "") }); n > 8*len(body) {
		t.Errorf("%d bytes were allocated for a body of %d", n, len(body))
	}
	w.wantProblem(w.do("POST", m, `{"set":`+list(pair, most)+`,"remove":[{"key":"b"}]}`), 413, "EMSGSIZE", "input", "")
	w.want(w.do("POST", m, `{"set":`+list(pair, most-1)+`,"remove":[{"key":"b"}]}`), 201, "")
}

// The headers of a form's parts are not held for long, however little they are when compressed.
func TestLongHeadersOfParts(t *testing.T) {
	w, _ := startWeb(t, server.Options{})
	form := "--b\r\nContent-Disposition: form-data; name=\"script\"\r\nX: " + strings.Repeat("x", 4<<20) + "\r\n\r\nregister echo\r\n--b--\r\n"
	n := allocated(func() {
		w.wantProblem(w.do("POST", objects+"o/eval?handler=echo", form, "Content-Type", "multipart/form-data; boundary=b"), 413, "EMSGSIZE", "input", "")
	})
	if n > 2<<20 {
		t.Errorf("%d bytes were allocated", n)
	}
	input := strings.Repeat("i", 1<<20)
	form = "--b\r\nContent-Disposition: form-data; name=\"script\"\r\n\r\nx\r\n--b\r\nContent-Disposition: form-data; name=\"input\"\r\n\r\n" + input + "\r\n--b--\r\n"
	w.want(w.do("POST", objects+"o/eval?handler=echo", form, "Content-Type", "multipart/form-data; boundary=b"), 200, input)
}

// Many short ranges of a large object are read as short ones.
func TestManyShortRanges(t *testing.T) {
	w, _ := startWeb(t, server.Options{})
	const ranges = 1000
	w.want(w.do("PUT", objects+"o", strings.Repeat("x", 2<<20)), 201, "")
	n := allocated(func() {
		w.want(w.do("GET", objects+"o", "", "Range", "bytes=0-0"+strings.Repeat(",1-1", ranges-1)), 206, "(?s).*")
	})
	if n > ranges*64<<10 {
		t.Errorf("%d bytes were allocated for %d bytes", n, ranges)
	}
}

// tlsOptions returns a certificate of nobody's for the server.
func tlsOptions(t *testing.T) *tls.Config {
	web := httptest.NewTLSServer(nil)
	t.Cleanup(web.Close)
	return &tls.Config{Certificates: web.TLS.Certificates}
}

func dialTLS(t *testing.T, addr string) *peer {
	t.Helper()
	conn, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &peer{t: t, Conn: conn, r: bufio.NewReader(conn)}
}

// What clients do not take is counted as a whole, in whatever pieces it is sent, and large objects are read as there is room for them.
func TestRepliesHaveRoom(t *testing.T) {
	const room, large = 32 << 20, 24 << 20
	for name, opts := range map[string]server.Options{"plain": {MaxUnsent: room}, "TLS": {MaxUnsent: room, TLS: tlsOptions(t)}} {
		t.Run(name, func(t *testing.T) {
			rig := servertest.Start(t, opts)
			dialIt := func() *peer {
				if opts.TLS == nil {
					return dial(t, rig.RESP)
				}
				return dialTLS(t, rig.RESP)
			}
			p := dialIt()
			p.ask("OBJ.CREATE", "p", "o")
			p.ask("OBJ.TRUNCATE", "p", "o", strconv.Itoa(large))
			before := heap()
			for range 6 {
				dialIt().send(command("OBJ.READ", "p", "o"))
			}
			most := 0
			for range 20 {
				most = max(most, heap()-before)
				time.Sleep(50 * time.Millisecond)
			}
			if most > 2*room {
				t.Errorf("replies took %d MiB", most>>20)
			}
			if got := len(p.ask("OBJ.READ", "p", "o")); got < large {
				t.Errorf("who reads got %d bytes", got)
			}
		})
	}
}

// A page of long names is counted, too.
func TestPagesAreCounted(t *testing.T) {
	rig := servertest.Start(t, server.Options{MaxUnsent: 1 << 20})
	p, slow := dial(t, rig.RESP), dial(t, rig.RESP)
	var creates strings.Builder
	for i := range 5000 {
		creates.WriteString(command("OBJ.CREATE", "p", fmt.Sprintf("%02000d", i)))
	}
	p.send(creates.String())
	for range 5000 {
		p.reply()
	}
	slow.send(command("OBJ.LIST", "p", "LIMIT", "5000"))
	waitForCut(t, rig, "resp", "unsent", "1")
}

// Answers are counted as a whole over HTTP, which writes them in pieces.
func TestSlowAnswersAreCounted(t *testing.T) {
	rig := servertest.Start(t, server.Options{MaxUnsent: 1 << 20})
	p := dial(t, rig.RESP)
	for range 8 {
		p.ask("OBJ.APPEND", "p", "o", strings.Repeat("x", 4<<20))
	}
	for range 4 {
		dial(t, rig.HTTP).send("GET " + objects + "o HTTP/1.1\r\nHost: localhost\r\n\r\n")
	}
	waitForCut(t, rig, "http", "unsent", "3")
}

func TestPathsThatAreNone(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	for _, line := range []string{"GET *", "PRI *"} {
		p := dial(t, rig.HTTP)
		p.send(line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		wantMatch(t, line, p.wantClosed(), `(?s)HTTP/1.1 404 Not Found\r\n.*`)
	}
}

// Strangers do not stay: neither who sends no command, but something now and then, nor who does not log in.
func TestStrangersDoNotStay(t *testing.T) {
	users, _ := newUsers(t, map[string]string{"alice": "", "bob": ""})
	known := servertest.Start(t, server.Options{Users: users, HandshakeTimeout: 2 * time.Second})
	stranger, alice, bob := dial(t, known.RESP), dial(t, known.RESP).login("alice"), dial(t, known.RESP).login("bob")
	wantMatch(t, "a stranger", stranger.ask("PING"), `-NOAUTH .*`)
	wantMatch(t, "who logs out", bob.ask("RESET"), `\+RESET\r\n`)
	wantMatch(t, "who does not log in", stranger.wantClosed(), `-ETIMEDOUT input no login came within 2s\r\n`)
	wantMatch(t, "nor again", bob.wantClosed(), `-ETIMEDOUT input no login came within 2s\r\n`)
	wantMatch(t, "who has logged in", alice.ask("PING"), `\+PONG\r\n`)

	open := servertest.Start(t, server.Options{HandshakeTimeout: time.Second})
	drip := dial(t, open.RESP)
	go func() {
		for range 100 {
			if _, err := drip.Write([]byte("\r\n")); err != nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	began := time.Now()
	drip.wantClosed()
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("who sent no command was there for %v", took)
	}
}
