// This file holds the OpenAPI document against what HTTP does: the requests that there are, and each answer that any test gets.

package server_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

// document is the OpenAPI document of a server, and finds operations in it.
type document struct {
	*openapi3.T
	mux *http.ServeMux

	mu       sync.Mutex
	answered map[string]bool // operations that were answered without an error
}

var methods = []string{"GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"}

// theDocuments are those of all servers under test: the ones that have users have the same, and the others, too.
var theDocuments struct {
	sync.Mutex
	ofUsers map[bool]*document
}

// documented returns the document that the server serves.
func (w web) documented() *document {
	w.t.Helper()
	theDocuments.Lock()
	defer theDocuments.Unlock()
	doc := theDocuments.ofUsers[w.users]
	if doc == nil {
		var err error
		if doc, err = loadDocument(w.base); err != nil {
			w.t.Fatal(err)
		}
		if theDocuments.ofUsers == nil {
			theDocuments.ofUsers = map[bool]*document{}
		}
		theDocuments.ofUsers[w.users] = doc
	}
	return doc
}

func loadDocument(base string) (*document, error) {
	resp, err := rawClient.Get(base + "/v1/openapi.json")
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	d := &document{mux: http.NewServeMux(), answered: map[string]bool{}}
	if d.T, err = openapi3.NewLoader().LoadFromData(text); err != nil {
		return nil, err
	}
	for path := range d.Paths.Map() {
		d.mux.Handle(path, http.NotFoundHandler())
	}
	return d, nil
}

// find returns the operation of a request, and the path that the document has for it.
func (d *document) find(r *http.Request) (*openapi3.Operation, string) {
	escaped := &http.Request{Method: r.Method, Host: "localhost", URL: &url.URL{Path: r.URL.EscapedPath()}}
	_, path := d.mux.Handler(escaped)
	item := d.Paths.Value(path)
	if item == nil {
		return nil, path
	}
	return item.GetOperation(r.Method), path
}

// wantDocumented checks that the document says so: that this request may be answered with such a response.
func (w web) wantDocumented(r *http.Request, resp *http.Response, body []byte) {
	w.t.Helper()
	doc := w.documented()
	op, path := doc.find(r)
	if op == nil || resp.StatusCode == http.StatusMethodNotAllowed || !slices.Contains(methods, r.Method) {
		if resp.StatusCode < 400 && r.Method != http.MethodOptions {
			w.t.Errorf("%s %s is answered by %s, and not documented", r.Method, r.URL, resp.Status)
		}
		return
	}
	if resp.Header.Get("Content-Encoding") != "" {
		return // the test has it, and looks at what it is
	}
	answer := op.Responses.Status(resp.StatusCode)
	if answer == nil && (resp.StatusCode < 400 || slices.Contains(refusals, resp.StatusCode)) {
		w.t.Errorf("%s: status %d is not documented", op.OperationID, resp.StatusCode)
		return
	}
	if answer != nil && len(answer.Value.Content) == 0 && len(body) > 0 {
		w.t.Errorf("%s: status %d has %d bytes, and none are documented", op.OperationID, resp.StatusCode, len(body))
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: r,
			Route:   &routers.Route{Spec: doc.T, Path: path, PathItem: doc.Paths.Value(path), Method: r.Method, Operation: op},
		},
		Status:  resp.StatusCode,
		Header:  resp.Header,
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	}
	input.SetBodyBytes(body)
	if err := openapi3filter.ValidateResponse(w.t.Context(), input); err != nil {
		w.t.Errorf("%s: status %d is not as documented: %v", op.OperationID, resp.StatusCode, err)
	}
	if resp.StatusCode < 400 {
		doc.mu.Lock()
		defer doc.mu.Unlock()
		doc.answered[op.OperationID] = true
	}
}

// refusals are the statuses of errors that the document has beside "default".
var refusals = []int{401, 403, 429, 503}

func TestOpenAPIDocument(t *testing.T) {
	w, _ := startWeb(t, server.Options{})
	doc := w.documented()
	if err := doc.Validate(t.Context()); err != nil || !doc.IsOpenAPI31OrLater() {
		t.Fatalf("%s: %v", doc.OpenAPI, err)
	}
	w.want(w.do("GET", "/v1/openapi.json", ""), 200, `\{.*"version":"unknown".*\}`)
	ids := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if ids[op.OperationID] || op.OperationID == "" || op.Summary == "" || op.Extensions["x-objluad-kind"] == nil {
				t.Errorf("%s %s: %q %q %v", method, path, op.OperationID, op.Summary, op.Extensions)
			}
			ids[op.OperationID] = true
		}
	}
}

// anyPath returns a path that such a path of the document stands for.
func anyPath(path string) string {
	return strings.NewReplacer("{pool}", "nosuch", "{oid}", "o", "{name}", "nosuch", "{key}", "k", "{class}", "nosuch", "{method}", "m", "{id}", "0").Replace(path)
}

// The methods that a path has are those that the document has for it.
func TestOpenAPIMethods(t *testing.T) {
	w, _ := startWeb(t, server.Options{})
	for path, item := range w.documented().Paths.Map() {
		for _, method := range methods {
			resp := w.do(method, anyPath(path), "")
			if documented, there := item.GetOperation(method) != nil, resp.StatusCode != http.StatusMethodNotAllowed; documented != there && path != "/v1/classes/gc" {
				t.Errorf("%s %s: documented is %v, and the answer is %s", method, path, documented, resp.Status)
			}
		}
	}
}

// Who has not logged in, and who may do nothing, is answered as the document has it for each operation.
func TestOpenAPISecurity(t *testing.T) {
	users, tokens := newUsers(t, map[string]string{"alice": ""})
	w, _ := startWeb(t, server.Options{Users: users})
	doc := w.documented()
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			security := doc.Security
			if op.Security != nil {
				security = *op.Security
			}
			stranger := w.do(method, anyPath(path), "").StatusCode == 401
			documented := op.Responses.Status(401) != nil
			if open := len(security) == 0; documented != stranger || open == stranger {
				t.Errorf("%s %s: a stranger is refused: %v; 401 documented: %v; security: %v", method, path, stranger, documented, security)
			}
			w.do(method, anyPath(path), "", "Authorization", "Bearer "+tokens["alice"])
			wantRefusals(t, op)
		}
	}
	open, _ := startWeb(t, server.Options{})
	for path, item := range open.documented().Paths.Map() {
		for method, op := range item.Operations() {
			if op.Security != nil || len(open.documented().Security) > 0 || op.Responses.Status(401) != nil {
				t.Errorf("%s %s takes a login where there are no users", method, path)
			}
			wantRefusals(t, op)
		}
	}
}

// wantRefusals checks that an operation has the errors that each has, as problems, and the header that goes with them.
func wantRefusals(t *testing.T, op *openapi3.Operation) {
	t.Helper()
	for status, header := range map[int]string{401: "WWW-Authenticate", 403: "", 503: "Retry-After"} {
		answer := op.Responses.Status(status)
		switch {
		case answer == nil && status == 401: // an open one
		case answer == nil:
			t.Errorf("%s has no %d", op.OperationID, status)
		case answer.Value.Content["application/problem+json"] == nil:
			t.Errorf("%s: %d is no problem", op.OperationID, status)
		case header != "" && (answer.Value.Headers[header] == nil || !answer.Value.Headers[header].Value.Required):
			t.Errorf("%s: %d has no %s", op.OperationID, status, header)
		}
	}
}

// Each operation is asked for once, and says yes.
func TestOpenAPIOperations(t *testing.T) {
	w := startBackedUp(t)
	w.want(w.do("PUT", objects+"o", "data"), 201, "")
	var first, second struct{ Version string }
	unmarshal(t, w.do("PUT", "/v1/classes/c", "echo RD").body, &first)
	unmarshal(t, w.do("PUT", "/v1/classes/c?inactive=true", "echo RD\ncount WR").body, &second)
	form, contentType := multipartForm(t, "script", "-- any", "input", "in")
	for _, request := range []struct {
		method, path, body string
		header             []string
	}{
		{"GET", objects + "o", "", nil},
		{"PUT", objects + "o", "x", nil},
		{"PATCH", objects + "o?offset=0", "y", nil},
		{"POST", objects + "o", "z", nil},
		{"GET", "/v1/pools/p/objects", "", nil},
		{"PUT", objects + "o/xattrs/a", "v", nil},
		{"GET", objects + "o/xattrs", "", nil},
		{"GET", objects + "o/xattrs/a", "", nil},
		{"DELETE", objects + "o/xattrs/a", "", nil},
		{"POST", objects + "o/omap", `{"set":[{"key":"k","value":"v"}]}`, nil},
		{"PUT", objects + "o/omap/l", "v", nil},
		{"GET", objects + "o/omap?limit=1", "", nil},
		{"GET", objects + "o/omap/k", "", nil},
		{"DELETE", objects + "o/omap/k", "", nil},
		{"PUT", objects + "o/omap-header", "h", nil},
		{"GET", objects + "o/omap-header", "", nil},
		{"DELETE", objects + "o/omap", "", nil},
		{"POST", objects + "o/exec/test/echo", "in", nil},
		{"POST", objects + "o/exec/test/echo?meta=true", "\xff", []string{"Idempotency-Key", "k"}},
		{"POST", objects + "o/exec/test/count?dry_run=true", "", nil},
		{"POST", objects + "o/exec/test/count?capture=true", "", nil},
		{"POST", objects + "o/eval?handler=echo", form, []string{"Content-Type", contentType}},
		{"DELETE", objects + "o", "", nil},
		{"GET", "/v1/pools", "", nil},
		{"PUT", "/v1/pools/new", "", nil},
		{"GET", "/v1/pools/new", "", nil},
		{"DELETE", "/v1/pools/new", "", nil},
		{"GET", "/v1/df", "", nil},
		{"GET", "/v1/classes", "", nil},
		{"GET", "/v1/classes/c", "", nil},
		{"PUT", "/v1/classes/c@" + second.Version + "/canary?percent=1", "", nil},
		{"GET", "/v1/classes/c", "", nil},
		{"DELETE", "/v1/classes/c/canary", "", nil},
		{"PUT", "/v1/classes/c@" + second.Version + "/canary?percent=1", "", nil},
		{"POST", "/v1/classes/c/canary/promote", "", nil},
		{"POST", "/v1/classes/c/rollback", "", nil},
		{"POST", "/v1/classes/c@" + second.Version + "/activate", "", nil},
		{"PUT", "/v1/classes/c@" + first.Version + "/keep", "", nil},
		{"DELETE", "/v1/classes/c@" + first.Version + "/keep", "", nil},
		{"POST", "/v1/classes/c/gc?dry_run=true", "", nil},
		{"POST", "/v1/classes/gc?unused_s=0", "", nil},
		{"DELETE", "/v1/classes/c/quarantine", "", nil},
		{"DELETE", "/v1/classes/c", "", nil},
		{"GET", "/v1/calls", "", nil},
		{"POST", "/v1/backups/b", "", nil},
		{"GET", "/v1/openapi.json", "", nil},
		{"GET", "/healthz", "", nil},
		{"GET", "/readyz", "", nil},
		{"GET", "/metrics", "", nil},
	} {
		resp := w.do(request.method, request.path, request.body, request.header...)
		if resp.StatusCode >= 300 {
			t.Errorf("%s %s: %s %s", request.method, request.path, resp.Status, resp.body)
		}
		if request.method == "GET" {
			w.do("HEAD", request.path, "")
		}
	}
	w.killCall()
	for path, item := range w.documented().Paths.Map() {
		for method, op := range item.Operations() {
			if !w.documented().answered[op.OperationID] {
				t.Errorf("%s %s (%s) was never answered without an error", method, path, op.OperationID)
			}
		}
	}
}

// killCall makes a call and kills it.
func (w web) killCall() {
	w.t.Helper()
	done := make(chan response)
	go func() { done <- w.do("POST", objects+"o/exec/test/wait?timeout_ms=60000", "") }()
	var list struct{ Calls []struct{ ID json.Number } }
	waitFor(w.t, "it runs", func() bool {
		unmarshal(w.t, w.do("GET", "/v1/calls", "").body, &list)
		return len(list.Calls) == 1
	})
	w.want(w.do("DELETE", "/v1/calls/"+list.Calls[0].ID.String(), ""), 204, "")
	w.wantProblem(<-done, 503, "ECANCELED", "trap:canceled", "")
}

func unmarshal(t *testing.T, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// multipartForm makes a body of names and values.
func multipartForm(t *testing.T, parts ...string) (body, contentType string) {
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

// startBackedUp starts a server whose store can be copied.
func startBackedUp(t *testing.T) web {
	fs := vfs.NewMem()
	if err := fs.MkdirAll("backups", 0o700); err != nil {
		t.Fatal(err)
	}
	rig := servertest.StartOn(t, fs, server.Options{}, objclass.Options{Backups: "backups"})
	return web{t: t, base: "http://" + rig.HTTP}
}
