// This file puts objects on the workbench, and looks at them.

package workbench

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/objluad/objluad/store"
)

// Object is what an object holds.
type Object struct {
	Data   []byte
	Xattrs map[string][]byte
	Omap   map[string][]byte
}

// Put makes an object, which must be absent. It fails where a server would not let it be made.
func (w *Workbench) Put(ctx context.Context, oid string, o Object) error {
	if err := ref(oid).Check(); err != nil {
		return err
	}
	snapshot, err := w.store.Snapshot(ctx, ref(oid))
	if err != nil {
		return err
	}
	overlay := store.NewOverlay(ctx, snapshot, store.Limits{}.WithDefaults())
	if err := errors.Join(o.fill(overlay), snapshot.Close()); err != nil {
		return err
	}
	_, err = w.store.Commit(ctx, ref(oid), 0, overlay.WriteSet())
	return err
}

func (o *Object) fill(overlay *store.Overlay) error {
	if err := overlay.WriteFull(o.Data); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(o.Xattrs)) {
		if err := overlay.SetXattr(name, o.Xattrs[name]); err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(o.Omap)) {
		if err := overlay.SetOmapValue(key, o.Omap[key]); err != nil {
			return err
		}
	}
	return nil
}

// Get returns the object of that name, nil when it is absent.
func (w *Workbench) Get(ctx context.Context, oid string) (o *Object, err error) {
	snapshot, err := w.store.Snapshot(ctx, ref(oid))
	if err != nil {
		return nil, err
	}
	defer func() {
		if closeErr := snapshot.Close(); err == nil {
			err = closeErr
		}
	}()
	st, ok := snapshot.Stat()
	if !ok {
		return nil, nil
	}
	o = &Object{Data: make([]byte, st.Size), Xattrs: make(map[string][]byte), Omap: make(map[string][]byte)}
	if err := snapshot.ReadAt(o.Data, 0); err != nil {
		return nil, err
	}
	const most = 1 << 30 // more than an object may have
	xattrs, err := snapshot.Xattrs(most)
	if err != nil {
		return nil, err
	}
	for _, kv := range xattrs {
		o.Xattrs[kv.Key] = kv.Value
	}
	return o, o.readOmap(snapshot)
}

func (o *Object) readOmap(snapshot store.Snapshot) error {
	pairs, err := snapshot.OmapIter("")
	if err != nil {
		return err
	}
	defer pairs.Close()
	for pairs.Next() {
		value, err := pairs.Value()
		if err != nil {
			return err
		}
		o.Omap[pairs.Key()] = append([]byte{}, value...)
	}
	return pairs.Err()
}
