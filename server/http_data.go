// This file takes the data of an object from an HTTP request's body: as it arrives, and of all requests together no more than a bound.

package server

import (
	"io"
	"net/http"
	"sync/atomic"
	"syscall"

	"github.com/objluad/objluad/objclass"
)

// room counts the bytes that the bodies of all requests take.
type room struct {
	most int64
	used atomic.Int64
}

// take takes n bytes of the room, or none.
func (r *room) take(n int64) bool {
	if r.used.Add(n) > r.most {
		r.used.Add(-n)
		return false
	}
	return true
}

// data is a body that arrives. It is in one piece, since some pools can only replace the whole of an object at once.
type data struct {
	bytes []byte
	room  *room
	took  int64
}

const firstData = 4 << 10 // bytes for a body of unknown length

// readData reads a request's body of at most an object's size. The caller must release it.
func (s *httpServer) readData(w http.ResponseWriter, r *http.Request) (*data, error) {
	const what = "an object"
	body, err := openBody(w, r, what, s.opts.MaxObject)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	d := &data{room: &s.bodies}
	if err := d.readAll(body, body.size); err != nil {
		d.release()
		return nil, bodyError(err, what, s.opts.MaxObject)
	}
	return d, nil
}

// readAll reads to the end of body. Size is how much may come, or negative; it is believed as far as a chunk goes.
func (d *data) readAll(body io.Reader, size int64) error {
	if size < 0 {
		size = firstData
	}
	if err := d.grow(int(min(size+1, chunk))); err != nil {
		return err
	}
	for {
		if len(d.bytes) == cap(d.bytes) {
			if err := d.grow(2 * cap(d.bytes)); err != nil {
				return err
			}
		}
		n, err := body.Read(d.bytes[len(d.bytes):cap(d.bytes)])
		d.bytes = d.bytes[:len(d.bytes)+n]
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// grow makes place for n bytes in all.
func (d *data) grow(n int) error {
	more := int64(n - cap(d.bytes))
	if !d.room.take(more) {
		return objclass.Errorf(syscall.EBUSY, objclass.KindBusy, "the bodies of requests take up to %d bytes, and there is no room for one more", d.room.most)
	}
	d.took += more
	d.bytes = append(make([]byte, 0, n), d.bytes...)
	return nil
}

// release gives the room back that the body took.
func (d *data) release() { d.room.used.Add(-d.took) }
