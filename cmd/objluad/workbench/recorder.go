// This file notes what commits do.

package workbench

import (
	"context"

	"github.com/objluad/objluad/store"
)

// recorder is a store that keeps the effects of its last commit.
type recorder struct {
	store.Store
	last *store.Effects
}

func (r *recorder) Commit(ctx context.Context, ref store.Ref, expected uint64, ws *store.WriteSet) (uint64, error) {
	snapshot, err := r.Snapshot(ctx, ref)
	if err != nil {
		return 0, err
	}
	st, _ := snapshot.Stat()
	if err := snapshot.Close(); err != nil {
		return 0, err
	}
	version, err := r.Store.Commit(ctx, ref, expected, ws)
	if err == nil {
		r.last = ws.Effects(st)
	}
	return version, err
}
