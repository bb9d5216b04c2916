// This file ends calls at the daemon that nobody waits for any more and whose connection others use, too.

package client

import (
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	cancelPause   = 20 * time.Millisecond // between two attempts
	cancelTimeout = 5 * time.Second       // of an attempt
)

// canceler ends calls by their tags. The daemon knows a tag while the call is under way. A call that is given up may still be behind others
// on its connection; so it is canceled again and again until it has been answered.
type canceler struct {
	prefix string // of all its tags, and of no other client's
	last   atomic.Uint64

	mu      sync.Mutex
	pending map[string]bool // tags of calls that were given up, and may not have ended
	runs    bool            // somebody cancels what is pending
}

func newCanceler() *canceler {
	return &canceler{prefix: rand.Text() + "-", pending: make(map[string]bool)}
}

// tag gives a command a tag that is its own, if it is a call, and ctx can end it; else the tag is "".
func (k *canceler) tag(ctx context.Context, args []string) (tag string, tagged []string) {
	if ctx.Done() == nil || args[0] != "OBJ.EXEC" && args[0] != "OBJ.EVAL" {
		return "", args
	}
	tag = k.prefix + strconv.FormatUint(k.last.Add(1), 36)
	return tag, append(slices.Clip(args), "TAG", tag)
}

// cancel has the call of that tag ended at the daemon. Answered returns when the call, if it has been sent, has been answered.
func (c *Conn) cancel(tag string, answered func()) {
	k := c.canceler
	k.mu.Lock()
	defer k.mu.Unlock()
	k.pending[tag] = true
	if !k.runs {
		k.runs = true
		go c.cancelPending()
	}
	go func() {
		answered()
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.pending, tag)
	}()
}

// cancelPending cancels what is pending until nothing is.
func (c *Conn) cancelPending() {
	for {
		args := c.canceler.next()
		if args == nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), cancelTimeout)
		c.alone(ctx, args) // if it fails, the next one may do better
		cancel()
		time.Sleep(cancelPause)
	}
}

// next returns the command that cancels what is pending, or nil.
func (k *canceler) next() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.pending) == 0 {
		k.runs = false
		return nil
	}
	return slices.AppendSeq([]string{"CALL.CANCEL"}, maps.Keys(k.pending))
}

// sharedAnswered returns when all that was sent on the shared connection before has been answered: the daemon answers in order.
func (c *Conn) sharedAnswered() {
	c.redis.Do(context.Background(), c.redis.B().Ping().Build())
}
