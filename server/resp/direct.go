// This file is what the RESP commands share that act on objects without a method, and the version that OBJ.IFVERSION asks for.

package resp

import (
	"strconv"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/wire"
	"github.com/objluad/objluad/store"
)

// view has fn see the object that a command's first two arguments name; ENOENT when it is absent.
func (c *conn) view(args [][]byte, fn func(*store.Overlay) error) error {
	return c.srv.service.View(c.ctx, c.ref(args), func(overlay *store.Overlay) error {
		if err := c.expected.check(overlay); err != nil {
			return err
		}
		if !overlay.Exists() {
			return store.ErrNotFound
		}
		return fn(overlay)
	})
}

// update has fn change the object that a command's first two arguments name. The reply waits for the disk with the others that are
// gathered.
func (c *conn) update(args [][]byte, fn func(*store.Overlay) error) (version uint64, err error) {
	return c.srv.service.UpdateUnsynced(c.ctx, c.ref(args), &c.unsynced, func(overlay *store.Overlay) error {
		if err := c.expected.check(overlay); err != nil {
			return err
		}
		return fn(overlay)
	})
}

// change is update by a command that answers the object's new version.
func (c *conn) change(args [][]byte, fn func(*store.Overlay) error) error {
	version, err := c.update(args, fn)
	if err != nil {
		return err
	}
	c.out.uint(version)
	return nil
}

// expectation is the version that an object must have; the zero value takes any.
type expectation struct {
	version uint64
	given   bool
}

func (e expectation) check(overlay *store.Overlay) error {
	if !e.given {
		return nil
	}
	return objclass.CheckVersion(overlay, e.version)
}

// ifVersion reads what stands behind OBJ.IFVERSION: a version, and the command that it holds for.
func (c *conn) ifVersion(args [][]byte) (*command, [][]byte, error) {
	version, err := strconv.ParseUint(string(args[0]), 10, 64)
	if err != nil {
		return nil, nil, wire.InputError("a version is a number from 0, not %q", wire.Clip(args[0]))
	}
	cmd, rest, err := lookup(args[1:])
	if err != nil {
		return nil, nil, err
	}
	if !cmd.direct {
		return nil, nil, wire.InputError("OBJ.IFVERSION is for commands that act on one object without a method, such as OBJ.WRITE")
	}
	c.expected = expectation{version, true}
	return cmd, rest, nil
}
