// This file tests what HTTP does with the data of objects: parts of it, conditions, and bodies that are large or never end.

package httpapi_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

func TestHTTPConditions(t *testing.T) {
	w, _ := servertest.StartWeb(t, server.Options{})
	const o = servertest.Objects + "o"
	// fresh makes an object that has a version before the present one, and puts their tags into a condition.
	fresh := func(value string) string {
		w.Do("DELETE", o, "")
		old := w.Do("PUT", o, "old").Header.Get("ETag")
		now := w.Do("PUT", o, "new").Header.Get("ETag")
		return strings.NewReplacer("OLD", old, "NOW", now, "ZIPPED", strings.TrimSuffix(now, `"`)+`-gzip"`).Replace(value)
	}
	hour := func(n int) string { return time.Now().Add(time.Duration(n) * time.Hour).UTC().Format(http.TimeFormat) }
	for _, test := range []struct {
		name, value string
		get, change int // statuses
	}{
		{"If-Match", `NOW`, 200, 204},
		{"If-Match", `OLD, NOW`, 200, 204},
		{"If-Match", `ZIPPED`, 200, 204},
		{"If-Match", `*`, 200, 204},
		{"If-Match", `OLD`, 412, 412},
		{"If-Match", `W/NOW`, 412, 412},
		{"If-Match", `nonsense`, 412, 412},
		{"If-Match", ``, 412, 412},
		{"If-None-Match", `OLD`, 200, 204},
		{"If-None-Match", `NOW`, 304, 412},
		{"If-None-Match", `W/NOW`, 304, 412},
		{"If-None-Match", `ZIPPED`, 304, 412},
		{"If-None-Match", `OLD,NOW`, 304, 412},
		{"If-None-Match", `*`, 304, 412},
		{"If-Unmodified-Since", hour(1), 200, 204},
		{"If-Unmodified-Since", hour(-1), 412, 412},
		{"If-Unmodified-Since", `yesterday`, 200, 204},
	} {
		value := fresh(test.value)
		get := w.Do("GET", o, "", test.name, value)
		if get.StatusCode != test.get {
			t.Errorf("%s %s: GET answers %d, want %d", test.name, test.value, get.StatusCode, test.get)
		}
		if tag := get.Header.Get("ETag"); test.get == 304 && (get.Text != "" || tag == "" || test.value == "ZIPPED" && tag != value) {
			t.Errorf("%s %s: %v %q", test.name, test.value, get.Header, get.Text)
		}
		for _, change := range []struct{ method, query, body string }{{"PUT", "", "changed"}, {"PUT", "?offset=1", "x"}, {"POST", "", "x"},
			{"PATCH", "?offset=0", "x"}, {"PATCH", "?truncate=1", ""}, {"DELETE", "", ""}} {
			resp := w.Do(change.method, o+change.query, change.body, test.name, fresh(test.value))
			if resp.StatusCode != test.change {
				t.Errorf("%s %s: %s%s answers %d, want %d: %s", test.name, test.value, change.method, change.query, resp.StatusCode, test.change, resp.Text)
			}
			if now := w.Do("GET", o, "").Text; (now == "new") != (test.change == 412) {
				t.Errorf("%s %s: %s%s leaves %q", test.name, test.value, change.method, change.query, now)
			}
		}
	}
	w.Do("DELETE", o, "")
	w.WantProblem(w.Do("PUT", o, "x", "If-Match", "*"), 412, "ECANCELED", "op", "does not exist")
	w.Want(w.Do("POST", o, "x", "If-None-Match", "*"), 201, "")
}

// Of clients that change what they have read, none undoes what another one did.
func TestHTTPReadModifyWrite(t *testing.T) {
	w, _ := servertest.StartWeb(t, server.Options{})
	const o, clients, each = servertest.Objects + "o", 4, 25
	w.Want(w.Do("PUT", o, "0", "If-None-Match", "*"), 201, "")
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			for done := 0; done < each; {
				now := w.Do("GET", o, "")
				n, err := strconv.Atoi(now.Text)
				if err != nil {
					t.Error(err)
					return
				}
				switch resp := w.Do("PUT", o, strconv.Itoa(n+1), "If-Match", now.Header.Get("ETag")); resp.StatusCode {
				case 204:
					done++
				case 412:
				default:
					t.Errorf("%s %s", resp.Status, resp.Text)
					return
				}
			}
		})
	}
	group.Wait()
	wantValue(w, o, strconv.Itoa(clients*each))
}

// A condition is judged when the change is made, not when the request comes: here a method has the object meanwhile.
func TestHTTPConditionOfAWaitingChange(t *testing.T) {
	w, rig := servertest.StartWeb(t, server.Options{})
	for _, change := range []struct{ method, query, body string }{{"PUT", "", "changed"}, {"POST", "", "y"}, {"PATCH", "?truncate=0", ""},
		{"DELETE", "", ""}, {"PUT", "/xattrs/a", "y"}, {"POST", "/omap", `{"set":[{"key":"a","value":"y"}]}`}} {
		w.Do("DELETE", servertest.Objects+"o", "")
		tag := w.Want(w.Do("PUT", servertest.Objects+"o", "data"), 201, "").Header.Get("ETag")
		done := make(chan servertest.Response)
		go func() { done <- w.Do("POST", servertest.Objects+"o/exec/test/late", "300") }()
		servertest.WaitFor(t, "the method runs", func() bool { return servertest.Running(rig) == 1 })
		w.WantProblem(w.Do(change.method, servertest.Objects+"o"+change.query, change.body, "If-Match", tag), 412, "ECANCELED", "op", "")
		w.Want(<-done, 200, "5")
		wantValue(w, servertest.Objects+"o", "datax")
	}
}

func TestHTTPWriteParts(t *testing.T) {
	w, _ := servertest.StartWeb(t, server.Options{MaxObject: 100})
	const o = servertest.Objects + "o"
	is := func(data string) {
		t.Helper()
		w.Want(w.Do("GET", o, ""), 200, data)
	}
	if got := w.Want(w.Do("POST", o, "hello"), 201, ""); got.Header.Get("ETag") == "" || got.Header.Get("Objluad-Version") == "" {
		t.Errorf("header %v", got.Header)
	}
	w.Want(w.Do("POST", o, " world"), 204, "")
	is("hello world")
	w.Want(w.Do("PATCH", o+"?offset=6", "W"), 204, "")
	w.Want(w.Do("PUT", o+"?offset=0", "H"), 204, "")
	is("Hello World")
	w.Want(w.Do("PATCH", o, "abc", "Content-Range", "bytes 1-3/*"), 204, "")
	w.Want(w.Do("PUT", o, "def", "Content-Range", "bytes 11-13/20"), 204, "") // as curl -C - -T goes on
	is("Habco Worlddef")
	w.Want(w.Do("PATCH", o+"?truncate=5", ""), 204, "")
	is("Habco")
	w.Want(w.Do("PATCH", o+"?truncate=7", ""), 204, "")
	is("Habco\x00\x00")
	w.Want(w.Do("PATCH", o+"?offset=9", "x"), 204, "")
	is("Habco\x00\x00\x00\x00x")
	w.Want(w.Do("PATCH", servertest.Objects+"p?offset=2", "x"), 201, "")
	w.Want(w.Do("GET", servertest.Objects+"p", ""), 200, "\x00\x00x")

	for _, contentRange := range []string{"bytes 0-2", "bytes 3-2/*", "bytes -2/*", "bytes 0-/*", "lines 0-2/*", "bytes 0-2/2", "bytes 0-2/x", "bytes 0-9223372036854775807/*"} {
		w.WantProblem(w.Do("PATCH", o, "abc", "Content-Range", contentRange), 400, "EINVAL", "input", "Content-Range")
	}
	w.WantProblem(w.Do("PATCH", o, "abcd", "Content-Range", "bytes 0-2/*"), 400, "EINVAL", "input", "the body has 4 bytes")
	w.WantProblem(w.Do("PATCH", o+"?offset=0", "abc", "Content-Range", "bytes 0-2/*"), 400, "EINVAL", "input", "not both")
	w.WantProblem(w.Do("PATCH", o+"?offset=-1", "abc"), 400, "EINVAL", "input", "offset")
	w.WantProblem(w.Do("PATCH", o, "abc"), 400, "EINVAL", "input", "say where")
	w.WantProblem(w.Do("PATCH", o+"?truncate=1&offset=1", ""), 400, "EINVAL", "input", "not both")
	w.WantProblem(w.Do("PATCH", o+"?truncate=1", "x"), 413, "EMSGSIZE", "input", "truncation")
	w.WantProblem(w.Do("PATCH", servertest.Objects+"none?truncate=1", ""), 404, "ENOENT", "op", "")
	w.WantProblem(w.Do("PATCH", o+"?offset=9223372036854775807", "x"), 413, "EFBIG", "op", "")
	w.WantProblem(w.Do("POST", o, strings.Repeat("x", 101)), 413, "EMSGSIZE", "input", "100")
	is("Habco\x00\x00\x00\x00x")
}

func TestHTTPRanges(t *testing.T) {
	w, _ := servertest.StartWeb(t, server.Options{})
	for name, size := range map[string]int{"small": 100, "large": 3_000_000} {
		body := strings.Repeat("0123456789", size/10)
		w.Want(w.Do("PUT", servertest.Objects+name, body), 201, "")
		get := func(ranges string) servertest.Response {
			return w.Do("GET", servertest.Objects+name, "", "Range", ranges)
		}
		w.Want(get("bytes=3-5"), 206, "345")
		w.Want(get("bytes=-3"), 206, "789|[0-9]{3}")
		resp := w.Want(get(fmt.Sprintf("bytes=%d-", size)), 416, ".*")
		w.WantProblem(resp, 416, "EINVAL", "input", fmt.Sprint(size))
		if got := resp.Header.Get("Content-Range"); got != fmt.Sprint("bytes */", size) {
			t.Errorf("Content-Range %q", got)
		}
		w.WantProblem(get("bytes=x"), 416, "EINVAL", "input", "no range")
		tag := w.Do("HEAD", servertest.Objects+name, "").Header.Get("ETag")
		w.Want(w.Do("GET", servertest.Objects+name, "", "Range", "bytes=0-0", "If-Range", tag), 206, "0")
		if got := w.Do("GET", servertest.Objects+name, "", "Range", "bytes=0-0", "If-Range", `"1234"`); got.StatusCode != 200 || got.Text != body {
			t.Errorf("If-Range of another version: %d, %d bytes", got.StatusCode, len(got.Text))
		}

		several := get(fmt.Sprintf("bytes=1-2,-2,%d-%d", size/2, size/2+3))
		_, params, err := mime.ParseMediaType(several.Header.Get("Content-Type"))
		if err != nil || several.StatusCode != 206 {
			t.Fatal(several.Status, several.Header, err)
		}
		parts := multipart.NewReader(strings.NewReader(several.Text), params["boundary"])
		for _, want := range []string{body[1:3], body[size-2:], body[size/2 : size/2+4]} {
			part, err := parts.NextPart()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(part); string(got) != want || err != nil {
				t.Errorf("part %q, %v, want %q", got, err, want)
			}
		}
	}
}

// dialWeb opens a connection for requests that no client sends.
func dialWeb(t *testing.T, addr string) net.Conn {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// A body that ends early is no body, however it was announced.
func TestHTTPCutBody(t *testing.T) {
	w, rig := servertest.StartWeb(t, server.Options{})
	w.Want(w.Do("PUT", servertest.Objects+"o", "whole"), 201, "")
	for _, request := range []string{
		"PUT " + servertest.Objects + "o HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf",
		"PUT " + servertest.Objects + "o HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
		"PUT " + servertest.Objects + "o HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
		"POST " + servertest.Objects + "o HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n\r\n" + strings.Repeat("x", 1999999),
		"POST " + servertest.Objects + "o/exec/test/count HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf",
	} {
		c := dialWeb(t, rig.HTTP)
		if _, err := io.WriteString(c, request); err != nil {
			t.Fatal(err)
		}
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(c)
		if !bytes.HasPrefix(answer, []byte("HTTP/1.1 400 ")) {
			t.Errorf("%.70q is answered by %.200q, %v", request, answer, err)
		}
		w.Want(w.Do("GET", servertest.Objects+"o", ""), 200, "whole")
	}
}

// A large object is sent as it was when the sending began, whatever is made of it meanwhile.
func TestHTTPOneVersion(t *testing.T) {
	const size = 32 << 20 // more than sockets hold
	w, rig := servertest.StartWeb(t, server.Options{})
	w.Want(w.Do("PUT", servertest.Objects+"o", strings.Repeat("a", size)), 201, "")
	for _, change := range []struct{ method, query string }{{"PUT", ""}, {"PATCH", "?offset=0"}, {"DELETE", ""}} {
		c := dialWeb(t, rig.HTTP)
		if _, err := io.WriteString(c, "GET "+servertest.Objects+"o HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReaderSize(c, 4<<10), nil)
		if err != nil {
			t.Fatal(err)
		}
		w.Want(w.Do(change.method, servertest.Objects+"o"+change.query, strings.Repeat("b", size)), 204, "")
		body, err := io.ReadAll(resp.Body)
		if err != nil || len(body) != size || bytes.Count(body, body[:1]) != size {
			t.Errorf("%s: %d bytes, %d of them as the first, %v", change.method, len(body), bytes.Count(body, body[:1]), err)
		}
		if change.method == "PATCH" {
			w.Want(w.Do("PUT", servertest.Objects+"o", strings.Repeat("a", size)), 204, "")
		}
	}
}

// Of a large object that clients are slow to take, each has the daemon hold a part only.
func TestHTTPSlowReaders(t *testing.T) {
	const size, readers = 32 << 20, 6
	w, rig := servertest.StartWeb(t, server.Options{})
	w.Want(w.Do("PUT", servertest.Objects+"o", strings.Repeat("a", size)), 201, "")
	held := func() int64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return int64(stats.HeapAlloc)
	}
	before := held()
	conns := make([]io.Reader, readers)
	for i := range conns {
		c := dialWeb(t, rig.HTTP)
		if _, err := io.WriteString(c, "GET "+servertest.Objects+"o HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		conns[i] = resp.Body
	}
	if grew := held() - before; grew > readers*size/8 {
		t.Errorf("%d readers of %d MiB have %d MiB held", readers, size>>20, grew>>20)
	}
	for _, c := range conns {
		if n, err := io.Copy(io.Discard, c); n != size || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
	}
}

// Who does not come to the end of a request's header is not waited for.
func TestHTTPSlowHeader(t *testing.T) {
	t.Parallel()
	_, rig := servertest.StartWeb(t, server.Options{})
	c := dialWeb(t, rig.HTTP)
	if _, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Drip: "); err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(5 * time.Minute))
	go func() {
		for { // until the connection is closed
			if _, err := c.Write([]byte("x")); err != nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("it is waited for")
	}
}

func TestHTTPLargeHeader(t *testing.T) {
	w, rig := servertest.StartWeb(t, server.Options{})
	c := dialWeb(t, rig.HTTP)
	go io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Large: "+strings.Repeat("x", 1<<20)) // it is closed before the end
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("%v, %v", resp, err)
	}
	w.Want(w.Do("GET", "/healthz", "", "X-Large", strings.Repeat("x", 32<<10)), 200, "ok\n")
}

// What the bodies of all requests take is bounded, and given back.
func TestHTTPBodiesBound(t *testing.T) {
	w, rig := servertest.StartWeb(t, server.Options{MaxMemory: 8 << 20})
	held := make([]net.Conn, 6)
	for i := range held {
		held[i] = dialWeb(t, rig.HTTP)
		if _, err := fmt.Fprintf(held[i], "PUT %so%d HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048500\r\n\r\n%s", servertest.Objects, i, strings.Repeat("x", 1<<20-1000)); err != nil {
			t.Fatal(err)
		}
	}
	var refused servertest.Response
	servertest.WaitFor(t, "a body is refused", func() bool {
		refused = w.Do("PUT", servertest.Objects+"large", strings.Repeat("y", 3<<20))
		return refused.StatusCode != 204 && refused.StatusCode != 201
	})
	w.WantProblem(refused, 503, "EBUSY", "busy", "too much to read")
	if refused.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	w.Want(w.Do("PUT", servertest.Objects+"small", "z"), 201, "")
	for _, c := range held {
		c.Close()
	}
	servertest.WaitFor(t, "there is room again", func() bool {
		return w.Do("PUT", servertest.Objects+"large", strings.Repeat("y", 3<<20)).StatusCode < 300
	})
}

func TestHTTPMethods(t *testing.T) {
	w, _ := servertest.StartWeb(t, server.Options{})
	for path, allow := range map[string]string{
		servertest.Objects + "o": "DELETE, GET, HEAD, PATCH, POST, PUT, OPTIONS",
		"/v1/pools":              "GET, HEAD, OPTIONS",
		"/v1/classes/gc":         "DELETE, GET, HEAD, POST, PUT, OPTIONS",
		"/healthz":               "GET, HEAD, OPTIONS",
	} {
		if got := w.Want(w.Do("OPTIONS", path, ""), 204, "").Header.Get("Allow"); got != allow {
			t.Errorf("OPTIONS %s: %q, want %q", path, got, allow)
		}
		resp := w.Do("BREW", path, "")
		w.WantProblem(resp, 405, "EINVAL", "input", allow)
		if got := resp.Header.Get("Allow"); got != allow {
			t.Errorf("BREW %s: %q, want %q", path, got, allow)
		}
	}
	for _, path := range []string{"/v1//pools", "/v1/pools/", "/v1/./pools", "/v1/x/../pools", "//", servertest.Objects + "a/../b"} {
		w.WantProblem(w.Do("GET", path, ""), 404, "ENOENT", "input", "nothing")
	}
	w.WantProblem(w.Do("OPTIONS", "/v2", ""), 404, "ENOENT", "input", "/v2")
	w.WantProblem(w.Do("OPTIONS", "/v1/pools", "", "Host", "evil.example"), 403, "EPERM", "auth", "")
}
