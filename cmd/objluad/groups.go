// This file is the help of the program as a whole: what holds for all commands, in which parts they are listed, and "objluad help".

package main

import (
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/cmd/objluad/usage"
)

const rootHelp = `objluad stores objects, and runs Lua methods beside them that cannot take it down. objluad serve is the daemon; most other
commands ask one, at --addr or OBJLUAD_ADDR.

A command that fails prints one line, "objluad: ERRNO: message", to standard error, and its exit status is 1. With --json
commands print JSON, and errors with all that is known of them. FILE and INPUT may be -, which is standard input or output.`

// groups are the parts of the list of commands.
var groups = []struct {
	title    string
	commands []string
}{
	{"Objects and pools:", []string{"put", "get", "append", "truncate", "create", "stat", "ls", "rm", "setxattr", "getxattr", "listxattr", "rmxattr",
		"setomapval", "getomapval", "listomapkeys", "listomapvals", "rmomapkey", "clearomap", "getomapheader", "setomapheader",
		"lspools", "mkpool", "rmpool", "df"}},
	{"Methods and classes:", []string{"exec", "eval", "class", "replay", "run", "test"}},
	{"The daemon and its store:", []string{"serve", "config", "ping", "ps", "kill", "top", "backup", "export", "import", "check", "user"}},
}

// groupCommands puts the commands of root into their groups. Those of no group are listed behind them.
func groupCommands(root *cobra.Command) {
	for _, group := range groups {
		root.AddGroup(&cobra.Group{ID: group.title, Title: group.title})
		for _, cmd := range root.Commands() {
			if slices.Contains(group.commands, cmd.Name()) {
				cmd.GroupID = group.title
			}
		}
	}
}

// newHelp is cobra's own help command, but that it fails for a command that is unknown.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]...",
		Short: "Print the help of a command",
		RunE: func(cmd *cobra.Command, path []string) error {
			about, rest, err := cmd.Root().Find(path)
			switch {
			case err != nil:
				return err
			case len(rest) > 0 && about.HasSubCommands():
				return usage.UnknownCommand(about, rest)
			case len(rest) > 0:
				return errno.Errorf(syscall.EINVAL, "%q has no commands below it", about.CommandPath())
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
		ValidArgsFunction: func(cmd *cobra.Command, path []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			about, rest, err := cmd.Root().Find(path)
			var names []cobra.Completion
			if err == nil && len(rest) == 0 {
				for _, sub := range about.Commands() {
					names = append(names, cobra.CompletionWithDesc(sub.Name(), sub.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}
