// This file puts objects on the workbench, and looks at them.

package workbench

import (
	"context"

	"github.com/objluad/objluad/store"
)

// Object is what an object holds.
type Object struct {
	Data   []byte
	Xattrs map[string][]byte
	Omap   map[string][]byte
}

// Put makes an object, which must be absent.
func (w *Workbench) Put(ctx context.Context, oid string, o Object) error {
	ws := &store.WriteSet{Xattrs: present(o.Xattrs), Omap: present(o.Omap)}
	if n := int64(len(o.Data)); n > 0 {
		ws.Data = &store.DataChange{Size: n, Extents: []store.Extent{{Len: n, Bytes: o.Data}}}
	}
	_, err := w.store.Commit(ctx, ref(oid), 0, ws)
	return err
}

// present gives empty values the form that a write set has for them: nil would remove the entry.
func present(values map[string][]byte) map[string][]byte {
	all := make(map[string][]byte, len(values))
	for key, value := range values {
		all[key] = append([]byte{}, value...)
	}
	return all
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
