// This file is the RESP commands about an object's xattrs.

package resp

import "github.com/objluad/objluad/store"

func (c *conn) objGetXattr(args [][]byte) error {
	var value []byte
	err := c.view(args, func(overlay *store.Overlay) (err error) {
		value, err = overlay.Xattr(string(args[2]))
		return err
	})
	if err != nil {
		return err
	}
	c.out.bulk(value)
	return nil
}

func (c *conn) objXattrs(args [][]byte) error {
	var xattrs []store.KeyValue
	err := c.view(args, func(overlay *store.Overlay) (err error) {
		xattrs, err = overlay.Xattrs()
		return err
	})
	if err != nil {
		return err
	}
	c.countPairs(xattrs)
	c.out.mapping(len(xattrs))
	c.pairs(xattrs)
	return nil
}

func (c *conn) objSetXattr(args [][]byte) error {
	return c.change(args, func(overlay *store.Overlay) error { return overlay.SetXattr(string(args[2]), args[3]) })
}

func (c *conn) objRemoveXattr(args [][]byte) error {
	return c.change(args, func(overlay *store.Overlay) error { return overlay.RemoveXattr(string(args[2])) })
}

// countPairs counts keys and values that are about to be sent.
func (c *conn) countPairs(kvs []store.KeyValue) {
	size := 0
	for _, kv := range kvs {
		size += len(kv.Key) + len(kv.Value)
	}
	c.sock.Count(size)
}

// pairs writes keys and values in turn.
func (c *conn) pairs(kvs []store.KeyValue) {
	for _, kv := range kvs {
		c.out.bulkString(kv.Key)
		c.out.bulk(kv.Value)
	}
}
