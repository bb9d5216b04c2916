// This file is the RESP commands CLIENT LIST and CLIENT KILL, by which an operator sees and closes connections.

package resp

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
func (c *conn) clientList(args [][]byte) error {
	var ids []int64
	listed := func(other *conn) bool { return ids == nil || slices.Contains(ids, other.id) }
	switch {
	case len(args) == 0:
	case is(args[0], "TYPE") && len(args) == 2:
		normal, err := parseClientType(args[1])
		if err != nil {
			return err
		}
		listed = func(*conn) bool { return normal }
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
	for _, other := range c.srv.clients() {
		if listed(other) && c.governs(other) {
			b.WriteString(other.describeClient(now))
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
func (s *Server) clients() []*conn {
	s.mu.Lock()
	conns := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		if !c.state.killed.Load() {
			conns = append(conns, c)
		}
	}
	s.mu.Unlock()
	slices.SortFunc(conns, func(a, b *conn) int { return cmp.Compare(a.id, b.id) })
	return conns
}

// describeClient returns the line of CLIENT LIST. It has Redis's fields as far as there is such a thing here, and no others:
// some clients refuse a field that they do not know.
func (c *conn) describeClient(now time.Time) string {
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
func (c *conn) buffers() int64 {
	return c.state.room.Load() + gatheredReplies + c.state.unsent.Load()
}

// fd returns the number of the connection's socket, -1 when it has none.
func (c *conn) fd() int {
	fd := -1
	if c.raw != nil {
		c.raw.Control(func(n uintptr) { fd = int(n) })
	}
	return fd
}

// clientFilter says which connections CLIENT KILL closes: those of which all is true.
type clientFilter []func(*conn) bool

func (f clientFilter) matches(c *conn) bool {
	return !slices.ContainsFunc(f, func(holds func(*conn) bool) bool { return !holds(c) })
}

func ofAddr(addr string) func(*conn) bool {
	return func(c *conn) bool { return c.client == addr }
}

// clientKill answers how many connections it closed; in Redis's old form, which names one by its address, whether it did.
func (c *conn) clientKill(args [][]byte) error {
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

func (c *conn) parseClientFilter(args [][]byte) (f clientFilter, err error) {
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
			f = append(f, func(c *conn) bool { return c.id == id })
		case is(args[0], "ADDR"):
			f = append(f, ofAddr(value))
		case is(args[0], "LADDR"):
			f = append(f, func(c *conn) bool { return c.nc.LocalAddr().String() == value })
		case is(args[0], "USER"):
			f = append(f, func(c *conn) bool { return c.user() == value })
		case is(args[0], "TYPE"):
			normal, err := parseClientType(args[1])
			if err != nil {
				return nil, err
			}
			f = append(f, func(*conn) bool { return normal })
		case is(args[0], "MAXAGE"):
			seconds, err := strconv.ParseInt(value, 10, 32)
			if err != nil || seconds <= 0 {
				return nil, wire.InputError("maxage is not an integer or out of range")
			}
			f = append(f, func(c *conn) bool { return time.Since(c.state.began) >= time.Duration(seconds)*time.Second })
		case is(args[0], "SKIPME") && is(args[1], "YES"):
			skipMe = true
		case is(args[0], "SKIPME") && is(args[1], "NO"):
			skipMe = false
		default:
			return nil, errSyntax
		}
	}
	if skipMe {
		f = append(f, func(other *conn) bool { return other != c })
	}
	return f, nil
}

// kill closes the connections that match, and ends their calls. Its own it closes behind the reply.
func (c *conn) kill(filter clientFilter) (killed int64) {
	for _, other := range c.srv.clients() {
		if !filter.matches(other) || !c.governs(other) || !other.state.killed.CompareAndSwap(false, true) {
			continue
		}
		killed++
		if other == c {
			c.closes = true
		} else {
			other.close()
		}
	}
	return killed
}

// owns reports whether there are connections that match, and all are of the connection's own user.
func (c *conn) owns(filter clientFilter) bool {
	found := false
	for _, other := range c.srv.clients() {
		if filter.matches(other) {
			if other.user() != c.user() {
				return false
			}
			found = true
		}
	}
	return found
}
