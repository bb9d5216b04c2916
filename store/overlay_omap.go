package store

// This file is the omap half of the overlay: changed pairs, and listings that merge them with the snapshot's.

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/RaduBerinde/btreemap"
)

// listingBytes is the size of keys and values after which a listing stops and reports that there is more, so that
// one listing of a huge omap cannot take all memory. BoundListings lowers it.
const listingBytes = 64 << 20

// omapChanges is the difference between the omap that the snapshot has and the omap that the object gets.
type omapChanges struct {
	cleared bool              // the snapshot's omap does not show
	header  []byte            // nil: unchanged
	removed keyRanges         // of the snapshot's omap, what does not show; counts its own cost
	pairs   map[string][]byte // nil value: removed
	cost    int64             // of header and pairs

	// order has the keys of pairs in order. Few methods list an omap that they change, so it is made by the first listing or
	// removal of a range.
	order *btreemap.BTreeMap[string, struct{}]
}

func (c *omapChanges) changed() bool {
	return c.cleared || c.header != nil || !c.removed.empty() || len(c.pairs) > 0
}

func (c *omapChanges) put(key string, value []byte) {
	if c.pairs == nil {
		c.pairs = make(map[string][]byte)
	}
	c.pairs[key] = value
	if c.order != nil {
		c.order.ReplaceOrInsert(key, struct{}{})
	}
}

func (o *Overlay) orderedChanges() (*btreemap.BTreeMap[string, struct{}], error) {
	if o.omap.order != nil {
		return o.omap.order, nil
	}
	order := btreemap.New[string, struct{}](16, strings.Compare)
	for key := range o.omap.pairs {
		if err := o.steps.take(); err != nil {
			return nil, err
		}
		order.ReplaceOrInsert(key, struct{}{})
	}
	o.omap.order = order
	return order, nil
}

func (c *omapChanges) drop(key string) {
	c.cost -= pairCost(key, c.pairs[key])
	delete(c.pairs, key)
	c.order.Delete(key)
}

// omapShows reports whether the snapshot's omap shows where nothing was changed.
func (o *Overlay) omapShows() bool { return o.under && !o.omap.cleared }

// keyShows reports whether the snapshot's pair of a key shows, if the key itself was not changed.
func (o *Overlay) keyShows(key string) bool {
	if !o.omapShows() {
		return false
	}
	_, removed := o.omap.removed.around(key)
	return !removed
}

// OmapHeader returns the omap's header, empty when none was written or the object is absent.
func (o *Overlay) OmapHeader() ([]byte, error) {
	if o.omap.header == nil && o.omapShows() {
		return o.snap.OmapHeader()
	}
	return bytes.Clone(o.omap.header), nil
}

// SetOmapHeader sets the omap's header, and creates the object if absent.
func (o *Overlay) SetOmapHeader(header []byte) error {
	if err := o.checkOmapValue("the omap header", header); err != nil {
		return err
	}
	adds, frees := pairCost("", header), int64(0)
	if o.omap.header != nil {
		frees = pairCost("", o.omap.header)
	}
	if err := o.admit(adds, frees); err != nil {
		return err
	}
	o.exists = true
	o.omap.header = notNil(header)
	o.omap.cost += adds - frees
	return nil
}

// OmapValue returns the value of an omap key. It fails with ErrNotFound or ErrNoKey.
func (o *Overlay) OmapValue(key string) ([]byte, error) {
	if !o.exists {
		return nil, ErrNotFound
	}
	if len(key) > o.limits.OmapKey {
		return nil, ErrNoKey // no object has it, and the text would be as long
	}
	value, changed := o.omap.pairs[key]
	if !changed && o.keyShows(key) {
		if value, ok, err := o.snap.OmapValue(key); err != nil || ok {
			return value, err
		}
	}
	if value == nil {
		return nil, fmt.Errorf("%w: %.100q", ErrNoKey, key)
	}
	return bytes.Clone(value), nil
}

// OmapValues returns the pairs that there are of some keys, in byte order. It fails with ErrTooLarge when they take more than a
// listing may. An absent object has none.
func (o *Overlay) OmapValues(keys []string) (kvs []KeyValue, err error) {
	order := btreemap.New[string, struct{}](16, strings.Compare)
	for _, key := range keys {
		if err := o.steps.take(); err != nil {
			return nil, err
		}
		order.ReplaceOrInsert(key, struct{}{})
	}
	var size int64
	for key := range order.Ascend(btreemap.Min[string](), btreemap.Max[string]()) {
		if err := o.steps.take(); err != nil {
			return nil, err
		}
		value, err := o.OmapValue(key)
		if errors.Is(err, ErrNoKey) || errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if size += pairCost(key, value); size > o.listing {
			return nil, fmt.Errorf("%w: the values are too large to read at once after %d keys; ask for fewer", ErrTooLarge, len(kvs))
		}
		kvs = append(kvs, KeyValue{key, value})
	}
	return kvs, nil
}

// SetOmapValue sets an omap pair, and creates the object if absent.
func (o *Overlay) SetOmapValue(key string, value []byte) error {
	if err := o.checkOmapPair(key, value); err != nil {
		return err
	}
	if err := o.putOmap(key, notNil(value)); err != nil {
		return err
	}
	o.exists = true
	return nil
}

// SetOmapValues sets omap pairs, the last one of a repeated key, and creates the object if absent, even for no pairs. It
// sets all of them or none.
func (o *Overlay) SetOmapValues(kvs []KeyValue) error {
	last := make(map[string][]byte, len(kvs))
	for _, kv := range kvs {
		if err := o.steps.take(); err != nil {
			return err
		}
		if err := o.checkOmapPair(kv.Key, kv.Value); err != nil {
			return err
		}
		last[kv.Key] = notNil(kv.Value)
	}
	adds, frees, err := o.costOfPairs(last)
	if err != nil {
		return err
	}
	if err := o.admit(adds, frees); err != nil {
		return err
	}
	o.exists = true
	o.omap.cost += adds - frees
	if o.omap.pairs == nil && o.omap.order == nil {
		o.omap.pairs = last
		return nil
	}
	for key, value := range last {
		if err := o.steps.take(); err != nil {
			return o.begun(err)
		}
		o.omap.put(key, value)
	}
	return nil
}

// costOfPairs returns what setting pairs adds to the write set, and what it takes off.
func (o *Overlay) costOfPairs(pairs map[string][]byte) (adds, frees int64, err error) {
	for key, value := range pairs {
		if err := o.steps.take(); err != nil {
			return 0, 0, err
		}
		adds += pairCost(key, value)
		if old, ok := o.omap.pairs[key]; ok {
			frees += pairCost(key, old)
		}
	}
	return adds, frees, nil
}

// RemoveOmapKey removes an omap pair; a key that is absent is no error. It fails with ErrNotFound when the object is
// absent.
func (o *Overlay) RemoveOmapKey(key string) error {
	if !o.exists {
		return ErrNotFound
	}
	if len(key) > o.limits.OmapKey {
		return nil // no object has such a key
	}
	return o.putOmap(key, nil)
}

// RemoveOmapRange removes the omap pairs of a range, in a time that does not depend on how many the snapshot has there. It
// fails with ErrNotFound when the object is absent.
func (o *Overlay) RemoveOmapRange(r KeyRange) error {
	if !o.exists {
		return ErrNotFound
	}
	if err := cmp.Or(o.checkOmapKey(r.First), o.checkOmapKey(r.End)); err != nil {
		return err
	}
	if r.Empty() {
		return nil
	}
	changed, frees, err := o.changedIn(r)
	if err != nil {
		return err
	}
	if o.omapShows() {
		if err := o.hideRange(r, frees); err != nil {
			return err
		}
	}
	for _, key := range changed {
		if err := o.steps.take(); err != nil {
			return o.begun(err)
		}
		o.omap.drop(key)
	}
	return nil
}

// changedIn returns the changed keys of a range, and what they count in the write set.
func (o *Overlay) changedIn(r KeyRange) (keys []string, cost int64, err error) {
	order, err := o.orderedChanges()
	if err != nil {
		return nil, 0, err
	}
	for key := range order.Ascend(btreemap.GE(r.First), btreemap.Max[string]()) {
		if !r.Contains(key) {
			break
		}
		if err := o.steps.take(); err != nil {
			return nil, 0, err
		}
		keys = append(keys, key)
		cost += pairCost(key, o.omap.pairs[key])
	}
	return keys, cost, nil
}

// hideRange hides what the snapshot has in a range, of a change that also frees so much.
func (o *Overlay) hideRange(r KeyRange, frees int64) error {
	all, parts, err := o.omap.removed.joined(r, &o.steps)
	if err != nil {
		return err
	}
	for _, part := range parts {
		frees += part.Cost()
	}
	if err := o.admit(all.Cost(), frees); err != nil {
		return err
	}
	return o.begun(o.omap.removed.replace(parts, all, &o.steps))
}

// ClearOmap removes all omap pairs and the header. It fails with ErrNotFound.
func (o *Overlay) ClearOmap() error {
	if !o.exists {
		return ErrNotFound
	}
	o.omap = omapChanges{cleared: o.under}
	return nil
}

func (o *Overlay) checkOmapPair(key string, value []byte) error {
	if err := o.checkOmapKey(key); err != nil {
		return err
	}
	return o.checkOmapValue("the omap value", value)
}

func (o *Overlay) checkOmapKey(key string) error {
	if len(key) > o.limits.OmapKey {
		return fmt.Errorf("%w: the omap key has %d bytes, the limit is %d", ErrNameTooLong, len(key), o.limits.OmapKey)
	}
	return nil
}

func (o *Overlay) checkOmapValue(what string, value []byte) error {
	if int64(len(value)) > o.limits.OmapValue {
		return fmt.Errorf("%w: %s of %d bytes exceeds the limit of %d", ErrTooLarge, what, len(value), o.limits.OmapValue)
	}
	return nil
}

// putOmap records a change, a removal too, whether or not the snapshot has the key: finding out would cost a read.
func (o *Overlay) putOmap(key string, value []byte) error {
	adds, frees := pairCost(key, value), int64(0)
	if old, ok := o.omap.pairs[key]; ok {
		frees = pairCost(key, old)
	}
	if err := o.admit(adds, frees); err != nil {
		return err
	}
	o.omap.put(key, value)
	o.omap.cost += adds - frees
	return nil
}

// OmapList returns up to max pairs whose keys are > after and begin with prefix, in byte order of the keys, and whether
// there are more. An empty after lists from the beginning, the empty key included; a negative max is no limit. It returns
// fewer pairs than asked, and more, when they take more than a listing may (BoundListings). An absent object has no pairs.
func (o *Overlay) OmapList(after, prefix string, max int64) (kvs []KeyValue, more bool, err error) {
	return o.OmapPage(behind(after), prefix, max, o.listing)
}

// behind returns the first key that a listing after a key may have.
func behind(after string) string {
	if after == "" {
		return ""
	}
	return after + "\x00"
}

// OmapPage is OmapList of the keys >= from, and of about size bytes, keys and 128 for each pair included: the last pair may go
// beyond.
func (o *Overlay) OmapPage(from, prefix string, max, size int64) (kvs []KeyValue, more bool, err error) {
	size = min(size, o.listing)
	err = o.walkOmap(from, prefix, func(key string, value func() ([]byte, error)) (bool, error) {
		if int64(len(kvs)) == max || size <= 0 {
			more = true
			return false, nil
		}
		v, err := value()
		if err != nil {
			return false, err
		}
		kvs = append(kvs, KeyValue{key, bytes.Clone(v)})
		size -= pairCost(key, v)
		return true, nil
	})
	if err != nil {
		return nil, false, err
	}
	return kvs, more, nil
}

// OmapKeys is OmapList without the values, which are not read.
func (o *Overlay) OmapKeys(after, prefix string, max int64) (keys []string, more bool, err error) {
	return o.OmapKeyPage(behind(after), prefix, max, o.listing)
}

// OmapKeyPage is OmapPage without the values, which are not read.
func (o *Overlay) OmapKeyPage(from, prefix string, max, size int64) (keys []string, more bool, err error) {
	size = min(size, o.listing)
	err = o.walkOmap(from, prefix, func(key string, _ func() ([]byte, error)) (bool, error) {
		if int64(len(keys)) == max || size <= 0 {
			more = true
			return false, nil
		}
		keys = append(keys, key)
		size -= pairCost(key, nil)
		return true, nil
	})
	if err != nil {
		return nil, false, err
	}
	return keys, more, nil
}

// omapVisitor is called for each pair of a listing and reports whether to go on. The value is valid until it returns.
type omapVisitor func(key string, value func() ([]byte, error)) (bool, error)

// walkOmap visits the pairs whose keys are >= from and begin with prefix, in order.
func (o *Overlay) walkOmap(from, prefix string, visit omapVisitor) error {
	start := max(from, prefix)
	// Keys that begin with prefix are neighbours, and none lies before start: the first without prefix is behind them all.
	inPrefix := func(key string, value func() ([]byte, error)) (bool, error) {
		if !strings.HasPrefix(key, prefix) {
			return false, nil
		}
		return visit(key, value)
	}
	var base OmapIter = noPairs{}
	if o.omapShows() {
		var err error
		if base, err = o.baseIter(start); err != nil {
			return err
		}
	}
	err := o.mergeOmap(base, start, inPrefix)
	if cerr := base.Close(); err == nil {
		err = cerr
	}
	return err
}

// mergeOmap visits the changed pairs from start on and those of base, except where a change replaces or removes them.
func (o *Overlay) mergeOmap(base OmapIter, start string, visit omapVisitor) error {
	var baseKey string
	var valid bool
	advance := func() {
		if valid = base.Next(); valid {
			baseKey = base.Key()
		}
	}
	advance()
	order, err := o.orderedChanges()
	if err != nil {
		return err
	}
	for key := range order.Ascend(btreemap.GE(start), btreemap.Max[string]()) {
		if err := o.steps.take(); err != nil { // removed keys are passed over, however many there are
			return err
		}
		for ; valid && baseKey < key; advance() {
			if goOn, err := visit(baseKey, base.Value); !goOn || err != nil {
				return err
			}
		}
		if valid && baseKey == key {
			advance()
		}
		value := o.omap.pairs[key]
		if value == nil {
			continue
		}
		if goOn, err := visit(key, func() ([]byte, error) { return value, nil }); !goOn || err != nil {
			return cmp.Or(err, base.Err()) // the base may have ended early
		}
	}
	for ; valid; advance() {
		if goOn, err := visit(baseKey, base.Value); !goOn || err != nil {
			return err
		}
	}
	return base.Err()
}

// baseIter iterates over the pairs of the snapshot that show where no key was changed, from start on.
func (o *Overlay) baseIter(start string) (OmapIter, error) {
	it, err := o.snap.OmapIter(start)
	if err != nil || o.omap.removed.empty() {
		return it, err
	}
	return &shownIter{OmapIter: it, o: o}, nil
}

// shownIter iterates over the pairs of a snapshot, and leaves out those in removed ranges.
type shownIter struct {
	OmapIter
	o   *Overlay
	err error
}

// passOver is how many removed pairs are passed over before the iterator is made anew behind their range: about as many as cost
// the same.
const passOver = 16

func (s *shownIter) Next() bool {
	passed := 0
	for s.err == nil && s.OmapIter.Next() {
		r, removed := s.o.omap.removed.around(s.Key())
		if !removed {
			return true
		}
		if r.Open {
			return false
		}
		s.err = s.o.steps.take()
		if passed++; passed%passOver == 0 && s.err == nil {
			s.restart(r.End)
		}
	}
	return false
}

// restart makes the iterator anew, from start on.
func (s *shownIter) restart(start string) {
	if s.err = s.OmapIter.Close(); s.err == nil {
		s.OmapIter, s.err = s.o.snap.OmapIter(start)
	}
	if s.err != nil {
		s.OmapIter = noPairs{}
	}
}

func (s *shownIter) Err() error { return cmp.Or(s.err, s.OmapIter.Err()) }

// noPairs is the iterator of an omap that has none.
type noPairs struct{}

func (noPairs) Next() bool             { return false }
func (noPairs) Key() string            { return "" }
func (noPairs) Value() ([]byte, error) { return nil, nil }
func (noPairs) Err() error             { return nil }
func (noPairs) Close() error           { return nil }
