// This file is how a Conn is set up.

package client

import "time"

// Options sets a Conn up. A zero field means its default.
type Options struct {
	// Name is what the daemon shows of the connection, in CLIENT LIST: up to 64 printable ASCII characters without spaces.
	// Default none.
	Name string
	// DialTimeout is how long a connection may take to be made; default 5 s.
	DialTimeout time.Duration
	// MaxConnections is how many connections the Conn makes at most for calls that are under way at once; one more waits
	// until one of them has ended. Default 1024.
	MaxConnections int
}

func (o Options) withDefaults() Options {
	if o.DialTimeout == 0 {
		o.DialTimeout = 5 * time.Second
	}
	if o.MaxConnections == 0 {
		o.MaxConnections = 1024
	}
	return o
}
