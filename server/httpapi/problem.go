// This file is how HTTP clients are told of errors: a problem of RFC 9457, and the status that stands for it.

package httpapi

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"syscall"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/wire"
)

// problem is an application/problem+json body. Its type is about:blank, so the title is the status's.
type problem struct {
	Title        string        `json:"title"`
	Status       int           `json:"status"`
	Detail       string        `json:"detail"`
	Errno        string        `json:"errno"`
	Kind         objclass.Kind `json:"kind"`
	Where        string        `json:"where,omitempty"`
	Traceback    string        `json:"traceback,omitempty"`
	ClassVersion string        `json:"class_version,omitempty"`
	Usage        *problemUsage `json:"usage,omitempty"`
}

type problemUsage struct {
	CPU       int64 `json:"cpu_us"`
	PeakBytes int64 `json:"peak_bytes"`
	HostOps   int64 `json:"host_ops"`
}

func newUsage(u objclass.Usage) *problemUsage {
	return &problemUsage{u.CPU.Microseconds(), u.PeakBytes, u.HostOps}
}

// kindStatus has the statuses of kinds for which the errno makes no difference.
var kindStatus = map[objclass.Kind]int{
	objclass.KindAuth:     http.StatusForbidden,
	objclass.KindBusy:     http.StatusServiceUnavailable,
	objclass.KindScript:   http.StatusInternalServerError,
	objclass.TrapPanic:    http.StatusInternalServerError,
	objclass.TrapDeadline: http.StatusGatewayTimeout,
	objclass.TrapCanceled: http.StatusServiceUnavailable,
	objclass.TrapMemory:   http.StatusInsufficientStorage,
	objclass.TrapFault:    http.StatusInternalServerError,
	objclass.TrapHost:     http.StatusInternalServerError,
}

// errnoStatus has the statuses of errnos of the other kinds: operations, classes and requests.
var errnoStatus = map[syscall.Errno]int{
	syscall.EPERM:        http.StatusForbidden,
	syscall.EACCES:       http.StatusForbidden,
	syscall.ENOENT:       http.StatusNotFound,
	syscall.ENODATA:      http.StatusNotFound,
	syscall.EEXIST:       http.StatusConflict,
	syscall.EAGAIN:       http.StatusConflict,
	syscall.EINPROGRESS:  http.StatusConflict,
	syscall.ECANCELED:    http.StatusPreconditionFailed, // as a guard of a RADOS operation that does not hold
	syscall.EINVAL:       http.StatusBadRequest,
	syscall.ENAMETOOLONG: http.StatusBadRequest,
	syscall.EFBIG:        http.StatusRequestEntityTooLarge,
	syscall.EBUSY:        http.StatusServiceUnavailable,
	syscall.EROFS:        http.StatusServiceUnavailable,
	syscall.ESHUTDOWN:    http.StatusServiceUnavailable,
	syscall.ENOSPC:       http.StatusInsufficientStorage,
	syscall.EDQUOT:       http.StatusInsufficientStorage,
	syscall.ENOMEM:       http.StatusInsufficientStorage,
	syscall.ETIMEDOUT:    http.StatusGatewayTimeout,
	syscall.EIO:          http.StatusInternalServerError,
}

// httpStatus returns the status that stands for an error. An errno that is not in the tables is a method's own: the
// request was understood, and the method would not do it.
func httpStatus(e *objclass.Error) int {
	if e.Kind == objclass.KindAuth && e.Errno == uint64(syscall.EACCES) { // who it is is not known
		return http.StatusUnauthorized
	}
	if status, ok := kindStatus[e.Kind]; ok {
		return status
	}
	if e.Errno < 1<<16 {
		errno := syscall.Errno(e.Errno)
		switch {
		case e.Kind == objclass.KindClass && errno == syscall.EOPNOTSUPP: // the path names a class or method that is not there
			return http.StatusNotFound
		case e.Kind == objclass.KindClass && errno == syscall.EBUSY: // a version is in use
			return http.StatusConflict
		case e.Kind == objclass.KindInput && errno == syscall.ETIMEDOUT:
			return http.StatusRequestTimeout
		case e.Kind == objclass.KindInput && errno == syscall.EOPNOTSUPP: // how a body is compressed
			return http.StatusUnsupportedMediaType
		case e.Kind != objclass.KindOp && errno == syscall.EMSGSIZE: // of an operation it means a reply
			return http.StatusRequestEntityTooLarge
		}
		if status, ok := errnoStatus[errno]; ok {
			return status
		}
	}
	return http.StatusUnprocessableEntity
}

func writeProblem(w http.ResponseWriter, err error) {
	e := wire.AsError(err)
	writeProblemStatus(w, e, httpStatus(e))
}

// writeProblemStatus answers with a problem of a status. More are names and values of the header.
func writeProblemStatus(w http.ResponseWriter, e *objclass.Error, status int, more ...string) {
	p := problem{
		Title:        http.StatusText(status),
		Status:       status,
		Detail:       wire.Printable(e.Message, wire.MaxMessage, false),
		Errno:        e.ErrnoName(),
		Kind:         e.Kind,
		Where:        wire.Printable(e.Where, wire.MaxWhere, false),
		Traceback:    wire.Printable(e.Traceback, wire.MaxTraceback, true),
		ClassVersion: e.ClassVersion,
	}
	if e.Usage != (objclass.Usage{}) {
		p.Usage = newUsage(e.Usage)
	}
	header := w.Header()
	maps.DeleteFunc(header, func(name string, _ []string) bool { return name != "Vary" }) // what was meant for a body that does not come
	for i := 0; i < len(more); i += 2 {
		if more[i+1] != "" {
			header.Set(more[i], more[i+1])
		}
	}
	header.Set("Content-Type", "application/problem+json")
	switch status {
	case http.StatusServiceUnavailable:
		header.Set("Retry-After", "1")
	case http.StatusUnsupportedMediaType:
		header.Set("Accept-Encoding", strings.Join(codings, ", "))
	case http.StatusUnauthorized:
		header["Www-Authenticate"] = challenges
	}
	w.WriteHeader(status)
	body, _ := json.Marshal(p) // strings and numbers only: it cannot fail
	_, _ = w.Write(append(body, '\n'))
}

// noRoute answers a request for which there is no route with the status that the mux has for it: 404, or 405 with the
// methods that are allowed, which is the answer to OPTIONS.
func (s *Server) noRoute(w http.ResponseWriter, r *http.Request) {
	var answer statusWriter
	handler, _ := s.mux.Handler(r)
	handler.ServeHTTP(&answer, r)
	e := errNothing(r)
	allowed := ""
	if answer.status < http.StatusBadRequest { // of "*", to a path that is none either
		answer.status = http.StatusNotFound
	}
	if answer.status == http.StatusMethodNotAllowed {
		allowed = answer.Header().Get("Allow") + ", OPTIONS"
		e = objclass.Errorf(syscall.EINVAL, objclass.KindInput, "the method is not allowed here; allowed: %s", allowed)
		if r.Method == http.MethodOptions {
			w.Header().Set("Allow", allowed)
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	writeProblemStatus(w, e, answer.status, "Allow", allowed)
}

// errNothing says that a path is none.
func errNothing(r *http.Request) *objclass.Error {
	return objclass.Errorf(syscall.ENOENT, objclass.KindInput, "there is nothing at %s", r.URL.Path)
}

// statusWriter takes a response's header and status.
type statusWriter struct {
	header http.Header
	status int
}

func (w *statusWriter) Header() http.Header {
	if w.header == nil {
		w.header = make(http.Header)
	}
	return w.header
}

func (w *statusWriter) WriteHeader(status int)      { w.status = status }
func (w *statusWriter) Write(b []byte) (int, error) { return len(b), nil }
