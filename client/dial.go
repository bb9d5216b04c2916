// This file has contexts end what the client library does for them.

package client

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

// undated is a context that ends at its deadline and does not tell it. With a deadline the library looks at nothing else, so
// a context that is canceled before would not end a command.
type undated struct{ context.Context }

func (undated) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }

// onlyUse is the context of what has a connection to itself. If that connection is made for it, the context's end closes it already
// while daemon and library exchange their greetings, to which the library gives a time of its own.
type onlyUse struct {
	undated
	stop func() bool // nil when no connection was made
}

type onlyUseKey struct{}

func (o *onlyUse) Value(key any) any {
	if key == (onlyUseKey{}) {
		return o
	}
	return o.undated.Value(key)
}

// end has the context's end no longer close the connection, which others may use then.
func (o *onlyUse) end() {
	if o.stop != nil {
		o.stop()
	}
}

// dial makes a connection, on the goroutine whose command needs it.
func dial(ctx context.Context, addr string, dialer *net.Dialer, config *tls.Config) (nc net.Conn, err error) {
	if config != nil {
		nc, err = (&tls.Dialer{NetDialer: dialer, Config: config}).DialContext(ctx, "tcp", addr)
	} else {
		nc, err = dialer.DialContext(ctx, "tcp", addr)
	}
	if only, ok := ctx.Value(onlyUseKey{}).(*onlyUse); ok && err == nil {
		only.stop = context.AfterFunc(only.undated.Context, func() { nc.Close() })
	}
	return nc, err
}
