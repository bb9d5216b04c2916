// This file tests the HTTP listener over real sockets.

package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

// web is an HTTP client of a server under test.
type web struct {
	t     *testing.T
	base  string
	users bool // it has some
}

// rawClient takes answers as they are: it neither asks for compressed ones nor decompresses them.
var rawClient = &http.Client{Transport: &http.Transport{DisableCompression: true}}

// response is a response that was read.
type response struct {
	*http.Response
	body string
}

// do sends a request; header is pairs of names and values.
func (w web) do(method, path, body string, header ...string) response {
	w.t.Helper()
	req, err := http.NewRequest(method, w.base+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := rawClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	read, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	w.wantDocumented(req, resp, read)
	return response{resp, string(read)}
}

func (w web) want(resp response, status int, body string) response {
	w.t.Helper()
	what := resp.Request.Method + " " + resp.Request.URL.RequestURI()
	if resp.StatusCode != status {
		w.t.Errorf("%.80s: status %d, want %d; body %.200q", what, resp.StatusCode, status, resp.body)
	}
	wantMatch(w.t, what, resp.body, body)
	return resp
}

// wantProblem checks a problem's status, errno, kind and detail.
func (w web) wantProblem(resp response, status int, errno, kind, detail string) {
	w.t.Helper()
	var p struct {
		Title, Detail, Errno, Kind string
		Status                     int
	}
	if err := json.Unmarshal([]byte(resp.body), &p); err != nil || resp.Header.Get("Content-Type") != "application/problem+json" {
		w.t.Errorf("%s: no problem: %q, %v", resp.Request.URL, resp.body, err)
		return
	}
	if resp.StatusCode != status || p.Status != status || p.Errno != errno || p.Kind != kind || !strings.Contains(p.Detail, detail) {
		w.t.Errorf("%s %.80s: status %d, %+v; want %d %s %s %q", resp.Request.Method, resp.Request.URL, resp.StatusCode, p, status, errno, kind, detail)
	}
}

func startWeb(t *testing.T, opts server.Options) (web, *servertest.Rig) {
	rig := servertest.Start(t, opts)
	return web{t, "http://" + rig.HTTP, opts.Users != nil}, rig
}

const objects = "/v1/pools/p/objects/"

func TestHTTPObjects(t *testing.T) {
	w, rig := startWeb(t, server.Options{MaxObject: 4 << 20})
	w.wantProblem(w.do("GET", objects+"o", ""), 404, "ENOENT", "op", "does not exist")
	w.wantProblem(w.do("DELETE", objects+"o", ""), 404, "ENOENT", "op", "does not exist")
	created := w.want(w.do("PUT", objects+"o", "hello world"), 201, "")
	got := w.want(w.do("GET", objects+"o", ""), 200, "hello world")
	etag := got.Header.Get("ETag")
	if etag == "" || etag != created.Header.Get("ETag") || got.Header.Get("Objluad-Version") != strings.Trim(etag, `"`) || got.Header.Get("Last-Modified") == "" {
		t.Errorf("header %v", got.Header)
	}
	if head := w.want(w.do("HEAD", objects+"o", ""), 200, ""); head.ContentLength != 11 || head.Header.Get("ETag") != etag {
		t.Errorf("HEAD: %v", head.Header)
	}
	w.want(w.do("GET", objects+"o", "", "Range", "bytes=6-"), 206, "world")
	w.want(w.do("GET", objects+"o", "", "Range", "bytes=-5"), 206, "world")
	w.want(w.do("GET", objects+"o", "", "Range", "bytes=100-"), 416, ".*")
	w.want(w.do("GET", objects+"o", "", "If-None-Match", etag), 304, "")

	w.want(w.do("PUT", objects+"o", "v2", "If-Match", etag), 204, "")
	w.wantProblem(w.do("PUT", objects+"o", "v3", "If-Match", etag), 412, "ECANCELED", "op", "If-Match")
	w.wantProblem(w.do("PUT", objects+"o", "v3", "If-None-Match", "*"), 412, "ECANCELED", "op", "If-None-Match")
	w.wantProblem(w.do("DELETE", objects+"o", "", "If-Match", etag), 412, "ECANCELED", "op", "If-Match")
	w.want(w.do("GET", objects+"o", ""), 200, "v2")
	w.want(w.do("DELETE", objects+"o", ""), 204, "")
	w.want(w.do("PUT", objects+"o", "new", "If-None-Match", "*"), 201, "")

	w.want(w.do("PUT", objects+"o?namespace=n", "in n"), 201, "")
	w.want(w.do("GET", objects+"o?namespace=n", ""), 200, "in n")
	w.want(w.do("GET", objects+"o", ""), 200, "new")
	w.wantProblem(w.do("GET", objects+"o?namespaces=n", ""), 400, "EINVAL", "input", "namespaces")
	w.wantProblem(w.do("GET", "/v1/pools/nosuch/objects/o", ""), 404, "ENOENT", "op", "nosuch")
	w.wantProblem(w.do("GET", "/v1/pools/.objluad/objects/test", ""), 400, "EINVAL", "input", "reserved")
	w.wantProblem(w.do("PUT", objects+strings.Repeat("n", 10_000), ""), 400, "ENAMETOOLONG", "input", "")
	w.wantProblem(w.do("PUT", objects+"o", strings.Repeat("x", 4<<20+1)), 413, "EMSGSIZE", "input", "4194304")

	// More than a chunk is streamed.
	large := strings.Repeat("0123456789", 300_000)
	w.want(w.do("PUT", objects+"large", large), 201, "")
	if got := w.do("GET", objects+"large", ""); got.body != large {
		t.Errorf("%d bytes came back", len(got.body))
	}
	w.want(w.do("GET", objects+"large", "", "Range", "bytes=2000001-2000004"), 206, "1234")

	p := dial(t, rig.RESP)
	for _, oid := range []string{"/", "a/b", "a//b", "\x00", "..", ".", "%2F", "a?b#c", "\xff\xfe", "ünï"} {
		path := objects + url.PathEscape(oid)
		if oid == "." || oid == ".." { // a client would resolve them, so dots are escaped too
			path = objects + strings.ReplaceAll(oid, ".", "%2E")
		}
		w.want(w.do("PUT", path, "of it"), 201, "")
		w.want(w.do("GET", path, ""), 200, "of it")
		if got := p.ask("OBJ.READ", "p", oid); got != bulk("of it") {
			t.Errorf("%q by RESP: %q", oid, got)
		}
	}
}

func TestHTTPExec(t *testing.T) {
	w, rig := startWeb(t, server.Options{MaxInput: 1 << 20, MaxSource: 1 << 10})
	exec := objects + "o/exec/test/"
	got := w.want(w.do("POST", exec+"echo", "in\x00put"), 200, "in\x00put")
	for name, want := range map[string]string{"Objluad-Ret": "0", "Objluad-Version": "0", "Objluad-Class-Version": `[0-9a-f]{64}`,
		"Objluad-Cpu-Us": "12", "Objluad-Peak-Bytes": "345", "Content-Type": "application/octet-stream"} {
		wantMatch(t, name, got.Header.Get(name), want)
	}
	w.want(w.do("POST", exec+"count?timeout_ms=100", ""), 200, "1")
	w.wantProblem(w.do("POST", exec+"count?readonly=true", ""), 403, "EPERM", "op", "")
	w.wantProblem(w.do("POST", exec+"count?readonly=maybe", ""), 400, "EINVAL", "input", "readonly")
	w.wantProblem(w.do("POST", exec+"count?timeout_ms=0", ""), 400, "EINVAL", "input", "milliseconds")
	w.wantProblem(w.do("POST", exec+"count?timeout_ms=99999999", ""), 400, "EINVAL", "input", "limit")
	w.wantProblem(w.do("POST", exec+"count?timeout_ms=1&timeout_ms=2", ""), 400, "EINVAL", "input", "2 times")
	w.wantProblem(w.do("POST", exec+"count?metadata=1", ""), 400, "EINVAL", "input", "metadata")
	w.wantProblem(w.do("POST", exec+"nosuch", ""), 404, "EOPNOTSUPP", "class", "nosuch")
	w.wantProblem(w.do("POST", objects+"o/exec/nosuch/echo", ""), 404, "EOPNOTSUPP", "class", "nosuch")
	w.wantProblem(w.do("POST", exec+"echo", strings.Repeat("x", 1<<20+1)), 413, "EMSGSIZE", "input", "1048576")
	runs := rig.Runs()
	w.wantProblem(w.do("POST", exec+"count", "", "Sec-Fetch-Site", "cross-site"), 403, "EPERM", "auth", "cross-origin")
	w.wantProblem(w.do("POST", exec+"count", "", "Origin", "http://evil.example"), 403, "EPERM", "auth", "cross-origin")
	w.wantProblem(w.do("POST", exec+"count", "", "Host", "evil.example:7481"), 403, "EPERM", "auth", "evil.example")
	if rig.Runs() != runs {
		t.Error("a refused request ran")
	}
	w.want(w.do("GET", "/healthz", "", "Host", "localhost:7481"), 200, "ok\n")
	w.want(w.do("GET", "/healthz", "", "Host", "[::1]:7481"), 200, "ok\n")

	for _, test := range []struct {
		input  string
		status int
		errno  string
	}{
		{"110 trap:deadline slow", 504, "ETIMEDOUT"},
		{"12 trap:memory full", 507, "ENOMEM"},
		{"14 trap:fault broken", 500, "EFAULT"},
		{"5 script wrong", 500, "EIO"},
		{"16 busy later", 503, "EBUSY"},
		{"2 op none", 404, "ENOENT"},
		{"125 op guard", 412, "ECANCELED"},
		{"115 op late", 409, "EINPROGRESS"},
		{"90 op large", 422, "EMSGSIZE"},
		{"28 op full", 507, "ENOSPC"},
		{"999 op own", 422, "E999"},
	} {
		words := strings.Fields(test.input)
		resp := w.do("POST", exec+"fail", test.input)
		w.wantProblem(resp, test.status, test.errno, words[1], words[2])
		if retry := resp.Header.Get("Retry-After"); (retry != "") != (test.status == 503) {
			t.Errorf("%s: Retry-After %q", test.input, retry)
		}
	}
	var p struct {
		Traceback    string
		ClassVersion string `json:"class_version"`
		Usage        struct {
			CPU       int64 `json:"cpu_us"`
			PeakBytes int64 `json:"peak_bytes"`
		}
	}
	if err := json.Unmarshal([]byte(w.do("POST", exec+"fail", "5 script wrong").body), &p); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(p.Traceback, "stack traceback:\n\ttest.lua:1") || len(p.ClassVersion) != 64 || p.Usage.CPU != 12 || p.Usage.PeakBytes != 345 {
		t.Errorf("problem %+v", p)
	}

	form := func(parts ...string) (body, contentType string) {
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		for i := 0; i < len(parts); i += 2 {
			m.WriteField(parts[i], parts[i+1])
		}
		m.Close()
		return b.String(), m.FormDataContentType()
	}
	eval := func(query string, parts ...string) response {
		body, contentType := form(parts...)
		return w.do("POST", objects+"o/eval"+query, body, "Content-Type", contentType)
	}
	w.want(eval("?handler=echo", "script", "-- any", "input", "a\x00b"), 200, "a\x00b")
	w.want(eval("?handler=echo", "input", "x", "script", ""), 200, "x")
	w.wantProblem(eval("?handler=nosuch", "script", "-- any"), 500, "EIO", "script", "nosuch")
	w.wantProblem(eval("", "input", "x"), 400, "EINVAL", "input", "no part script")
	w.wantProblem(eval("", "script", "x", "script", "y"), 400, "EINVAL", "input", "script")
	w.wantProblem(eval("", "script", "x", "other", "y"), 400, "EINVAL", "input", "other")
	w.wantProblem(eval("", "script", strings.Repeat("x", 2<<10)), 413, "EMSGSIZE", "input", "1024")
	w.wantProblem(eval("", "script", "x", "input", strings.Repeat("x", 1<<20+1)), 413, "EMSGSIZE", "input", "1048576")
	w.wantProblem(eval("", "script", strings.Repeat("x", 3<<20)), 413, "EMSGSIZE", "input", "")
	w.wantProblem(w.do("POST", objects+"o/eval", "-- a script"), 400, "EINVAL", "input", "multipart/form-data")
}

func TestHTTPClasses(t *testing.T) {
	w, _ := startWeb(t, server.Options{MaxSource: 1 << 10})
	w.want(w.do("PUT", "/v1/classes/mine", "echo RD\ncount WR"), 200,
		`\{"name":"mine","version":"[0-9a-f]{64}","active":true,.*"methods":\[\{"name":"count","flags":"RD\|WR"\},\{"name":"echo","flags":"RD"\}\].*\}\n`)
	w.want(w.do("GET", "/v1/classes", ""), 200, `\{"classes":\[\{"name":"mine",.*\},\{"name":"test",.*\}\]\}\n`)
	w.want(w.do("GET", "/v1/classes/mine", ""), 200, `.*"source":"echo RD\\ncount WR".*`)
	w.wantProblem(w.do("GET", "/v1/classes/nosuch", ""), 404, "EOPNOTSUPP", "class", "nosuch")
	w.wantProblem(w.do("PUT", "/v1/classes/mine", "nosuch RD"), 500, "EIO", "script", "syntax")
	w.wantProblem(w.do("PUT", "/v1/classes/mine", strings.Repeat("x", 2<<10)), 413, "EMSGSIZE", "input", "1024")
	w.wantProblem(w.do("POST", "/v1/classes/mine", ""), 405, "EINVAL", "input", "PUT")
	w.wantProblem(w.do("GET", "/v2", ""), 404, "ENOENT", "input", "/v2")
}

func TestHTTPCalls(t *testing.T) {
	w, rig := startWeb(t, server.Options{})
	w.want(w.do("GET", "/v1/calls", ""), 200, `\{"calls":\[\]\}\n`)
	p := dial(t, rig.RESP)
	p.send(command("OBJ.EXEC", "p/n", "o\xff", "test", "wait", "", "TIMEOUT", "60000"))
	waitFor(t, "it runs", func() bool { return running(rig) == 1 })
	var list struct {
		Calls []map[string]any `json:"calls"`
	}
	resp := w.do("GET", "/v1/calls", "")
	if err := json.Unmarshal([]byte(resp.body), &list); err != nil || len(list.Calls) != 1 {
		t.Fatalf("%d %s: %v", resp.StatusCode, resp.body, err)
	}
	got := list.Calls[0]
	id := fmt.Sprint(got["id"])
	for field, want := range map[string]any{"state": "running", "pool": "p", "namespace": "n", "oid_base64": "b/8=", "class": "test",
		"script": false, "method": "wait", "client": p.LocalAddr().String()} {
		if got[field] != want {
			t.Errorf("%s is %v, want %v", field, got[field], want)
		}
	}
	if age, ran := got["age_us"].(float64), got["run_us"].(float64); age < ran || ran < 0 {
		t.Errorf("age is %v µs, run time %v µs", age, ran)
	}

	w.wantProblem(w.do("DELETE", "/v1/calls/x", ""), 400, "EINVAL", "input", "a call's id is a number")
	w.wantProblem(w.do("DELETE", "/v1/calls/999", ""), 404, "ENOENT", "op", "no call 999 is under way")
	w.wantProblem(w.do("DELETE", "/v1/calls/"+id, "", "Origin", "http://evil.example"), 403, "EPERM", "auth", "")
	w.want(w.do("DELETE", "/v1/calls/"+id, ""), 204, "")
	wantMatch(t, "the killed call", p.reply(), `-ECANCELED trap:canceled .*killed by an operator\r\n`)
	w.wantProblem(w.do("DELETE", "/v1/calls/"+id, ""), 404, "ENOENT", "op", "")

	// A call that came over HTTP is told in the same words.
	killed := make(chan response)
	go func() { killed <- w.do("POST", "/v1/pools/p/objects/o/exec/test/wait?timeout_ms=60000", "") }()
	waitFor(t, "it runs", func() bool { return running(rig) == 1 })
	call := rig.Service.Calls()[0]
	if !strings.HasPrefix(call.Client, "127.0.0.1:") {
		t.Errorf("the client is %q", call.Client)
	}
	w.want(w.do("DELETE", fmt.Sprintf("/v1/calls/%d", call.ID), ""), 204, "")
	w.wantProblem(<-killed, 503, "ECANCELED", "trap:canceled", "killed by an operator")
}

func TestMetrics(t *testing.T) {
	w, rig := startWeb(t, server.Options{})
	w.want(w.do("GET", "/readyz", ""), 200, "ready\n")
	p := dial(t, rig.RESP)
	p.ask("OBJ.EXEC", "p", "o", "test", "echo", "")
	p.ask("OBJ.EXEC", "p", "o", "test", "fail", "110 trap:deadline slow")
	for i := range 50 {
		p.ask("OBJ.EXEC", "p", "o", fmt.Sprint("nosuch", i), "echo", "")
		p.ask("OBJ.EXEC", "p", "o", "test", fmt.Sprint("nosuch", i), "")
		p.ask("OBJ.EVAL", "p", "o", "-- any", fmt.Sprint("nosuch", i), "")
	}
	metrics := w.do("GET", "/metrics", "").body
	for _, line := range []string{
		`objluad_calls_total{class="test",method="echo",outcome="ok",role="active"} 1`,
		`objluad_calls_total{class="test",method="fail",outcome="trap:deadline",role="active"} 1`,
		`objluad_calls_total{class="",method="",outcome="class",role=""} 50`,
		`objluad_calls_total{class="test",method="",outcome="class",role="active"} 50`,
		`objluad_calls_total{class="eval",method="",outcome="script",role=""} 50`,
		`objluad_call_duration_seconds_count{class="test",method="echo"} 1`,
		`objluad_traps_total{code="deadline"} 1`,
		`objluad_traps_total{code="fault"} 0`,
		`objluad_resp_connections 1`,
		`objluad_resp_commands_total 152`,
		`objluad_slots 1`,
	} {
		if !strings.Contains(metrics, line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	if strings.Contains(metrics, "nosuch") {
		t.Error("clients can make labels")
	}
	for _, name := range []string{"go_goroutines", "process_resident_memory_bytes"} {
		if !strings.Contains(metrics, "\n"+name+" ") {
			t.Errorf("no %s", name)
		}
	}
}
