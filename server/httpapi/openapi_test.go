// This file holds the OpenAPI document against what HTTP does: the requests that there are, and each answer that any test gets.

package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/getkin/kin-openapi/openapi3"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

func TestOpenAPIDocument(t *testing.T) {
	w, _ := servertest.StartWeb(t, server.Options{})
	doc := w.Documented()
	if err := doc.Validate(t.Context()); err != nil || !doc.IsOpenAPI31OrLater() {
		t.Fatalf("%s: %v", doc.OpenAPI, err)
	}
	w.Want(w.Do("GET", "/v1/openapi.json", ""), 200, `\{.*"version":"unknown".*\}`)
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
	w, _ := servertest.StartWeb(t, server.Options{})
	for path, item := range w.Documented().Paths.Map() {
		for _, method := range servertest.HTTPMethods {
			resp := w.Do(method, anyPath(path), "")
			if documented, there := item.GetOperation(method) != nil, resp.StatusCode != http.StatusMethodNotAllowed; documented != there && path != "/v1/classes/gc" {
				t.Errorf("%s %s: documented is %v, and the answer is %s", method, path, documented, resp.Status)
			}
		}
	}
}

// Who has not logged in, and who may do nothing, is answered as the document has it for each operation.
func TestOpenAPISecurity(t *testing.T) {
	users, tokens := servertest.NewUsers(t, map[string]string{"alice": ""})
	w, _ := servertest.StartWeb(t, server.Options{Users: users})
	doc := w.Documented()
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			security := doc.Security
			if op.Security != nil {
				security = *op.Security
			}
			stranger := w.Do(method, anyPath(path), "").StatusCode == 401
			documented := op.Responses.Status(401) != nil
			if open := len(security) == 0; documented != stranger || open == stranger {
				t.Errorf("%s %s: a stranger is refused: %v; 401 documented: %v; security: %v", method, path, stranger, documented, security)
			}
			w.Do(method, anyPath(path), "", "Authorization", "Bearer "+tokens["alice"])
			wantRefusals(t, op)
		}
	}
	open, _ := servertest.StartWeb(t, server.Options{})
	for path, item := range open.Documented().Paths.Map() {
		for method, op := range item.Operations() {
			if op.Security != nil || len(open.Documented().Security) > 0 || op.Responses.Status(401) != nil {
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
	w.Want(w.Do("PUT", servertest.Objects+"o", "data"), 201, "")
	var first, second struct{ Version string }
	servertest.Unmarshal(t, w.Do("PUT", "/v1/classes/c", "echo RD").Text, &first)
	servertest.Unmarshal(t, w.Do("PUT", "/v1/classes/c?inactive=true", "echo RD\ncount WR").Text, &second)
	form, contentType := servertest.MultipartForm(t, "script", "-- any", "input", "in")
	for _, request := range []struct {
		method, path, body string
		header             []string
	}{
		{"GET", servertest.Objects + "o", "", nil},
		{"PUT", servertest.Objects + "o", "x", nil},
		{"PATCH", servertest.Objects + "o?offset=0", "y", nil},
		{"POST", servertest.Objects + "o", "z", nil},
		{"GET", "/v1/pools/p/objects", "", nil},
		{"PUT", servertest.Objects + "o/xattrs/a", "v", nil},
		{"GET", servertest.Objects + "o/xattrs", "", nil},
		{"GET", servertest.Objects + "o/xattrs/a", "", nil},
		{"DELETE", servertest.Objects + "o/xattrs/a", "", nil},
		{"POST", servertest.Objects + "o/omap", `{"set":[{"key":"k","value":"v"}]}`, nil},
		{"PUT", servertest.Objects + "o/omap/l", "v", nil},
		{"GET", servertest.Objects + "o/omap?limit=1", "", nil},
		{"GET", servertest.Objects + "o/omap/k", "", nil},
		{"DELETE", servertest.Objects + "o/omap/k", "", nil},
		{"PUT", servertest.Objects + "o/omap-header", "h", nil},
		{"GET", servertest.Objects + "o/omap-header", "", nil},
		{"DELETE", servertest.Objects + "o/omap", "", nil},
		{"POST", servertest.Objects + "o/exec/test/echo", "in", nil},
		{"POST", servertest.Objects + "o/exec/test/echo?meta=true", "\xff", []string{"Idempotency-Key", "k"}},
		{"POST", servertest.Objects + "o/exec/test/count?dry_run=true", "", nil},
		{"POST", servertest.Objects + "o/exec/test/count?capture=true", "", nil},
		{"POST", servertest.Objects + "o/eval?handler=echo", form, []string{"Content-Type", contentType}},
		{"DELETE", servertest.Objects + "o", "", nil},
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
		resp := w.Do(request.method, request.path, request.body, request.header...)
		if resp.StatusCode >= 300 {
			t.Errorf("%s %s: %s %s", request.method, request.path, resp.Status, resp.Text)
		}
		if request.method == "GET" {
			w.Do("HEAD", request.path, "")
		}
	}
	killCall(w)
	for path, item := range w.Documented().Paths.Map() {
		for method, op := range item.Operations() {
			if !w.Documented().Answered[op.OperationID] {
				t.Errorf("%s %s (%s) was never answered without an error", method, path, op.OperationID)
			}
		}
	}
}

// killCall makes a call and kills it.
func killCall(w servertest.Web) {
	w.T.Helper()
	done := make(chan servertest.Response)
	go func() { done <- w.Do("POST", servertest.Objects+"o/exec/test/wait?timeout_ms=60000", "") }()
	var list struct{ Calls []struct{ ID json.Number } }
	servertest.WaitFor(w.T, "it runs", func() bool {
		servertest.Unmarshal(w.T, w.Do("GET", "/v1/calls", "").Text, &list)
		return len(list.Calls) == 1
	})
	w.Want(w.Do("DELETE", "/v1/calls/"+list.Calls[0].ID.String(), ""), 204, "")
	w.WantProblem(<-done, 503, "ECANCELED", "trap:canceled", "")
}

// startBackedUp starts a server whose store can be copied.
func startBackedUp(t *testing.T) servertest.Web {
	fs := vfs.NewMem()
	if err := fs.MkdirAll("backups", 0o700); err != nil {
		t.Fatal(err)
	}
	rig := servertest.StartOn(t, fs, server.Options{}, objclass.Options{Backups: "backups"})
	return servertest.NewWeb(t, rig)
}
