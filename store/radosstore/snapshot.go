//go:build !norados

package radosstore

// This file reads objects: all of a small one at once, and what more there is of a large one as long as its version stays.

// #include "rs.h"
import "C"

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/objluad/objluad/store"
)

// What a snapshot reads when it is opened. An object with no more than that is one operation, and its snapshot outlives any
// commit.
const (
	firstData  = 64 << 10 // bytes of data, from the beginning
	firstPairs = 16       // omap pairs with the lowest keys, beside that of the empty key
)

// dataAtOnce is how much data one operation reads at most.
const dataAtOnce = 4 << 20

// snapshot is what was read at once, and the means to read more.
type snapshot struct {
	s   *Store
	ctx context.Context
	ref store.Ref

	exists  bool
	stat    store.Stat
	pool    int64
	version uint64 // RADOS's own

	data   []byte           // the beginning
	xattrs []store.KeyValue // all, in order
	header []byte
	omap   omapPage // from the beginning

	overtaken bool
}

// Snapshot reads the object in one operation, which is atomic.
func (s *Store) Snapshot(ctx context.Context, ref store.Ref) (store.Snapshot, error) {
	snap, err := inPool(func() (*snapshot, error) { return s.snapshot(ctx, ref) })
	if err != nil {
		return nil, err
	}
	s.cache.saw(ref, snap.stat.Version)
	return snap, nil
}

// SnapshotToChange is a Snapshot, or what is remembered of the object.
func (s *Store) SnapshotToChange(ctx context.Context, ref store.Ref) (store.Snapshot, bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	if state := s.cache.use(ref); state != nil {
		if s.isClosed() {
			return nil, false, store.ErrClosed
		}
		return state, true, nil
	}
	snap, err := inPool(func() (*snapshot, error) { return s.snapshot(ctx, ref) })
	if err != nil {
		return nil, false, err
	}
	if state := snap.whole(); state != nil {
		s.cache.put(ref, state)
	}
	return snap, false, nil
}

// CacheSize returns the bytes that are taken by what is remembered.
func (s *Store) CacheSize() int64 { return s.cache.bytes() }

// whole returns the object as a state; nil when it is absent, or more than was read, or foreign.
func (p *snapshot) whole() *store.State {
	if !p.exists || p.stat.Size > int64(len(p.data)) || p.omap.more || p.foreign() {
		return nil
	}
	return store.NewState(p.stat, p.data, clonePairs(p.xattrs), p.header, clonePairs(p.omap.pairs))
}

// foreign reports whether another program gave the object what no commit gives, and what commits treat otherwise than a state: a key
// that no range reaches, or the xattr that is touched.
func (p *snapshot) foreign() bool {
	n := len(p.omap.pairs)
	return n > 0 && p.omap.pairs[n-1].Key >= behindAllKeys ||
		slices.ContainsFunc(p.xattrs, func(kv store.KeyValue) bool { return kv.Key == touched })
}

// clonePairs copies pairs, each to memory of its own: what is left of them then keeps no more alive than itself.
func clonePairs(kvs []store.KeyValue) []store.KeyValue {
	all := slices.Clone(kvs)
	for i := range all {
		all[i].Value = bytes.Clone(all[i].Value)
	}
	return all
}

func (s *Store) snapshot(ctx context.Context, ref store.Ref) (*snapshot, error) {
	o := newRead()
	defer o.free()
	o.step(func(c *C.rs_op) C.int { return C.rs_read_stat(c) })
	o.step(func(c *C.rs_op) C.int { return C.rs_read_data(c, 0, firstData) })
	o.step(func(c *C.rs_op) C.int { return C.rs_read_xattrs(c) })
	o.step(func(c *C.rs_op) C.int { return C.rs_read_header(c) })
	// A listing is of keys above a key: the empty one is in none.
	o.step(func(c *C.rs_op) C.int { return C.rs_read_omap_value(c, cString("")) })
	o.step(func(c *C.rs_op) C.int { return C.rs_read_omap(c, cString(""), firstPairs) })
	r, err := s.do(ctx, ref, -1, o)
	if err != nil {
		return nil, err
	}
	snap := &snapshot{s: s, ctx: ctx, ref: ref, pool: r.pool}
	switch r.errno {
	case 0:
		return snap, snap.take(o, &r)
	case syscall.ENOENT:
		return snap, nil
	}
	return nil, clusterError(r.errno)
}

// take fills the snapshot with what the operation read.
func (p *snapshot) take(o *op, r *result) error {
	version, err := joinVersion(r.pool, uint64(r.c.version))
	if err != nil {
		return err
	}
	p.exists = true
	p.version = uint64(r.c.version)
	p.stat = store.Stat{Size: int64(r.c.size), MTime: time.Unix(int64(r.c.mtime_sec), int64(r.c.mtime_nsec)), Version: version}
	p.data = make([]byte, r.c.data)
	o.data(r, p.data)
	if int64(len(p.data)) != min(p.stat.Size, firstData) {
		return fmt.Errorf("%w: the cluster gave %d bytes of an object of %d", store.ErrIO, len(p.data), p.stat.Size)
	}
	p.header = o.header(r)
	p.omap = omapPage{o.omap(r), bool(r.c.more)}
	p.xattrs = o.xattrs(r)
	for i := range p.xattrs {
		p.xattrs[i].Key = unescapeName(p.xattrs[i].Key)
	}
	slices.SortFunc(p.xattrs, func(a, b store.KeyValue) int { return strings.Compare(a.Key, b.Key) })
	return nil
}

// read does another read, of the snapshot's version only. The results stay with the operation, which the caller frees.
func (p *snapshot) read(steps func(o *op)) (*op, *result, error) {
	o := newRead()
	o.step(func(c *C.rs_op) C.int { return C.rs_assert_version(c, C.uint64_t(p.version)) })
	steps(o)
	r, err := p.s.do(p.ctx, p.ref, p.pool, o)
	switch {
	case err != nil:
	case r.errno == 0:
		return o, &r, nil
	case r.errno == syscall.ENOENT || r.errno == syscall.ERANGE || r.errno == syscall.EOVERFLOW:
		err = fmt.Errorf("%w, while it was read", store.ErrConflict)
	default:
		err = clusterError(r.errno)
	}
	p.overtaken = p.overtaken || errors.Is(err, store.ErrConflict)
	o.free()
	return nil, nil, err
}

func (p *snapshot) Stat() (store.Stat, bool) { return p.stat, p.exists }

// Close tells whether a read met a later version.
func (p *snapshot) Close() error {
	if p.overtaken {
		return store.ErrConflict
	}
	return nil
}

func (p *snapshot) Xattr(name string) ([]byte, bool, error) {
	i, ok := slices.BinarySearchFunc(p.xattrs, name, func(kv store.KeyValue, name string) int { return strings.Compare(kv.Key, name) })
	if !ok {
		return nil, false, nil
	}
	return bytes.Clone(p.xattrs[i].Value), true, nil
}

// Xattrs returns copies. RADOS knows no bound for a listing, so what is above max was read all the same.
func (p *snapshot) Xattrs(max int64) ([]store.KeyValue, error) {
	var size int64
	for _, kv := range p.xattrs {
		size += kv.Cost()
	}
	if size > max {
		return nil, fmt.Errorf("%w: the xattrs have %d bytes, 128 for each included, the limit of a listing is %d", store.ErrTooLarge, size, max)
	}
	return clonePairs(p.xattrs), nil
}

func (p *snapshot) OmapHeader() ([]byte, error) { return bytes.Clone(p.header), nil }

// ReadAt fills p from off.
func (p *snapshot) ReadAt(to []byte, off int64) error {
	if off < int64(len(p.data)) {
		n := copy(to, p.data[off:])
		to, off = to[n:], off+int64(n)
	}
	for len(to) > 0 {
		piece := to[:min(len(to), dataAtOnce)]
		if err := p.readPiece(piece, off); err != nil {
			return err
		}
		to, off = to[len(piece):], off+int64(len(piece))
	}
	return nil
}

func (p *snapshot) readPiece(to []byte, off int64) error {
	o, r, err := p.read(func(o *op) {
		o.step(func(c *C.rs_op) C.int { return C.rs_read_data(c, C.uint64_t(off), C.size_t(len(to))) })
	})
	if err != nil {
		return err
	}
	defer o.free()
	if n := o.data(r, to); n != len(to) {
		return fmt.Errorf("%w: the cluster gave %d bytes at offset %d, asked for %d", store.ErrIO, n, off, len(to))
	}
	return nil
}
