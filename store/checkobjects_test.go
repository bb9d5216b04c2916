package store_test

// This file checks objects that are damaged.

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/store/storetest"
)

// oneObject is a store of one object, as far as a check needs it.
type oneObject struct {
	store.Store
	oid  string
	snap func() store.Snapshot
}

func (s *oneObject) Walk(_ context.Context, _ string, visit func(namespace, oid string) error) error {
	return visit("ns", s.oid)
}

func (s *oneObject) Snapshot(context.Context, store.Ref) (store.Snapshot, error) {
	return s.snap(), nil
}

// damagedSnapshot fails to read what is named.
type damagedSnapshot struct {
	store.Snapshot
	what string
	err  error
}

func (s *damagedSnapshot) fails(what string) error {
	if s.what == what {
		return s.err
	}
	return nil
}

func (s *damagedSnapshot) ReadAt(p []byte, off int64) error {
	return errors.Join(s.fails("data"), s.Snapshot.ReadAt(p, off))
}

func (s *damagedSnapshot) Xattrs(most int64) ([]store.KeyValue, error) {
	all, err := s.Snapshot.Xattrs(most)
	if s.what == "order of xattrs" {
		slices.Reverse(all)
	}
	return all, errors.Join(s.fails("xattrs"), err)
}

func (s *damagedSnapshot) OmapHeader() ([]byte, error) {
	header, err := s.Snapshot.OmapHeader()
	return header, errors.Join(s.fails("header"), err)
}

func (s *damagedSnapshot) OmapIter(start string) (store.OmapIter, error) {
	it, err := s.Snapshot.OmapIter(start)
	return &damagedIter{it, s}, err
}

type damagedIter struct {
	store.OmapIter
	s *damagedSnapshot
}

func (it *damagedIter) Key() string {
	if it.s.what == "order of keys" {
		return "same"
	}
	return it.OmapIter.Key()
}

func (it *damagedIter) Value() ([]byte, error) {
	value, err := it.OmapIter.Value()
	return value, errors.Join(it.s.fails("value"), err)
}

func (it *damagedIter) Err() error { return errors.Join(it.s.fails("omap"), it.OmapIter.Err()) }

func TestCheckObjects(t *testing.T) {
	m := &storetest.Model{}
	m.Apply(&store.WriteSet{
		Data:       &store.DataChange{Size: 3 << 20},
		Xattrs:     map[string][]byte{"a": []byte("1"), "b": []byte("2")},
		OmapHeader: []byte("h"),
		Omap:       map[string][]byte{"a": []byte("1"), "b": []byte("2")},
	})
	check := func(oid, what string, damage error, limits store.Limits) (store.Usage, []string, error) {
		var mu sync.Mutex
		var found []string
		st := &oneObject{oid: oid, snap: func() store.Snapshot { return &damagedSnapshot{m.Snapshot(1), what, damage} }}
		usage, err := store.CheckObjects(t.Context(), st, "pool", limits, func(p store.Problem) {
			mu.Lock()
			defer mu.Unlock()
			found = append(found, p.Where+": "+p.What)
		})
		return usage, found, err
	}
	usage, found, err := check("o", "", nil, store.Limits{})
	if usage != (store.Usage{Objects: 1, Bytes: 3 << 20}) || len(found) > 0 || err != nil {
		t.Errorf("a good object: %+v, %q, %v", usage, found, err)
	}
	for what, says := range map[string]string{
		"data": "data at 0", "xattrs": "xattrs: ", "header": "omap header", "value": `value of omap key "a"`, "omap": `omap behind key "b"`,
		"order of xattrs": `xattr "a" is listed behind "b"`, "order of keys": `omap key "same" is listed behind "same"`,
	} {
		_, found, err := check("o", what, store.ErrIO, store.Limits{})
		if err != nil || len(found) != 1 || !strings.HasPrefix(found[0], `object "o" of namespace "ns" of pool "pool": `) || !strings.Contains(found[0], says) {
			t.Errorf("%s: %q, %v", what, found, err)
		}
	}
	for says, limits := range map[string]store.Limits{
		"the limit is 1000": {ObjectSize: 1000}, "the value of xattr": {XattrValue: -1}, "the value of omap key": {OmapValue: -1},
	} {
		if _, found, err := check("o", "", nil, limits); err != nil || len(found) == 0 || !strings.Contains(strings.Join(found, "\n"), says) {
			t.Errorf("%s: %q, %v", says, found, err)
		}
	}
	if _, found, err := check(strings.Repeat("n", 3000), "", nil, store.Limits{}); err != nil || len(found) != 1 || !strings.Contains(found[0], "name too long") {
		t.Errorf("a long name: %d problems, %v", len(found), err)
	}
	if _, found, err := check("o", "data", store.ErrConflict, store.Limits{}); err != nil || len(found) != 1 || !strings.Contains(found[0], "changed each") {
		t.Errorf("an object that changes for ever: %q, %v", found, err)
	}
	if _, found, err := check("o", "data", store.ErrTimedOut, store.Limits{}); !errors.Is(err, store.ErrTimedOut) || len(found) > 0 {
		t.Errorf("a store that does not answer: %q, %v", found, err)
	}
}
