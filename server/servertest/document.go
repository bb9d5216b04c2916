// This file holds each answer that an HTTP client of tests gets against the OpenAPI document.

package servertest

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Document is the OpenAPI document of a server, and finds operations in it.
type Document struct {
	*openapi3.T
	mux *http.ServeMux

	mu       sync.Mutex
	Answered map[string]bool // operations that were answered without an error
}

var HTTPMethods = []string{"GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"}

// theDocuments are those of all servers under test: the ones that have users have the same, and the others, too.
var theDocuments struct {
	sync.Mutex
	ofUsers map[bool]*Document
}

// Documented returns the document that the server serves.
func (w Web) Documented() *Document {
	w.T.Helper()
	theDocuments.Lock()
	defer theDocuments.Unlock()
	doc := theDocuments.ofUsers[w.users]
	if doc == nil {
		var err error
		if doc, err = loadDocument(w.base); err != nil {
			w.T.Fatal(err)
		}
		if theDocuments.ofUsers == nil {
			theDocuments.ofUsers = map[bool]*Document{}
		}
		theDocuments.ofUsers[w.users] = doc
	}
	return doc
}

func loadDocument(base string) (*Document, error) {
	resp, err := rawClient.Get(base + "/v1/openapi.json")
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	d := &Document{mux: http.NewServeMux(), Answered: map[string]bool{}}
	if d.T, err = openapi3.NewLoader().LoadFromData(text); err != nil {
		return nil, err
	}
	for path := range d.Paths.Map() {
		d.mux.Handle(path, http.NotFoundHandler())
	}
	return d, nil
}

// find returns the operation of a request, and the path that the document has for it.
func (d *Document) find(r *http.Request) (*openapi3.Operation, string) {
	escaped := &http.Request{Method: r.Method, Host: "localhost", URL: &url.URL{Path: r.URL.EscapedPath()}}
	_, path := d.mux.Handler(escaped)
	item := d.Paths.Value(path)
	if item == nil {
		return nil, path
	}
	return item.GetOperation(r.Method), path
}

// WantDocumented checks that the document says so: that this request may be answered with such a response.
func (w Web) WantDocumented(r *http.Request, resp *http.Response, body []byte) {
	w.T.Helper()
	doc := w.Documented()
	op, path := doc.find(r)
	if op == nil || resp.StatusCode == http.StatusMethodNotAllowed || !slices.Contains(HTTPMethods, r.Method) {
		if resp.StatusCode < 400 && r.Method != http.MethodOptions {
			w.T.Errorf("%s %s is answered by %s, and not documented", r.Method, r.URL, resp.Status)
		}
		return
	}
	if resp.Header.Get("Content-Encoding") != "" {
		return // the test has it, and looks at what it is
	}
	answer := op.Responses.Status(resp.StatusCode)
	if answer == nil && (resp.StatusCode < 400 || slices.Contains(refusals, resp.StatusCode)) {
		w.T.Errorf("%s: status %d is not documented", op.OperationID, resp.StatusCode)
		return
	}
	if answer != nil && len(answer.Value.Content) == 0 && len(body) > 0 {
		w.T.Errorf("%s: status %d has %d bytes, and none are documented", op.OperationID, resp.StatusCode, len(body))
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
	if err := openapi3filter.ValidateResponse(w.T.Context(), input); err != nil {
		w.T.Errorf("%s: status %d is not as documented: %v", op.OperationID, resp.StatusCode, err)
	}
	if resp.StatusCode < 400 {
		doc.mu.Lock()
		defer doc.mu.Unlock()
		doc.Answered[op.OperationID] = true
	}
}

// refusals are the statuses of errors that the document has beside "default".
var refusals = []int{401, 403, 429, 503}
