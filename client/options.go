// This file is how a Conn is set up.

package client

import (
	"crypto/tls"
	"time"
)

// Options sets a Conn up. A zero field means its default.
type Options struct {
	// Name is what the daemon shows of the connection, in CLIENT LIST: up to 64 printable ASCII characters without spaces.
	// Default none.
	Name string
	// User and Password are as whom the Conn logs in; by a password alone it is the user default. Default nobody, but whom a
	// certificate of TLS stands for.
	User, Password string
	// TLS is the connection's; default none. Its ServerName is the host of the address if it has none.
	TLS *tls.Config
	// DialTimeout is how long a connection may take to be made; default 5 s.
	DialTimeout time.Duration
	// MaxConnections is how many connections the Conn makes at most for operations that are under way at once; one more waits
	// until one of them has ended. Default 1024.
	MaxConnections int
	// Retries is how often an operation is sent again at most, where that is safe; default 5, negative for never. The package's
	// comment says what is safe.
	Retries int
	// Backoff is about how long the first retry waits; each further one waits twice as long, up to 1 s. Default 10 ms.
	Backoff time.Duration
	// Traffic, when set, is told of the bytes that pass the connections, the protocol's own included, as they are sent and received.
	// It must be quick, and safe for concurrent use.
	Traffic func(sent, received int)
}

func (o Options) withDefaults() Options {
	orDefault(&o.DialTimeout, 5*time.Second)
	orDefault(&o.MaxConnections, 1024)
	orDefault(&o.Retries, 5)
	orDefault(&o.Backoff, 10*time.Millisecond)
	return o
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
