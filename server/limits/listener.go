// This file is the listener whose connections are counted, and what those are told for which there is no room.

package limits

import (
	"crypto/tls"
	"io"
	"net"
	"time"
)

const (
	maxRefusing = 128 // connections that are told at once that there is no room
	refusalTime = time.Second
)

// LingerBytes are read of a client at most before its connection is closed, so that it gets to read why.
const LingerBytes = 16 << 20

// Listener returns a listener of whose connections those are accepted that become clients. They have TLS if
// the clients have. The others are told why by what refusal makes of the error.
func (c *Clients) Listener(l net.Listener, refusal func(error) []byte) net.Listener {
	l = &limitedListener{l, c, refusal}
	if c.tls == nil {
		return l
	}
	return tls.NewListener(l, c.tls)
}

type limitedListener struct {
	net.Listener
	clients *Clients
	refusal func(error) []byte
}

func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		nc, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		conn, err := l.clients.admit(nc)
		if err == nil {
			return conn, nil
		}
		l.clients.refuse(nc, l.refusal(err))
	}
}

// refuse tells a connection why it is closed. A client that is sending by then would be told by a reset, and lose the reason, so it
// is listened to for a moment; in a flood of connections not each is.
func (c *Clients) refuse(nc net.Conn, reason []byte) {
	c.refused.Add(1)
	if c.tls != nil { // it would not understand
		nc.Close()
		return
	}
	select {
	case c.refusing <- struct{}{}:
	default:
		nc.Close()
		return
	}
	go func() {
		defer func() { nc.Close(); <-c.refusing }()
		nc.SetDeadline(time.Now().Add(refusalTime))
		if _, err := nc.Write(reason); err != nil {
			return
		}
		if half, ok := nc.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
			io.CopyN(io.Discard, nc, LingerBytes)
		}
	}()
}
