// This file is the RESP commands CLIENT … by which a client tells of its own connection, and sets it up.

package resp

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/objluad/objluad/server/wire"
)

const maxClientName = 64 // bytes of a connection's name, and of what a client tells of its library

var clientCommands = []*command{
	{name: "client|id", min: 0, max: 0, flags: fast, summary: "Returns the connection's id.", run: (*conn).clientID},
	{name: "client|getname", min: 0, max: 0, flags: fast, summary: "Returns the connection's name.", run: (*conn).clientGetName},
	{name: "client|setname", usage: "name", min: 1, max: 1, flags: fast, summary: "Names the connection.", run: (*conn).clientSetName},
	{name: "client|setinfo", usage: "LIB-NAME name | LIB-VER version", min: 2, max: 2, flags: fast,
		summary: "Tells the client's library.", run: (*conn).clientSetInfo},
	{name: "client|info", min: 0, max: 0, flags: fast, summary: "Describes the connection on a line.", run: (*conn).clientInfo},
	{name: "client|list", usage: "[TYPE NORMAL|MASTER|REPLICA|PUBSUB] [ID id [id ...]]", min: 0, max: many, flags: admin,
		summary: "Describes all connections, or some, each on a line.", run: (*conn).clientList},
	{name: "client|kill", usage: "addr | [ID id] [ADDR addr] [LADDR addr] [USER name] [TYPE type] [MAXAGE seconds] [SKIPME YES|NO]", min: 1, max: many, flags: admin,
		summary: "Closes connections, and ends their calls.", run: (*conn).clientKill},
	{name: "client|reply", usage: "ON|OFF|SKIP", min: 1, max: 1, flags: fast,
		summary: "Turns replies on or off, or leaves out the next one.", run: (*conn).clientReply},
	{name: "client|no-evict", usage: "ON|OFF", min: 1, max: 1, flags: fast,
		summary: "Is taken and changes nothing: no client is evicted.", run: (*conn).clientNoOp},
	{name: "client|no-touch", usage: "ON|OFF", min: 1, max: 1, flags: fast,
		summary: "Is taken and changes nothing: reading an object leaves no trace.", run: (*conn).clientNoOp},
}

// clientState is what CLIENT LIST tells of a connection. Other connections read it.
type clientState struct {
	began  time.Time
	cmd    atomic.Pointer[command] // the last one
	unread atomic.Int64            // bytes that arrived and were not yet taken for a command, when it last read
	room   atomic.Int64            // bytes of the buffer for them
	unsent atomic.Int64            // bytes of replies that the kernel has not yet taken
	killed atomic.Bool

	mu                    sync.Mutex
	name, libName, libVer string
	user                  string // "" when nobody has logged in
	resp3                 bool
}

func (s *clientState) clientName() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.name
}

// setSession sets what a client chooses for its connection.
func (c *conn) setSession(resp3 bool, name string) {
	c.out.resp3 = resp3
	c.state.mu.Lock()
	defer c.state.mu.Unlock()
	c.state.resp3, c.state.name = resp3, name
}

func (c *conn) clientID([][]byte) error {
	c.out.int(c.id)
	return nil
}

func (c *conn) clientGetName([][]byte) error {
	if name := c.state.clientName(); name != "" {
		c.out.bulkString(name)
	} else {
		c.out.null()
	}
	return nil
}

func (c *conn) clientSetName(args [][]byte) error {
	name, err := parseClientName(args[0])
	if err != nil {
		return err
	}
	c.setSession(c.out.resp3, name)
	c.out.ok()
	return nil
}

// clientSetInfo takes what client libraries tell about themselves.
func (c *conn) clientSetInfo(args [][]byte) error {
	var field *string
	switch {
	case is(args[0], "LIB-NAME"):
		field = &c.state.libName
	case is(args[0], "LIB-VER"):
		field = &c.state.libVer
	default:
		return wire.InputError("Unrecognized option '%s'", wire.Clip(args[0]))
	}
	if !plain(args[1]) {
		return wire.InputError("%s cannot contain spaces, newlines or special characters, and has at most %d bytes",
			strings.ToLower(string(args[0])), maxClientName)
	}
	c.state.mu.Lock()
	*field = string(args[1])
	c.state.mu.Unlock()
	c.out.ok()
	return nil
}

// parseClientName checks a name that is to appear in lists and logs.
func parseClientName(b []byte) (string, error) {
	if !plain(b) {
		return "", wire.InputError("Client names cannot contain spaces, newlines or special characters, and have at most %d bytes", maxClientName)
	}
	return string(b), nil
}

// plain reports whether b is short printable ASCII without spaces.
func plain(b []byte) bool {
	return len(b) <= maxClientName && !slices.ContainsFunc(b, func(c byte) bool { return c <= ' ' || c > '~' })
}

// clientReply turns replies on or off. Those that were gathered before are sent.
func (c *conn) clientReply(args [][]byte) error {
	switch {
	case is(args[0], "ON"):
		c.unmute()
		c.out.ok()
	case is(args[0], "OFF"):
		c.mute(0)
	case is(args[0], "SKIP"):
		c.mute(2) // this one and the next
	default:
		return errSyntax
	}
	return nil
}

func (c *conn) clientNoOp(args [][]byte) error {
	if !is(args[0], "ON") && !is(args[0], "OFF") {
		return errSyntax
	}
	c.out.ok()
	return nil
}

var errSyntax = wire.InputError("syntax error")

func (c *conn) clientInfo([][]byte) error {
	c.out.text(c.describeClient(time.Now()))
	return nil
}
