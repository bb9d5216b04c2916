// This file is what the HTTP listener does to objects directly, without a method.

package server

import (
	"context"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/store"
)

// objects reads and changes objects through the Service.
type objects struct{ service *objclass.Service }

// condition decides on the object that is there whether a change may be made to it; nil is none.
type condition func(*store.Overlay) error

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
