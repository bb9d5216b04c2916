// This file is COMMAND DOCS, by which redis-cli completes and explains commands, and the subcommand HELP.

package resp

import (
	"maps"
	"slices"
	"strings"
)

func (c *conn) commandDocs(args [][]byte) error {
	var found []*command
	for _, name := range args {
		if cmd := findWhole(name); cmd != nil {
			found = append(found, cmd)
		}
	}
	if len(args) == 0 {
		for _, name := range slices.Sorted(maps.Keys(commands)) {
			found = append(found, commands[name])
		}
	}
	c.out.mapping(len(found))
	for _, cmd := range found {
		c.document(cmd)
	}
	return nil
}

// document writes a command's name and documentation, as Redis 7 does.
func (c *conn) document(cmd *command) {
	c.out.bulkString(cmd.name)
	fields := 2
	if cmd.usage != "" {
		fields++
	}
	if cmd.subs != nil {
		fields++
	}
	c.out.mapping(fields)
	c.out.bulkString("summary")
	c.out.bulkString(cmd.summary)
	c.out.bulkString("group")
	c.out.bulkString(cmd.group())
	if cmd.usage != "" {
		c.out.bulkString("arguments")
		c.arguments(parseUsage(cmd.usage))
	}
	if cmd.subs == nil {
		return
	}
	c.out.bulkString("subcommands")
	c.out.mapping(len(cmd.subs))
	for _, name := range slices.Sorted(maps.Keys(cmd.subs)) {
		c.document(cmd.subs[name])
	}
}

// arguments writes what parseUsage returned, as Redis 7 does.
func (c *conn) arguments(args []usageArg) {
	c.out.array(len(args))
	for _, arg := range args {
		c.argument(&arg)
	}
}

func (c *conn) argument(arg *usageArg) {
	fields := 2
	for _, there := range []bool{arg.token != "", len(arg.flags()) > 0, len(arg.args) > 0} {
		if there {
			fields++
		}
	}
	c.out.mapping(fields)
	c.out.bulkString("name")
	c.out.bulkString(arg.name)
	c.out.bulkString("type")
	c.out.bulkString(arg.kind)
	if arg.token != "" {
		c.out.bulkString("token")
		c.out.bulkString(arg.token)
	}
	if flags := arg.flags(); len(flags) > 0 {
		c.out.bulkString("flags")
		c.out.set(len(flags))
		for _, flag := range flags {
			c.out.simple(flag)
		}
	}
	if len(arg.args) > 0 {
		c.out.bulkString("arguments")
		c.arguments(arg.args)
	}
}

// help writes the lines of HELP: each subcommand with its arguments, and what it does.
func (c *conn) help(container *command) {
	names := slices.Sorted(maps.Keys(container.subs))
	c.out.array(1 + 2*len(names))
	c.out.simple(strings.ToUpper(container.name) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
	for _, name := range names {
		sub := container.subs[name]
		c.out.simple(strings.TrimSpace(strings.ToUpper(name) + " " + sub.usage))
		c.out.simple("    " + sub.summary)
	}
}

// group returns the group under which redis-cli's help lists the command.
func (cmd *command) group() string {
	switch {
	case strings.HasPrefix(cmd.name, "obj."):
		return "object"
	case strings.HasPrefix(cmd.name, "pool."):
		return "pool"
	case strings.HasPrefix(cmd.name, "class."):
		return "class"
	case strings.HasPrefix(cmd.name, "call."):
		return "call"
	case strings.HasPrefix(cmd.name, "store."):
		return "store"
	}
	return "connection"
}
