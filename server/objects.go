// This file is what both listeners do to objects directly, without a method.

package server

import (
	"context"
	"math"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/store"
)

// objects reads and changes objects through the Service.
type objects struct{ service *objclass.Service }

// condition decides on the object that is there whether a change may be made to it; nil is none.
type condition func(*store.Overlay) error

// read returns up to length bytes from offset off, all of them when length is negative. Unlike a method's read, that of
// an absent object fails: a client could not tell it from an empty one.
func (o objects) read(ctx context.Context, ref store.Ref, off, length int64) (data []byte, err error) {
	if length < 0 {
		length = math.MaxInt64
	}
	err = o.service.View(ctx, ref, func(overlay *store.Overlay) error {
		if !overlay.Exists() {
			return store.ErrNotFound
		}
		var err error
		data, err = overlay.Read(off, length)
		return err
	})
	return data, err
}

func (o objects) stat(ctx context.Context, ref store.Ref) (st store.Stat, err error) {
	err = o.service.View(ctx, ref, func(overlay *store.Overlay) error {
		var err error
		st, err = overlay.Stat()
		return err
	})
	return st, err
}

// writeFull replaces an object's data and returns its new version.
func (o objects) writeFull(ctx context.Context, ref store.Ref, data []byte, may condition) (version uint64, err error) {
	return o.service.Update(ctx, ref, func(overlay *store.Overlay) error {
		if may != nil {
			if err := may(overlay); err != nil {
				return err
			}
		}
		return overlay.WriteFull(data)
	})
}

func (o objects) remove(ctx context.Context, ref store.Ref, may condition) error {
	_, err := o.service.Update(ctx, ref, func(overlay *store.Overlay) error {
		if may != nil {
			if err := may(overlay); err != nil {
				return err
			}
		}
		return overlay.Remove()
	})
	return err
}
