// This file is a store in memory for tests, with a hook to come in a commit's way.

package objclass

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/objluad/objluad/store"
)

// memStore keeps objects as values that never change: a commit replaces one by another.
type memStore struct {
	mu       sync.Mutex
	pools    map[string]map[store.Ref]*memObject
	versions uint64 // one sequence for all objects, so that none repeats

	// beforeCommit, when set, is called before each commit, without any lock.
	beforeCommit func(ref store.Ref)
	// beforeSnapshot, when set, is called before each snapshot in the same way.
	beforeSnapshot func(ctx context.Context, ref store.Ref)
	overtakes      int // how many snapshots, from the next one on, are overtaken before their data is read
	snapshots      int // opened so far
	open           int // snapshots not closed yet
	commits        int
}

type memObject struct {
	stat   store.Stat
	data   []byte
	xattrs map[string][]byte
	header []byte
	omap   map[string][]byte
}

func newMemStore(pools ...string) *memStore {
	s := &memStore{pools: make(map[string]map[store.Ref]*memObject)}
	for _, pool := range pools {
		s.pools[pool] = make(map[store.Ref]*memObject)
	}
	return s
}

func (s *memStore) Snapshot(ctx context.Context, ref store.Ref) (store.Snapshot, error) {
	if s.beforeSnapshot != nil {
		s.beforeSnapshot(ctx, ref)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	pool, ok := s.pools[ref.Pool]
	if !ok {
		return nil, store.ErrNoPool
	}
	s.snapshots++
	s.open++
	s.overtakes--
	return &memSnapshot{store: s, obj: pool[ref], overtaken: s.overtakes >= 0}, nil
}

func (s *memStore) Commit(_ context.Context, ref store.Ref, expected uint64, ws *store.WriteSet) (uint64, error) {
	if s.beforeCommit != nil {
		s.beforeCommit(ref)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	pool, ok := s.pools[ref.Pool]
	if !ok {
		return 0, store.ErrNoPool
	}
	old := pool[ref]
	if version := (&memSnapshot{obj: old}).version(); version != expected {
		return 0, store.ErrConflict
	}
	s.commits++
	s.versions++
	if ws.Remove {
		delete(pool, ref)
	} else {
		pool[ref] = old.apply(ws, s.versions)
	}
	return s.versions, nil
}

// apply returns what ws makes of an object, which may be nil.
func (o *memObject) apply(ws *store.WriteSet, version uint64) *memObject {
	next := &memObject{xattrs: map[string][]byte{}, omap: map[string][]byte{}}
	if o != nil && !ws.Reset {
		next.data, next.header = slices.Clone(o.data), o.header
		maps.Copy(next.xattrs, o.xattrs)
		maps.Copy(next.omap, o.omap)
	}
	if d := ws.Data; d != nil {
		data := make([]byte, d.Size)
		copy(data[:d.Keep], next.data)
		for _, e := range d.Extents {
			clear(data[e.Off : e.Off+e.Len])
			copy(data[e.Off:], e.Bytes)
		}
		next.data = data
	}
	if ws.OmapClear {
		next.header, next.omap = nil, map[string][]byte{}
	}
	if ws.OmapHeader != nil {
		next.header = slices.Clone(ws.OmapHeader)
	}
	for _, r := range ws.OmapRanges {
		maps.DeleteFunc(next.omap, func(key string, _ []byte) bool { return r.Contains(key) })
	}
	set := func(to, changes map[string][]byte) {
		for key, value := range changes {
			if to[key] = slices.Clone(value); value == nil {
				delete(to, key)
			}
		}
	}
	set(next.xattrs, ws.Xattrs)
	set(next.omap, ws.Omap)
	next.stat = store.Stat{Size: int64(len(next.data)), MTime: time.Now(), Version: version}
	return next
}

func (s *memStore) List(_ context.Context, pool, namespace, after string, limit int) ([]string, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	objects, ok := s.pools[pool]
	if !ok {
		return nil, false, store.ErrNoPool
	}
	var oids []string
	for ref := range objects {
		if ref.Namespace == namespace && ref.OID > after {
			oids = append(oids, ref.OID)
		}
	}
	slices.Sort(oids)
	if len(oids) > limit {
		return oids[:limit], true, nil
	}
	return oids, false, nil
}

func (s *memStore) Walk(_ context.Context, pool string, visit func(namespace, oid string) error) error {
	s.mu.Lock()
	objects, ok := s.pools[pool]
	refs := slices.Collect(maps.Keys(objects))
	s.mu.Unlock()
	if !ok {
		return store.ErrNoPool
	}
	for _, ref := range refs {
		if err := visit(ref.Namespace, ref.OID); err != nil {
			return err
		}
	}
	return nil
}

func (s *memStore) Usage(_ context.Context, pool string) (store.Usage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	objects, ok := s.pools[pool]
	if !ok {
		return store.Usage{}, store.ErrNoPool
	}
	u := store.Usage{Objects: int64(len(objects))}
	for _, obj := range objects {
		u.Bytes += obj.stat.Size
	}
	return u, nil
}

func (s *memStore) Space(context.Context) (store.Space, error) {
	return store.Space{Total: 1 << 30, Available: 1 << 29}, nil
}

func (s *memStore) Pools(context.Context) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.pools)), nil
}

func (s *memStore) CreatePool(_ context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pools[name] != nil {
		return store.ErrPoolExists
	}
	s.pools[name] = make(map[store.Ref]*memObject)
	return nil
}

func (s *memStore) RemovePool(_ context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pools[name] == nil {
		return store.ErrNoPool
	}
	delete(s.pools, name)
	return nil
}

func (s *memStore) Close() error { return nil }

// counts returns how many snapshots were opened, how many of them are open, and how many commits were made.
func (s *memStore) counts() (snapshots, open, commits int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.snapshots, s.open, s.commits
}

type memSnapshot struct {
	store *memStore
	obj   *memObject // nil when the object is absent

	overtaken bool
	conflict  error // what Close returns
}

func (s *memSnapshot) version() uint64 {
	st, _ := s.Stat()
	return st.Version
}

func (s *memSnapshot) Stat() (store.Stat, bool) {
	if s.obj == nil {
		return store.Stat{}, false
	}
	return s.obj.stat, true
}

func (s *memSnapshot) ReadAt(p []byte, off int64) error {
	if s.overtaken {
		s.conflict = store.ErrConflict
		return s.conflict
	}
	copy(p, s.obj.data[off:])
	return nil
}

func (s *memSnapshot) Xattr(name string) ([]byte, bool, error) {
	if s.obj == nil {
		return nil, false, nil
	}
	value, ok := s.obj.xattrs[name]
	return slices.Clone(value), ok, nil
}

func (s *memSnapshot) Xattrs(int64) ([]store.KeyValue, error) {
	return sortedPairs(s.obj.xattrs), nil
}

func (s *memSnapshot) OmapHeader() ([]byte, error) {
	if s.obj == nil {
		return nil, nil
	}
	return slices.Clone(s.obj.header), nil
}

func (s *memSnapshot) OmapValue(key string) ([]byte, bool, error) {
	if s.obj == nil {
		return nil, false, nil
	}
	value, ok := s.obj.omap[key]
	return slices.Clone(value), ok, nil
}

func (s *memSnapshot) OmapIter(start string) (store.OmapIter, error) {
	if s.obj == nil {
		return &memIter{}, nil
	}
	pairs := slices.DeleteFunc(sortedPairs(s.obj.omap), func(kv store.KeyValue) bool { return kv.Key < start })
	return &memIter{pairs: pairs}, nil
}

func (s *memSnapshot) Close() error {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	s.store.open--
	return s.conflict
}

func sortedPairs(m map[string][]byte) []store.KeyValue {
	var kvs []store.KeyValue
	for _, key := range slices.Sorted(maps.Keys(m)) {
		kvs = append(kvs, store.KeyValue{Key: key, Value: slices.Clone(m[key])})
	}
	return kvs
}

type memIter struct {
	pairs []store.KeyValue
	next  int
}

func (i *memIter) Next() bool {
	i.next++
	return i.next <= len(i.pairs)
}

func (i *memIter) Key() string            { return i.pairs[i.next-1].Key }
func (i *memIter) Value() ([]byte, error) { return i.pairs[i.next-1].Value, nil }
func (i *memIter) Err() error             { return nil }
func (i *memIter) Close() error           { return nil }
