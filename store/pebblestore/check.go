package pebblestore

// This file verifies a store: the checksums of its tables, the order of its levels, and all invariants of doc.go.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strconv"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable"

	"github.com/objluad/objluad/store"
)

// Check reports what is wrong in the store's files and keys. It reads everything once from the disk, and once in order of the
// keys, on one snapshot; its memory is that of one key. Pools are neither made nor removed meanwhile. The log and the manifest
// were verified when the store was opened.
func (s *Store) Check(ctx context.Context, report func(store.Problem)) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	if err := s.usable(); err != nil {
		return err
	}
	snap := s.db.NewSnapshot()
	defer snap.Close()
	c := &check{ctx: ctx, s: s, snap: snap, report: report, pools: make(map[poolID]string)}
	sound, err := c.tables()
	if err != nil {
		return err
	}
	if sound {
		if err := s.db.CheckLevels(nil); err != nil {
			c.problem("levels of the storage engine", "%v", err)
		}
	}
	return c.keys()
}

// check is a check under way.
type check struct {
	ctx    context.Context
	s      *Store
	snap   *pebble.Snapshot
	report func(store.Problem)

	nextPool uint64
	pools    map[poolID]string // names by id
	parts    owner             // of the parts that were visited last
}

func (c *check) problem(where, format string, args ...any) {
	c.report(store.Problem{Where: where, What: fmt.Sprintf(format, args...)})
}

// tables verifies the checksum of each block of each table, past any cache.
func (c *check) tables() (sound bool, err error) {
	levels, err := c.s.db.SSTables()
	if err != nil {
		return false, ioError(err)
	}
	sound = true
	for _, level := range levels {
		for _, table := range level {
			if err := c.ctx.Err(); err != nil {
				return false, err
			}
			name := fmt.Sprintf("%s.sst", table.BackingSSTNum)
			err := c.table(c.s.fs.PathJoin(c.s.dir, name))
			if err != nil && !errors.Is(err, fs.ErrNotExist) { // it was compacted meanwhile
				c.problem("file "+name, "%v", err)
				sound = false
			}
		}
	}
	return sound, nil
}

func (c *check) table(path string) error {
	file, err := c.s.fs.Open(path)
	if err != nil {
		return err
	}
	readable, err := sstable.NewSimpleReadable(file)
	if err != nil {
		return errors.Join(err, file.Close())
	}
	opts := &pebble.Options{Logger: c.s.fail}
	opts.EnsureDefaults()
	r, err := sstable.NewReader(c.ctx, readable, opts.MakeReaderOptions())
	if err != nil {
		return errors.Join(err, readable.Close())
	}
	return errors.Join(r.ValidateBlockChecksums(), r.Close())
}

// keys visits all keys in order. Where one cannot be read, it goes on at the next border of a table.
func (c *check) keys() error {
	var start []byte
	for {
		last, err := c.walk(start)
		if err == nil {
			return nil
		}
		if ctxErr := c.ctx.Err(); ctxErr != nil {
			return ctxErr
		}
		next, err2 := c.border(last)
		if err2 != nil {
			return err2
		}
		if next == nil {
			c.problem(fmt.Sprintf("keys from %q on", last), "cannot be read: %v", err)
			return nil
		}
		c.problem(fmt.Sprintf("keys from %q to %q", last, next), "cannot be read: %v", err)
		start = next
	}
}

// walk visits the keys from start on. After an error, last is the last key that could be read.
func (c *check) walk(start []byte) (last []byte, err error) {
	it, err := c.snap.NewIterWithContext(c.ctx, &pebble.IterOptions{LowerBound: start})
	if err != nil {
		return start, err
	}
	defer it.Close()
	last = start
	for ok := it.First(); ok; {
		if err := c.ctx.Err(); err != nil {
			return last, err
		}
		last = append(last[:0:0], it.Key()...)
		value, err := it.ValueAndErr()
		if err != nil {
			return last, err
		}
		if skip := c.key(last, value); skip != nil {
			ok = it.SeekGE(skip)
		} else {
			ok = it.Next()
		}
	}
	return last, it.Error()
}

// border returns the first key behind last at which a table begins or ends, nil if there is none.
func (c *check) border(last []byte) ([]byte, error) {
	levels, err := c.s.db.SSTables()
	if err != nil {
		return nil, ioError(err)
	}
	var first []byte
	for _, level := range levels {
		for _, table := range level {
			for _, key := range [][]byte{table.Smallest.UserKey, table.Largest.UserKey} {
				if bytes.Compare(key, last) > 0 && (first == nil || bytes.Compare(key, first) < 0) {
					first = key
				}
			}
		}
	}
	return bytes.Clone(first), nil
}

// key verifies one key. The keys up to skip, if that is not nil, need no visit.
func (c *check) key(key, value []byte) (skip []byte) {
	switch {
	case bytes.Equal(key, formatKey):
		if v, err := strconv.Atoi(string(value)); err != nil || v < 1 || v > formatVersion {
			c.problem("key format", "is %q, not a version up to %d", value, formatVersion)
		}
	case bytes.Equal(key, floorKey):
		if _, err := decodeUvarint(value); err != nil {
			c.problem("key floor", "%v", err)
		}
	case bytes.Equal(key, nextPoolKey):
		next, err := decodeUvarint(value)
		if err != nil {
			c.problem("key next-pool", "%v", err)
			next = math.MaxUint64 // so that not all pools are wrong, too
		}
		c.nextPool = next
	case key[0] == prefixPool:
		c.pool(string(key[1:]), value)
	case key[0] == prefixObject && len(key) > 5:
		return c.inPool(key, value)
	default:
		c.problem(fmt.Sprintf("key %q", key), "is none of this layout")
	}
	return nil
}

func (c *check) pool(name string, value []byte) {
	where := fmt.Sprintf("pool %q", name)
	id, err := decodeUvarint(value)
	switch {
	case err != nil:
		c.problem(where, "%v", err)
		return
	case id >= c.nextPool || id > math.MaxUint32:
		c.problem(where, "has id %d, but the next pool's is %d", id, c.nextPool)
	}
	if other, ok := c.pools[poolID(id)]; ok {
		c.problem(where, "has id %d, and so has pool %q", id, other)
		return
	}
	c.pools[poolID(id)] = name
}
