// This file tells what passes a Conn's connections.

package client

import (
	"context"
	"crypto/tls"
	"net"
)

// dialCounted returns dial, and has traffic told of what passes the connection, if it is not nil.
func dialCounted(traffic func(sent, received int)) func(context.Context, string, *net.Dialer, *tls.Config) (net.Conn, error) {
	if traffic == nil {
		return dial
	}
	return func(ctx context.Context, addr string, dialer *net.Dialer, cfg *tls.Config) (net.Conn, error) {
		conn, err := dial(ctx, addr, dialer, cfg)
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
