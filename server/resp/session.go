// This file is the RESP commands about the connection and the server.

package resp

import (
	"strconv"
	"time"

	"github.com/objluad/objluad/server/access"
	"github.com/objluad/objluad/server/wire"
)

func (c *conn) ping(args [][]byte) error {
	if len(args) == 1 {
		c.out.bulk(args[0])
		return nil
	}
	c.out.simple("PONG")
	return nil
}

func (c *conn) echo(args [][]byte) error {
	c.out.bulk(args[0])
	return nil
}

func (c *conn) time([][]byte) error {
	now := time.Now()
	c.out.array(2)
	c.out.bulkString(strconv.FormatInt(now.Unix(), 10))
	c.out.bulkString(strconv.Itoa(now.Nanosecond() / 1000))
	return nil
}

// selectDB is for clients that choose a database on each connection. Pools are what there is instead.
func (c *conn) selectDB(args [][]byte) error {
	n, err := strconv.Atoi(string(wire.Clip(args[0])))
	switch {
	case err != nil:
		return wire.InputError("value is not an integer or out of range")
	case n != 0:
		return wire.InputError("DB index is out of range")
	}
	c.out.ok()
	return nil
}

// reset undoes what the client has set. What it told of its library stays true.
func (c *conn) reset([][]byte) error {
	c.unmute()
	c.logOut()
	c.setSession(false, "")
	c.out.simple("RESET")
	return nil
}

func (c *conn) quit([][]byte) error {
	c.closes = true
	c.out.ok()
	return nil
}

// hello changes nothing unless all of it can be done.
func (c *conn) hello(args [][]byte) error {
	resp3, name := c.out.resp3, c.state.clientName()
	var login [][]byte // name and password
	if len(args) > 0 {
		version, err := strconv.Atoi(string(args[0]))
		switch {
		case err != nil:
			return wire.InputError("Protocol version is not an integer or out of range")
		case version != 2 && version != 3: // Redis's words: clients look for them
			c.out.errorText("NOPROTO unsupported protocol version")
			return nil
		}
		resp3 = version == 3
		for opts := args[1:]; len(opts) > 0; opts = opts[2:] {
			switch {
			case is(opts[0], "AUTH") && len(opts) >= 3:
				login, opts = opts[1:3], opts[1:]
			case is(opts[0], "SETNAME") && len(opts) >= 2:
				if name, err = parseClientName(opts[1]); err != nil {
					return err
				}
			default:
				return wire.InputError("Syntax error in HELLO option '%s'", wire.Clip(opts[0]))
			}
		}
	}
	if login != nil {
		if err := c.login(string(login[0]), login[1]); err != nil {
			return err
		}
	}
	if c.who() == nil {
		return access.ErrNoLogin
	}
	c.setSession(resp3, name)
	proto := int64(2)
	if resp3 {
		proto = 3
	}
	c.out.mapping(7)
	c.out.bulkString("server")
	c.out.bulkString("objluad")
	c.out.bulkString("version")
	c.out.bulkString(c.srv.opts.Version)
	c.out.bulkString("proto")
	c.out.int(proto)
	c.out.bulkString("id")
	c.out.int(c.id)
	c.out.bulkString("mode")
	c.out.bulkString("standalone")
	c.out.bulkString("role")
	c.out.bulkString("master")
	c.out.bulkString("modules")
	c.out.array(0)
	return nil
}
