// This file is the RESP command that lists objects, and how commands name them.

package server

import (
	"bytes"
	"strconv"

	"github.com/objluad/objluad/store"
)

const (
	listLimit    = 1000  // object ids of a page when a client names no limit
	maxListLimit = 10000 // object ids of a page at most
)

func (c *respConn) objList(args [][]byte) error {
	pool, namespace := c.pool(args[0])
	after, limit := "", int64(listLimit)
	for opts := args[1:]; len(opts) > 0; opts = opts[2:] {
		var err error
		switch {
		case len(opts) < 2:
			return commands["obj.list"].wrongArguments()
		case is(opts[0], "AFTER"):
			after = string(opts[1])
		case is(opts[0], "LIMIT"):
			if limit, err = parseCount("LIMIT", opts[1]); err != nil {
				return err
			}
		default:
			return unknownOption(opts[0])
		}
	}
	if limit == 0 || limit > maxListLimit {
		return inputError("LIMIT is 1 to %d", maxListLimit)
	}
	if err := c.sock.makeRoom(c.ctx, int(limit)*store.MaxOID); err != nil {
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
	c.sock.count(size)
	c.out.array(2)
	c.out.bulkString(next)
	c.out.array(len(oids))
	for _, oid := range oids {
		c.out.bulkString(oid)
	}
	return nil
}

// ref returns the object that a command names with its first two arguments.
func (c *respConn) ref(args [][]byte) store.Ref {
	pool, namespace := c.pool(args[0])
	return store.Ref{Pool: pool, Namespace: namespace, OID: string(args[1])}
}

// pool splits "pool" or "pool/namespace".
func (c *respConn) pool(arg []byte) (pool, namespace string) {
	p, ns, _ := bytes.Cut(arg, []byte{'/'})
	return reuse(&c.last.pool, p), reuse(&c.last.namespace, ns)
}

// parseCount reads a number that is not negative.
func parseCount(what string, arg []byte) (int64, error) {
	n, err := strconv.ParseInt(string(arg), 10, 64)
	if err != nil || n < 0 {
		return 0, inputError("%s is a number from 0, not %q", what, clip(arg))
	}
	return n, nil
}

func unknownOption(arg []byte) error { return inputError("unknown option %q", clip(arg)) }
