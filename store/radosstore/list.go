//go:build !norados

package radosstore

// This file lists objects in the order of their names, which is not RADOS's.

// #include "rs.h"
import "C"

import (
	"container/heap"
	"context"
	"slices"
	"syscall"
	"unsafe"
)

// List returns up to limit object ids in byte order. RADOS lists by hash, so each call walks over all names of the pool, of
// other namespaces too, and keeps the first limit+1 beyond after. Its memory is that of those; its time is the pool's.
func (s *Store) List(ctx context.Context, pool, namespace, after string, limit int) (oids []string, more bool, err error) {
	first, err := inPool(func() (*firstNames, error) { return s.first(ctx, pool, namespace, after, limit+1) })
	if err != nil {
		return nil, false, err
	}
	oids = first.names
	slices.Sort(oids)
	if len(oids) > limit {
		return oids[:limit], true, nil
	}
	return oids, false, nil
}

func (s *Store) first(ctx context.Context, pool, namespace, after string, max int) (*firstNames, error) {
	p, err := s.pool(ctx, pool)
	if err != nil {
		return nil, err
	}
	first, err := aside(ctx, s, func() (*firstNames, error) {
		return p.walk(ctx, namespace, &firstNames{after: after, max: max})
	})
	if err != nil && s.gone(ctx, pool, p) {
		return nil, errOtherPool // or none, as the next try will find
	}
	return first, err
}

// walk has first see all names.
func (p *pool) walk(ctx context.Context, namespace string, first *firstNames) (*firstNames, error) {
	var list *C.rs_list
	r := C.rs_list_new(&list, p.c, cString(namespace))
	defer C.rs_list_free(list)
	var end C.bool
	for r == 0 {
		if r = C.rs_list_next(list, &end); r != 0 || bool(end) {
			break
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if n := C.rs_list_size(list); n > 0 {
			b := make([]byte, n)
			C.rs_list_copy(list, (*C.char)(unsafe.Pointer(unsafe.SliceData(b))))
			names(b, first.see)
		}
	}
	if r != 0 {
		return nil, clusterError(syscall.Errno(-r))
	}
	return first, nil
}

// firstNames keeps the first max names beyond after of those that it saw, as a heap whose top is the last of them.
type firstNames struct {
	after string
	max   int
	names []string
}

func (f *firstNames) see(name []byte) {
	switch {
	case string(name) <= f.after && f.after != "":
	case len(f.names) < f.max:
		heap.Push(f, string(name))
	case string(name) < f.names[0]:
		f.names[0] = string(name)
		heap.Fix(f, 0)
	}
}

func (f *firstNames) Len() int           { return len(f.names) }
func (f *firstNames) Less(i, j int) bool { return f.names[i] > f.names[j] }
func (f *firstNames) Swap(i, j int)      { f.names[i], f.names[j] = f.names[j], f.names[i] }
func (f *firstNames) Push(x any)         { f.names = append(f.names, x.(string)) }

func (f *firstNames) Pop() any {
	last := f.names[len(f.names)-1]
	f.names = f.names[:len(f.names)-1]
	return last
}
