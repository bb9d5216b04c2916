// This file is the HTTP requests that run methods and scripts.

package httpapi

import (
	"cmp"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"syscall"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/limits"
	"github.com/objluad/objluad/server/wire"
)

// exec runs a method: the request's body is its input, the response's its output.
func (s *Server) exec(w http.ResponseWriter, r *http.Request) error {
	call, err := newCall(r)
	if err != nil {
		return err
	}
	call.Class, call.Method = r.PathValue("class"), r.PathValue("method")
	if call.Input, err = readBody(w, r, "an input", s.opts.MaxInput); err != nil {
		return err
	}
	return s.call(w, r, call)
}

// eval runs a script. Script and input are the parts of that name of a multipart/form-data body, as curl's -F sends it:
// both may hold any bytes. The handler is a parameter.
func (s *Server) eval(w http.ResponseWriter, r *http.Request) error {
	call, err := newCall(r)
	if err != nil {
		return err
	}
	call.Method = r.Form.Get("handler")
	if call.Script, call.Input, err = s.scriptAndInput(w, r); err != nil {
		return err
	}
	return s.call(w, r, call)
}

func (s *Server) scriptAndInput(w http.ResponseWriter, r *http.Request) (script, input []byte, err error) {
	const envelope = 64 << 10 // bytes of the parts' headers and boundaries, and what is read ahead
	limit := s.opts.MaxSource + s.opts.MaxInput + envelope
	body, err := openBody(w, r, "script and input", limit)
	if err != nil {
		return nil, nil, err
	}
	defer body.Close()
	form := &formReader{body, envelope}
	r.Body = form
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, nil, wire.InputError("the body is multipart/form-data with the parts script and input: %v", err)
	}
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, nil, bodyError(err, "script and input", limit)
		}
		switch name := part.FormName(); {
		case name == "script" && script == nil:
			script, err = readPart(w, r, form.part(part), "a script", s.opts.MaxSource)
		case name == "input" && input == nil:
			input, err = readPart(w, r, form.part(part), "an input", s.opts.MaxInput)
		default:
			err = wire.InputError("part %q is unknown or there twice; the parts are script and input", wire.Clip([]byte(name)))
		}
		if err != nil {
			return nil, nil, err
		}
	}
	if script == nil {
		return nil, nil, wire.InputError("the body has no part script")
	}
	return script, input, nil
}

// readPart reads a part of at most limit bytes. The result is not nil.
func readPart(w http.ResponseWriter, r *http.Request, part io.ReadCloser, what string, limit int64) ([]byte, error) {
	return readUpTo(r, http.MaxBytesReader(w, part, limit), -1, what, limit)
}

// formReader is a form, of which more arrives than a part has read as far as its envelope allows: what multipart reads of headers it holds.
type formReader struct {
	io.ReadCloser
	left int
}

func (f *formReader) Read(p []byte) (int, error) {
	if f.left <= 0 {
		return 0, objclass.Errorf(syscall.EMSGSIZE, objclass.KindInput, "the headers of the form's parts are too long")
	}
	n, err := f.ReadCloser.Read(p[:min(len(p), f.left)])
	f.left -= n
	return n, err
}

// part returns the data of a part.
func (f *formReader) part(part *multipart.Part) io.ReadCloser { return &formPart{part, f} }

type formPart struct {
	*multipart.Part
	form *formReader
}

func (p *formPart) Read(b []byte) (int, error) {
	n, err := p.Part.Read(b)
	p.form.left += n
	return n, err
}

func (s *Server) call(w http.ResponseWriter, r *http.Request, call objclass.Call) error {
	user := userOf(r).Name
	call.Client, call.User, call.Tenant = r.RemoteAddr, user, cmp.Or(user, limits.Host(r.RemoteAddr))
	meta, err := parseBool(r.Form, "meta")
	if err != nil {
		return err
	}
	reply, err := s.service.Exec(r.Context(), call)
	if err != nil {
		return err
	}
	defer countAnswer(r, int64(len(reply.Bundle)+len(reply.Output)))()
	if reply.Bundle != nil {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(reply.Bundle) // a client that went away needs no answer
		return nil
	}
	if reply.Effects != nil {
		return writeJSON(w, newDryRunJSON(&call, &reply))
	}
	if meta {
		return writeJSON(w, newMetaJSON(&call, &reply))
	}
	header := w.Header()
	header.Set("Content-Type", "application/octet-stream")
	header.Set("Content-Length", strconv.Itoa(len(reply.Output)))
	header.Set("Objluad-Ret", strconv.Itoa(int(reply.Ret)))
	header.Set("Objluad-Version", strconv.FormatUint(reply.Version, 10))
	header.Set("Objluad-Class-Version", reply.ClassVersion)
	header.Set("Objluad-Cpu-Us", strconv.FormatInt(reply.Usage.CPU.Microseconds(), 10))
	header.Set("Objluad-Peak-Bytes", strconv.FormatInt(reply.Usage.PeakBytes, 10))
	if reply.Replayed {
		header.Set("Objluad-Replayed", "true")
	}
	_, _ = w.Write(reply.Output) // a client that went away needs no answer
	return nil
}
