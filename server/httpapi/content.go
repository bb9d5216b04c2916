// This file answers HTTP requests that read bytes of an object: with ranges and conditions, all of one version.

package httpapi

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"syscall"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/wire"
	"github.com/objluad/objluad/store"
)

// getObject answers GET and HEAD. A large object is streamed from one snapshot; a small one is read at once, so that a slow client
// holds none.
func (s *Server) getObject(w http.ResponseWriter, r *http.Request) error {
	return s.view(w, r, func(overlay *store.Overlay, st store.Stat) (answer func() error, err error) {
		if st.Size > chunk {
			return nil, streamObject(w, r, overlay, st)
		}
		data, err := overlay.Read(0, st.Size)
		return func() error { return serveContent(w, r, st, bytesReader{bytes.NewReader(data)}) }, err
	})
}

// view calls read with the object of a request, which must exist, if the conditions hold, and again when another commit overtook it. When
// the object is no longer held, it calls what read returned, unless that is nil: then read has answered.
func (s *Server) view(w http.ResponseWriter, r *http.Request, read func(*store.Overlay, store.Stat) (answer func() error, err error)) error {
	var answer func() error
	err := s.service.View(r.Context(), ref(r), func(overlay *store.Overlay) error {
		st, err := overlay.Stat()
		if err != nil {
			return err
		}
		known, err := checkReadConditions(r, overlay)
		if err != nil {
			return err
		}
		setVersion(w, st.Version)
		if known != "" {
			answer = func() error { return notModified(w, known) }
			return nil
		}
		answer, err = read(overlay, st)
		return err
	})
	if err != nil || answer == nil {
		return err
	}
	return answer()
}

// notModified tells a client that it has the version already, by the entity tag that it has.
func notModified(w http.ResponseWriter, known string) error {
	if known != "*" {
		w.Header().Set("ETag", known)
	}
	w.WriteHeader(http.StatusNotModified)
	return nil
}

// streamObject answers with an object's data while it is held.
func streamObject(w http.ResponseWriter, r *http.Request, overlay *store.Overlay, st store.Stat) error {
	content := &objectReader{overlay: overlay, size: st.Size}
	defer content.close()
	return serveContent(w, r, st, content)
}

// serveContent answers with content, or ranges of it. Where reading it failed before the first byte was sent, it fails so.
func serveContent(w http.ResponseWriter, r *http.Request, st store.Stat, content contentReader) error {
	defer countAnswer(r, min(st.Size, chunk))()
	w.Header().Set("Content-Type", typeBytes)
	out := &contentWriter{ResponseWriter: w}
	http.ServeContent(out, withoutHeader(r, "If-Match", "If-None-Match", "If-Unmodified-Since"), "", st.MTime, content)
	switch err := content.failed(); {
	case err != nil && out.began:
		// Only a broken connection can tell the client that the data is not all there.
		panic(http.ErrAbortHandler)
	case err != nil:
		return err
	case out.status == http.StatusRequestedRangeNotSatisfiable:
		e := objclass.Errorf(syscall.EINVAL, objclass.KindInput, "%q is no range of the %d bytes that the object has", wire.Clip([]byte(r.Header.Get("Range"))), st.Size)
		writeProblemStatus(w, e, out.status, "Content-Range", w.Header().Get("Content-Range"))
	case !out.began:
		w.WriteHeader(out.status)
	}
	return nil
}

// contentWriter sends the header with the first byte, so that what fails before can be told.
type contentWriter struct {
	http.ResponseWriter
	status int
	began  bool
}

func (w *contentWriter) WriteHeader(status int) { w.status = status }

func (w *contentWriter) Write(p []byte) (int, error) {
	if w.status == http.StatusRequestedRangeNotSatisfiable {
		return len(p), nil // of an answer that is given in other words
	}
	if !w.began {
		w.began = true
		w.ResponseWriter.WriteHeader(w.status)
	}
	return w.ResponseWriter.Write(p)
}

// contentReader is content whose reading may fail.
type contentReader interface {
	io.ReadSeeker
	failed() error
}

// bytesReader is content that was read.
type bytesReader struct{ *bytes.Reader }

func (bytesReader) failed() error { return nil }

// objectReader reads an object's data through an overlay, and ahead: the further the longer it reads on, up to a chunk, since a client may
// ask for thousands of ranges that are short. http.ServeContent reads several ranges in a goroutine of its
// own, which may outlive it: so the overlay is not touched once the reader is closed.
type objectReader struct {
	size int64
	off  int64

	mu      sync.Mutex
	overlay *store.Overlay // nil: closed
	ahead   []byte         // data from off
	step    int64          // bytes that were read last
	err     error
}

func (o *objectReader) Read(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.overlay == nil:
		return 0, io.ErrClosedPipe
	case o.err != nil:
		return 0, o.err
	case o.off >= o.size:
		return 0, io.EOF
	}
	if len(o.ahead) == 0 {
		o.step = min(max(2*o.step, int64(len(p))), chunk)
		if o.ahead, o.err = o.overlay.Read(o.off, o.step); o.err != nil {
			return 0, o.err
		}
	}
	n := copy(p, o.ahead)
	o.ahead = o.ahead[n:]
	o.off += int64(n)
	return n, nil
}

func (o *objectReader) Seek(offset int64, whence int) (int64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		offset += o.off
	case io.SeekEnd:
		offset += o.size
	}
	if offset < 0 {
		return 0, syscall.EINVAL
	}
	o.off, o.ahead, o.step = offset, nil, 0
	return offset, nil
}

func (o *objectReader) failed() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

func (o *objectReader) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.overlay = nil
}
