// Package archive writes the objects of a store into one stream and reads them into another store, of whatever engine.
// docs/archive.md has the format, byte by byte.
//
// A Writer and a Reader know the format only. Export and Import move a store's objects with them, many at a time, since each
// read and each commit of a cluster, and each sync of a disk, is mostly waiting.
//
// # Invariants
//
//   - The Reader hands out nothing that it did not verify, and reports the end only behind a trailer whose counts are
//     right: an archive that was cut off or altered anywhere is an error, at the latest at its end.
//   - Import begins with an object when all of it was read and verified. Up to 32 MiB of one are one commit. A larger one is
//     marked by an xattr until its last commit, so that what an interrupted import leaves is known, and made good by the next.
//   - Memory is bounded, whatever the objects' sizes: of objects that are read at most 1 MiB and one value each are in hand, and of
//     those that are applied 160 MiB altogether. Copies of these, in frames, write sets and engines, and what the garbage collector
//     has not yet taken, may come to several times as much, most with values of many MiB. A larger object waits in a temporary file.
//
// Versions and modification times are not in an archive: those of the new store are its own.
package archive
