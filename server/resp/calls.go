// This file is the RESP commands by which an operator sees and ends calls.

package resp

import (
	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/access"
	"github.com/objluad/objluad/server/wire"
)

func (c *conn) callList([][]byte) error {
	calls := access.VisibleCalls(c.actor, c.srv.service.Calls())
	c.out.array(len(calls))
	for _, call := range calls {
		c.callInfo(&call)
	}
	return nil
}

func (c *conn) callInfo(call *objclass.CallInfo) {
	c.out.mapping(12)
	c.out.bulkString("id")
	c.out.uint(call.ID)
	c.out.bulkString("state")
	c.out.bulkString(call.State.String())
	c.out.bulkString("age_us")
	c.out.int(call.Age.Microseconds())
	c.out.bulkString("run_us")
	c.out.int(call.Ran.Microseconds())
	c.out.bulkString("pool")
	c.out.bulkString(call.Ref.Pool)
	c.out.bulkString("namespace")
	c.out.bulkString(call.Ref.Namespace)
	c.out.bulkString("oid")
	c.out.bulkString(call.Ref.OID)
	c.out.bulkString("class")
	c.out.bulkString(call.Class)
	c.out.bulkString("script")
	c.out.bool(call.Script)
	c.out.bulkString("method")
	c.out.bulkString(call.Method)
	c.out.bulkString("client")
	c.out.bulkString(call.Client)
	c.out.bulkString("user")
	c.out.bulkString(call.User)
}

func (c *conn) callKill(args [][]byte) error {
	id, err := wire.ParseCallID(string(wire.Clip(args[0])))
	if err != nil {
		return err
	}
	if err := c.srv.service.Kill(id); err != nil {
		return err
	}
	c.out.ok()
	return nil
}
