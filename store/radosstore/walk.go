//go:build !norados

package radosstore

// This file walks over all objects of a pool, and tells how much there is.

// #include "rs.h"
import "C"

import (
	"context"
	"errors"
	"syscall"
	"unsafe"

	"github.com/objluad/objluad/store"
)

// Walk visits each object of the pool, in the order of their hashes. It holds about two batches of 1000 names.
func (s *Store) Walk(ctx context.Context, pool string, visit func(namespace, oid string) error) error {
	visited := false
	_, err := inPool(func() (struct{}, error) {
		err := s.walk(ctx, pool, func(namespace, oid string) error {
			visited = true
			return visit(namespace, oid)
		})
		if visited && errors.Is(err, errOtherPool) {
			err = noPool(pool) // what was visited is gone
		}
		return struct{}{}, err
	})
	return err
}

func (s *Store) walk(ctx context.Context, pool string, visit func(namespace, oid string) error) error {
	p, err := s.pool(ctx, pool)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	batches := make(chan []byte)
	listed := make(chan error, 1)
	go func() { listed <- s.list(ctx, p, batches) }()
	for {
		select {
		case batch := <-batches:
			err := names(batch, func(namespace, oid []byte) error { return visit(string(namespace), string(oid)) })
			if err != nil {
				return err
			}
		case err := <-listed: // behind the last batch
			if err != nil && s.gone(ctx, pool, p) {
				return errOtherPool // or none, as the next try will find
			}
			return err
		}
	}
}

// list sends the names of all objects in batches, until ctx ends.
func (s *Store) list(ctx context.Context, p *pool, to chan<- []byte) error {
	_, err := aside(ctx, s, func() (struct{}, error) {
		begin := func(list **C.rs_list) C.int { return C.rs_list_new_all(list, p.c) }
		return struct{}{}, eachBatch(ctx, begin, func(batch []byte) error {
			select {
			case to <- batch:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	return err
}

// eachBatch hands over what rs_list_copy writes of a walk, batch by batch.
func eachBatch(ctx context.Context, begin func(**C.rs_list) C.int, see func(batch []byte) error) error {
	var list *C.rs_list
	r := begin(&list)
	defer C.rs_list_free(list)
	var end C.bool
	for r == 0 {
		if r = C.rs_list_next(list, &end); r != 0 || bool(end) {
			break
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if n := C.rs_list_size(list); n > 0 {
			b := make([]byte, n)
			C.rs_list_copy(list, (*C.char)(unsafe.Pointer(unsafe.SliceData(b))))
			if err := see(b); err != nil {
				return err
			}
		}
	}
	if r != 0 {
		return clusterError(syscall.Errno(-r))
	}
	return nil
}

// Usage tells what the cluster counted, some seconds ago. It knows of a new pool after such a time.
func (s *Store) Usage(ctx context.Context, pool string) (store.Usage, error) {
	p, err := s.pool(ctx, pool)
	if err != nil {
		return store.Usage{}, err
	}
	var objects, bytes C.uint64_t
	r, err := aside(ctx, s, func() (C.int, error) {
		return C.rs_pool_usage(s.cluster(), cString(pool), &objects, &bytes), nil
	})
	switch {
	case err != nil:
		return store.Usage{}, err
	case r == -C.int(syscall.ENOENT) && s.gone(ctx, pool, p):
		return store.Usage{}, noPool(pool)
	case r != 0 && r != -C.int(syscall.ENOENT): // that is a pool that was not counted yet
		return store.Usage{}, clusterError(syscall.Errno(-r))
	}
	return store.Usage{Objects: int64(objects), Bytes: int64(bytes)}, nil
}

// Space tells what the cluster has, all copies counted.
func (s *Store) Space(ctx context.Context) (store.Space, error) {
	return aside(ctx, s, func() (store.Space, error) {
		stat, err := s.conn.GetClusterStats()
		if err != nil {
			return store.Space{}, radosError(err)
		}
		return store.Space{Total: int64(stat.Kb) << 10, Available: int64(stat.Kb_avail) << 10}, nil
	})
}
