// This file is the HTTP requests on xattrs.

package httpapi

import (
	"bytes"
	"net/http"

	"github.com/objluad/objluad/store"
)

func (s *Server) listXattrs(w http.ResponseWriter, r *http.Request) error {
	return s.view(w, r, func(overlay *store.Overlay, _ store.Stat) (answer func() error, err error) {
		xattrs, err := overlay.Xattrs()
		list := struct {
			Xattrs []xattrJSON `json:"xattrs"`
		}{make([]xattrJSON, 0, len(xattrs))}
		for _, kv := range xattrs {
			list.Xattrs = append(list.Xattrs, newXattrJSON(kv))
		}
		return func() error { return writeJSON(w, list) }, err
	})
}

func (s *Server) getXattr(w http.ResponseWriter, r *http.Request) error {
	return s.viewValue(w, r, func(overlay *store.Overlay) ([]byte, error) { return overlay.Xattr(r.PathValue("name")) })
}

// viewValue answers with a value of an object, or ranges of it.
func (s *Server) viewValue(w http.ResponseWriter, r *http.Request, read func(*store.Overlay) ([]byte, error)) error {
	return s.view(w, r, func(overlay *store.Overlay, st store.Stat) (answer func() error, err error) {
		value, err := read(overlay)
		st.Size = int64(len(value))
		return func() error { return serveContent(w, r, st, bytesReader{bytes.NewReader(value)}) }, err
	})
}

func (s *Server) putXattr(w http.ResponseWriter, r *http.Request) error {
	value, err := readBody(w, r, "a value", s.opts.MaxInput)
	if err != nil {
		return err
	}
	return s.change(w, r, func(overlay *store.Overlay) error { return overlay.SetXattr(r.PathValue("name"), value) })
}

// deleteXattr removes an xattr. Unlike a method's, the removal of one that is not there fails, as that of an object does.
func (s *Server) deleteXattr(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	return s.change(w, r, func(overlay *store.Overlay) error {
		if _, err := overlay.Xattr(name); err != nil {
			return err
		}
		return overlay.RemoveXattr(name)
	})
}
