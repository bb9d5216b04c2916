//go:build !norados

package radosstore

// This file makes versions that never repeat for one name, not even when its pool was removed and created again.

import (
	"fmt"

	"github.com/objluad/objluad/store"
)

// versionBits is how many bits of a version are RADOS's own; those above are the pool's id. RADOS counts an object's versions
// on in its placement group's log, over the removal of the object, the restart of OSDs, and the move to others. A new pool
// begins at 1, with an id that no pool of the cluster had before.
const versionBits = 44

const (
	maxPoolID  = 1<<(63-versionBits) - 1 // versions are positive as signed numbers
	maxVersion = 1<<versionBits - 1
)

// joinVersion makes the version of an object.
func joinVersion(pool int64, version uint64) (uint64, error) {
	if pool > maxPoolID || version > maxVersion || version == 0 {
		return 0, fmt.Errorf("%w: no version can be made of pool id %d and version %d", store.ErrIO, pool, version)
	}
	return uint64(pool)<<versionBits | version, nil
}

// splitVersion is the reverse of joinVersion.
func splitVersion(v uint64) (pool int64, version uint64) {
	return int64(v >> versionBits), v & maxVersion
}
