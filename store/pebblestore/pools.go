package pebblestore

// This file makes, lists and removes pools, and lists their objects.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"github.com/objluad/objluad/store"
)

// pool is a pool in use.
type pool struct {
	id poolID

	mu   sync.RWMutex // held for reading by each operation in the pool, for writing to end it
	gone error        // why there can be no more operations, or nil
}

// leave ends an operation that enter began.
func (p *pool) leave() { p.mu.RUnlock() }

// close waits for operations under way and makes later ones fail.
func (p *pool) close(gone error) {
	p.mu.Lock()
	p.gone = gone
	p.mu.Unlock()
}

func (s *Store) loadPools() error {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{prefixPool}, UpperBound: []byte{prefixPool + 1}})
	if err != nil {
		return ioError(err)
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		v, err := it.ValueAndErr()
		if err != nil {
			return ioError(err)
		}
		id, err := decodeUvarint(v)
		if err != nil {
			return err
		}
		s.pools[string(it.Key()[1:])] = &pool{id: poolID(id)}
	}
	return ioError(it.Error())
}

// Pools returns the names of all pools in order, those that begin with a dot included.
func (s *Store) Pools(ctx context.Context) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.pools == nil {
		return nil, store.ErrClosed
	}
	return slices.Sorted(maps.Keys(s.pools)), nil
}

// CreatePool creates a pool. It accepts names that begin with a dot, which the daemon keeps for itself.
func (s *Store) CreatePool(ctx context.Context, name string) error {
	if name == "" {
		return fmt.Errorf("%w: the pool's name is empty", store.ErrInvalid)
	}
	if len(name) > store.MaxPool {
		return fmt.Errorf("%w: the pool's name has %d bytes, the limit is %d", store.ErrNameTooLong, len(name), store.MaxPool)
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	p, err := s.enter(ctx, name)
	switch {
	case err == nil:
		p.leave()
		return fmt.Errorf("%w: %q", store.ErrPoolExists, name)
	case !errors.Is(err, store.ErrNoPool):
		return err
	}
	if err := s.space.admit(int64(len(name))); err != nil {
		return err
	}
	b := s.db.NewBatch()
	id := s.nextPool
	if err := setAll(b, poolKey(name), encodeUvarint(uint64(id)), nextPoolKey, encodeUvarint(uint64(id)+1)); err != nil {
		return err
	}
	if err := s.apply(b); err != nil {
		return err
	}
	if err := s.sync(b); err != nil {
		return err
	}
	s.nextPool++
	s.mu.Lock()
	s.pools[name] = &pool{id: id}
	s.mu.Unlock()
	return nil
}

// RemovePool removes a pool and every object in it, in one batch. Commits to the pool come before or fail. As versions of
// its objects must not come back in a pool of the same name, it reads all heads to raise the version floor.
func (s *Store) RemovePool(ctx context.Context, name string) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	p, err := s.enter(ctx, name)
	if err != nil {
		return err
	}
	p.leave() // the pool stays, since only we may remove it
	p.mu.Lock()
	defer p.mu.Unlock()

	top, err := s.highestVersion(ctx, p)
	if err != nil {
		return err
	}
	b := s.db.NewBatch()
	if err := b.Delete(poolKey(name), nil); err != nil {
		return ioError(err)
	}
	prefix := poolPrefix(p.id)
	if err := b.DeleteRange(prefix, after(prefix), nil); err != nil {
		return ioError(err)
	}
	if err := s.floor.raise(b, top, func() error { return s.apply(b) }); err != nil {
		return err
	}
	s.room.removed(span{prefix, after(prefix)}, span{})
	if err := s.sync(b); err != nil {
		return err
	}
	p.gone = fmt.Errorf("%w: %q", store.ErrNoPool, name)
	s.mu.Lock()
	delete(s.pools, name)
	s.mu.Unlock()
	return nil
}

// highestVersion returns the highest version that an object of the pool has.
func (s *Store) highestVersion(ctx context.Context, p *pool) (uint64, error) {
	var top uint64
	err := s.scan(ctx, append(poolPrefix(p.id), kindHead), nil, func(_ []byte, it *pebble.Iterator) (bool, error) {
		v, err := it.ValueAndErr()
		if err != nil {
			return false, err
		}
		r, err := decodeRecord(v)
		if err != nil {
			return false, err
		}
		top = max(top, r.version)
		return true, nil
	})
	return top, err
}

// List returns up to limit object ids of a namespace in byte order, from the first one > after, and whether there are
// more.
func (s *Store) List(ctx context.Context, poolName, namespace, after string, limit int) (oids []string, more bool, err error) {
	p, err := s.enter(ctx, poolName)
	if err != nil {
		return nil, false, err
	}
	defer p.leave()
	var start []byte
	if after != "" {
		start = append([]byte(after), 0)
	}
	err = s.scan(ctx, headPrefix(p.id, namespace), start, func(oid []byte, _ *pebble.Iterator) (bool, error) {
		if len(oids) >= limit {
			more = true
			return false, nil
		}
		oids = append(oids, string(oid))
		return true, nil
	})
	if err != nil {
		return nil, false, err
	}
	return oids, more, nil
}

// scan visits the keys that begin with prefix, from prefix and start on, until visit returns false. It hands over what
// follows the prefix.
func (s *Store) scan(ctx context.Context, prefix, start []byte, visit func(rest []byte, it *pebble.Iterator) (bool, error)) error {
	it, err := s.db.NewIter(&pebble.IterOptions{
		LowerBound: slices.Concat(prefix, start),
		UpperBound: after(prefix),
	})
	if err != nil {
		return ioError(err)
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if goOn, err := visit(it.Key()[len(prefix):], it); !goOn || err != nil {
			return ioError(err)
		}
	}
	return ioError(it.Error())
}
