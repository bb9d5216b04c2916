// This file is the operations on pools.

package client

import (
	"context"
	"fmt"
)

// PoolStat is what a pool has, of all namespaces.
type PoolStat struct {
	Objects uint64
	Bytes   uint64 // sum of the objects' sizes: of data, holes included, and not of xattrs and omaps
}

// ClusterStat is what all pools of the daemon's store have, and what room there is.
type ClusterStat struct {
	Total     uint64 // bytes of the disk or cluster; 0 where that cannot be told
	Available uint64
	Pools     map[string]PoolStat
}

// ListPools returns the names of all pools in order.
func (c *Conn) ListPools(ctx context.Context) ([]string, error) {
	names, err := c.do(ctx, "POOL.LIST").AsStrSlice()
	return names, callError(err)
}

// MakePool creates a pool; EEXIST when there is one of that name.
func (c *Conn) MakePool(ctx context.Context, name string) error {
	return callError(c.do(ctx, "POOL.CREATE", name).Error())
}

// DeletePool removes a pool with all its objects; ENOENT when there is none of that name.
func (c *Conn) DeletePool(ctx context.Context, name string) error {
	return callError(c.do(ctx, "POOL.REMOVE", name).Error())
}

// GetClusterStats tells what all pools have. It may take a moment until changes show.
func (c *Conn) GetClusterStats(ctx context.Context) (ClusterStat, error) {
	fields, err := c.do(ctx, "POOL.DF").AsMap()
	if err != nil {
		return ClusterStat{}, callError(err)
	}
	r := fieldReader{fields: fields}
	stat := ClusterStat{
		Total:     uint64(r.int("total_bytes")),
		Available: uint64(r.int("available_bytes")),
		Pools:     make(map[string]PoolStat),
	}
	pools := fields["pools"]
	list, err := pools.ToArray()
	r.check("pools", err)
	for i := range list {
		pool, err := list[i].AsMap()
		if err != nil {
			return ClusterStat{}, fmt.Errorf("%w: %v", errReply, err)
		}
		r.fields = pool
		stat.Pools[r.string("name")] = r.poolStat()
	}
	return stat, r.err
}

// GetPoolStats tells what the pool has; ENOENT when it does not exist. It may take a moment until changes show.
func (ioctx *IOContext) GetPoolStats(ctx context.Context) (PoolStat, error) {
	fields, err := ioctx.conn.do(ctx, "POOL.STAT", ioctx.pool).AsMap()
	if err != nil {
		return PoolStat{}, callError(err)
	}
	r := fieldReader{fields: fields}
	return r.poolStat(), r.err
}

func (r *fieldReader) poolStat() PoolStat {
	return PoolStat{Objects: uint64(r.int("objects")), Bytes: uint64(r.int("bytes"))}
}
