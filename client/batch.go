// This file is batches: operations that are sent together.

package client

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/redis/rueidis"
)

// maxRound is the most commands that are sent before their replies are read.
const maxRound = 256

// Batch runs functions, each of which makes operations with the IOContext that it gets, and sends the operations of all of them together:
// at first the first operation of each function, in the order of the functions, then the second ones, and so on. So a batch of
// functions with one operation each takes one round trip, and on the embedded store waits for the disk once.
//
// The operations run one after the other on a connection of their own: a slow one holds up those behind it in the batch, and nobody
// else. They are no transaction. When ctx ends, those that have not ended fail, and when that of an operation ends, it does. Batch
// returns when all functions have, and joins their errors. The IOContext is of no use after that.
func (ioctx *IOContext) Batch(ctx context.Context, ops ...func(*IOContext) error) error {
	errs := make([]error, len(ops))
	members := make([]*member, len(ops))
	for i, op := range ops {
		m := &member{ctx: ctx, asks: make(chan *ask), done: make(chan struct{})}
		members[i] = m
		go func() {
			defer close(m.done)
			errs[i] = op(ioctx.over(m.send))
		}()
	}
	for len(members) > 0 {
		members = ioctx.conn.round(ctx, members)
	}
	return errors.Join(errs...)
}

// member is a function of a batch.
type member struct {
	ctx  context.Context // of the batch
	mu   sync.Mutex      // held for one command at a time
	asks chan *ask
	done chan struct{} // closed when the function has returned
}

// ask is a command of a member.
type ask struct {
	args   []string
	answer chan rueidis.RedisResult // with room for it: who asked may have given up
}

var errBatchEnded = errors.New("the batch of this IOContext has ended")

// send hands a command to the next round, and waits for its reply.
func (m *member) send(c *Conn, ctx context.Context, args []string) rueidis.RedisResult {
	m.mu.Lock()
	defer m.mu.Unlock()
	tag, args := c.canceler.tag(ctx, args)
	a := &ask{args, make(chan rueidis.RedisResult, 1)}
	select {
	case m.asks <- a:
	case <-ctx.Done():
		return rueidis.NewErrorResult(ctx.Err())
	case <-m.done:
		return rueidis.NewErrorResult(errBatchEnded)
	}
	select {
	case result := <-a.answer:
		return result
	case <-ctx.Done():
		if m.ctx.Err() != nil { // which ends the connection, so that nothing behind is done
			return <-a.answer
		}
		if tag != "" {
			c.cancel(tag, func() { <-a.answer })
		}
		return rueidis.NewErrorResult(ctx.Err())
	}
}

// round sends one command of each member, and returns the members that had one.
func (c *Conn) round(ctx context.Context, members []*member) []*member {
	var asking []*member
	var asks []*ask
	for _, m := range members {
		select {
		case a := <-m.asks:
			asking, asks = append(asking, m), append(asks, a)
		case <-m.done:
		}
	}
	for part := range slices.Chunk(asks, maxRound) {
		for i, result := range c.together(ctx, part) {
			part[i].answer <- result
		}
	}
	return asking
}

// together sends commands on a connection of their own without waiting for replies.
func (c *Conn) together(ctx context.Context, asks []*ask) []rueidis.RedisResult {
	ctx, cancel := context.WithCancel(ctx) // with a context that cannot end, the library writes all before it reads anything
	defer cancel()
	multi := make(rueidis.Commands, len(asks))
	for i, a := range asks {
		multi[i] = c.redis.B().Arbitrary(a.args...).Blocking()
	}
	only := &onlyUse{undated: undated{ctx}}
	defer only.end()
	return c.redis.DoMulti(only, multi...)
}
