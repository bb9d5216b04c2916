// This file is an HTTP client of tests.

package servertest

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/objluad/objluad/server"
)

// Objects is the path of the objects of pool p.
const Objects = "/v1/pools/p/objects/"

// Web is an HTTP client of a server under test.
type Web struct {
	T     *testing.T
	base  string
	users bool // it has some
}

// rawClient takes answers as they are: it neither asks for compressed ones nor decompresses them.
var rawClient = &http.Client{Transport: &http.Transport{DisableCompression: true}}

// NewWeb is an HTTP client of a server that has no users.
func NewWeb(t *testing.T, rig *Rig) Web { return Web{T: t, base: "http://" + rig.HTTP} }

// Response is a response that was read.
type Response struct {
	*http.Response
	Text string
}

// StartWeb is Start with an HTTP client.
func StartWeb(t *testing.T, opts server.Options) (Web, *Rig) {
	rig := Start(t, opts)
	w := NewWeb(t, rig)
	w.users = opts.Users != nil
	return w, rig
}

// Do sends a request; header is pairs of names and values.
func (w Web) Do(method, path, body string, header ...string) Response {
	w.T.Helper()
	req, err := http.NewRequest(method, w.base+path, strings.NewReader(body))
	if err != nil {
		w.T.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := rawClient.Do(req)
	if err != nil {
		w.T.Fatal(err)
	}
	defer resp.Body.Close()
	read, err := io.ReadAll(resp.Body)
	if err != nil {
		w.T.Fatal(err)
	}
	w.WantDocumented(req, resp, read)
	return Response{resp, string(read)}
}

// Want checks a response's status, and its body by a regular expression.
func (w Web) Want(resp Response, status int, body string) Response {
	w.T.Helper()
	what := resp.Request.Method + " " + resp.Request.URL.RequestURI()
	if resp.StatusCode != status {
		w.T.Errorf("%.80s: status %d, want %d; body %.200q", what, resp.StatusCode, status, resp.Text)
	}
	WantMatch(w.T, what, resp.Text, body)
	return resp
}

// WantProblem checks a problem's status, errno, kind and detail.
func (w Web) WantProblem(resp Response, status int, errno, kind, detail string) {
	w.T.Helper()
	var p struct {
		Title, Detail, Errno, Kind string
		Status                     int
	}
	if err := json.Unmarshal([]byte(resp.Text), &p); err != nil || resp.Header.Get("Content-Type") != "application/problem+json" {
		w.T.Errorf("%s: no problem: %q, %v", resp.Request.URL, resp.Text, err)
		return
	}
	if resp.StatusCode != status || p.Status != status || p.Errno != errno || p.Kind != kind || !strings.Contains(p.Detail, detail) {
		w.T.Errorf("%s %.80s: status %d, %+v; want %d %s %s %q", resp.Request.Method, resp.Request.URL, resp.StatusCode, p, status, errno, kind, detail)
	}
}

// MultipartForm makes a body of names and values.
func MultipartForm(t *testing.T, parts ...string) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		if err := m.WriteField(parts[i], parts[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), m.FormDataContentType()
}

// Unmarshal decodes JSON.
func Unmarshal(t *testing.T, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}
