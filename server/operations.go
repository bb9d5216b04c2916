// This file is the table of what each RESP command and each HTTP request does, to be compared with capabilities. What is not in it is
// allowed to nobody, where there are users. OBJ.IFVERSION is allowed as the command behind it is.

package server

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/access"
	"github.com/objluad/objluad/server/wire"
)

// A commandRule says what a command with these arguments does; they are as many as the command takes.
type commandRule func(c *respConn, args [][]byte) access.Operation

// A routeRule says what a request does, for which there is a route.
type routeRule func(s *httpServer, r *http.Request) access.Operation

// Set at start and never changed.
var (
	commandRules map[string]commandRule  // by the names that the commands have
	workRules    map[operation]routeRule // of requests, by the kind of their work
	routeRules   map[string]routeRule    // of those that differ from it, or whose kind says too little, by the ids of the routes
)

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

	workRules = map[operation]routeRule{
		opOpen:       plainRoute(access.Open),
		opRead:       objectRoute(access.Read),
		opWrite:      objectRoute(access.Write),
		opClassAdmin: classRoute(access.Class),
		opPoolAdmin:  poolRoute(access.Pool),
		opAdmin:      plainRoute(access.Admin),
	}
	routeRules = map[string]routeRule{
		"exec":           execRoute,
		"eval":           evalRoute,
		"listPools":      plainRoute(access.Login),
		"showPool":       poolRoute(access.Read),
		"diskUsage":      everyPoolRoute,
		"listClasses":    plainRoute(access.Login),
		"showClass":      classRoute(access.Class | access.Exec),
		"collectClasses": everyClassRoute,
		"listCalls":      plainRoute(access.Login),
		"killCall":       killRoute,
		"metrics":        plainRoute(access.Login),
	}
}

func plainCommand(need access.Permission) commandRule {
	return func(*respConn, [][]byte) access.Operation { return access.Operation{Need: need} }
}

// objectCommand is the rule of commands that begin with pool or pool/namespace.
func objectCommand(need access.Permission) commandRule {
	return func(c *respConn, args [][]byte) access.Operation {
		pool, namespace := c.pool(args[0])
		return access.Operation{Need: need, Pool: access.One(pool), Namespace: access.One(namespace)}
	}
}

func execCommand(c *respConn, args [][]byte) access.Operation {
	op := objectCommand(access.Exec)(c, args)
	op.And = alsoReads(hasOption(args[5:], "DRYRUN") || hasOption(args[5:], "CAPTURE"))
	return ofMethod(op, reuse(&c.last.class, args[2]), reuse(&c.last.method, args[3]))
}

func evalCommand(c *respConn, args [][]byte) access.Operation {
	op := objectCommand(access.Eval)(c, args)
	op.And = alsoReads(hasOption(args[5:], "DRYRUN") || hasOption(args[5:], "CAPTURE"))
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

// ofMethod completes the operation of a call. One that brings its script in its input is an eval, whatever it is called.
func ofMethod(op access.Operation, class, method string) access.Operation {
	if objclass.EvaluatesInput(class) {
		op.Need = access.Eval
		return op
	}
	op.Class, op.Method = access.One(className(class)), access.One(method)
	return op
}

// alsoReads is the further permission of a call whose reply shows the object, or what would become of it.
func alsoReads(shows bool) access.Permission {
	if shows {
		return access.Read
	}
	return 0
}

// className returns the name of "name" or "name@version".
func className(spec string) string {
	name, _, _ := strings.Cut(spec, "@")
	return name
}

// poolCommand is the rule of commands on a whole pool.
func poolCommand(need access.Permission) commandRule {
	return func(_ *respConn, args [][]byte) access.Operation { return onPool(need, string(args[0])) }
}

func onPool(need access.Permission, pool string) access.Operation {
	return access.Operation{Need: need, Pool: access.One(pool), Namespace: access.Every}
}

func everyPoolCommand(*respConn, [][]byte) access.Operation { return onEveryPool() }

func onEveryPool() access.Operation {
	return access.Operation{Need: access.Read, Pool: access.Every, Namespace: access.Every}
}

func classCommand(need access.Permission) commandRule {
	return func(_ *respConn, args [][]byte) access.Operation { return onClass(need, string(args[0])) }
}

// onClass is what is done to a class, wherever it is called.
func onClass(need access.Permission, spec string) access.Operation {
	op := access.Operation{Need: need, Pool: access.Some, Namespace: access.Some, Class: access.One(className(spec)), Method: access.Some}
	if spec == wire.AllClasses {
		op.Class = access.Every
	}
	return op
}

func killCommand(c *respConn, args [][]byte) access.Operation {
	return onCall(c.srv.service, string(wire.Clip(args[0])))
}

func onCall(service *objclass.Service, text string) access.Operation {
	op := access.Operation{Need: access.Admin}
	if id, err := strconv.ParseUint(text, 10, 64); err == nil {
		op.Owner = service.CallUser(id)
	}
	return op
}

// killClientCommand is allowed to everyone whose own are all connections that it would close.
func killClientCommand(c *respConn, args [][]byte) access.Operation {
	op := access.Operation{Need: access.Admin}
	if filter, err := c.parseClientFilter(args); err == nil && c.owns(filter) {
		op.Owner = c.user()
	}
	return op
}

// infoCommand needs no permission, but for what tells of pools.
func infoCommand(_ *respConn, args [][]byte) access.Operation {
	for i := range infoSections { // by what INFO itself goes by, which is not hasOption: it takes "EVERYTHİNG" for "everything", too
		if section := &infoSections[i]; section.name == "pools" && section.wanted(args) {
			return onEveryPool()
		}
	}
	return access.Operation{Need: access.Login}
}

func plainRoute(need access.Permission) routeRule {
	return func(*httpServer, *http.Request) access.Operation { return access.Operation{Need: need} }
}

func objectRoute(need access.Permission) routeRule {
	return func(_ *httpServer, r *http.Request) access.Operation {
		return access.Operation{Need: need, Pool: access.One(r.PathValue("pool")), Namespace: access.One(r.URL.Query().Get("namespace"))}
	}
}

func execRoute(s *httpServer, r *http.Request) access.Operation {
	op := objectRoute(access.Exec)(s, r)
	op.And = alsoReads(isSet(r, "dry_run") || isSet(r, "capture"))
	return ofMethod(op, r.PathValue("class"), r.PathValue("method"))
}

func evalRoute(s *httpServer, r *http.Request) access.Operation {
	op := objectRoute(access.Eval)(s, r)
	op.And = alsoReads(isSet(r, "dry_run") || isSet(r, "capture"))
	return op
}

// isSet reports whether a parameter may be true.
func isSet(r *http.Request, name string) bool {
	for _, value := range r.URL.Query()[name] {
		if set, err := strconv.ParseBool(value); set || err != nil && value != "" {
			return true
		}
	}
	return false
}

func poolRoute(need access.Permission) routeRule {
	return func(_ *httpServer, r *http.Request) access.Operation { return onPool(need, r.PathValue("pool")) }
}

func everyPoolRoute(*httpServer, *http.Request) access.Operation { return onEveryPool() }

func classRoute(need access.Permission) routeRule {
	return func(_ *httpServer, r *http.Request) access.Operation { return onClass(need, r.PathValue("name")) }
}

func everyClassRoute(*httpServer, *http.Request) access.Operation {
	return onClass(access.Class, wire.AllClasses)
}

func killRoute(s *httpServer, r *http.Request) access.Operation {
	return onCall(s.service, r.PathValue("id"))
}
