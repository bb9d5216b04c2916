//go:build !norados

package radosstore

// This file lists objects in the order of their names, which is not RADOS's.

// #include "rs.h"
import "C"

import (
	"container/heap"
	"context"
	"slices"
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
		first := &firstNames{after: after, max: max}
		begin := func(list **C.rs_list) C.int { return C.rs_list_new(list, p.c, cString(namespace)) }
		return first, eachBatch(ctx, begin, func(batch []byte) error {
			return names(batch, func(_, oid []byte) error { first.see(oid); return nil })
		})
	})
	if err != nil && s.gone(ctx, pool, p) {
		return nil, errOtherPool // or none, as the next try will find
	}
	return first, err
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
