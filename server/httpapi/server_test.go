// This file tests the HTTP listener over real sockets.

package httpapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"

	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

func TestHTTPObjects(t *testing.T) {
	w, rig := servertest.StartWeb(t, server.Options{MaxObject: 4 << 20})
	w.WantProblem(w.Do("GET", servertest.Objects+"o", ""), 404, "ENOENT", "op", "does not exist")
	w.WantProblem(w.Do("DELETE", servertest.Objects+"o", ""), 404, "ENOENT", "op", "does not exist")
	created := w.Want(w.Do("PUT", servertest.Objects+"o", "hello world"), 201, "")
	got := w.Want(w.Do("GET", servertest.Objects+"o", ""), 200, "hello world")
	etag := got.Header.Get("ETag")
	if etag == "" || etag != created.Header.Get("ETag") || got.Header.Get("Objluad-Version") != strings.Trim(etag, `"`) ||
		got.Header.Get("Last-Modified") == "" || got.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("header %v", got.Header)
	}
	if head := w.Want(w.Do("HEAD", servertest.Objects+"o", ""), 200, ""); head.ContentLength != 11 || head.Header.Get("ETag") != etag {
		t.Errorf("HEAD: %v", head.Header)
	}
	w.Want(w.Do("GET", servertest.Objects+"o", "", "Range", "bytes=6-"), 206, "world")
	w.Want(w.Do("GET", servertest.Objects+"o", "", "Range", "bytes=-5"), 206, "world")
	w.Want(w.Do("GET", servertest.Objects+"o", "", "Range", "bytes=100-"), 416, ".*")
	w.Want(w.Do("GET", servertest.Objects+"o", "", "If-None-Match", etag), 304, "")

	w.Want(w.Do("PUT", servertest.Objects+"o", "v2", "If-Match", etag), 204, "")
	w.WantProblem(w.Do("PUT", servertest.Objects+"o", "v3", "If-Match", etag), 412, "ECANCELED", "op", "If-Match")
	w.WantProblem(w.Do("PUT", servertest.Objects+"o", "v3", "If-None-Match", "*"), 412, "ECANCELED", "op", "If-None-Match")
	w.WantProblem(w.Do("DELETE", servertest.Objects+"o", "", "If-Match", etag), 412, "ECANCELED", "op", "If-Match")
	w.Want(w.Do("GET", servertest.Objects+"o", ""), 200, "v2")
	w.Want(w.Do("DELETE", servertest.Objects+"o", ""), 204, "")
	w.Want(w.Do("PUT", servertest.Objects+"o", "new", "If-None-Match", "*"), 201, "")

	w.Want(w.Do("PUT", servertest.Objects+"o?namespace=n", "in n"), 201, "")
	w.Want(w.Do("GET", servertest.Objects+"o?namespace=n", ""), 200, "in n")
	w.Want(w.Do("GET", servertest.Objects+"o", ""), 200, "new")
	w.WantProblem(w.Do("GET", servertest.Objects+"o?namespaces=n", ""), 400, "EINVAL", "input", "namespaces")
	w.WantProblem(w.Do("GET", "/v1/pools/nosuch/objects/o", ""), 404, "ENOENT", "op", "nosuch")
	w.WantProblem(w.Do("GET", "/v1/pools/.objluad/objects/test", ""), 400, "EINVAL", "input", "reserved")
	w.WantProblem(w.Do("PUT", servertest.Objects+strings.Repeat("n", 10_000), ""), 400, "ENAMETOOLONG", "input", "")
	w.WantProblem(w.Do("PUT", servertest.Objects+"o", strings.Repeat("x", 4<<20+1)), 413, "EMSGSIZE", "input", "4194304")

	// More than a chunk is streamed.
	large := strings.Repeat("0123456789", 300_000)
	w.Want(w.Do("PUT", servertest.Objects+"large", large), 201, "")
	if got := w.Do("GET", servertest.Objects+"large", ""); got.Text != large {
		t.Errorf("%d bytes came back", len(got.Text))
	}
	w.Want(w.Do("GET", servertest.Objects+"large", "", "Range", "bytes=2000001-2000004"), 206, "1234")

	p := servertest.Dial(t, rig.RESP)
	for _, oid := range []string{"/", "a/b", "a//b", "\x00", "..", ".", "%2F", "a?b#c", "\xff\xfe", "ünï"} {
		path := servertest.Objects + url.PathEscape(oid)
		if oid == "." || oid == ".." { // a client would resolve them, so dots are escaped too
			path = servertest.Objects + strings.ReplaceAll(oid, ".", "%2E")
		}
		w.Want(w.Do("PUT", path, "of it"), 201, "")
		w.Want(w.Do("GET", path, ""), 200, "of it")
		if got := p.Ask("OBJ.READ", "p", oid); got != servertest.Bulk("of it") {
			t.Errorf("%q by RESP: %q", oid, got)
		}
	}
}

func TestHTTPExec(t *testing.T) {
	w, rig := servertest.StartWeb(t, server.Options{MaxInput: 1 << 20, MaxSource: 1 << 10})
	exec := servertest.Objects + "o/exec/test/"
	got := w.Want(w.Do("POST", exec+"echo", "in\x00put"), 200, "in\x00put")
	for name, want := range map[string]string{"Objluad-Ret": "0", "Objluad-Version": "0", "Objluad-Class-Version": `[0-9a-f]{64}`,
		"Objluad-Cpu-Us": "12", "Objluad-Peak-Bytes": "345", "Content-Type": "application/octet-stream"} {
		servertest.WantMatch(t, name, got.Header.Get(name), want)
	}
	w.Want(w.Do("POST", exec+"count?timeout_ms=100", ""), 200, "1")
	w.WantProblem(w.Do("POST", exec+"count?readonly=true", ""), 403, "EPERM", "op", "")
	w.WantProblem(w.Do("POST", exec+"count?readonly=maybe", ""), 400, "EINVAL", "input", "readonly")
	w.WantProblem(w.Do("POST", exec+"count?timeout_ms=0", ""), 400, "EINVAL", "input", "milliseconds")
	w.WantProblem(w.Do("POST", exec+"count?timeout_ms=99999999", ""), 400, "EINVAL", "input", "limit")
	w.WantProblem(w.Do("POST", exec+"count?timeout_ms=1&timeout_ms=2", ""), 400, "EINVAL", "input", "2 times")
	w.WantProblem(w.Do("POST", exec+"count?metadata=1", ""), 400, "EINVAL", "input", "metadata")
	w.WantProblem(w.Do("POST", exec+"nosuch", ""), 404, "EOPNOTSUPP", "class", "nosuch")
	w.WantProblem(w.Do("POST", servertest.Objects+"o/exec/nosuch/echo", ""), 404, "EOPNOTSUPP", "class", "nosuch")
	w.WantProblem(w.Do("POST", exec+"echo", strings.Repeat("x", 1<<20+1)), 413, "EMSGSIZE", "input", "1048576")
	runs := rig.Runs()
	w.WantProblem(w.Do("POST", exec+"count", "", "Sec-Fetch-Site", "cross-site"), 403, "EPERM", "auth", "cross-origin")
	w.WantProblem(w.Do("POST", exec+"count", "", "Origin", "http://evil.example"), 403, "EPERM", "auth", "cross-origin")
	w.WantProblem(w.Do("POST", exec+"count", "", "Host", "evil.example:7481"), 403, "EPERM", "auth", "evil.example")
	if rig.Runs() != runs {
		t.Error("a refused request ran")
	}
	w.Want(w.Do("GET", "/healthz", "", "Host", "localhost:7481"), 200, "ok\n")
	w.Want(w.Do("GET", "/healthz", "", "Host", "[::1]:7481"), 200, "ok\n")

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
		resp := w.Do("POST", exec+"fail", test.input)
		w.WantProblem(resp, test.status, test.errno, words[1], words[2])
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
	if err := json.Unmarshal([]byte(w.Do("POST", exec+"fail", "5 script wrong").Text), &p); err != nil {
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
	eval := func(query string, parts ...string) servertest.Response {
		body, contentType := form(parts...)
		return w.Do("POST", servertest.Objects+"o/eval"+query, body, "Content-Type", contentType)
	}
	w.Want(eval("?handler=echo", "script", "-- any", "input", "a\x00b"), 200, "a\x00b")
	w.Want(eval("?handler=echo", "input", "x", "script", ""), 200, "x")
	w.WantProblem(eval("?handler=nosuch", "script", "-- any"), 500, "EIO", "script", "nosuch")
	w.WantProblem(eval("", "input", "x"), 400, "EINVAL", "input", "no part script")
	w.WantProblem(eval("", "script", "x", "script", "y"), 400, "EINVAL", "input", "script")
	w.WantProblem(eval("", "script", "x", "other", "y"), 400, "EINVAL", "input", "other")
	w.WantProblem(eval("", "script", strings.Repeat("x", 2<<10)), 413, "EMSGSIZE", "input", "1024")
	w.WantProblem(eval("", "script", "x", "input", strings.Repeat("x", 1<<20+1)), 413, "EMSGSIZE", "input", "1048576")
	w.WantProblem(eval("", "script", strings.Repeat("x", 3<<20)), 413, "EMSGSIZE", "input", "")
	w.WantProblem(w.Do("POST", servertest.Objects+"o/eval", "-- a script"), 400, "EINVAL", "input", "multipart/form-data")
}

func TestHTTPClasses(t *testing.T) {
	w, _ := servertest.StartWeb(t, server.Options{MaxSource: 1 << 10})
	w.Want(w.Do("PUT", "/v1/classes/mine", "echo RD\ncount WR"), 200,
		`\{"name":"mine","version":"[0-9a-f]{64}","active":true,.*"methods":\[\{"name":"count","flags":"RD\|WR"\},\{"name":"echo","flags":"RD"\}\].*\}\n`)
	w.Want(w.Do("GET", "/v1/classes", ""), 200, `\{"classes":\[\{"name":"mine",.*\},\{"name":"test",.*\}\]\}\n`)
	w.Want(w.Do("GET", "/v1/classes/mine", ""), 200, `.*"source":"echo RD\\ncount WR".*`)
	w.WantProblem(w.Do("GET", "/v1/classes/nosuch", ""), 404, "EOPNOTSUPP", "class", "nosuch")
	w.WantProblem(w.Do("PUT", "/v1/classes/mine", "nosuch RD"), 500, "EIO", "script", "syntax")
	w.WantProblem(w.Do("PUT", "/v1/classes/mine", strings.Repeat("x", 2<<10)), 413, "EMSGSIZE", "input", "1024")
	w.WantProblem(w.Do("POST", "/v1/classes/mine", ""), 405, "EINVAL", "input", "PUT")
	w.WantProblem(w.Do("GET", "/v2", ""), 404, "ENOENT", "input", "/v2")
}

func TestHTTPCalls(t *testing.T) {
	w, rig := servertest.StartWeb(t, server.Options{})
	w.Want(w.Do("GET", "/v1/calls", ""), 200, `\{"calls":\[\]\}\n`)
	p := servertest.Dial(t, rig.RESP)
	p.Send(servertest.Command("OBJ.EXEC", "p/n", "o\xff", "test", "wait", "", "TIMEOUT", "60000"))
	servertest.WaitFor(t, "it runs", func() bool { return servertest.Running(rig) == 1 })
	var list struct {
		Calls []map[string]any `json:"calls"`
	}
	resp := w.Do("GET", "/v1/calls", "")
	if err := json.Unmarshal([]byte(resp.Text), &list); err != nil || len(list.Calls) != 1 {
		t.Fatalf("%d %s: %v", resp.StatusCode, resp.Text, err)
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

	w.WantProblem(w.Do("DELETE", "/v1/calls/x", ""), 400, "EINVAL", "input", "a call's id is a number")
	w.WantProblem(w.Do("DELETE", "/v1/calls/999", ""), 404, "ENOENT", "op", "no call 999 is under way")
	w.WantProblem(w.Do("DELETE", "/v1/calls/"+id, "", "Origin", "http://evil.example"), 403, "EPERM", "auth", "")
	w.Want(w.Do("DELETE", "/v1/calls/"+id, ""), 204, "")
	servertest.WantMatch(t, "the killed call", p.Reply(), `-ECANCELED trap:canceled .*killed by an operator\r\n`)
	w.WantProblem(w.Do("DELETE", "/v1/calls/"+id, ""), 404, "ENOENT", "op", "")

	// A call that came over HTTP is told in the same words.
	killed := make(chan servertest.Response)
	go func() { killed <- w.Do("POST", "/v1/pools/p/objects/o/exec/test/wait?timeout_ms=60000", "") }()
	servertest.WaitFor(t, "it runs", func() bool { return servertest.Running(rig) == 1 })
	call := rig.Service.Calls()[0]
	if !strings.HasPrefix(call.Client, "127.0.0.1:") {
		t.Errorf("the client is %q", call.Client)
	}
	w.Want(w.Do("DELETE", fmt.Sprintf("/v1/calls/%d", call.ID), ""), 204, "")
	w.WantProblem(<-killed, 503, "ECANCELED", "trap:canceled", "killed by an operator")
}

func TestMetrics(t *testing.T) {
	w, rig := servertest.StartWeb(t, server.Options{})
	w.Want(w.Do("GET", "/readyz", ""), 200, "ready\n")
	p := servertest.Dial(t, rig.RESP)
	p.Ask("OBJ.EXEC", "p", "o", "test", "echo", "")
	p.Ask("OBJ.EXEC", "p", "o", "test", "fail", "110 trap:deadline slow")
	for i := range 50 {
		p.Ask("OBJ.EXEC", "p", "o", fmt.Sprint("nosuch", i), "echo", "")
		p.Ask("OBJ.EXEC", "p", "o", "test", fmt.Sprint("nosuch", i), "")
		p.Ask("OBJ.EVAL", "p", "o", "-- any", fmt.Sprint("nosuch", i), "")
	}
	metrics := w.Do("GET", "/metrics", "").Text
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
