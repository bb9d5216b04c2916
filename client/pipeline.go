// This file is which connection carries a command.

package client

import (
	"context"

	"github.com/redis/rueidis"
)

// alone sends a command on a connection that nothing else uses meanwhile: the daemon runs the commands of one connection in order, so a
// long one would hold up what others send. What the library calls blocking is sent so. When ctx ends the connection is closed, which
// ends the command.
func (c *Conn) alone(ctx context.Context, args []string) rueidis.RedisResult {
	only := &onlyUse{undated: undated{ctx}}
	defer only.end()
	return c.redis.Do(only, c.redis.B().Arbitrary(args...).Blocking())
}

// shared sends a command on the one connection that all of its kind share.
func (c *Conn) shared(ctx context.Context, args []string) rueidis.RedisResult {
	tag, args := c.canceler.tag(ctx, args)
	result := c.redis.Do(undated{ctx}, c.redis.B().Arbitrary(args...).Build())
	if tag != "" && ctx.Err() != nil && result.NonRedisError() != nil {
		c.cancel(tag, c.sharedAnswered)
	}
	return result
}

// Pipelined returns a context whose operations share one connection with all that are made so on the Conn. They are sent without
// waiting for the replies of those before, which costs much less for each when many are made at once; and the daemon runs them
// one after the other, so each waits for those before it: it is for methods that are known to be short. When the ctx of a call
// ends, the call is ended at the daemon, at the latest soon after it began, and no other one is.
func (ioctx *IOContext) Pipelined() *IOContext { return ioctx.over((*Conn).shared) }

// over returns a context whose commands are sent otherwise.
func (ioctx *IOContext) over(send func(*Conn, context.Context, []string) rueidis.RedisResult) *IOContext {
	other, conn := *ioctx, *ioctx.conn
	conn.send = func(ctx context.Context, args []string) rueidis.RedisResult { return send(ioctx.conn, ctx, args) }
	other.conn = &conn
	return &other
}
