// This file is TLS on the listeners, and what is said to clients that speak it where it is not, or the other way round.

package resp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"
)

const (
	handshakeTimeout = 10 * time.Second
	tlsHandshake     = 22 // the first byte that a client of TLS sends
)

// handshake makes TLS's on a connection that has it, and logs in whom the client's certificate stands for.
func (c *conn) handshake() error {
	secured, ok := c.nc.(*tls.Conn)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), handshakeTimeout)
	defer cancel()
	if err := secured.HandshakeContext(ctx); err != nil {
		var plain tls.RecordHeaderError
		if errors.As(err, &plain) && plain.Conn != nil {
			err = errors.New("the client does not speak TLS")
			const told = "-EPROTO input this port speaks TLS: connect with it, as in redis-cli --tls and objluad --tls\r\n"
			_ = plain.Conn.SetWriteDeadline(time.Now().Add(time.Second))
			_, _ = plain.Conn.Write([]byte(told)) // a client that went away needs no answer
			c.lingerOn(plain.Conn)
		}
		c.srv.audit.Warn("TLS handshake failed", "peer", c.client, "err", err)
		return fmt.Errorf("TLS handshake: %w", err)
	}
	state := secured.ConnectionState()
	c.loginByCertificate(&state)
	return nil
}
