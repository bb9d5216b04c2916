// This file is the HTTP requests that change an object's data.

package httpapi

import (
	"net/http"

	"github.com/objluad/objluad/server/wire"
	"github.com/objluad/objluad/store"
)

// putObject replaces an object's data, or a range of it where the request names one.
func (s *Server) putObject(w http.ResponseWriter, r *http.Request) error {
	if at, err := writePlace(r); err != nil || at != nil {
		return s.writeRange(w, r, at, err)
	}
	data, err := readBody(w, r, "an object", s.opts.MaxObject)
	if err != nil {
		return err
	}
	return s.change(w, r, func(overlay *store.Overlay) error { return overlay.WriteFull(data) })
}

// patchObject writes a range of an object's data, or sets its size.
func (s *Server) patchObject(w http.ResponseWriter, r *http.Request) error {
	if r.Form.Has("truncate") {
		return s.truncateObject(w, r)
	}
	at, err := writePlace(r)
	if err == nil && at == nil {
		err = wire.InputError("say where to write, with the parameter offset or the header Content-Range, or what size the object gets, with the parameter truncate")
	}
	return s.writeRange(w, r, at, err)
}

// writeRange writes the body at a place, unless err says that there is none.
func (s *Server) writeRange(w http.ResponseWriter, r *http.Request, at *place, err error) error {
	if err != nil {
		return err
	}
	data, err := readBody(w, r, "an object", s.opts.MaxObject)
	if err != nil {
		return err
	}
	if n := int64(len(data)); at.length >= 0 && at.length != n {
		return wire.InputError("the body has %d bytes, and the range of Content-Range has %d", n, at.length)
	}
	return s.change(w, r, func(overlay *store.Overlay) error { return overlay.Write(at.offset, data) })
}

func (s *Server) truncateObject(w http.ResponseWriter, r *http.Request) error {
	if r.Form.Has("offset") || r.Header.Get("Content-Range") != "" {
		return wire.InputError("a request writes a range or truncates, not both")
	}
	size, err := wire.ParseCount("truncate", []byte(r.Form.Get("truncate")))
	if err != nil {
		return err
	}
	if _, err := readBody(w, r, "the body of a truncation", 0); err != nil {
		return err
	}
	return s.change(w, r, func(overlay *store.Overlay) error {
		if !overlay.Exists() {
			return store.ErrNotFound
		}
		return overlay.Truncate(size)
	})
}

// appendObject writes the body at the object's end, and creates the object if it is absent.
func (s *Server) appendObject(w http.ResponseWriter, r *http.Request) error {
	data, err := readBody(w, r, "an object", s.opts.MaxObject)
	if err != nil {
		return err
	}
	return s.change(w, r, func(overlay *store.Overlay) error { return overlay.Append(data) })
}

func (s *Server) deleteObject(w http.ResponseWriter, r *http.Request) error {
	return s.change(w, r, (*store.Overlay).Remove)
}

// change changes the object of a request if its conditions hold, in one step, and answers with the object's new version: 201 when it
// was absent, 204 when not. The function may be called again.
func (s *Server) change(w http.ResponseWriter, r *http.Request, fn func(*store.Overlay) error) error {
	existed := false
	version, err := s.service.Update(r.Context(), ref(r), func(overlay *store.Overlay) error {
		existed = overlay.Exists()
		if err := checkConditions(r, overlay); err != nil {
			return err
		}
		return fn(overlay)
	})
	if err != nil {
		return err
	}
	setVersion(w, version)
	if existed {
		w.WriteHeader(http.StatusNoContent)
	} else {
		w.WriteHeader(http.StatusCreated)
	}
	return nil
}
