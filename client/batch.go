// This file is batches: operations that are sent together.

package client

import (
	"context"
	"errors"
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
// else. They are no transaction. When ctx ends, those that have not ended fail. Batch returns when all functions have, and joins their
// errors. The IOContext is of no use after that.
func (ioctx *IOContext) Batch(ctx context.Context, ops ...func(*IOContext) error) error {
	errs := make([]error, len(ops))
	members := make([]*member, len(ops))
	for i, op := range ops {
		m := &member{asks: make(chan []string), answers: make(chan rueidis.RedisResult), done: make(chan struct{})}
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
	mu      sync.Mutex // held for one command at a time
	asks    chan []string
	answers chan rueidis.RedisResult
	done    chan struct{} // closed when the function has returned
}

var errBatchEnded = errors.New("the batch of this IOContext has ended")

// send hands a command to the next round, and waits for its reply.
func (m *member) send(_ *Conn, _ context.Context, args []string) rueidis.RedisResult {
	m.mu.Lock()
	defer m.mu.Unlock()
	select {
	case m.asks <- args:
		return <-m.answers
	case <-m.done:
		return rueidis.NewErrorResult(errBatchEnded)
	}
}

// round sends one command of each member, and returns the members that had one.
func (c *Conn) round(ctx context.Context, members []*member) []*member {
	var asking []*member
	var commands [][]string
	for _, m := range members {
		select {
		case args := <-m.asks:
			asking, commands = append(asking, m), append(commands, args)
		case <-m.done:
		}
	}
	for i := 0; i < len(asking); i += maxRound {
		end := min(i+maxRound, len(asking))
		for j, result := range c.together(ctx, commands[i:end]) {
			asking[i+j].answers <- result
		}
	}
	return asking
}

// together sends commands on a connection of their own without waiting for replies.
func (c *Conn) together(ctx context.Context, commands [][]string) []rueidis.RedisResult {
	ctx, cancel := context.WithCancel(ctx) // with a context that cannot end, the library writes all before it reads anything
	defer cancel()
	multi := make(rueidis.Commands, len(commands))
	for i, args := range commands {
		multi[i] = c.redis.B().Arbitrary(args...).Blocking()
	}
	only := &onlyUse{undated: undated{ctx}}
	defer only.end()
	return c.redis.DoMulti(only, multi...)
}
