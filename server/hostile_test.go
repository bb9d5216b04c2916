// This file tests what clients find who want the server to hold, to log or to do more than they sent it.

package server_test

import (
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
	users, _ := servertest.NewUsers(t, map[string]string{"alice": ""})
	var log logged
	rig := servertest.Start(t, server.Options{Users: users, Audit: slog.New(slog.NewTextHandler(&log, nil))})
	name := strings.Repeat("n", length)
	before := heap()
	for range clients {
		p := servertest.Dial(t, rig.RESP).Login("alice")
		servertest.WantMatch(t, "a long name", p.Ask("OBJ.STAT", name+"/"+name, "o"), `-EPERM auth user alice may not use OBJ.STAT on pool n{256}…, namespace n{256}…: .*`)
		servertest.WantMatch(t, "a long class", p.Ask("OBJ.EXEC", "p", "o", name, name, ""), `-EPERM auth .*`)
	}
	servertest.WaitFor(t, "the names are gone, as soon as buffers of connections that idle are", func() bool { return heap()-before < clients*length/4 })
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
		p := servertest.Dial(t, rig.RESP)
		servertest.WantMatch(t, "a large command", p.Ask("OBJ.STAT", "p", message), `-ENAMETOOLONG .*`)
	}
	servertest.WaitFor(t, "the messages are gone", func() bool { return heap()-before < clients*length/4 })
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
	w, _ := servertest.StartWeb(t, server.Options{})
	const m, pair, most = servertest.Objects + "o/omap", `{"key":"a","value":""}`, 128 << 10
	list := func(pair string, n int) string { return "[" + strings.Repeat(pair+",", n-1) + pair + "]" }
	body := `{"set":` + list("{}", 2<<20) + "}"
	if n := allocated(func() { w.WantProblem(w.Do("POST", m, body), 400, "EINVAL", "input", "") }); n > 8*len(body) {
		t.Errorf("%d bytes were allocated for a body of %d", n, len(body))
	}
	w.WantProblem(w.Do("POST", m, `{"set":`+list(pair, most)+`,"remove":[{"key":"b"}]}`), 413, "EMSGSIZE", "input", "")
	w.Want(w.Do("POST", m, `{"set":`+list(pair, most-1)+`,"remove":[{"key":"b"}]}`), 201, "")
}

// The headers of a form's parts are not held for long, however little they are when compressed.
func TestLongHeadersOfParts(t *testing.T) {
	w, _ := servertest.StartWeb(t, server.Options{})
	form := "--b\r\nContent-Disposition: form-data; name=\"script\"\r\nX: " + strings.Repeat("x", 4<<20) + "\r\n\r\nregister echo\r\n--b--\r\n"
	n := allocated(func() {
		w.WantProblem(w.Do("POST", servertest.Objects+"o/eval?handler=echo", form, "Content-Type", "multipart/form-data; boundary=b"), 413, "EMSGSIZE", "input", "")
	})
	if n > 2<<20 {
		t.Errorf("%d bytes were allocated", n)
	}
	input := strings.Repeat("i", 1<<20)
	form = "--b\r\nContent-Disposition: form-data; name=\"script\"\r\n\r\nx\r\n--b\r\nContent-Disposition: form-data; name=\"input\"\r\n\r\n" + input + "\r\n--b--\r\n"
	w.Want(w.Do("POST", servertest.Objects+"o/eval?handler=echo", form, "Content-Type", "multipart/form-data; boundary=b"), 200, input)
}

// Many short ranges of a large object are read as short ones.
func TestManyShortRanges(t *testing.T) {
	w, _ := servertest.StartWeb(t, server.Options{})
	const ranges = 1000
	w.Want(w.Do("PUT", servertest.Objects+"o", strings.Repeat("x", 2<<20)), 201, "")
	n := allocated(func() {
		w.Want(w.Do("GET", servertest.Objects+"o", "", "Range", "bytes=0-0"+strings.Repeat(",1-1", ranges-1)), 206, "(?s).*")
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

func dialTLS(t *testing.T, addr string) *servertest.Peer {
	t.Helper()
	conn, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return servertest.NewPeer(t, conn)
}

// What clients do not take is counted as a whole, in whatever pieces it is sent, and large objects are read as there is room for them.
func TestRepliesHaveRoom(t *testing.T) {
	const room, large = 32 << 20, 24 << 20
	for name, opts := range map[string]server.Options{"plain": {MaxUnsent: room}, "TLS": {MaxUnsent: room, TLS: tlsOptions(t)}} {
		t.Run(name, func(t *testing.T) {
			rig := servertest.Start(t, opts)
			dialIt := func() *servertest.Peer {
				if opts.TLS == nil {
					return servertest.Dial(t, rig.RESP)
				}
				return dialTLS(t, rig.RESP)
			}
			p := dialIt()
			p.Ask("OBJ.CREATE", "p", "o")
			p.Ask("OBJ.TRUNCATE", "p", "o", strconv.Itoa(large))
			before := heap()
			for range 6 {
				dialIt().Send(servertest.Command("OBJ.READ", "p", "o"))
			}
			most := 0
			for range 20 {
				most = max(most, heap()-before)
				time.Sleep(50 * time.Millisecond)
			}
			if most > 2*room {
				t.Errorf("replies took %d MiB", most>>20)
			}
			if got := len(p.Ask("OBJ.READ", "p", "o")); got < large {
				t.Errorf("who reads got %d bytes", got)
			}
		})
	}
}

// A page of long names is counted, too.
func TestPagesAreCounted(t *testing.T) {
	rig := servertest.Start(t, server.Options{MaxUnsent: 1 << 20})
	p, slow := servertest.Dial(t, rig.RESP), servertest.Dial(t, rig.RESP)
	var creates strings.Builder
	for i := range 5000 {
		creates.WriteString(servertest.Command("OBJ.CREATE", "p", fmt.Sprintf("%02000d", i)))
	}
	p.Send(creates.String())
	for range 5000 {
		p.Reply()
	}
	slow.Send(servertest.Command("OBJ.LIST", "p", "LIMIT", "5000"))
	waitForCut(t, rig, "resp", "unsent", "1")
}

// Answers are counted as a whole over HTTP, which writes them in pieces.
func TestSlowAnswersAreCounted(t *testing.T) {
	rig := servertest.Start(t, server.Options{MaxUnsent: 1 << 20})
	p := servertest.Dial(t, rig.RESP)
	for range 8 {
		p.Ask("OBJ.APPEND", "p", "o", strings.Repeat("x", 4<<20))
	}
	for range 4 {
		servertest.Dial(t, rig.HTTP).Send("GET " + servertest.Objects + "o HTTP/1.1\r\nHost: localhost\r\n\r\n")
	}
	waitForCut(t, rig, "http", "unsent", "3")
}

func TestPathsThatAreNone(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	for _, line := range []string{"GET *", "PRI *"} {
		p := servertest.Dial(t, rig.HTTP)
		p.Send(line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		servertest.WantMatch(t, line, p.WantClosed(), `(?s)HTTP/1.1 404 Not Found\r\n.*`)
	}
}

// Strangers do not stay: neither who sends no command, but something now and then, nor who does not log in.
func TestStrangersDoNotStay(t *testing.T) {
	users, _ := servertest.NewUsers(t, map[string]string{"alice": "", "bob": ""})
	known := servertest.Start(t, server.Options{Users: users, HandshakeTimeout: 2 * time.Second})
	alice, bob := servertest.Dial(t, known.RESP).Login("alice"), servertest.Dial(t, known.RESP).Login("bob")
	stranger := servertest.Dial(t, known.RESP)
	servertest.WantMatch(t, "a stranger", stranger.Ask("PING"), `-NOAUTH .*`)
	servertest.WantMatch(t, "who logs out", bob.Ask("RESET"), `\+RESET\r\n`)
	servertest.WantMatch(t, "who does not log in", stranger.WantClosed(), `-ETIMEDOUT input no login came within 2s\r\n`)
	servertest.WantMatch(t, "nor again", bob.WantClosed(), `-ETIMEDOUT input no login came within 2s\r\n`)
	servertest.WantMatch(t, "who has logged in", alice.Ask("PING"), `\+PONG\r\n`)

	open := servertest.Start(t, server.Options{HandshakeTimeout: time.Second})
	drip := servertest.Dial(t, open.RESP)
	go func() {
		for {
			if _, err := drip.Write([]byte("\r\n")); err != nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	servertest.WantMatch(t, "who sends no command", drip.WantClosed(), `-ETIMEDOUT input no command came within 1s\r\n`)
}
