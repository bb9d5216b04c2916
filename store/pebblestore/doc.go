// Package pebblestore is the embedded storage engine: a store in one folder of the local disk, kept by Pebble.
//
// # Keys
//
// All keys of one pool begin alike, so that removing a pool is one range deletion. Pool ids are never used again.
//
//	00 "format"                                      version of this layout, decimal
//	00 "floor"                                       the version floor, uvarint
//	00 "next-pool"                                   the id of the next pool, uvarint
//	01 pool-name                                     the pool's id, uvarint
//	02 pool-id 'h' namespace oid                     head: the record of one object
//	02 pool-id 'p' namespace oid 'd' chunk-number    16 KiB of data, or less at the end
//	02 pool-id 'p' namespace oid 'h'                 the omap's header
//	02 pool-id 'p' namespace oid 'o' key             omap value
//	02 pool-id 'p' namespace oid 'x' name            xattr value
//
// Pool id (4 bytes) and chunk number (8 bytes) are big-endian. A namespace, and an oid that something follows, is escaped:
// 00 becomes 00 FF, and 00 01 ends it. That keeps the order of the bytes, and no name is a prefix of another. The oid of
// a head is written as it is. Heads lie together, so that listing a namespace reads nothing else.
//
// # Heads and parts
//
// A head holds the object's version, size and modification time and, as long as they are small, also its data, its
// xattrs and its omap, each on its own. Most objects are one key, then: opening a snapshot is one read, which
// is consistent by itself; a commit is one read, one write and a share of a sync; removing leaves no range deletion
// behind. What outgrows its share of the head moves to keys of its own, the object's parts, and stays there until the
// object is removed or what moved is replaced as a whole. A snapshot of an object with parts pins a Pebble snapshot
// and reads the head again through it: that second read counts.
//
// Heads that are all of their object are remembered in memory, 8192 of them, in slots by hash. A commit keeps its object's slot
// up to date, under the object's lock; absent objects are remembered, too.
//
// Chunks are 16 KiB. A small write within large data rewrites one chunk, which costs little beside the sync, and 1 MiB
// of data is 64 keys. Chunks that hold only zeros are not stored, a chunk may end before its last zeros, and none holds
// bytes behind the object's end, so extending an object writes nothing.
//
// # Commits
//
// A commit locks its object (one of a fixed number of locks, by hash), compares the version, applies one batch to
// Pebble, unlocks, and waits for the sync. As the lock is not held during the sync, commits share syncs, those to one
// object too. Pebble's log is in the order of application, so a later commit is never durable without an earlier one. As
// in Pebble itself, a snapshot may show a commit that is applied but not yet acknowledged.
//
// With Options.Fsync other than FsyncAlways, what a commit waits for is the write of the log, and lateSync syncs it. The log
// is still the only place where commits are before they are durable, and is synced before the next one begins, so
// what a crash leaves is a prefix of the commits in each case.
//
// # Versions
//
// The version of a name must not repeat after the object was removed, but nothing is kept of a removed object. So the store
// has one version floor: a removal raises it to its own version, in the same batch, and a created object starts above it.
// Removing a pool raises it above every object of the pool. Of objects that are there, the floor says nothing: their versions
// may lie on both sides of it.
//
// # Check
//
// Store.Check verifies all of the above: that each key and value has its one form, that pools are what their ids say and
// nothing of removed ones is left, that each part belongs to a head that knows of it, and that an omap in parts has its
// header, which is written even when it is empty.
//
// # Failure
//
// Checksums are Pebble's, on every block and log record; a mismatch is store.ErrIO for what lies in the block. Damage to the
// manifest, which Pebble takes for its end, is found before Pebble opens it.
// Commits are refused with store.ErrNoSpace while the disk has less room than a reserve, because Pebble cannot go on after
// its log or manifest could not be written. Removals are not refused, and when a commit is, the engine is told to write
// the removals down, upon which it gives room back. If Pebble cannot write nevertheless, the store stops: every operation fails, and
// the process, which Pebble would end, goes on and can say why. What was acknowledged, and durable, is there after a restart.
package pebblestore
