// Package store defines objluad's object model and the interface that a storage engine implements.
//
// An object is named by a Ref and has data, xattrs, an omap (a header and ordered key-value pairs), a version and a
// modification time. The package holds four things: Snapshot, a consistent read view of one object; WriteSet, the net
// effect of a change to one object; Store, which hands out the first and commits the second; and Overlay, which lays a
// growing WriteSet over a Snapshot so that a method reads its own writes. The overlay is written once, here; an engine
// knows only snapshots and write sets.
//
// # Invariants
//
//   - A commit applies the whole of its WriteSet or nothing, and is durable when Commit returns.
//   - A commit with an expected version applies only if the object still has that version; an absent object has
//     version 0.
//   - Each commit raises the object's version. The version of one name never repeats, not even after the object was
//     removed and created again, so a version read earlier cannot match a later object by accident.
//   - A Snapshot shows one version of the object from its opening to its closing, whatever is committed meanwhile. An
//     engine need not keep a version that was overtaken: the reads for which it is needed then fail with ErrConflict, but
//     none shows another version.
//
// Names and keys are byte strings: a NUL, a slash or invalid UTF-8 is data like any other.
package store

import (
	"context"
	"time"
)

// Ref names an object as RADOS does: a pool, a namespace within it (empty is the default namespace) and the object's
// id.
type Ref struct {
	Pool      string
	Namespace string
	OID       string
}

// Stat describes an object that exists.
type Stat struct {
	Size    int64 // bytes of data
	MTime   time.Time
	Version uint64 // at least 1
}

// KeyValue is an xattr or an omap pair.
type KeyValue struct {
	Key   string
	Value []byte
}

// Cost is what the pair counts where the bytes of many are bounded: its own, and 128 for the memory that an entry takes.
func (kv KeyValue) Cost() int64 { return entryCost + int64(len(kv.Key)) + int64(len(kv.Value)) }

// Snapshot is a consistent read view of one object, which may be absent. It is used by one goroutine at a time, and
// must be closed. Byte slices that it returns belong to the caller. Reads observe the context that the snapshot was
// opened with.
//
// A read fails with ErrConflict when it needs what a later commit has changed or removed and the engine kept no copy of.
// What was made of the snapshot must then be made again from a new one. Since readers may have taken that error for
// another, Close fails with ErrConflict, too. Engines say which objects are so large that this may happen to them.
type Snapshot interface {
	// Stat describes the object; ok is false when it is absent.
	Stat() (st Stat, ok bool)
	// ReadAt fills p from offset off, which with len(p) lies within the object's size. Holes read as zeros.
	ReadAt(p []byte, off int64) error
	// Xattr returns the value of an xattr; ok is false when the object or the xattr is absent.
	Xattr(name string) (value []byte, ok bool, err error)
	// Xattrs returns all xattrs in order of their names. It fails with ErrTooLarge, before it holds them, when their costs
	// (KeyValue.Cost) are more than max.
	Xattrs(max int64) ([]KeyValue, error)
	// OmapHeader returns the omap's header, empty when none was written.
	OmapHeader() ([]byte, error)
	// OmapValue returns the value of an omap key; ok is false when the object or the key is absent.
	OmapValue(key string) (value []byte, ok bool, err error)
	// OmapIter iterates over the omap's pairs in byte order of their keys, from the first key >= start.
	OmapIter(start string) (OmapIter, error)
	// Close fails with ErrConflict when a read did.
	Close() error
}

// OmapIter walks over omap pairs in key order. After Next returned false, Err tells whether it ended early. Value is
// valid until the next call of Next.
type OmapIter interface {
	Next() bool
	Key() string
	Value() ([]byte, error)
	Err() error
	Close() error
}

// Changer is a Store that remembers objects for changes, so that a change need not begin with a read. A caller for whom a store is
// none uses Snapshot. Its objects are elsewhere: whoever opens a snapshot waits for others meanwhile, and needs no core.
type Changer interface {
	Store

	// SnapshotToChange is Snapshot for a change. If cached, it shows a version that the object had, and may have no more: what
	// was made of it counts only if a commit that expects its version succeeds, or if a Snapshot that was opened later shows
	// that version. Otherwise it must be made again, of a Snapshot, before anything of it is told.
	SnapshotToChange(ctx context.Context, ref Ref) (snap Snapshot, cached bool, err error)

	// CacheSize returns the bytes that are taken by what is remembered.
	CacheSize() int64
}

// Syncer is a Store that makes a commit before it is durable, so that several commits of one client may be waited for at once.
type Syncer interface {
	Store

	// CommitUnsynced is Commit, but returns as soon as the change is visible. It is kept if any commit is kept that was begun
	// after that. wait is nil when the change is durable already; otherwise it returns when it is, and must be called once, by
	// any goroutine. After it failed, the change may have been lost.
	CommitUnsynced(ctx context.Context, ref Ref, expected uint64, ws *WriteSet) (version uint64, wait func() error, err error)

	// Unsynced returns a wait, as CommitUnsynced does, for all commits of the object that are visible: nil when they are durable,
	// as a rule.
	Unsynced(ctx context.Context, ref Ref) (wait func() error, err error)
}

// Usage is what a pool has, of all namespaces.
type Usage struct {
	Objects int64
	Bytes   int64 // sum of the objects' sizes: of data, holes included, and not of xattrs and omaps
}

// Space is the room of the disk or cluster on which a store lies, in bytes, with what other users take of it. It is zero where
// that cannot be told.
type Space struct {
	Total     int64
	Available int64
}

// Store keeps pools of objects. It is safe for concurrent use.
type Store interface {
	// Snapshot opens a view of the object's committed state. It fails with ErrNoPool when the pool does not exist, and
	// succeeds for an absent object.
	Snapshot(ctx context.Context, ref Ref) (Snapshot, error)

	// Commit applies ws to the object atomically and durably, and returns the object's new version. It applies only if
	// the object's version is expected (0: the object is absent), and fails with ErrConflict otherwise. After a commit that
	// removes the object the returned version is the one that the removal had. The caller must not change ws, nor the
	// bytes in it, until Commit returns. After ErrTimedOut, or when ctx ended meanwhile, ws may have been applied, or be yet.
	Commit(ctx context.Context, ref Ref, expected uint64, ws *WriteSet) (version uint64, err error)

	// List returns up to limit object ids of a namespace in byte order, from the first one > after ("" is the beginning),
	// and whether there are more.
	List(ctx context.Context, pool, namespace, after string, limit int) (oids []string, more bool, err error)

	// Walk visits each object of a pool, of all namespaces. Those that exist from its beginning to its end are visited
	// exactly once; those that come or go meanwhile may be. The order is the engine's. It ends with visit's first error, and
	// holds nothing that a visit could wait for, so a visit may use the store.
	Walk(ctx context.Context, pool string, visit func(namespace, oid string) error) error

	// Usage tells what a pool has. It may take a moment until it knows of a commit, and an engine may have to count.
	Usage(ctx context.Context, pool string) (Usage, error)
	// Space tells what room the store has.
	Space(ctx context.Context) (Space, error)

	// Pools returns the names of all pools in order.
	Pools(ctx context.Context) ([]string, error)
	// CreatePool fails with ErrPoolExists when there is one of that name.
	CreatePool(ctx context.Context, name string) error
	// RemovePool removes a pool and every object in it.
	RemovePool(ctx context.Context, name string) error

	// Close waits for commits under way and releases the store. Snapshots must be closed before.
	Close() error
}
