// This file is the RESP commands COMMAND …, which show the table of commands to clients.

package resp

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/tidwall/match"

	"github.com/objluad/objluad/server/wire"
)

var commandCommands = []*command{
	{name: "command|count", min: 0, max: 0, flags: fast, summary: "Returns the number of commands.", run: (*conn).commandCount},
	{name: "command|info", usage: "[name ...]", min: 0, max: many, flags: fast, summary: "Describes commands.", run: (*conn).commandInfo},
	{name: "command|docs", usage: "[name ...]", min: 0, max: many, flags: fast, summary: "Documents commands.", run: (*conn).commandDocs},
	{name: "command|list", usage: "[FILTERBY MODULE|ACLCAT|PATTERN value]", min: 0, max: 3, flags: fast,
		summary: "Returns the names of all commands, or of those that match.", run: (*conn).commandList},
	{name: "command|getkeys", usage: "command [arg ...]", min: 1, max: many, flags: fast,
		summary: "Returns which arguments of a command are object ids.", run: (*conn).commandGetKeys},
}

func (c *conn) command([][]byte) error {
	names := slices.Sorted(maps.Keys(commands))
	c.out.array(len(names))
	for _, name := range names {
		c.describe(commands[name])
	}
	return nil
}

func (c *conn) commandCount([][]byte) error {
	c.out.int(int64(len(commands)))
	return nil
}

// commandList takes Redis's filters. No command is of a module or in a category of ACLs.
func (c *conn) commandList(args [][]byte) error {
	wanted := func(string) bool { return true }
	switch {
	case len(args) == 0:
	case len(args) != 3 || !is(args[0], "FILTERBY"):
		return errSyntax
	case is(args[1], "MODULE"), is(args[1], "ACLCAT"):
		wanted = func(string) bool { return false }
	case is(args[1], "PATTERN"):
		pattern := strings.ToLower(string(wire.Clip(args[2])))
		wanted = func(name string) bool { return match.Match(name, pattern) }
	default:
		return errSyntax
	}
	names := slices.Sorted(maps.Keys(commands))
	names = slices.DeleteFunc(names, func(name string) bool { return !wanted(name) })
	c.out.array(len(names))
	for _, name := range names {
		c.out.bulkString(name)
	}
	return nil
}

func (c *conn) commandInfo(args [][]byte) error {
	if len(args) == 0 {
		return c.command(nil)
	}
	c.out.array(len(args))
	for _, name := range args {
		if cmd := findWhole(name); cmd != nil {
			c.describe(cmd)
		} else {
			c.out.nullArray()
		}
	}
	return nil
}

// findWhole looks up a command, or a subcommand by its whole name, such as "client|id"; nil when there is none.
func findWhole(name []byte) *command {
	container, sub, isSub := bytes.Cut(name, []byte{'|'})
	cmd := find(commands, container)
	if cmd == nil || !isSub {
		return cmd
	}
	return find(cmd.subs, sub)
}

// commandGetKeys answers the object id of a whole command. Pools are no keys.
func (c *conn) commandGetKeys(args [][]byte) error {
	cmd, args, err := lookup(args)
	switch {
	case cmd == nil:
		return wire.InputError("Invalid command specified")
	case err != nil:
		return wire.InputError("Invalid number of arguments specified for command")
	case !cmd.keys:
		return wire.InputError("The command has no key arguments")
	}
	c.out.array(1)
	c.out.bulk(args[1])
	return nil
}

// describe writes a command as Redis 7 does: name, arity, flags, first key, last key, step, ACL categories, tips, key
// specifications, subcommands.
func (c *conn) describe(cmd *command) {
	c.out.array(10)
	c.out.bulkString(cmd.name)
	c.out.int(int64(cmd.arity()))
	c.out.set(len(cmd.flags))
	for _, flag := range cmd.flags {
		c.out.simple(flag)
	}
	key := int64(0)
	if cmd.keys {
		key = 2
	}
	c.out.int(key)
	c.out.int(key)
	c.out.int(min(key, 1))
	c.out.set(0)
	c.out.set(0)
	c.out.set(0)
	names := slices.Sorted(maps.Keys(cmd.subs))
	c.out.array(len(names))
	for _, name := range names {
		c.describe(cmd.subs[name])
	}
}

// arity counts arguments as Redis does: with the name, and negative where more may follow.
func (cmd *command) arity() int {
	n := cmd.min + 1
	if strings.Contains(cmd.name, "|") || cmd.container() {
		n++
	}
	if cmd.max != cmd.min || cmd.subs != nil {
		return -n
	}
	return n
}
