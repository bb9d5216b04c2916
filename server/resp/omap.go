// This file is the RESP commands about an object's omap.

package resp

import (
	"github.com/objluad/objluad/server/wire"
	"github.com/objluad/objluad/store"
)

const (
	omapLimit    = 1000    // omap pairs of a page when a client names no limit
	maxOmapLimit = 10000   // omap pairs of a page at most
	omapPage     = 1 << 20 // bytes of a page after which it ends: of keys, values, and 128 for each
)

func (c *conn) objOmapGet(args [][]byte) error {
	var value []byte
	err := c.view(args, func(overlay *store.Overlay) (err error) {
		value, err = overlay.OmapValue(string(args[2]))
		return err
	})
	if err != nil {
		return err
	}
	c.out.bulk(value)
	return nil
}

func (c *conn) objOmapSet(args [][]byte) error {
	if len(args)%2 != 0 {
		return commands["obj.omapset"].wrongArguments()
	}
	return c.change(args, func(overlay *store.Overlay) error {
		var kvs []store.KeyValue
		for pair := args[2:]; len(pair) > 0; pair = pair[2:] {
			kvs = append(kvs, store.KeyValue{Key: string(pair[0]), Value: pair[1]})
		}
		return overlay.SetOmapValues(kvs)
	})
}

func (c *conn) objOmapRemove(args [][]byte) error {
	return c.change(args, func(overlay *store.Overlay) error {
		for _, key := range args[2:] {
			if err := overlay.RemoveOmapKey(string(key)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *conn) objOmapClear(args [][]byte) error {
	return c.change(args, (*store.Overlay).ClearOmap)
}

func (c *conn) objOmapHeader(args [][]byte) error {
	var header []byte
	err := c.view(args, func(overlay *store.Overlay) (err error) {
		header, err = overlay.OmapHeader()
		return err
	})
	if err != nil {
		return err
	}
	c.out.bulk(header)
	return nil
}

func (c *conn) objOmapSetHeader(args [][]byte) error {
	return c.change(args, func(overlay *store.Overlay) error { return overlay.SetOmapHeader(args[2]) })
}

// omapList is what a page of an omap is asked for with.
type omapList struct {
	start, prefix string
	limit         int64
	noValues      bool
}

// objOmapList writes the START of the next page, and a page. That of the next page is the first key that there could be behind the last
// one, so it is empty only where there is no next page: a key may be empty.
func (c *conn) objOmapList(args [][]byte) error {
	list, err := parseOmapList(args[2:])
	if err != nil {
		return err
	}
	var kvs []store.KeyValue
	var more bool
	err = c.view(args, func(overlay *store.Overlay) (err error) {
		kvs, more, err = list.page(overlay)
		return err
	})
	if err != nil {
		return err
	}
	next := ""
	if more {
		next = kvs[len(kvs)-1].Key + "\x00"
	}
	c.countPairs(kvs)
	c.out.array(2)
	c.out.bulkString(next)
	if !list.noValues {
		c.out.array(2 * len(kvs))
		c.pairs(kvs)
		return nil
	}
	c.out.array(len(kvs))
	for _, kv := range kvs {
		c.out.bulkString(kv.Key)
	}
	return nil
}

func parseOmapList(opts [][]byte) (list omapList, err error) {
	list.limit = omapLimit
	for ; len(opts) > 0; opts = opts[1:] {
		if is(opts[0], "NOVALUES") {
			list.noValues = true
			continue
		}
		if len(opts) < 2 {
			return list, commands["obj.omaplist"].wrongArguments()
		}
		switch value := opts[1]; {
		case is(opts[0], "PREFIX"):
			list.prefix = string(value)
		case is(opts[0], "START"):
			list.start = string(value)
		case is(opts[0], "AFTER"):
			list.start = string(value) + "\x00"
		case is(opts[0], "LIMIT"):
			if list.limit, err = wire.ParseCount("LIMIT", value); err != nil {
				return list, err
			}
		default:
			return list, unknownOption(opts[0])
		}
		opts = opts[1:]
	}
	if list.limit == 0 || list.limit > maxOmapLimit {
		return list, wire.InputError("LIMIT is 1 to %d", maxOmapLimit)
	}
	return list, nil
}

func (l *omapList) page(overlay *store.Overlay) ([]store.KeyValue, bool, error) {
	if !l.noValues {
		return overlay.OmapPage(l.start, l.prefix, l.limit, omapPage)
	}
	keys, more, err := overlay.OmapKeyPage(l.start, l.prefix, l.limit, omapPage)
	kvs := make([]store.KeyValue, len(keys))
	for i, key := range keys {
		kvs[i].Key = key
	}
	return kvs, more, err
}
