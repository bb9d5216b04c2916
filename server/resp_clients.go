// This file is the RESP commands CLIENT LIST and CLIENT KILL, by which an operator sees and closes connections.

package server

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/wire"
)

// clientList answers a line for each connection, oldest first.
func (c *respConn) clientList(args [][]byte) error {
	var ids []int64
	listed := func(conn *respConn) bool { return ids == nil || slices.Contains(ids, conn.id) }
	switch {
	case len(args) == 0:
	case is(args[0], "TYPE") && len(args) == 2:
		normal, err := parseClientType(args[1])
		if err != nil {
			return err
		}
		listed = func(*respConn) bool { return normal }
	case is(args[0], "ID") && len(args) > 1:
		for _, arg := range args[1:] {
			id, err := strconv.ParseInt(string(wire.Clip(arg)), 10, 64)
			if err != nil {
				return wire.InputError("Invalid client ID")
			}
			ids = append(ids, id)
		}
	default:
		return errSyntax
	}
	var b strings.Builder
	now := time.Now()
	for _, conn := range c.srv.clients() {
		if listed(conn) && c.governs(conn) {
			b.WriteString(conn.describeClient(now))
		}
	}
	c.sock.Count(b.Len())
	c.out.text(b.String())
	return nil
}

// parseClientType reports whether a type of client is the one that all clients have here.
func parseClientType(arg []byte) (normal bool, err error) {
	switch strings.ToLower(string(wire.Clip(arg))) {
	case "normal":
		return true, nil
	case "master", "replica", "slave", "pubsub":
		return false, nil
	}
	return false, wire.InputError("Unknown client type '%s'", wire.Clip(arg))
}

// clients returns the connections that were not killed, oldest first.
func (s *respServer) clients() []*respConn {
	s.mu.Lock()
	conns := make([]*respConn, 0, len(s.conns))
	for c := range s.conns {
		if !c.state.killed.Load() {
			conns = append(conns, c)
		}
	}
	s.mu.Unlock()
	slices.SortFunc(conns, func(a, b *respConn) int { return cmp.Compare(a.id, b.id) })
	return conns
}

// describeClient returns the line of CLIENT LIST. It has Redis's fields as far as there is such a thing here, and no others:
// some clients refuse a field that they do not know.
func (c *respConn) describeClient(now time.Time) string {
	s := &c.state
	s.mu.Lock()
	name, libName, libVer, proto := s.name, s.libName, s.libVer, 2
	if s.resp3 {
		proto = 3
	}
	s.mu.Unlock()
	command := "NULL"
	if cmd := s.cmd.Load(); cmd != nil {
		command = cmd.name
	}
	unread := s.unread.Load()
	return fmt.Sprintf("id=%d addr=%s laddr=%s fd=%d name=%s age=%d idle=%d flags=N db=0 qbuf=%d qbuf-free=%d omem=%d tot-mem=%d cmd=%s user=%s resp=%d lib-name=%s lib-ver=%s\n",
		c.id, c.client, c.nc.LocalAddr(), c.fd(), name, int64(now.Sub(s.began).Seconds()), int64(c.idle().Seconds()),
		unread, max(s.room.Load()-unread, 0), s.unsent.Load(), c.buffers(), command, c.user(), proto, libName, libVer)
}

// buffers returns how many bytes of memory hold what the connection read and is to send.
func (c *respConn) buffers() int64 {
	return c.state.room.Load() + gatheredReplies + c.state.unsent.Load()
}

// fd returns the number of the connection's socket, -1 when it has none.
func (c *respConn) fd() int {
	fd := -1
	if c.raw != nil {
		c.raw.Control(func(n uintptr) { fd = int(n) })
	}
	return fd
}

// clientFilter says which connections CLIENT KILL closes: those of which all is true.
type clientFilter []func(*respConn) bool

func (f clientFilter) matches(c *respConn) bool {
	return !slices.ContainsFunc(f, func(holds func(*respConn) bool) bool { return !holds(c) })
}

func ofAddr(addr string) func(*respConn) bool {
	return func(c *respConn) bool { return c.client == addr }
}

// clientKill answers how many connections it closed; in Redis's old form, which names one by its address, whether it did.
func (c *respConn) clientKill(args [][]byte) error {
	filter, err := c.parseClientFilter(args)
	if err != nil {
		return err
	}
	if len(args) == 1 {
		if c.kill(filter) == 0 {
			return objclass.Errorf(syscall.ENOENT, objclass.KindInput, "No such client")
		}
		c.out.ok()
		return nil
	}
	c.out.int(c.kill(filter))
	return nil
}

func (c *respConn) parseClientFilter(args [][]byte) (f clientFilter, err error) {
	if len(args) == 1 {
		return clientFilter{ofAddr(string(args[0]))}, nil
	}
	skipMe := true
	if len(args)%2 != 0 {
		return nil, errSyntax
	}
	for ; len(args) > 0; args = args[2:] {
		value := string(args[1])
		switch {
		case is(args[0], "ID"):
			id, err := strconv.ParseInt(value, 10, 64)
			if err != nil || id <= 0 {
				return nil, wire.InputError("client-id should be greater than 0")
			}
			f = append(f, func(c *respConn) bool { return c.id == id })
		case is(args[0], "ADDR"):
			f = append(f, ofAddr(value))
		case is(args[0], "LADDR"):
			f = append(f, func(c *respConn) bool { return c.nc.LocalAddr().String() == value })
		case is(args[0], "USER"):
			f = append(f, func(c *respConn) bool { return c.user() == value })
		case is(args[0], "TYPE"):
			normal, err := parseClientType(args[1])
			if err != nil {
				return nil, err
			}
			f = append(f, func(*respConn) bool { return normal })
		case is(args[0], "MAXAGE"):
			seconds, err := strconv.ParseInt(value, 10, 32)
			if err != nil || seconds <= 0 {
				return nil, wire.InputError("maxage is not an integer or out of range")
			}
			f = append(f, func(c *respConn) bool { return time.Since(c.state.began) >= time.Duration(seconds)*time.Second })
		case is(args[0], "SKIPME") && is(args[1], "YES"):
			skipMe = true
		case is(args[0], "SKIPME") && is(args[1], "NO"):
			skipMe = false
		default:
			return nil, errSyntax
		}
	}
	if skipMe {
		f = append(f, func(other *respConn) bool { return other != c })
	}
	return f, nil
}

// kill closes the connections that match, and ends their calls. Its own it closes behind the reply.
func (c *respConn) kill(filter clientFilter) (killed int64) {
	for _, conn := range c.srv.clients() {
		if !filter.matches(conn) || !c.governs(conn) || !conn.state.killed.CompareAndSwap(false, true) {
			continue
		}
		killed++
		if conn == c {
			c.closes = true
		} else {
			conn.close()
		}
	}
	return killed
}

// owns reports whether there are connections that match, and all are of the connection's own user.
func (c *respConn) owns(filter clientFilter) bool {
	found := false
	for _, conn := range c.srv.clients() {
		if filter.matches(conn) {
			if conn.user() != c.user() {
				return false
			}
			found = true
		}
	}
	return found
}
