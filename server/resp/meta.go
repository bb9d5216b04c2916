// This file is what RESP answers about a call beside its output.

package resp

import (
	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/store"
)

// replyMeta writes a call's reply as a map.
func (c *conn) replyMeta(call *objclass.Call, reply *objclass.Reply) {
	fields := 6
	if reply.Effects != nil {
		fields += 3
	}
	if call.IdempotencyKey != "" {
		fields++
	}
	c.out.mapping(fields)
	c.out.bulkString("ret")
	c.out.int(int64(reply.Ret))
	c.out.bulkString("output")
	c.out.bulk(reply.Output)
	c.out.bulkString("version")
	c.out.uint(reply.Version)
	c.out.bulkString("class_version")
	c.out.bulkString(reply.ClassVersion)
	c.out.bulkString("cpu_us")
	c.out.int(reply.Usage.CPU.Microseconds())
	c.out.bulkString("peak_bytes")
	c.out.int(reply.Usage.PeakBytes)
	if reply.Effects != nil {
		c.effects(reply.Effects)
	}
	if call.IdempotencyKey != "" {
		c.out.bulkString("replayed")
		c.out.bool(reply.Replayed)
	}
}

// effects writes what a dry run would have done, as pairs of a map.
func (c *conn) effects(effects *store.Effects) {
	c.out.bulkString("effects")
	c.out.array(len(effects.List))
	for i := range effects.List {
		c.effect(&effects.List[i])
	}
	c.out.bulkString("effects_total")
	c.out.int(int64(effects.Total))
	c.out.bulkString("truncated")
	c.out.bool(effects.Truncated)
}

func (c *conn) effect(e *store.Effect) {
	fields := 1
	e.Fields(func(string, any) { fields++ })
	c.out.mapping(fields)
	c.out.bulkString("op")
	c.out.bulkString(e.Op)
	e.Fields(func(name string, value any) {
		c.out.bulkString(name)
		switch value := value.(type) {
		case string:
			c.out.bulkString(value)
		case int64:
			c.out.int(value)
		case []byte:
			c.out.bulk(value)
		}
	})
}
