// Package complete completes arguments and flags on behalf of a shell: from the Use lines, from files, and from the
// daemon if one answers soon.
package complete

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/objluad/objluad/classes"
	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/cmd/objluad/class"
	"github.com/objluad/objluad/cmd/objluad/cli"
	"github.com/objluad/objluad/cmd/objluad/top"
	"github.com/objluad/objluad/cmd/objluad/usage"
)

const (
	completeTimeout = time.Second // for all that the daemon is asked: the user waits
	completeNames   = 100         // objects, or keys, that are offered at most
)

// completers are by the names that Use lines have for arguments. What is not here is nothing that could be known before.
var completers = map[string]func(*completion) []cobra.Completion{
	"OID":             (*completion).objects,
	"POOL":            (*completion).pools,
	"CLASS[@VERSION]": (*completion).classes,
	"NAME[@VERSION]":  (*completion).classes,
	"NAME@VERSION":    (*completion).versions,
	"METHOD":          (*completion).methods,
	"ID":              (*completion).calls,
	"KEY":             (*completion).omapKeys,
}

// files are the names of arguments, and of the flags' values, that are files, by their extension if they have one.
var files = map[string]string{"FILE": "", "file": "", "BUNDLE": "", "CLASS.lua": "lua"}

// choices are the values of flags that take one of a few.
var choices = map[string][]string{
	"store":      {"pebble", "rados"},
	"fsync":      {"always", "interval", "never"},
	"log-format": {"text", "json"},
	"log-level":  {"debug", "info", "warn", "error"},
	"existing":   {"refuse", "replace", "skip"},
}

// completion is one word to complete.
type completion struct {
	*cli.App
	cmd  *cobra.Command
	args []string // before the word
	word string   // what there is of it

	ctx  context.Context
	conn *client.Conn
}

// completer completes for the commands of an app.
type completer struct{ *cli.App }

// Add has all commands below cmd complete their arguments and flags.
func Add(app *cli.App, cmd *cobra.Command) { (&completer{app}).add(cmd) }

func (a *completer) add(cmd *cobra.Command) {
	switch {
	case cmd.HasSubCommands():
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	case cmd.ValidArgs == nil:
		cmd.ValidArgsFunction = a.completeArgument
	}
	cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		if complete := a.flagCompletion(flag); complete != nil {
			_ = cmd.RegisterFlagCompletionFunc(flag.Name, complete) // fails only for a flag that has one
		}
	})
	for _, sub := range cmd.Commands() {
		a.add(sub)
	}
}

func (a *completer) completeArgument(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	name := usage.ArgumentAt(cmd, len(args))
	if extension, ok := files[name]; ok {
		return completeFiles(extension)
	}
	complete := completers[name]
	switch {
	case name == "NAME" && isBelow(cmd, "class"):
		complete = (*completion).classNames
	case name == "NAME" && usage.ArgumentAt(cmd, 0) == "OID":
		complete = (*completion).xattrs
	}
	if stock := cmd.Flags().Lookup("stock"); stock != nil && stock.Changed {
		return offer(stockNames(args), word), cobra.ShellCompDirectiveNoFileComp
	}
	if name == "METHOD" && usage.ArgumentAt(cmd, len(args)-1) == "CLASS.lua" {
		return methodsOfFile(cmd, args[len(args)-1], word), cobra.ShellCompDirectiveNoFileComp
	}
	if complete == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.ask(cmd, args, word, complete), cobra.ShellCompDirectiveNoFileComp
}

func (a *completer) flagCompletion(flag *pflag.Flag) cobra.CompletionFunc {
	if values, ok := choices[flag.Name]; ok {
		return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
	}
	value, _ := pflag.UnquoteUsage(flag)
	if extension, ok := files[value]; ok {
		return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return completeFiles(extension)
		}
	}
	switch {
	case value == "folder":
		return cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
	case flag.Name == "pool":
		return func(cmd *cobra.Command, _ []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return a.ask(cmd, nil, word, (*completion).pools), cobra.ShellCompDirectiveNoFileComp
		}
	case flag.Value.Type() == "bool":
		return nil
	}
	return cobra.NoFileCompletions
}

func completeFiles(extension string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if extension == "" {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return []cobra.Completion{extension}, cobra.ShellCompDirectiveFilterFileExt
}

func isBelow(cmd *cobra.Command, name string) bool {
	for cmd = cmd.Parent(); cmd != nil; cmd = cmd.Parent() {
		if cmd.Name() == name {
			return true
		}
	}
	return false
}

// ask completes with the help of the daemon. Without one there is nothing to offer.
func (a *completer) ask(cmd *cobra.Command, args []string, word string, complete func(*completion) []cobra.Completion) []cobra.Completion {
	return within(completeTimeout, word, func(ctx context.Context) (list []cobra.Completion) {
		_ = a.WithConn(ctx, func(ctx context.Context, conn *client.Conn) error {
			list = complete(&completion{App: a.App, cmd: cmd, args: args, word: word, ctx: ctx, conn: conn})
			return nil
		})
		return list
	})
}

// within offers what is found in time. When it takes longer, there is nothing to offer.
func within(limit time.Duration, word string, find func(context.Context) []cobra.Completion) []cobra.Completion {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	found := make(chan []cobra.Completion, 1)
	go func() { found <- find(ctx) }() // which may hang in connecting, or in reading a file, until the process ends
	select {
	case list := <-found:
		return offer(list, word)
	case <-ctx.Done():
		return nil
	}
}

// offer returns what begins with the word and can pass through a shell, where a line is a completion, and a tab begins its description.
func offer(list []cobra.Completion, word string) []cobra.Completion {
	return slices.DeleteFunc(list, func(c cobra.Completion) bool {
		name, description, _ := strings.Cut(c, "\t")
		return !strings.HasPrefix(name, word) || strings.ContainsFunc(name+description, unicode.IsControl)
	})
}

func (c *completion) pools() []cobra.Completion {
	names, _ := c.conn.ListPools(c.ctx)
	return names
}

// xattrs and omapKeys return those of the object that is the first argument.
func (c *completion) xattrs() []cobra.Completion {
	xattrs, _ := c.IOContext(c.conn).ListXattrs(c.ctx, c.args[0])
	return slices.Sorted(maps.Keys(xattrs))
}

func (c *completion) omapKeys() (list []cobra.Completion) {
	for key, err := range c.IOContext(c.conn).ListOmapKeys(c.ctx, c.args[0], "", c.word) {
		if err != nil || len(list) == completeNames {
			break
		}
		list = append(list, key)
	}
	return list
}

func (c *completion) objects() []cobra.Completion {
	ioctx := c.IOContext(c.conn)
	var list []cobra.Completion
	if c.word != "" {
		if _, err := ioctx.Stat(c.ctx, c.word); err == nil {
			list = append(list, c.word)
		}
	}
	_, oids, _ := ioctx.ListObjectsPage(c.ctx, c.word, completeNames)
	return append(list, oids...)
}

// classNames returns what is installed, with the active version.
func (c *completion) classNames() []cobra.Completion {
	classes, _ := c.conn.ListClasses(c.ctx)
	list := make([]cobra.Completion, 0, len(classes))
	for _, class := range classes {
		list = append(list, cobra.CompletionWithDesc(class.Name, class.Version[:min(12, len(class.Version))]))
	}
	return list
}

// classes returns the names of classes, and once one is there and followed by an @ its versions.
func (c *completion) classes() []cobra.Completion {
	if strings.Contains(c.word, "@") {
		return c.versions()
	}
	return c.classNames()
}

// versions returns all versions of the classes whose names begin so, or of the class that is named.
func (c *completion) versions() []cobra.Completion {
	name, _, named := strings.Cut(c.word, "@")
	all, _ := c.conn.ListClasses(c.ctx)
	var list []cobra.Completion
	for _, info := range all {
		if !strings.HasPrefix(info.Name, name) || named && info.Name != name {
			continue
		}
		for _, version := range info.Versions {
			spec := info.Name + "@" + version[:min(12, len(version))]
			list = append(list, cobra.CompletionWithDesc(spec, strings.Trim(class.Marks(info, version), " ()")))
		}
	}
	return list
}

// methods returns those of the class that is the argument before.
func (c *completion) methods() []cobra.Completion {
	if usage.ArgumentAt(c.cmd, len(c.args)-1) != "CLASS[@VERSION]" {
		return nil
	}
	class, _ := c.conn.ShowClass(c.ctx, c.args[len(c.args)-1])
	list := make([]cobra.Completion, 0, len(class.Methods))
	for _, name := range slices.Sorted(maps.Keys(class.Methods)) {
		list = append(list, cobra.CompletionWithDesc(name, class.Methods[name]))
	}
	return list
}

func (c *completion) calls() []cobra.Completion {
	calls, _ := c.conn.Calls(c.ctx)
	var list []cobra.Completion
	for _, call := range calls {
		id := strconv.FormatUint(call.ID, 10)
		if slices.Contains(c.args, id) {
			continue
		}
		what := fmt.Sprintf("%s %s of %s, %v", top.Word(call.Class), top.Word(call.Method), top.Word(call.OID), call.Age.Round(time.Millisecond))
		list = append(list, cobra.CompletionWithDesc(id, what))
	}
	return list
}

func stockNames(args []string) []cobra.Completion {
	var list []cobra.Completion
	for _, class := range classes.All() {
		if !slices.Contains(args, class.Name) {
			list = append(list, cobra.CompletionWithDesc(class.Name, class.Summary))
		}
	}
	return list
}
