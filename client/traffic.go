// This file tells what passes a Conn's connections.

package client

import (
	"context"
	"crypto/tls"
	"net"
)

// dialCounted returns what connects as the library does, with TLS if cfg is not nil, and has traffic told of what passes the connection.
// Without traffic it is nil, which leaves it to the library.
func dialCounted(traffic func(sent, received int)) func(context.Context, string, *net.Dialer, *tls.Config) (net.Conn, error) {
	if traffic == nil {
		return nil
	}
	return func(ctx context.Context, addr string, dialer *net.Dialer, cfg *tls.Config) (net.Conn, error) {
		dial := dialer.DialContext
		if cfg != nil {
			dial = (&tls.Dialer{NetDialer: dialer, Config: cfg}).DialContext
		}
		conn, err := dial(ctx, "tcp", addr)
		if err != nil {
			return nil, err
		}
		return &countedConn{conn, traffic}, nil
	}
}

type countedConn struct {
	net.Conn
	traffic func(sent, received int)
}

// maxCounted bounds a write, so that a large one is told of while it is under way.
const maxCounted = 256 << 10

func (c *countedConn) Write(p []byte) (n int, err error) {
	for {
		part := p[n:min(len(p), n+maxCounted)]
		sent, err := c.Conn.Write(part)
		n += sent
		c.traffic(sent, 0)
		if err != nil || n == len(p) {
			return n, err
		}
	}
}

func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.traffic(0, n)
	return n, err
}
