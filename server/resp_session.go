// This file is the RESP commands about the connection and the server.

package server

import (
	"strconv"
	"syscall"

	"github.com/objluad/objluad/objclass"
)

const maxClientName = 64 // bytes of a connection's name

func (c *respConn) ping(args [][]byte) error {
	if len(args) == 1 {
		c.out.bulk(args[0])
		return nil
	}
	c.out.simple("PONG")
	return nil
}

func (c *respConn) quit([][]byte) error {
	c.closes = true
	c.out.ok()
	return nil
}

func (c *respConn) auth([][]byte) error {
	return objclass.Errorf(syscall.EPERM, objclass.KindAuth,
		"the server has no users, so there is nothing to log in to; connect without a password")
}

// hello changes nothing unless all of it can be done.
func (c *respConn) hello(args [][]byte) error {
	resp3, name := c.out.resp3, c.name
	if len(args) > 0 {
		version, err := strconv.Atoi(string(args[0]))
		switch {
		case err != nil:
			return inputError("the protocol version is 2 or 3, not %q", clip(args[0]))
		case version != 2 && version != 3: // Redis's words: clients look for them
			c.out.errorText("NOPROTO unsupported protocol version")
			return nil
		}
		resp3 = version == 3
		for opts := args[1:]; len(opts) > 0; opts = opts[2:] {
			switch {
			case is(opts[0], "AUTH") && len(opts) >= 3:
				return c.auth(nil)
			case is(opts[0], "SETNAME") && len(opts) >= 2:
				if name, err = clientName(opts[1]); err != nil {
					return err
				}
			default:
				return inputError("unknown or incomplete option %q of HELLO", clip(opts[0]))
			}
		}
	}
	c.out.resp3, c.name = resp3, name
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

func (c *respConn) clientID([][]byte) error {
	c.out.int(c.id)
	return nil
}

func (c *respConn) clientGetName([][]byte) error {
	if c.name == "" {
		c.out.null()
		return nil
	}
	c.out.bulkString(c.name)
	return nil
}

func (c *respConn) clientSetName(args [][]byte) error {
	name, err := clientName(args[0])
	if err != nil {
		return err
	}
	c.name = name
	c.out.ok()
	return nil
}

// clientSetInfo takes what client libraries tell about themselves; the log is where it is of use.
func (c *respConn) clientSetInfo(args [][]byte) error {
	if !is(args[0], "LIB-NAME") && !is(args[0], "LIB-VER") {
		return unknownOption(args[0])
	}
	value, err := clientName(args[1])
	if err != nil {
		return err
	}
	c.srv.log.Debug("client library", "id", c.id, "attribute", string(args[0]), "value", value)
	c.out.ok()
	return nil
}

// clientName checks a name that is to appear in lists and logs.
func clientName(b []byte) (string, error) {
	if len(b) > maxClientName {
		return "", inputError("a connection's name has at most %d bytes", maxClientName)
	}
	for _, c := range b {
		if c <= ' ' || c > '~' {
			return "", inputError("a connection's name is printable ASCII without spaces")
		}
	}
	return string(b), nil
}
