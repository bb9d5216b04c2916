package pebblestore

// This file opens and closes a store, and keeps its operations apart from both.

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/objluad/objluad/store"
)

// Options configure a store. A zero field means its default. CacheSize and 4 times MemTableSize bound most of the memory that
// a store takes: beside them there are the write sets being committed, which the engine copies twice (as a batch, and into the
// log's blocks), up to 256 MiB of them at once; one block and one value for each open iterator; and a few MiB for each compaction.
type Options struct {
	Logger        *slog.Logger  // default: slog.Default()
	FS            vfs.FS        // default: the operating system's
	CacheSize     int64         // bytes of memory for blocks read; default 128 MiB
	MemTableSize  uint64        // bytes of memory for each of up to 4 tables of recent writes; default 32 MiB
	Reserve       uint64        // bytes that must be free on the disk for a commit to be accepted; default 128 MiB
	Fsync         Fsync         // when commits are durable; default FsyncAlways
	FsyncInterval time.Duration // between two syncs, with FsyncInterval; default 1 s
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.CacheSize == 0 {
		o.CacheSize = 128 << 20
	}
	if o.MemTableSize == 0 {
		o.MemTableSize = 32 << 20
	}
	if o.Reserve == 0 {
		o.Reserve = 128 << 20
	}
	if o.Fsync == "" {
		o.Fsync = FsyncAlways
	}
	if o.FsyncInterval == 0 {
		o.FsyncInterval = time.Second
	}
	return o
}

func (o Options) check() error {
	switch o.Fsync {
	case FsyncAlways, FsyncInterval, FsyncNever:
	default:
		return fmt.Errorf("%w: fsync is always, interval or never, not %q", store.ErrInvalid, o.Fsync)
	}
	if o.FsyncInterval < time.Millisecond {
		return fmt.Errorf("%w: the interval of syncs is 1ms at least, not %v", store.ErrInvalid, o.FsyncInterval)
	}
	return nil
}

// Store is a store in one folder. It implements store.Store.
type Store struct {
	fs    vfs.FS
	dir   string
	db    *pebble.DB
	lock  *pebble.Lock
	fail  *failStop
	late  *lateSync // nil: commits are synced before they are acknowledged
	space *space
	room  *room
	large largeLine
	floor floor
	locks objectLocks

	unsynced sync.WaitGroup // commits that are applied and waited for

	// changing is held while the set of pools changes, and by Close. It comes before mu and any pool's mu.
	changing sync.Mutex
	nextPool poolID

	mu    sync.RWMutex // guards pools; held for a moment only
	pools map[string]*pool
}

var (
	_ store.Syncer   = (*Store)(nil)
	_ store.Checker  = (*Store)(nil)
	_ store.Backuper = (*Store)(nil)
)

// Open opens the store in folder dir and creates it where there is none. Its errors wrap store.ErrLocked,
// store.ErrReadOnly, store.ErrFormat, or what else the engine says; the folder is then as it was.
func Open(dir string, opts Options) (*Store, error) {
	opts = opts.withDefaults()
	if err := opts.check(); err != nil {
		return nil, err
	}
	lock, err := lockFolder(dir, opts.FS)
	if err != nil {
		return nil, err
	}
	s := &Store{
		fs:    opts.FS,
		dir:   dir,
		lock:  lock,
		fail:  &failStop{log: opts.Logger},
		space: &space{fs: opts.FS, dir: dir, reserve: opts.Reserve},
		room:  newRoom(),
		large: newLargeLine(),
		pools: make(map[string]*pool),
	}
	if opts.Fsync != FsyncAlways {
		s.late = &lateSync{dir: dir, fail: s.fail, stop: make(chan struct{})}
		opts.FS = lateFS{opts.FS, s.late}
	}
	opts.FS = privateFS{stopFS{&logFS{FS: opts.FS, dir: dir}, dir, s.fail}}
	s.locks.seed = maphash.MakeSeed()
	if err := checkManifest(dir, opts.FS); err != nil {
		lock.Close()
		return nil, openError(dir, err)
	}
	s.db, err = pebble.Open(dir, pebbleOptions(opts, lock, s.fail))
	if err != nil {
		lock.Close()
		return nil, openError(dir, err)
	}
	if err := cmp.Or(s.load(dir), s.fail.err()); err != nil {
		s.db.Close()
		lock.Close()
		return nil, fmt.Errorf("opening %s: %w", dir, err)
	}
	if opts.Fsync == FsyncInterval {
		go s.late.run(opts.FsyncInterval)
	}
	return s, nil
}

func pebbleOptions(opts Options, lock *pebble.Lock, fail *failStop) *pebble.Options {
	o := &pebble.Options{
		Lock:                        lock,
		FS:                          opts.FS,
		CacheSize:                   opts.CacheSize,
		MemTableSize:                opts.MemTableSize,
		MemTableStopWritesThreshold: 4,
		MaxOpenFiles:                1000,
		FormatMajorVersion:          engineFormat,
		Logger:                      fail,
		EventListener: &pebble.EventListener{
			BackgroundError: func(err error) { opts.Logger.Error("storage engine", "err", err) },
			// One damaged table is no reason to stop: reads of what lies in it fail with store.ErrIO.
			DataCorruption: func(info pebble.DataCorruptionInfo) {
				opts.Logger.Error("storage engine: damaged data", "path", info.Path, "err", info.Details)
			},
		},
		CompactionConcurrencyRange: func() (int, int) { return 1, max(1, runtime.GOMAXPROCS(0)/2) },
	}
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return o
}

// Close waits for operations under way and releases the store. Snapshots must be closed before.
func (s *Store) Close() error {
	s.changing.Lock()
	defer s.changing.Unlock()
	s.mu.Lock()
	pools := s.pools
	s.pools = nil
	s.mu.Unlock()
	if pools == nil {
		return nil
	}
	if s.late != nil {
		close(s.late.stop)
	}
	s.room.close()
	if s.fail.err() != nil {
		// The engine gave up where it stood, maybe with locks held: waiting for it could be for ever. As it may still write,
		// the folder stays locked until the process ends.
		return nil
	}
	for _, p := range pools {
		p.close(store.ErrClosed)
	}
	s.unsynced.Wait()
	s.room.done.Wait()
	err := s.db.Close()
	if lerr := s.lock.Close(); err == nil {
		err = lerr
	}
	return ioError(err)
}

// usable returns why the store cannot be used, or nil.
func (s *Store) usable() error {
	if err := s.fail.err(); err != nil {
		return err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.pools == nil {
		return store.ErrClosed
	}
	return nil
}

// enter begins an operation in a pool. Until leave is called, the pool stays and the store stays open.
func (s *Store) enter(ctx context.Context, name string) (p *pool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.fail.err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	p, open := s.pools[name], s.pools != nil
	s.mu.RUnlock()
	if !open {
		return nil, store.ErrClosed
	}
	if p == nil {
		return nil, fmt.Errorf("%w: %q", store.ErrNoPool, name)
	}
	p.mu.RLock()
	if p.gone != nil {
		p.mu.RUnlock()
		return nil, p.gone
	}
	return p, nil
}

// objectLocks makes the commits of one object exclude each other. Two objects may share a lock, which costs time only.
type objectLocks struct {
	seed  maphash.Seed
	locks [1024]objectLock
}

type objectLock struct {
	sync.Mutex
	unsynced atomic.Int32 // commits that may be visible, and are not known to be durable
	heads    [headSlots]headSlot
}

// of returns an object's lock, and where its head is remembered.
func (l *objectLocks) of(key []byte) (*objectLock, *headSlot) {
	hash := maphash.Bytes(l.seed, key)
	lock := &l.locks[hash%uint64(len(l.locks))]
	return lock, &lock.heads[hash/uint64(len(l.locks))%headSlots]
}

// floor is the version floor that doc.go describes.
type floor struct {
	version atomic.Uint64
	raising sync.Mutex
}

// raise applies a batch that removes objects of up to the given version. Where this raises the floor, the batch carries it,
// and batches that do so are applied one after the other: the last one applied has the highest floor.
func (f *floor) raise(b *pebble.Batch, version uint64, apply func() error) error {
	f.raising.Lock()
	defer f.raising.Unlock()
	if version <= f.version.Load() {
		return apply()
	}
	if err := b.Set(floorKey, encodeUvarint(version), nil); err != nil {
		return err
	}
	if err := apply(); err != nil {
		return err
	}
	f.version.Store(version)
	return nil
}
