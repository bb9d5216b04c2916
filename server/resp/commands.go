// This file is the table of RESP commands, and how one is found in it.

package resp

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/objluad/objluad/server/wire"
)

// command is one command, or one subcommand of a container such as CLIENT.
type command struct {
	name    string // in lower case; "client|id" for a subcommand
	usage   string // of its arguments
	min     int    // arguments at least, without the name
	max     int    // arguments at most; many is no bound
	flags   []string
	keys    bool // arguments 1 and 2 are a pool and an object id
	direct  bool // acts on that object without a method, so OBJ.IFVERSION may stand before it
	prefix  bool // another command follows
	method  bool // runs a method or a script
	summary string
	run     func(c *conn, args [][]byte) error // writes the reply, unless it fails; args begin behind the name
	subs    map[string]*command                // of a container, by their own names
}

const (
	many          = 1 << 30
	maxNameLength = 32  // bytes of a command's name at most
	maxShownArgs  = 128 // bytes of arguments that an error about an unknown command shows
)

// Flags that COMMAND shows, in Redis's words.
var (
	reads  = []string{"readonly"}
	writes = []string{"write"}
	admin  = []string{"admin", "write"}
	fast   = []string{"fast"}
)

const callUsage = " [TIMEOUT milliseconds] [META] [READONLY] [DRYRUN] [CAPTURE] [IDEMPOTENCY key] [TAG tag]"

// commands has every command by its name. It is set at start and never changed; COMMAND itself shows it, and so cannot be
// in an initializer.
var commands map[string]*command

func init() {
	commands = byName([]*command{
		{name: "obj.exec", usage: "pool oid class[@version] method input" + callUsage, min: 5, max: many, flags: writes, keys: true, method: true,
			summary: "Runs a method of an installed class beside an object.", run: (*conn).objExec},
		{name: "obj.eval", usage: "pool oid script handler input" + callUsage, min: 5, max: many, flags: writes, keys: true, method: true,
			summary: "Runs a script beside an object, then the handler that it registered.", run: (*conn).objEval},
		{name: "obj.ifversion", usage: "version command pool oid [argument ...]", min: 4, max: many, flags: writes, prefix: true,
			summary: "Runs a command that acts on an object without a method, if the object has that version, 0 if it is absent."},
		{name: "obj.read", usage: "pool oid [offset length]", min: 2, max: 4, flags: reads, keys: true, direct: true,
			summary: "Returns an object's data, or a part of it.", run: (*conn).objRead},
		{name: "obj.stat", usage: "pool oid", min: 2, max: 2, flags: reads, keys: true, direct: true,
			summary: "Returns an object's size, modification time in nanoseconds, and version.", run: (*conn).objStat},
		{name: "obj.writefull", usage: "pool oid data", min: 3, max: 3, flags: writes, keys: true, direct: true,
			summary: "Replaces an object's data and returns its new version.", run: (*conn).objWriteFull},
		{name: "obj.write", usage: "pool oid offset data", min: 4, max: 4, flags: writes, keys: true, direct: true,
			summary: "Writes data at an offset and returns the object's new version.", run: (*conn).objWrite},
		{name: "obj.append", usage: "pool oid data", min: 3, max: 3, flags: writes, keys: true, direct: true,
			summary: "Writes data at an object's end and returns its new version.", run: (*conn).objAppend},
		{name: "obj.truncate", usage: "pool oid size", min: 3, max: 3, flags: writes, keys: true, direct: true,
			summary: "Cuts an object's data off, or extends it by zeros, and returns its new version.", run: (*conn).objTruncate},
		{name: "obj.zero", usage: "pool oid offset length", min: 4, max: 4, flags: writes, keys: true, direct: true,
			summary: "Makes a part of an object's data zeros and returns its new version.", run: (*conn).objZero},
		{name: "obj.create", usage: "pool oid [EXCLUSIVE]", min: 2, max: 3, flags: writes, keys: true, direct: true,
			summary: "Creates an object if it is absent and returns its version.", run: (*conn).objCreate},
		{name: "obj.remove", usage: "pool oid", min: 2, max: 2, flags: writes, keys: true, direct: true,
			summary: "Removes an object.", run: (*conn).objRemove},
		{name: "obj.getxattr", usage: "pool oid name", min: 3, max: 3, flags: reads, keys: true, direct: true,
			summary: "Returns the value of an xattr.", run: (*conn).objGetXattr},
		{name: "obj.xattrs", usage: "pool oid", min: 2, max: 2, flags: reads, keys: true, direct: true,
			summary: "Returns all xattrs in order of their names.", run: (*conn).objXattrs},
		{name: "obj.setxattr", usage: "pool oid name value", min: 4, max: 4, flags: writes, keys: true, direct: true,
			summary: "Sets an xattr and returns the object's new version.", run: (*conn).objSetXattr},
		{name: "obj.rmxattr", usage: "pool oid name", min: 3, max: 3, flags: writes, keys: true, direct: true,
			summary: "Removes an xattr and returns the object's new version.", run: (*conn).objRemoveXattr},
		{name: "obj.omapget", usage: "pool oid key", min: 3, max: 3, flags: reads, keys: true, direct: true,
			summary: "Returns the value of an omap key.", run: (*conn).objOmapGet},
		{name: "obj.omaplist", usage: "pool oid [PREFIX prefix] [START key | AFTER key] [LIMIT count] [NOVALUES]", min: 2, max: 9, flags: reads, keys: true, direct: true,
			summary: "Returns the START of the next page, empty on the last one, and a page of omap keys and values in byte order.", run: (*conn).objOmapList},
		{name: "obj.omapset", usage: "pool oid key value [key value ...]", min: 4, max: many, flags: writes, keys: true, direct: true,
			summary: "Sets omap pairs and returns the object's new version.", run: (*conn).objOmapSet},
		{name: "obj.omaprm", usage: "pool oid key [key ...]", min: 3, max: many, flags: writes, keys: true, direct: true,
			summary: "Removes omap keys and returns the object's new version.", run: (*conn).objOmapRemove},
		{name: "obj.omapclear", usage: "pool oid", min: 2, max: 2, flags: writes, keys: true, direct: true,
			summary: "Removes all omap pairs and the header, and returns the object's new version.", run: (*conn).objOmapClear},
		{name: "obj.omapheader", usage: "pool oid", min: 2, max: 2, flags: reads, keys: true, direct: true,
			summary: "Returns the omap's header.", run: (*conn).objOmapHeader},
		{name: "obj.omapsetheader", usage: "pool oid header", min: 3, max: 3, flags: writes, keys: true, direct: true,
			summary: "Sets the omap's header and returns the object's new version.", run: (*conn).objOmapSetHeader},
		{name: "obj.list", usage: "pool [AFTER oid] [LIMIT count]", min: 1, max: 5, flags: reads,
			summary: "Returns the AFTER of the next page, empty on the last one, and a page of object ids in byte order.", run: (*conn).objList},
		{name: "pool.create", usage: "pool", min: 1, max: 1, flags: admin,
			summary: "Creates a pool.", run: (*conn).poolCreate},
		{name: "pool.remove", usage: "pool", min: 1, max: 1, flags: admin,
			summary: "Removes a pool with all its objects.", run: (*conn).poolRemove},
		{name: "pool.list", min: 0, max: 0, flags: reads,
			summary: "Returns the names of all pools in order.", run: (*conn).poolList},
		{name: "pool.stat", usage: "pool", min: 1, max: 1, flags: reads,
			summary: "Tells how many objects a pool has, and bytes of data.", run: (*conn).poolStat},
		{name: "pool.df", min: 0, max: 0, flags: reads,
			summary: "Tells what all pools have, and what room the store has.", run: (*conn).poolDF},
		{name: "class.install", usage: "name source [INACTIVE]", min: 2, max: 3, flags: admin,
			summary: "Installs a class version, makes it the active one unless told not to, and returns it.", run: (*conn).classInstall},
		{name: "class.list", min: 0, max: 0, flags: reads,
			summary: "Describes the active version of each class.", run: (*conn).classList},
		{name: "class.show", usage: "name[@version]", min: 1, max: 1, flags: reads,
			summary: "Describes a class version, with its source.", run: (*conn).classShow},
		{name: "class.activate", usage: "name@version", min: 1, max: 1, flags: admin,
			summary: "Makes an installed version the active one, and returns it.", run: (*conn).classActivate},
		{name: "class.rollback", usage: "name", min: 1, max: 1, flags: admin,
			summary: "Makes the version active that was before, and returns it.", run: (*conn).classRollback},
		{name: "class.remove", usage: "name[@version]", min: 1, max: 1, flags: admin,
			summary: "Removes a class, or a version that is not in use.", run: (*conn).classRemove},
		{name: "class.canary", flags: admin, summary: "Is a container of commands about canaries.", subs: byName([]*command{
			{name: "class.canary|set", usage: "name@version percent", min: 2, max: 2, flags: admin,
				summary: "Has a version run a share of the calls that name none, and returns it.", run: (*conn).classCanarySet},
			{name: "class.canary|promote", usage: "name", min: 1, max: 1, flags: admin,
				summary: "Makes the canary the active version, and returns it.", run: (*conn).classCanaryPromote},
			{name: "class.canary|end", usage: "name", min: 1, max: 1, flags: admin,
				summary: "Has all calls that name no version run the active one, and returns it.", run: (*conn).classCanaryEnd},
		})},
		{name: "class.keep", usage: "name@version", min: 1, max: 1, flags: admin,
			summary: "Keeps a version from being removed or collected.", run: (*conn).classKeep},
		{name: "class.release", usage: "name@version", min: 1, max: 1, flags: admin,
			summary: "Lets a version go that was kept.", run: (*conn).classRelease},
		{name: "class.gc", usage: "name|* [UNUSED seconds] [DRYRUN]", min: 1, max: 4, flags: admin,
			summary: "Removes versions that nobody uses, and returns them.", run: (*conn).classGC},
		{name: "class.reset", usage: "name[@version]", min: 1, max: 1, flags: admin,
			summary: "Lets a class, or one version of it, out of quarantine.", run: (*conn).classReset},
		{name: "call.list", min: 0, max: 0, flags: reads,
			summary: "Describes the method calls that are under way.", run: (*conn).callList},
		{name: "call.stats", min: 0, max: 0, flags: reads,
			summary: "Counts the calls of each method that ended, with their time, CPU time and outcomes.", run: (*conn).callStats},
		{name: "call.kill", usage: "id", min: 1, max: 1, flags: admin,
			summary: "Ends a method call that waits or runs.", run: (*conn).callKill},
		{name: "call.cancel", usage: "tag [tag ...]", min: 1, max: many, flags: fast,
			summary: "Ends the caller's own method calls under way that have one of these tags, and returns how many there are.", run: (*conn).callCancel},
		{name: "store.backup", usage: "name", min: 1, max: 1, flags: admin,
			summary: "Copies the store into a new folder and returns its path.", run: (*conn).storeBackup},
		{name: "ping", usage: "[message]", min: 0, max: 1, flags: fast,
			summary: "Returns PONG, or the message.", run: (*conn).ping},
		{name: "echo", usage: "message", min: 1, max: 1, flags: fast,
			summary: "Returns the message.", run: (*conn).echo},
		{name: "time", min: 0, max: 0, flags: fast,
			summary: "Returns the server's time: seconds since 1970, and microseconds of the second.", run: (*conn).time},
		{name: "select", usage: "index", min: 1, max: 1, flags: fast,
			summary: "Chooses the only database, 0.", run: (*conn).selectDB},
		{name: "reset", min: 0, max: 0, flags: fast,
			summary: "Puts the connection back to how it began.", run: (*conn).reset},
		{name: "hello", usage: "[protover [AUTH username password] [SETNAME name]]", min: 0, max: many, flags: fast,
			summary: "Chooses RESP2 or RESP3 and describes the server.", run: (*conn).hello},
		{name: "auth", usage: "[username] password", min: 1, max: 2, flags: fast,
			summary: "Logs in, by a password alone as user default.", run: (*conn).auth},
		{name: "info", usage: "[section ...]", min: 0, max: many, flags: fast,
			summary: "Describes the server's state.", run: (*conn).info},
		{name: "quit", min: 0, max: many, flags: fast,
			summary: "Closes the connection.", run: (*conn).quit},
		{name: "command", min: 0, max: 0, flags: fast, summary: "Describes all commands.", run: (*conn).command, subs: byName(commandCommands)},
		{name: "client", flags: fast, summary: "Is a container of commands about connections.", subs: byName(clientCommands)},
		{name: "config", flags: admin, summary: "Is a container of commands about settings.", subs: byName(configCommands)},
	})
	for _, cmd := range commands {
		if cmd.subs != nil {
			cmd.subs["help"] = cmd.help()
		}
	}
}

// help returns the subcommand HELP of a container.
func (cmd *command) help() *command {
	return &command{name: cmd.name + "|help", flags: fast, summary: "Lists the subcommands.",
		run: func(c *conn, _ [][]byte) error {
			c.help(cmd)
			return nil
		}}
}

// byName indexes commands by their names, subcommands by what follows the bar.
func byName(list []*command) map[string]*command {
	index := make(map[string]*command, len(list))
	for _, cmd := range list {
		_, sub, isSub := strings.Cut(cmd.name, "|")
		if !isSub {
			sub = cmd.name
		}
		index[sub] = cmd
	}
	return index
}

// lookup finds the command that args begin with, and checks their number. It returns the arguments behind its name. When they
// are too many or too few, it returns the command beside the error.
func lookup(args [][]byte) (*command, [][]byte, error) {
	cmd := find(commands, args[0])
	if cmd == nil {
		return nil, nil, unknownCommand(args)
	}
	args = args[1:]
	if cmd.subs != nil && len(args) > 0 {
		sub := find(cmd.subs, args[0])
		if sub == nil {
			return nil, nil, wire.InputError("unknown subcommand '%s'. Try %s HELP.", wire.Clip(args[0]), strings.ToUpper(cmd.name))
		}
		cmd, args = sub, args[1:]
	}
	if cmd.container() || len(args) < cmd.min || len(args) > cmd.max {
		return cmd, nil, cmd.wrongArguments()
	}
	return cmd, args, nil
}

// container reports whether the command is nothing without a subcommand.
func (cmd *command) container() bool { return cmd.run == nil && !cmd.prefix }

// unknownCommand says what Redis says: clients look for its words.
func unknownCommand(args [][]byte) error {
	var with strings.Builder
	for _, arg := range args[1:] {
		if with.Len() >= maxShownArgs {
			break
		}
		fmt.Fprintf(&with, "'%s' ", wire.Clip(arg))
	}
	return wire.InputError("unknown command '%s', with args beginning with: %s", wire.Clip(args[0]), with.String())
}

// wrongArguments says what Redis says, and how it is done.
func (cmd *command) wrongArguments() error {
	usage := cmd.usage
	if cmd.container() {
		usage = strings.ToUpper(strings.Join(slices.Sorted(maps.Keys(cmd.subs)), "|"))
	}
	name := strings.ToUpper(strings.ReplaceAll(cmd.name, "|", " "))
	return wire.InputError("wrong number of arguments for '%s' command; usage: %s", cmd.name, strings.TrimSpace(name+" "+usage))
}

// find looks a name up in whatever case it was sent.
func find(index map[string]*command, name []byte) *command {
	var lower [maxNameLength]byte
	if len(name) > len(lower) {
		return nil
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		lower[i] = c
	}
	return index[string(lower[:len(name)])]
}

// is reports whether arg is the option of that name, in whatever case it was sent. The name is in upper case.
func is(arg []byte, option string) bool {
	if len(arg) != len(option) {
		return false
	}
	for i, c := range arg {
		if 'a' <= c && c <= 'z' {
			c &^= 0x20
		}
		if c != option[i] {
			return false
		}
	}
	return true
}
