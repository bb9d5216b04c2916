// Package client talks to an objluad daemon over RESP. Its names are those of go-ceph's package rados.
//
//	conn, err := client.Dial("127.0.0.1:7480")
//	ioctx := conn.OpenIOContext("default")
//	reply, err := ioctx.Exec(ctx, "oid", "counter", "incr", nil)
//
// All methods are safe for concurrent use, but for IOContext.SetNamespace.
//
// # Contexts
//
// When the context of an operation ends, so does the operation, and the method that runs for it: its connection is closed, which the
// daemon notices within some 150 ms, or, where others use the connection, the call is canceled by a tag of its own. A method is also told how long its caller waits, if that is less than the time that it would have:
// it then fails with ETIMEDOUT and the line where it was, and errors.Is finds context.DeadlineExceeded in that, too. Either way a method
// that was ended has changed nothing; an operation whose context ended may have been done all the same, if it was about to commit.
//
// # Connections
//
// A Conn is a pool. Each operation has a connection to itself while it runs, so a slow method holds up nobody. Where many short
// ones are made at once, IOContext.Pipelined has them share one connection, and IOContext.Batch sends some together.
//
// # Errors
//
// Operations that fail at the daemon return *Error, with all that the daemon told; errors.Is compares it with a syscall.Errno. A
// connection that broke is ECONNRESET or EPIPE, and one that cannot be made ECONNREFUSED and the like.
//
// # Retries
//
// An operation is sent again, up to Options.Retries times, after a pause that grows, while its context lives, and only where that is safe:
//
//   - whatever it is, when the daemon had no room for it or is about to end (EBUSY or ESHUTDOWN of kind "busy"), or no connection could be
//     made: nothing was done;
//   - when the connection broke, so that nobody knows what was done: operations that read, and calls with IdempotencyKey, ReadOnly, DryRun or
//     Capture.
//
// Nothing else is sent twice: a write whose connection broke may have been made, or not.
package client

import (
	"context"
	"net"
	"time"

	"github.com/redis/rueidis"
)

// Conn is a pool of connections to a daemon.
type Conn struct {
	redis rueidis.Client
	opts  Options
	send  func(ctx context.Context, args []string) rueidis.RedisResult // once

	canceler *canceler
}

// Dial connects to the daemon at addr, the "host:port" of its RESP listener, with default options.
func Dial(addr string) (*Conn, error) { return DialOptions(addr, Options{}) }

// replyTimeout is after which time the shared connection is given up when no reply comes: longer than a method may wait and run.
const replyTimeout = 5 * time.Minute

// DialOptions is Dial with options.
func DialOptions(addr string, opts Options) (*Conn, error) {
	opts = opts.withDefaults()
	redis, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress:         []string{addr},
		ClientName:          opts.Name,
		Username:            opts.User,
		Password:            opts.Password,
		TLSConfig:           opts.TLS,
		Dialer:              net.Dialer{Timeout: opts.DialTimeout},
		DialCtxFn:           dialCounted(opts.Traffic),
		BlockingPoolSize:    opts.MaxConnections,
		PipelineMultiplex:   -1, // the shared connection is one
		ConnWriteTimeout:    replyTimeout,
		ForceSingleClient:   true,
		DisableCache:        true,
		DisableRetry:        true,
		BlockingPoolCleanup: time.Minute,
		RingScaleEachConn:   8,
		ReadBufferEachConn:  32 << 10,
		WriteBufferEachConn: 32 << 10,
	})
	if err != nil {
		return nil, dialError(addr, opts.TLS != nil, err)
	}
	c := &Conn{redis: redis, opts: opts, canceler: newCanceler()}
	c.send = c.alone
	return c, nil
}

// Shutdown closes all connections.
func (c *Conn) Shutdown() { c.redis.Close() }

// Ping returns nil when the daemon answers.
func (c *Conn) Ping(ctx context.Context) error {
	return callError(c.do(ctx, "PING").Error())
}

// OpenIOContext returns a context for objects in a pool. That the pool exists shows in its use.
func (c *Conn) OpenIOContext(pool string) *IOContext {
	return &IOContext{conn: c, pool: pool, target: pool}
}
