package pebblestore

// This file walks over all objects of a pool, and tells how much there is.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/objluad/objluad/store"
)

// walkBatch is how many heads a walk looks at before it lets go of the pool and of what its iterator pins.
const walkBatch = 1000

// Walk visits each object of the pool, in the order of namespaces and object ids. It holds the names of one batch.
func (s *Store) Walk(ctx context.Context, poolName string, visit func(namespace, oid string) error) error {
	return s.walkHeads(ctx, poolName, func(key, _ []byte) (func() error, error) {
		namespace, oid, err := splitHead(key)
		if err != nil {
			return nil, err
		}
		return func() error { return visit(namespace, oid) }, nil
	})
}

// Usage counts the objects of the pool, so its time is the pool's.
func (s *Store) Usage(ctx context.Context, poolName string) (store.Usage, error) {
	var u store.Usage
	err := s.walkHeads(ctx, poolName, func(_, value []byte) (func() error, error) {
		head, err := decodeRecord(value)
		if err != nil {
			return nil, err
		}
		u.Objects++
		u.Bytes += head.size
		return nil, nil
	})
	return u, err
}

// Space tells what the file system has, less the reserve.
func (s *Store) Space(ctx context.Context) (store.Space, error) {
	if err := ctx.Err(); err != nil {
		return store.Space{}, err
	}
	if s.closed() {
		return store.Space{}, store.ErrClosed
	}
	usage, err := s.space.fs.GetDiskUsage(s.space.dir)
	switch {
	case errors.Is(err, vfs.ErrUnsupported):
		return store.Space{}, nil
	case err != nil:
		return store.Space{}, ioError(err)
	}
	available := max(0, int64(min(usage.AvailBytes, math.MaxInt64))-int64(s.space.reserve))
	return store.Space{Total: int64(min(usage.TotalBytes, math.MaxInt64)), Available: available}, nil
}

func (s *Store) closed() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.pools == nil
}

// walkHeads has see look at each head, at what follows the pool in its key and at its value, and calls what see returned once the
// batch is read and nothing is held.
func (s *Store) walkHeads(ctx context.Context, poolName string, see func(key, value []byte) (func() error, error)) error {
	var next []byte
	for more := true; more; {
		var visits []func() error
		var err error
		if visits, next, more, err = s.headBatch(ctx, poolName, next, see); err != nil {
			return err
		}
		for _, visit := range visits {
			if err := visit(); err != nil {
				return err
			}
		}
	}
	return nil
}

// headBatch has see look at a batch of heads, from a key on, and returns the key of the next batch.
func (s *Store) headBatch(ctx context.Context, poolName string, from []byte,
	see func(key, value []byte) (func() error, error)) (visits []func() error, next []byte, more bool, err error) {
	p, err := s.enter(ctx, poolName)
	if err != nil {
		return nil, nil, false, err
	}
	defer p.leave()
	seen := 0
	err = s.scan(ctx, append(poolPrefix(p.id), kindHead), from, func(key []byte, it *pebble.Iterator) (bool, error) {
		if seen == walkBatch {
			next, more = slices.Clone(key), true
			return false, nil
		}
		seen++
		value, err := it.ValueAndErr()
		if err != nil {
			return false, err
		}
		visit, err := see(key, value)
		if visit != nil {
			visits = append(visits, visit)
		}
		return true, err
	})
	return visits, next, more, err
}

// splitHead returns namespace and oid of a head's key behind the pool.
func splitHead(key []byte) (namespace, oid string, err error) {
	var ns []byte
	for rest := key; ; {
		i := bytes.IndexByte(rest, 0)
		switch {
		case i < 0 || i+1 == len(rest):
			return "", "", fmt.Errorf("%w: the key of a head has no end of its namespace: %x", store.ErrIO, key)
		case rest[i+1] == 0x01:
			return string(append(ns, rest[:i]...)), string(rest[i+2:]), nil
		}
		ns = append(ns, rest[:i+1]...)
		rest = rest[i+2:]
	}
}
