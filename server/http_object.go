// This file is the HTTP requests that act on objects directly.

package server

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/store"
)

// getObject answers GET and HEAD, with ranges and conditions. A large object is streamed from one snapshot; a small one is
// read at once, so that a slow client holds none.
func (s *httpServer) getObject(w http.ResponseWriter, r *http.Request) error {
	query, err := parameters(r, "namespace")
	if err != nil {
		return err
	}
	var content io.ReadSeeker
	var mtime time.Time
	err = s.service.View(r.Context(), ref(r, query), func(overlay *store.Overlay) error {
		st, err := overlay.Stat()
		if err != nil {
			return err
		}
		mtime = st.MTime
		w.Header().Set("Content-Type", "application/octet-stream")
		setVersion(w, st.Version)
		if st.Size > chunk {
			http.ServeContent(w, r, "", mtime, &objectReader{overlay: overlay, size: st.Size})
			return nil
		}
		data, err := overlay.Read(0, st.Size)
		content = bytes.NewReader(data)
		return err
	})
	if err == nil && content != nil {
		http.ServeContent(w, r, "", mtime, content)
	}
	return err
}

// objectReader reads an object's data through an overlay, a chunk ahead.
type objectReader struct {
	overlay *store.Overlay
	size    int64
	off     int64
	ahead   []byte // data from off
}

func (o *objectReader) Read(p []byte) (int, error) {
	if o.off >= o.size {
		return 0, io.EOF
	}
	if len(o.ahead) == 0 {
		var err error
		if o.ahead, err = o.overlay.Read(o.off, chunk); err != nil {
			// The status was sent: only a broken connection can tell the client that the data is not all there.
			panic(http.ErrAbortHandler)
		}
	}
	n := copy(p, o.ahead)
	o.ahead = o.ahead[n:]
	o.off += int64(n)
	return n, nil
}

func (o *objectReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += o.off
	case io.SeekEnd:
		offset += o.size
	}
	if offset < 0 {
		return 0, syscall.EINVAL
	}
	o.off, o.ahead = offset, nil
	return offset, nil
}

// putObject replaces an object's data: 201 when it was absent, 204 when not.
func (s *httpServer) putObject(w http.ResponseWriter, r *http.Request) error {
	query, err := parameters(r, "namespace")
	if err != nil {
		return err
	}
	data, err := readBody(w, r, "an object", s.opts.MaxObject)
	if err != nil {
		return err
	}
	existed := false
	version, err := s.objects.writeFull(r.Context(), ref(r, query), data, func(overlay *store.Overlay) error {
		existed = overlay.Exists()
		return checkConditions(r, overlay)
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

func (s *httpServer) deleteObject(w http.ResponseWriter, r *http.Request) error {
	query, err := parameters(r, "namespace")
	if err != nil {
		return err
	}
	err = s.objects.remove(r.Context(), ref(r, query), func(overlay *store.Overlay) error {
		return checkConditions(r, overlay)
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// checkConditions fails unless the object is as If-Match and If-None-Match say (RFC 9110, section 13.1).
func checkConditions(r *http.Request, overlay *store.Overlay) error {
	if want := r.Header.Get("If-Match"); want != "" && !matches(want, overlay) {
		return objclass.Errorf(syscall.ECANCELED, objclass.KindOp, "the object is not as If-Match says: it has version %d", overlay.Version())
	}
	if avoid := r.Header.Get("If-None-Match"); avoid != "" && matches(avoid, overlay) {
		return objclass.Errorf(syscall.ECANCELED, objclass.KindOp, "the object is as If-None-Match excludes: it has version %d", overlay.Version())
	}
	return nil
}

// matches reports whether a list of ETags, or "*", has the object's.
func matches(list string, overlay *store.Overlay) bool {
	if !overlay.Exists() {
		return false
	}
	for tag := range strings.SplitSeq(list, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || tag == etag(overlay.Version()) {
			return true
		}
	}
	return false
}

func etag(version uint64) string { return `"` + strconv.FormatUint(version, 10) + `"` }

func setVersion(w http.ResponseWriter, version uint64) {
	w.Header().Set("ETag", etag(version))
	w.Header().Set("Objluad-Version", strconv.FormatUint(version, 10))
}
