// This file reads the bodies of HTTP requests, within the memory that all requests have in common.

package httpapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"syscall"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/limits"
	"github.com/objluad/objluad/server/wire"
)

const firstBody = 4 << 10 // bytes for a body of unknown length

// claim is what a request's bodies hold of the memory. It is given back when the request was answered.
type claim struct {
	memory *limits.Memory
	held   int
}

type claimKey struct{}

// withClaim returns the request with a claim of its own, which is to be released.
func withClaim(r *http.Request, memory *limits.Memory) (*http.Request, *claim) {
	c := &claim{memory: memory}
	return r.WithContext(context.WithValue(r.Context(), claimKey{}, c)), c
}

func (c *claim) release() { c.memory.Give(c.held) }

// readBody reads a request's body of at most limit bytes. It is in one piece, since some pools can only replace the whole of an object
// at once.
func readBody(w http.ResponseWriter, r *http.Request, what string, limit int64) ([]byte, error) {
	body, err := openBody(w, r, what, limit)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return readUpTo(r, body, body.size, what, limit)
}

// readUpTo reads all of src, which fails with *http.MaxBytesError behind limit bytes. Size is how much it has, or negative. The result is
// not nil.
func readUpTo(r *http.Request, src io.Reader, size int64, what string, limit int64) ([]byte, error) {
	b, err := r.Context().Value(claimKey{}).(*claim).readAll(src, size)
	if err != nil {
		return nil, bodyError(err, what, limit)
	}
	return b, nil
}

// readAll reads to the end of src. Size is believed as far as a chunk goes.
func (c *claim) readAll(src io.Reader, size int64) ([]byte, error) {
	first := int64(firstBody)
	if size >= 0 {
		first = min(size+1, chunk) // with place to find the end
	}
	b, err := c.grow(nil, first)
	for err == nil {
		if len(b) == cap(b) {
			more := 2 * int64(cap(b))
			if size >= 0 {
				more = min(more, max(size, int64(cap(b)))+1)
			}
			if b, err = c.grow(b, more); err != nil {
				break
			}
		}
		var n int
		n, err = src.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
	}
	if err == io.EOF {
		return b, nil
	}
	return nil, err
}

// grow makes place for n bytes in all. While they are copied, both places are held.
func (c *claim) grow(b []byte, n int64) ([]byte, error) {
	if !c.memory.Take(int(n)) {
		return nil, limits.ErrNoMemory
	}
	grown := append(make([]byte, 0, n), b...)
	c.memory.Give(cap(b))
	c.held += int(n) - cap(b)
	return grown, nil
}

// bodyError says why a body could not be read.
func bodyError(err error, what string, limit int64) error {
	var over *http.MaxBytesError
	var known *objclass.Error
	switch {
	case errors.As(err, &over):
		return tooLarge(what, limit)
	case errors.As(err, &known):
		return known
	}
	return wire.InputError("the request's body did not arrive: %v", err)
}

func tooLarge(what string, limit int64) error {
	return objclass.Errorf(syscall.EMSGSIZE, objclass.KindInput, "%s may have %d bytes", what, limit)
}
