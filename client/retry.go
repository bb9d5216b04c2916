// This file sends operations again, where that is safe.

package client

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/redis/rueidis"
)

// longestBackoff is the longest time between two attempts.
const longestBackoff = time.Second

// do sends a command, and again while that is safe, and may help.
func (c *Conn) do(ctx context.Context, args ...string) rueidis.RedisResult {
	for retries := 0; ; retries++ {
		result := c.send(ctx, args)
		err := result.Error()
		if err == nil || retries >= c.opts.Retries || !mayRetry(err, args) || !c.pause(ctx, retries) {
			return result
		}
	}
}

// mayRetry reports whether a command that failed so did nothing, or nothing that doing it again would change, and may do better then.
func mayRetry(err error, args []string) bool {
	if reply, ok := rueidis.IsRedisErr(err); ok {
		return strings.HasPrefix(reply.Error(), "EBUSY busy ") || strings.HasPrefix(reply.Error(), "ESHUTDOWN busy ")
	}
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		return true // nothing was sent
	}
	return isLost(err) && repeatable(args)
}

// isLost reports whether a connection broke, so that nobody knows what became of its commands.
func isLost(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// reads are the commands that change nothing.
var reads = map[string]bool{
	"PING": true, "OBJ.READ": true, "OBJ.STAT": true, "OBJ.LIST": true, "OBJ.GETXATTR": true, "OBJ.XATTRS": true,
	"OBJ.OMAPGET": true, "OBJ.OMAPLIST": true, "OBJ.OMAPHEADER": true,
	"POOL.LIST": true, "POOL.STAT": true, "POOL.DF": true, "CLASS.LIST": true, "CLASS.SHOW": true, "CALL.LIST": true, "CALL.STATS": true,
}

// repeatable reports whether a command that may have been done can be done again: it reads, or is a call that says that it may not
// write, or one with an idempotency key.
func repeatable(args []string) bool {
	if args[0] == "OBJ.IFVERSION" {
		args = args[2:]
	}
	if args[0] != "OBJ.EXEC" && args[0] != "OBJ.EVAL" {
		return reads[args[0]]
	}
	return slices.ContainsFunc(args[6:], func(option string) bool { return repeatableBy[option] })
}

// repeatableBy are the options of calls that may be made again. The values of other options are numbers.
var repeatableBy = map[string]bool{"IDEMPOTENCY": true, "READONLY": true, "DRYRUN": true, "CAPTURE": true}

// pause waits before an attempt, and reports whether ctx lives on. It varies, so that clients who were refused together do not come
// back together.
func (c *Conn) pause(ctx context.Context, retries int) bool {
	wait := longestBackoff
	if retries < 16 {
		wait = min(wait, c.opts.Backoff<<retries)
	}
	timer := time.NewTimer(wait/2 + rand.N(wait/2+1))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
