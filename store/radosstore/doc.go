// Package radosstore is the distributed storage engine: a store in the pools of a RADOS cluster, which any number of daemons
// may serve at once. Its objects are RADOS's own: what another program wrote is an object, and what a commit leaves can be
// read by any other program. The tag norados leaves the package out.
//
// # Mapping
//
// Pool, namespace, oid, data, omap, omap header and modification time are those of RADOS. So are xattrs, but for names that
// librados cannot carry: the empty one, and those with a NUL, are kept under escaped names (names.go). An object's version is
// RADOS's, with the pool's id above it (version.go).
//
// # Commits
//
// A commit is one compound write that asserts the expected version, or creates the object exclusively. The OSD makes all of it
// or nothing, and answers when all copies have it. Versions are what keeps several daemons from undoing each other's
// work; nothing is locked.
//
// # Snapshots
//
// Opening a snapshot is one compound read, which is atomic: it has size, time and version, the xattrs, the omap header, and
// the beginning of data and omap. Most objects have no more. What is beyond is read when it is asked for, each time with the
// version asserted; once the object was changed, such reads fail with store.ErrConflict.
//
// # Changes
//
// Small objects that were read to be changed are remembered (cache.go), and each commit turns what is remembered into what it
// leaves. SnapshotToChange gives that out, stale or not; nothing else does. A commit over a stale state is a conflict, and
// drops it; so does a read that sees a later version, and a commit whose end is not known.
//
// # Waiting
//
// An operation is begun by the goroutine that wants it and ended by a thread of librados: no thread waits meanwhile. A
// context that ends lets go of the operation, which librados then ends by itself, at the latest when its timeout has
// passed. What librados can only do by blocking is done aside, by a goroutine that its timeout bounds. Some of its
// calls no timeout bounds: the fetching of the newest map, of which one is under way at most (latestmap.go), and, when OSDs fail
// meanwhile, those of watch and notify. Close does not wait for these longer than the timeout; it then leaves the connection to the end
// of the process.
//
// # Watches
//
// Programs over one cluster tell each other of changes by RADOS's watch and notify (watch.go, notify.go). A watch is a lease: what it
// promises ends before the cluster may forget it, so a program that was cut off does not rely on messages that it never got.
//
// # Invariants
//
//   - A read that succeeds shows the version of its snapshot.
//   - The store is never asked about a pool of one name with the version of another.
//   - librados is done with an operation before it is freed, and with all before the connection is shut down.
//   - A watch is Unbroken only while no notification can have ended without it.
package radosstore
