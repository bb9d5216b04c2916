//go:build !norados

package radosstore

// This file reads omaps, in pages.

// #include "rs.h"
import "C"

import (
	"bytes"
	"slices"
	"strings"

	"github.com/objluad/objluad/store"
)

// RADOS counts the pairs of a page, and not their bytes. So a listing begins with few, and asks for more as long as a page of
// what it saw would have up to pageBytes; what a page has beyond that, osd_max_omap_bytes_per_request of the cluster bounds.
const (
	pageBytes  = 1 << 20
	maxPairs   = 1024 // osd_max_omap_entries_per_request has the same default
	pairGrowth = 4
)

// omapPage is a run of an omap: no key lies between its pairs.
type omapPage struct {
	pairs []store.KeyValue
	more  bool // there are keys behind the last pair
}

// from returns the index of the first pair with a key >= key, and whether the page, if it begins at or before key, tells what
// the omap has there.
func (g *omapPage) from(key string) (i int, known bool) {
	i, _ = slices.BinarySearchFunc(g.pairs, key, func(kv store.KeyValue, key string) int { return strings.Compare(kv.Key, key) })
	return i, i < len(g.pairs) || !g.more
}

func (p *snapshot) OmapValue(key string) ([]byte, bool, error) {
	if !p.exists {
		return nil, false, nil
	}
	page := &p.omap
	i, known := page.from(key)
	if !known {
		var err error
		if page, err = p.readOmap(key, 0); err != nil {
			return nil, false, err
		}
		i = 0
	}
	if i == len(page.pairs) || page.pairs[i].Key != key {
		return nil, false, nil
	}
	return bytes.Clone(page.pairs[i].Value), true, nil
}

// readOmap reads the pair of a key, and up to max behind it.
func (p *snapshot) readOmap(key string, max int) (*omapPage, error) {
	o, r, err := p.read(func(o *op) {
		o.step(func(c *C.rs_op) C.int { return C.rs_read_omap_value(c, cString(key)) })
		if max > 0 {
			o.step(func(c *C.rs_op) C.int { return C.rs_read_omap(c, cString(key), C.uint64_t(max)) })
		}
	})
	if err != nil {
		return nil, err
	}
	defer o.free()
	return &omapPage{o.omap(r), bool(r.c.more)}, nil
}

func (p *snapshot) OmapIter(start string) (store.OmapIter, error) {
	it := &omapIter{snap: p, page: &p.omap, max: firstPairs}
	if !p.exists {
		return it, nil
	}
	i, known := p.omap.from(start)
	if !known {
		var err error
		if it.page, err = p.readOmap(start, firstPairs); err != nil {
			return nil, err
		}
		i = 0
	}
	it.next = i
	return it, nil
}

// omapIter walks over pages. The one that it is in may begin before the walk.
type omapIter struct {
	snap *snapshot
	page *omapPage
	next int // pair of the page
	max  int // pairs that the page was asked for
	err  error
}

func (it *omapIter) Next() bool {
	if it.next == len(it.page.pairs) && !it.turn() {
		return false
	}
	it.next++
	return true
}

// turn goes on to the next page.
func (it *omapIter) turn() bool {
	if !it.page.more || it.err != nil {
		return false
	}
	pairs := it.page.pairs
	it.max = it.pairsToAsk()
	// No key lies between a key and itself with a NUL behind.
	if it.page, it.err = it.snap.readOmap(pairs[len(pairs)-1].Key+"\x00", it.max); it.err != nil {
		it.page = &omapPage{}
	}
	it.next = 0
	return len(it.page.pairs) > 0
}

func (it *omapIter) pairsToAsk() int {
	size := 1
	for _, kv := range it.page.pairs {
		size += len(kv.Key) + len(kv.Value)
	}
	fit := pageBytes / (size/len(it.page.pairs) + 1)
	return min(max(fit, firstPairs), it.max*pairGrowth, maxPairs)
}

func (it *omapIter) Key() string            { return it.page.pairs[it.next-1].Key }
func (it *omapIter) Value() ([]byte, error) { return it.page.pairs[it.next-1].Value, nil }
func (it *omapIter) Err() error             { return it.err }
func (it *omapIter) Close() error           { return nil }
