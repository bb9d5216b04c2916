// Package client talks to an objluad daemon over RESP. Its names are those of go-ceph's package rados.
//
//	conn, err := client.Dial("127.0.0.1:7480")
//	ioctx := conn.OpenIOContext("default")
//	reply, err := ioctx.Exec(ctx, "oid", "counter", "incr", nil)
//
// Calls that fail at the daemon return *Error; errors.Is compares it with a syscall.Errno. Canceling a call's context cancels
// the method that runs for it. All methods are safe for concurrent use, but for IOContext.SetNamespace.
package client

import (
	"context"
	"net"
	"time"

	"github.com/redis/rueidis"
)

// Conn is a connection to a daemon.
type Conn struct{ redis rueidis.Client }

// Dial connects to the daemon at addr, the "host:port" of its RESP listener, with default options.
func Dial(addr string) (*Conn, error) { return DialOptions(addr, Options{}) }

// DialOptions is Dial with options.
func DialOptions(addr string, opts Options) (*Conn, error) {
	opts = opts.withDefaults()
	redis, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress:         []string{addr},
		ClientName:          opts.Name,
		Dialer:              net.Dialer{Timeout: opts.DialTimeout},
		BlockingPoolSize:    opts.MaxConnections,
		ForceSingleClient:   true,
		DisableCache:        true,
		DisableRetry:        true,
		BlockingPoolCleanup: time.Minute,
		RingScaleEachConn:   8,
		ReadBufferEachConn:  32 << 10,
		WriteBufferEachConn: 32 << 10,
	})
	if err != nil {
		return nil, callError(err)
	}
	return &Conn{redis}, nil
}

// Shutdown closes the connection.
func (c *Conn) Shutdown() { c.redis.Close() }

// Ping returns nil when the daemon answers.
func (c *Conn) Ping(ctx context.Context) error {
	return callError(c.do(ctx, "PING").Error())
}

// do sends a command. Each has a connection to itself while it runs: the daemon runs the commands of one connection in
// order, so a long method would hold up what others send. What the library calls blocking is sent so.
func (c *Conn) do(ctx context.Context, args ...string) rueidis.RedisResult {
	return c.redis.Do(ctx, c.redis.B().Arbitrary(args...).Blocking())
}

// OpenIOContext returns a context for objects in a pool. That the pool exists shows in its use.
func (c *Conn) OpenIOContext(pool string) *IOContext {
	return &IOContext{conn: c, pool: pool, target: pool}
}
