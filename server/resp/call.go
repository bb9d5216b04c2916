// This file is the RESP commands that run methods and scripts.

package resp

import (
	"bytes"
	"cmp"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/wire"
)

func (c *conn) objExec(args [][]byte) error {
	return c.call(objclass.Call{
		Ref:    c.ref(args),
		Class:  reuse(&c.last.class, args[2]),
		Method: reuse(&c.last.method, args[3]),
		Input:  args[4],
	}, args[5:])
}

func (c *conn) objEval(args [][]byte) error {
	return c.call(objclass.Call{
		Ref:    c.ref(args),
		Script: bytes.Clone(args[2]), // the engine keeps it with the image, longer than the frame lives
		Method: reuse(&c.last.method, args[3]),
		Input:  args[4],
	}, args[5:])
}

// call runs a call with the options that a client gave behind it, and writes the reply.
func (c *conn) call(call objclass.Call, opts [][]byte) error {
	call.Client, call.User, call.Unsynced = c.client, c.actor.Name, &c.unsynced
	call.Tenant = cmp.Or(call.User, c.address)
	call.Batch, c.batch.More = &c.batch, !c.in.idle()
	tag := ""
	for ; len(opts) > 0; opts = opts[1:] {
		switch {
		case is(opts[0], "META"):
			c.meta = true
		case is(opts[0], "READONLY"):
			call.ReadOnly = true
		case is(opts[0], "DRYRUN"):
			call.DryRun, c.meta = true, true
		case is(opts[0], "CAPTURE"):
			call.Capture = true
		case is(opts[0], "IDEMPOTENCY") && len(opts) > 1:
			if len(opts[1]) == 0 {
				return wire.InputError("an idempotency key has 1 to 255 bytes")
			}
			call.IdempotencyKey = string(opts[1])
			opts = opts[1:]
		case is(opts[0], "IDEMPOTENCY"):
			return wire.InputError("IDEMPOTENCY is followed by a key")
		case is(opts[0], "TAG") && len(opts) > 1:
			if n := len(opts[1]); n == 0 || n > maxTag {
				return wire.InputError("a tag has 1 to %d bytes", maxTag)
			}
			tag = string(opts[1])
			opts = opts[1:]
		case is(opts[0], "TAG"):
			return wire.InputError("TAG is followed by a tag")
		case is(opts[0], "TIMEOUT") && len(opts) > 1:
			var err error
			if call.Timeout, err = wire.ParseTimeout(string(opts[1])); err != nil {
				return err
			}
			opts = opts[1:]
		case is(opts[0], "TIMEOUT"):
			return wire.InputError("TIMEOUT is followed by a number of milliseconds")
		default:
			return unknownOption(opts[0])
		}
	}
	ctx, end := c.tag(tag)
	defer end()
	reply, err := c.srv.service.Exec(ctx, call)
	if err != nil {
		return err
	}
	switch {
	case reply.Bundle != nil:
		c.out.bulk(reply.Bundle)
		return nil
	case !c.meta:
		c.out.bulk(reply.Output)
		return nil
	}
	c.replyMeta(&call, &reply)
	return nil
}
