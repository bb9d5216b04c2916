//go:build !norados

package radosstore

// This file sends one operation to one object, and waits for its end or for the context's.

// #cgo CXXFLAGS: -std=c++17
// #cgo LDFLAGS: -lrados
// #include "rs.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"runtime/cgo"
	"sync/atomic"
	"syscall"
	"unsafe"

	"github.com/objluad/objluad/store"
)

// op is an operation in the making; its steps are methods of the C functions' names. The first step that failed is
// remembered.
type op struct {
	c *C.rs_op // nil when there was no memory, or when librados still has it
	r C.int
}

func newRead() *op  { return &op{c: C.rs_read_new()} }
func newWrite() *op { return &op{c: C.rs_write_new()} }

func (o *op) free() {
	if o.c != nil {
		C.rs_free(o.c)
		o.c = nil
	}
}

// step makes a step unless one before it failed.
func (o *op) step(do func(*C.rs_op) C.int) {
	switch {
	case o.c == nil:
		o.r = -C.int(syscall.ENOMEM)
	case o.r == 0:
		o.r = do(o.c)
	}
}

// cBytes and cString lend Go's memory to C for one call.
func cBytes(b []byte) C.rs_bytes {
	return C.rs_bytes{p: (*C.char)(unsafe.Pointer(unsafe.SliceData(b))), n: C.size_t(len(b))}
}

func cString(s string) C.rs_bytes {
	return C.rs_bytes{p: (*C.char)(unsafe.Pointer(unsafe.StringData(s))), n: C.size_t(len(s))}
}

// result is what an operation that reached the cluster ended with.
type result struct {
	errno syscall.Errno // 0: success
	pool  int64         // its id
	c     C.rs_result
}

// pending is an operation that librados has.
type pending struct {
	store *Store
	op    *C.rs_op
	state atomic.Int32
	done  chan struct{}
}

const (
	waiting   = iota
	finished  // librados is done with the operation
	abandoned // nobody waits: it is freed when librados is done
)

//export rs_done
func rs_done(token C.uintptr_t) {
	h := cgo.Handle(token)
	p := h.Value().(*pending)
	h.Delete()
	if p.state.CompareAndSwap(waiting, finished) {
		close(p.done)
	} else {
		C.rs_free(p.op)
	}
	p.store.leave()
}

// do sends o to the object and returns its results, which o keeps until it is freed. An id that is not negative is the one
// that the object's pool must have. Errors are those that tell nothing of the object: the pool is not there, or is another
// one, the store is closed, or ctx ended, in which case a change may yet be made.
func (s *Store) do(ctx context.Context, ref store.Ref, id int64, o *op) (result, error) {
	in, err := s.pool(ctx, ref.Pool)
	if err != nil {
		return result{}, err
	}
	if id >= 0 && id != in.id {
		return result{}, errOtherPool
	}
	if err := s.send(ctx, in, ref, o); err != nil {
		return result{}, err
	}
	r := result{pool: in.id}
	C.rs_results(o.c, &r.c)
	if r.c.ret < 0 {
		r.errno = syscall.Errno(-r.c.ret)
	}
	if r.errno == syscall.ENOENT && s.gone(ctx, ref.Pool, in) {
		if _, err := s.pool(ctx, ref.Pool); err != nil {
			return result{}, err
		}
		return result{}, errOtherPool
	}
	return r, nil
}

// errOtherPool says that the pool of a name is not the one that was meant, or that was found before.
var errOtherPool = fmt.Errorf("%w: its pool was removed, and another one created", store.ErrConflict)

// inPool does what names no version: when the pool turned out to be another one, in that.
func inPool[T any](do func() (T, error)) (T, error) {
	v, err := do()
	if errors.Is(err, errOtherPool) {
		v, err = do()
	}
	return v, err
}

// send submits o and waits until it is done. If ctx ends before, o belongs to librados.
func (s *Store) send(ctx context.Context, in *pool, ref store.Ref, o *op) error {
	if o.r != 0 || o.c == nil {
		return clusterError(syscall.ENOMEM)
	}
	if err := s.enter(); err != nil {
		return err
	}
	p := &pending{store: s, op: o.c, done: make(chan struct{})}
	token := cgo.NewHandle(p)
	if r := C.rs_submit(o.c, in.c, cString(ref.Namespace), cString(ref.OID), C.uintptr_t(token)); r != 0 {
		token.Delete()
		s.leave()
		return clusterError(syscall.Errno(-r))
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		if p.state.CompareAndSwap(waiting, abandoned) {
			o.c = nil
			return ctx.Err()
		}
	}
	return nil
}

// The copies of results.

func (o *op) data(r *result, to []byte) int {
	if r.c.data > 0 && int(r.c.data) <= len(to) {
		C.rs_copy_data(o.c, (*C.char)(unsafe.Pointer(unsafe.SliceData(to))))
	}
	return int(r.c.data)
}

func (o *op) header(r *result) []byte {
	b := make([]byte, r.c.header)
	if len(b) > 0 {
		C.rs_copy_header(o.c, (*C.char)(unsafe.Pointer(unsafe.SliceData(b))))
	}
	return b
}

func (o *op) xattrs(r *result) []store.KeyValue {
	b := make([]byte, r.c.xattrs)
	if len(b) > 0 {
		C.rs_copy_xattrs(o.c, (*C.char)(unsafe.Pointer(unsafe.SliceData(b))))
	}
	return pairs(b)
}

func (o *op) omap(r *result) []store.KeyValue {
	b := make([]byte, r.c.omap)
	if len(b) > 0 {
		C.rs_copy_omap(o.c, (*C.char)(unsafe.Pointer(unsafe.SliceData(b))))
	}
	return pairs(b)
}
