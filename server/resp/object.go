// This file is the RESP command that lists objects, and how commands name them.

package resp

import (
	"bytes"

	"github.com/objluad/objluad/server/wire"
	"github.com/objluad/objluad/store"
)

func (c *conn) objList(args [][]byte) error {
	pool, namespace := c.pool(args[0])
	after, limit := "", int64(wire.ListLimit)
	for opts := args[1:]; len(opts) > 0; opts = opts[2:] {
		var err error
		switch {
		case len(opts) < 2:
			return commands["obj.list"].wrongArguments()
		case is(opts[0], "AFTER"):
			after = string(opts[1])
		case is(opts[0], "LIMIT"):
			if limit, err = wire.ParseCount("LIMIT", opts[1]); err != nil {
				return err
			}
		default:
			return unknownOption(opts[0])
		}
	}
	if limit == 0 || limit > wire.MaxListLimit {
		return wire.InputError("LIMIT is 1 to %d", wire.MaxListLimit)
	}
	if err := c.sock.MakeRoom(c.ctx, int(limit)*store.MaxOID); err != nil {
		return err
	}
	oids, more, err := c.srv.service.List(c.ctx, pool, namespace, after, int(limit))
	if err != nil {
		return err
	}
	next := ""
	if more {
		next = oids[len(oids)-1]
	}
	size := 0
	for _, oid := range oids {
		size += len(oid)
	}
	c.sock.Count(size)
	c.out.array(2)
	c.out.bulkString(next)
	c.out.array(len(oids))
	for _, oid := range oids {
		c.out.bulkString(oid)
	}
	return nil
}

// ref returns the object that a command names with its first two arguments.
func (c *conn) ref(args [][]byte) store.Ref {
	pool, namespace := c.pool(args[0])
	return store.Ref{Pool: pool, Namespace: namespace, OID: string(args[1])}
}

// pool splits "pool" or "pool/namespace".
func (c *conn) pool(arg []byte) (pool, namespace string) {
	p, ns, _ := bytes.Cut(arg, []byte{'/'})
	return reuse(&c.last.pool, p), reuse(&c.last.namespace, ns)
}

func unknownOption(arg []byte) error { return wire.InputError("unknown option %q", wire.Clip(arg)) }
