// This file sends the HTTP listener requests that nobody means.

package httpapi_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
	"github.com/objluad/objluad/store"
)

// Each request gets one answer, which is as the document says, and none is of an error of the server.
func FuzzHTTP(f *testing.F) {
	for _, seed := range []struct{ method, path, query, header, body string }{
		{"GET", servertest.Objects + "o", "namespace=n", "Range: bytes=1-2,-1\r\nIf-None-Match: W/\"1\", *", ""},
		{"GET", servertest.Objects + "o", "", "Accept-Encoding: zstd, gzip;q=0.5\r\nIf-Range: \"1\"\r\nRange: bytes=0-", ""},
		{"PUT", servertest.Objects + "%2F", "", "If-Match: \"1-gzip\"\r\nContent-Encoding: zstd", "\x28\xb5\x2f\xfd\x00\x58\x21\x00\x00abcd"},
		{"PUT", servertest.Objects + "o", "offset=3", "Content-Encoding: gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"},
		{"PATCH", servertest.Objects + "o", "", "Content-Range: bytes 1-2/9", "xy"},
		{"PATCH", servertest.Objects + "o", "truncate=9", "", ""},
		{"POST", servertest.Objects + "o", "", "If-Unmodified-Since: Mon, 02 Jan 2006 15:04:05 GMT", "more"},
		{"DELETE", servertest.Objects + "o", "", "", ""},
		{"GET", "/v1/pools/p/objects", "limit=2&after=%FF&prefix=o", "", ""},
		{"PUT", servertest.Objects + "o/xattrs/%00", "", "", "v"},
		{"GET", servertest.Objects + "o/xattrs", "", "", ""},
		{"POST", servertest.Objects + "o/omap", "", "", `{"set":[{"key":"a","value_base64":"/w=="}],"remove":[{"key_base64":"YQ=="}]}`},
		{"GET", servertest.Objects + "o/omap", "limit=1&after=", "", ""},
		{"PUT", servertest.Objects + "o/omap-header", "", "", "h"},
		{"POST", servertest.Objects + "o/exec/test/count", "timeout_ms=5&readonly=0&dry_run=true&meta=1", "Idempotency-Key: k", "in"},
		{"POST", servertest.Objects + "o/exec/test@0123/echo", "capture=true", "", "in"},
		{"POST", servertest.Objects + "o/eval", "handler=echo", "Content-Type: multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"script\"\r\n\r\n-- x\r\n--b--\r\n"},
		{"PUT", "/v1/classes/c", "inactive=true", "", "echo RD"},
		{"PUT", "/v1/classes/c@0123/canary", "percent=1e9", "", ""},
		{"POST", "/v1/classes/gc", "unused_s=0&dry_run=1", "", ""},
		{"DELETE", "/v1/calls/1", "", "Origin: http://evil.example", ""},
		{"OPTIONS", "/v1/pools", "", "Expect: 100-continue", "x"},
		{"GET", "//v1/../%2e%2e/", "%zz", "Host: evil.example", ""},
		{strings.Repeat("#", 5000), "", "", "", ""},
	} {
		f.Add(seed.method, seed.path, seed.query, seed.header, []byte(seed.body))
	}
	bounds := objclass.Options{Limits: store.Limits{ObjectSize: 64 << 10, OmapValue: 64 << 10}}
	rig := servertest.StartWith(f, server.Options{MaxObject: 64 << 10, MaxInput: 64 << 10, MaxSource: 64 << 10}, bounds)
	f.Fuzz(func(t *testing.T, method, path, query, header string, body []byte) {
		if asksForLong(path) || asksForLong(query) || asksForLong(string(body)) {
			return
		}
		c, err := net.Dial("tcp", rig.HTTP)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(5 * time.Minute))
		target := path + "?" + query
		request := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n%s\r\n\r\n%s", method, target, len(body), header, body)
		_, err = io.WriteString(c, request)
		if lower := strings.ToLower(header); err == nil && (strings.Contains(lower, "length") || strings.Contains(lower, "encoding")) {
			err = c.(*net.TCPConn).CloseWrite() // the request is complete, whatever its header says
		}
		if err != nil {
			return // it was refused before it was complete
		}
		asked := &http.Request{Method: method}
		r := bufio.NewReader(c)
		resp, err := http.ReadResponse(r, asked)
		for err == nil && resp.StatusCode < 200 {
			resp, err = http.ReadResponse(r, asked)
		}
		var answer []byte
		if err == nil {
			answer, err = io.ReadAll(resp.Body)
		}
		if errors.Is(err, syscall.ECONNRESET) && (!isHTTP(request) || refusedUnread(resp)) {
			return
		}
		if err != nil {
			t.Fatalf("no answer, or half of one: %v", err)
		}
		if resp.StatusCode == http.StatusInternalServerError && !strings.Contains(string(answer), `"kind":"script"`) {
			t.Errorf("%s", answer)
		}
		if asked.URL, err = url.ParseRequestURI(target); err == nil && strings.HasPrefix(resp.Header.Get("Content-Type"), "application/") {
			servertest.NewWeb(t, rig).WantDocumented(asked, resp, answer)
		}
	})
}

// refusedUnread reports whether an answer is net/http's own to a request that it does not read on: it may lose the rest of the answer.
func refusedUnread(resp *http.Response) bool {
	return resp != nil && resp.StatusCode == http.StatusBadRequest && strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain")
}

func isHTTP(request string) bool {
	_, err := http.ReadRequest(bufio.NewReader(strings.NewReader(request)))
	return err == nil
}

// asksForLong reports whether a part of a request may name a method that takes long or much.
func asksForLong(text string) bool {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		plain = text
	}
	for _, name := range []string{"wait", "late", "big", "panic", "fail"} {
		if strings.Contains(text+plain, name) {
			return true
		}
	}
	return false
}
