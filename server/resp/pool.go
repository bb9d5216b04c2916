// This file is the RESP commands about pools.

package resp

import (
	"github.com/objluad/objluad/server/access"
	"github.com/objluad/objluad/store"
)

func (c *conn) poolCreate(args [][]byte) error {
	if err := c.srv.service.CreatePool(c.ctx, string(args[0])); err != nil {
		return err
	}
	c.out.ok()
	return nil
}

func (c *conn) poolRemove(args [][]byte) error {
	if err := c.srv.service.RemovePool(c.ctx, string(args[0])); err != nil {
		return err
	}
	c.out.ok()
	return nil
}

func (c *conn) poolList([][]byte) error {
	names, err := c.srv.service.Pools(c.ctx)
	if err != nil {
		return err
	}
	names = access.VisiblePools(c.actor, names)
	c.out.array(len(names))
	for _, name := range names {
		c.out.bulkString(name)
	}
	return nil
}

func (c *conn) poolStat(args [][]byte) error {
	usage, err := c.srv.service.Usage(c.ctx, string(args[0]))
	if err != nil {
		return err
	}
	c.out.mapping(usageFields)
	c.usage(usage)
	return nil
}

func (c *conn) poolDF([][]byte) error {
	pools, space, err := c.srv.service.Disk(c.ctx)
	if err != nil {
		return err
	}
	c.out.mapping(3)
	c.out.bulkString("total_bytes")
	c.out.int(space.Total)
	c.out.bulkString("available_bytes")
	c.out.int(space.Available)
	c.out.bulkString("pools")
	c.out.array(len(pools))
	for _, pool := range pools {
		c.out.mapping(usageFields + 1)
		c.out.bulkString("name")
		c.out.bulkString(pool.Name)
		c.usage(pool.Usage)
	}
	return nil
}

const usageFields = 2 // pairs that usage writes

// usage writes what a pool has, as pairs of a map.
func (c *conn) usage(usage store.Usage) {
	c.out.bulkString("objects")
	c.out.int(usage.Objects)
	c.out.bulkString("bytes")
	c.out.int(usage.Bytes)
}
