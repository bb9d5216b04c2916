//go:build !norados

package radosstore

// This file commits write sets, each as one compound operation.

// #include "rs.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/objluad/objluad/store"
)

// Commit applies ws as one operation that asserts the expected version, or that the object is absent. An error of
// ErrTimedOut, or of a ctx that ended meanwhile, leaves open whether the change was made: the cluster may have the operation
// already. librados sends an operation again when an OSD fails, and the OSDs know it by its id, so none is made twice.
func (s *Store) Commit(ctx context.Context, ref store.Ref, expected uint64, ws *store.WriteSet) (uint64, error) {
	mtime := time.Now()
	version, err := s.commitAny(ctx, ref, expected, ws, mtime)
	switch {
	case errors.Is(err, store.ErrConflict):
		s.cache.conflict(ref)
		return 0, err
	case err != nil:
		s.cache.forget(ref)
		return 0, err
	}
	s.remember(ref, expected, ws, store.Stat{Version: version, MTime: time.Unix(mtime.Unix(), int64(mtime.Nanosecond()))})
	return version, nil
}

// remember takes over what a commit has left, where the state before it is known. If it is not, or no small object is left, the
// object is forgotten.
func (s *Store) remember(ref store.Ref, expected uint64, ws *store.WriteSet, st store.Stat) {
	var base *store.State
	if expected != 0 {
		if base = s.cache.get(ref); base == nil {
			return
		}
		if known, _ := base.Stat(); known.Version != expected {
			s.cache.saw(ref, st.Version)
			return
		}
	}
	if state := base.Apply(ws, st, maxState); state != nil {
		s.cache.put(ref, state)
	} else {
		s.cache.forget(ref)
	}
}

func (s *Store) commitAny(ctx context.Context, ref store.Ref, expected uint64, ws *store.WriteSet, mtime time.Time) (uint64, error) {
	if expected != 0 {
		return s.commit(ctx, ref, expected, ws, mtime)
	}
	return inPool(func() (uint64, error) {
		if ws.Remove {
			return 0, s.absent(ctx, ref)
		}
		return s.commit(ctx, ref, 0, ws, mtime)
	})
}

func (s *Store) commit(ctx context.Context, ref store.Ref, expected uint64, ws *store.WriteSet, mtime time.Time) (uint64, error) {
	ws, err := s.withFewRuns(ctx, ref, expected, ws)
	if err != nil {
		return 0, err
	}
	o := newWrite()
	defer o.free()
	o.step(func(c *C.rs_op) C.int { return C.rs_mtime(c, C.int64_t(mtime.Unix()), C.long(mtime.Nanosecond())) })
	pool, version := int64(-1), uint64(0)
	if expected == 0 {
		o.step(func(c *C.rs_op) C.int { return C.rs_create(c, true) })
	} else {
		pool, version = splitVersion(expected)
		o.step(func(c *C.rs_op) C.int { return C.rs_assert_version(c, C.uint64_t(version)) })
	}
	o.change(ws)
	r, err := s.do(ctx, ref, pool, o)
	if err != nil {
		return 0, err
	}
	switch r.errno {
	case 0:
		v, err := joinVersion(r.pool, uint64(r.c.version))
		if err != nil { // the change was made all the same, so nobody may make it again
			return 0, fmt.Errorf("%w: the change was made: %v", store.ErrTimedOut, err)
		}
		return v, nil
	case syscall.EEXIST, syscall.ENOENT, syscall.ERANGE, syscall.EOVERFLOW:
		return 0, fmt.Errorf("%w: it is not of version %d of pool %d", store.ErrConflict, version, r.pool)
	case syscall.ETIMEDOUT:
		return 0, fmt.Errorf("%w: whether the change was made is not known", store.ErrTimedOut)
	}
	return 0, clusterError(r.errno)
}

// absent fails with ErrConflict unless the object is absent.
func (s *Store) absent(ctx context.Context, ref store.Ref) error {
	o := newRead()
	defer o.free()
	o.step(func(c *C.rs_op) C.int { return C.rs_read_stat(c) })
	r, err := s.do(ctx, ref, -1, o)
	switch {
	case err != nil:
		return err
	case r.errno == syscall.ENOENT:
		return nil
	case r.errno == 0:
		return fmt.Errorf("%w: it exists", store.ErrConflict)
	}
	return clusterError(r.errno)
}

// change adds the steps of store.WriteSet.
func (o *op) change(ws *store.WriteSet) {
	if ws.Remove {
		o.step(func(c *C.rs_op) C.int { return C.rs_remove(c) })
		return
	}
	if ws.Reset {
		o.step(func(c *C.rs_op) C.int { return C.rs_remove(c) })
		o.step(func(c *C.rs_op) C.int { return C.rs_create(c, false) })
	}
	if ws.Data != nil {
		o.changeData(ws.Data)
	} else {
		o.touch()
	}
	for name, value := range ws.Xattrs {
		name := escapeName(name)
		if value == nil {
			o.step(func(c *C.rs_op) C.int { return C.rs_rmxattr(c, cString(name)) })
		} else {
			o.step(func(c *C.rs_op) C.int { return C.rs_setxattr(c, cString(name), cBytes(value)) })
		}
	}
	o.changeOmap(ws)
}

// touch makes RADOS count a change even where all steps change nothing, such as the removal of an xattr that is not there.
// Erasure-coded pools take it, too, unlike a write of no bytes.
func (o *op) touch() {
	o.step(func(c *C.rs_op) C.int { return C.rs_rmxattr(c, cString(touched)) })
}

// changeData makes step 4 of store.WriteSet. RADOS takes a run of zeros that reaches the end for a truncation, so the size
// is set last.
func (o *op) changeData(d *store.DataChange) {
	if d.Keep == 0 && len(d.Extents) == 1 && d.Extents[0].Len == d.Size && d.Extents[0].Bytes != nil {
		o.step(func(c *C.rs_op) C.int { return C.rs_write_full(c, cBytes(d.Extents[0].Bytes)) })
		return
	}
	o.step(func(c *C.rs_op) C.int { return C.rs_truncate(c, C.uint64_t(d.Keep)) })
	for _, e := range d.Extents {
		if e.Bytes == nil {
			o.step(func(c *C.rs_op) C.int { return C.rs_zero(c, C.uint64_t(e.Off), C.uint64_t(e.Len)) })
		} else {
			o.step(func(c *C.rs_op) C.int { return C.rs_write(c, C.uint64_t(e.Off), cBytes(e.Bytes)) })
		}
	}
	o.step(func(c *C.rs_op) C.int { return C.rs_truncate(c, C.uint64_t(d.Size)) })
}

// behindAllKeys is above every omap key of up to 64 KiB, which is as long as keys may be by default. RADOS has no range without
// an end.
var behindAllKeys = strings.Repeat("\xff", 64<<10+1)

func (o *op) changeOmap(ws *store.WriteSet) {
	if ws.OmapClear {
		o.step(func(c *C.rs_op) C.int { return C.rs_omap_clear(c) })
	}
	if ws.OmapHeader != nil {
		o.step(func(c *C.rs_op) C.int { return C.rs_omap_header(c, cBytes(ws.OmapHeader)) })
	}
	for _, r := range ws.OmapRanges {
		end := r.End
		if r.Open {
			end = behindAllKeys
		}
		o.step(func(c *C.rs_op) C.int { return C.rs_omap_remove_range(c, cString(r.First), cString(end)) })
	}
	for key, value := range ws.Omap {
		if value == nil {
			o.step(func(c *C.rs_op) C.int { return C.rs_omap_remove(c, cString(key)) })
		} else {
			o.step(func(c *C.rs_op) C.int { return C.rs_omap_set(c, cString(key), cBytes(value)) })
		}
	}
}
