// This file is the table of what each command does, to be compared with capabilities. What is not in it is allowed to nobody, where there
// are users. OBJ.IFVERSION is allowed as the command behind it is.

package resp

import (
	"github.com/objluad/objluad/server/access"
	"github.com/objluad/objluad/server/wire"
)

// A commandRule says what a command with these arguments does; they are as many as the command takes.
type commandRule func(c *conn, args [][]byte) access.Operation

// commandRules has the rules by the names that the commands have. It is set at start and never changed.
var commandRules map[string]commandRule

func init() {
	readObject, writeObject := objectCommand(access.Read), objectCommand(access.Write)
	class := classCommand(access.Class)
	open, login, admin := plainCommand(access.Open), plainCommand(access.Login), plainCommand(access.Admin)
	commandRules = map[string]commandRule{
		"obj.exec": execCommand,
		"obj.eval": evalCommand,

		"obj.read":          readObject,
		"obj.stat":          readObject,
		"obj.getxattr":      readObject,
		"obj.xattrs":        readObject,
		"obj.omapget":       readObject,
		"obj.omaplist":      readObject,
		"obj.omapheader":    readObject,
		"obj.list":          readObject, // of a namespace
		"obj.write":         writeObject,
		"obj.writefull":     writeObject,
		"obj.append":        writeObject,
		"obj.truncate":      writeObject,
		"obj.zero":          writeObject,
		"obj.create":        writeObject,
		"obj.remove":        writeObject,
		"obj.setxattr":      writeObject,
		"obj.rmxattr":       writeObject,
		"obj.omapset":       writeObject,
		"obj.omaprm":        writeObject,
		"obj.omapclear":     writeObject,
		"obj.omapsetheader": writeObject,

		"pool.create": poolCommand(access.Pool),
		"pool.remove": poolCommand(access.Pool),
		"pool.stat":   poolCommand(access.Read),
		"pool.list":   login, // of the pools that the user can use
		"pool.df":     everyPoolCommand,

		"class.install":        class,
		"class.activate":       class,
		"class.rollback":       class,
		"class.remove":         class,
		"class.canary|set":     class,
		"class.canary|promote": class,
		"class.canary|end":     class,
		"class.keep":           class,
		"class.release":        class,
		"class.gc":             class,
		"class.reset":          class,
		"class.show":           classCommand(access.Class | access.Exec),
		"class.list":           login, // of the classes that the user can call or change

		"call.list":    login, // of the user's own calls, and of all with admin
		"call.kill":    killCommand,
		"call.cancel":  login, // of the user's own calls
		"call.stats":   login,
		"store.backup": admin,

		"config|get":       admin,
		"config|set":       admin,
		"config|rewrite":   admin,
		"config|resetstat": admin,

		"client|list": login, // of the user's own connections, and of all with admin
		"client|kill": killClientCommand,

		"auth":  open,
		"reset": open,
		"hello": open, // only with AUTH
		"quit":  open,

		"echo":              login,
		"time":              login,
		"select":            login,
		"client|info":       login,
		"client|reply":      login,
		"client|no-evict":   login,
		"client|no-touch":   login,
		"client|help":       login,
		"command|help":      login,
		"config|help":       login,
		"command|getkeys":   login,
		"class.canary|help": login,
		"ping":              login,
		"info":              infoCommand,
		"command":           login,
		"command|count":     login,
		"command|info":      login,
		"command|docs":      login,
		"command|list":      login,
		"client|id":         login,
		"client|getname":    login,
		"client|setname":    login,
		"client|setinfo":    login,
	}
}

func plainCommand(need access.Permission) commandRule {
	return func(*conn, [][]byte) access.Operation { return access.Operation{Need: need} }
}

// objectCommand is the rule of commands that begin with pool or pool/namespace.
func objectCommand(need access.Permission) commandRule {
	return func(c *conn, args [][]byte) access.Operation {
		pool, namespace := c.pool(args[0])
		return access.Operation{Need: need, Pool: access.One(pool), Namespace: access.One(namespace)}
	}
}

func execCommand(c *conn, args [][]byte) access.Operation {
	op := objectCommand(access.Exec)(c, args)
	op.And = access.AlsoReads(hasOption(args[5:], "DRYRUN") || hasOption(args[5:], "CAPTURE"))
	return access.OfMethod(op, reuse(&c.last.class, args[2]), reuse(&c.last.method, args[3]))
}

func evalCommand(c *conn, args [][]byte) access.Operation {
	op := objectCommand(access.Eval)(c, args)
	op.And = access.AlsoReads(hasOption(args[5:], "DRYRUN") || hasOption(args[5:], "CAPTURE"))
	return op
}

// hasOption reports whether an option may be among the arguments. It takes the value of another option for one, too.
func hasOption(args [][]byte, option string) bool {
	for _, arg := range args {
		if is(arg, option) {
			return true
		}
	}
	return false
}

// poolCommand is the rule of commands on a whole pool.
func poolCommand(need access.Permission) commandRule {
	return func(_ *conn, args [][]byte) access.Operation { return access.OnPool(need, string(args[0])) }
}

func everyPoolCommand(*conn, [][]byte) access.Operation { return access.OnEveryPool() }

func classCommand(need access.Permission) commandRule {
	return func(_ *conn, args [][]byte) access.Operation { return access.OnClass(need, string(args[0])) }
}

func killCommand(c *conn, args [][]byte) access.Operation {
	return access.OnCall(c.srv.service, string(wire.Clip(args[0])))
}

// killClientCommand is allowed to everyone whose own are all connections that it would close.
func killClientCommand(c *conn, args [][]byte) access.Operation {
	op := access.Operation{Need: access.Admin}
	if filter, err := c.parseClientFilter(args); err == nil && c.owns(filter) {
		op.Owner = c.user()
	}
	return op
}

// infoCommand needs no permission, but for what tells of pools.
func infoCommand(_ *conn, args [][]byte) access.Operation {
	for i := range infoSections { // by what INFO itself goes by, which is not hasOption: it takes "EVERYTHİNG" for "everything", too
		if section := &infoSections[i]; section.name == "pools" && section.wanted(args) {
			return access.OnEveryPool()
		}
	}
	return access.Operation{Need: access.Login}
}
