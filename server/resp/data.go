// This file is the RESP commands about an object's data.

package resp

import (
	"errors"
	"math"

	"github.com/objluad/objluad/server/limits"
	"github.com/objluad/objluad/server/wire"
	"github.com/objluad/objluad/store"
)

func (c *conn) objRead(args [][]byte) error {
	off, length := int64(0), int64(math.MaxInt64)
	switch len(args) {
	case 3:
		return commands["obj.read"].wrongArguments()
	case 4:
		var err error
		if off, length, err = parseRange(args[2:]); err != nil {
			return err
		}
	}
	var data []byte
	room := int64(limits.SlowPart)
	for {
		err := c.view(args, func(overlay *store.Overlay) error {
			st, err := overlay.Stat()
			if n := min(length, st.Size-off); err == nil && n > room {
				room = n
				return errNoRoom
			}
			data, err = overlay.Read(off, length)
			return err
		})
		if errors.Is(err, errNoRoom) { // outside of the view, which holds a snapshot
			err = c.sock.MakeRoom(c.ctx, int(room))
			if err == nil {
				continue
			}
		}
		if err != nil {
			return err
		}
		c.out.bulk(data)
		return nil
	}
}

// errNoRoom is that of a reply that is too large to be read before there is room for it.
var errNoRoom = errors.New("there is no room for the reply")

func (c *conn) objStat(args [][]byte) error {
	var st store.Stat
	err := c.view(args, func(overlay *store.Overlay) (err error) {
		st, err = overlay.Stat()
		return err
	})
	if err != nil {
		return err
	}
	c.out.array(3)
	c.out.int(st.Size)
	c.out.int(st.MTime.UnixNano())
	c.out.uint(st.Version)
	return nil
}

func (c *conn) objWriteFull(args [][]byte) error {
	return c.change(args, func(overlay *store.Overlay) error { return overlay.WriteFull(args[2]) })
}

func (c *conn) objWrite(args [][]byte) error {
	off, err := wire.ParseCount("offset", args[2])
	if err != nil {
		return err
	}
	return c.change(args, func(overlay *store.Overlay) error { return overlay.Write(off, args[3]) })
}

func (c *conn) objAppend(args [][]byte) error {
	return c.change(args, func(overlay *store.Overlay) error { return overlay.Append(args[2]) })
}

func (c *conn) objTruncate(args [][]byte) error {
	size, err := wire.ParseCount("size", args[2])
	if err != nil {
		return err
	}
	return c.change(args, func(overlay *store.Overlay) error { return overlay.Truncate(size) })
}

func (c *conn) objZero(args [][]byte) error {
	off, length, err := parseRange(args[2:])
	if err != nil {
		return err
	}
	return c.change(args, func(overlay *store.Overlay) error { return overlay.Zero(off, length) })
}

func (c *conn) objCreate(args [][]byte) error {
	exclusive := false
	if len(args) > 2 {
		if exclusive = is(args[2], "EXCLUSIVE"); !exclusive {
			return unknownOption(args[2])
		}
	}
	return c.change(args, func(overlay *store.Overlay) error { return overlay.Create(exclusive) })
}

func (c *conn) objRemove(args [][]byte) error {
	if _, err := c.update(args, (*store.Overlay).Remove); err != nil {
		return err
	}
	c.out.ok()
	return nil
}

// parseRange reads an offset and a length.
func parseRange(args [][]byte) (off, length int64, err error) {
	if off, err = wire.ParseCount("offset", args[0]); err != nil {
		return 0, 0, err
	}
	length, err = wire.ParseCount("length", args[1])
	return off, length, err
}
