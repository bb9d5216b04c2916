// Package usage reads a command's Use line, which is the one place that says what arguments there are, and tells by it which is missing.
package usage

import (
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/cmd/objluad/errno"
)

// argument is an argument of a Use line.
type argument struct {
	name     string // "OID", or "CLASS[@VERSION]"
	optional bool
	repeated bool
}

// arguments returns the arguments of a Use line; of its first form, if it has several.
func arguments(use string) []argument {
	form, _, _ := strings.Cut(use, ", or ")
	words := strings.Fields(form)
	var list []argument
	for _, word := range words[1:] {
		if strings.HasPrefix(strings.TrimPrefix(word, "["), "-") {
			break
		}
		var arg argument
		word, arg.repeated = strings.CutSuffix(word, "...")
		if inner, ok := strings.CutPrefix(word, "["); ok {
			word, arg.optional = strings.TrimSuffix(inner, "]"), true
		}
		arg.name = word
		list = append(list, arg)
	}
	return list
}

// ArgumentAt returns the name of the argument at a position, "" where there is none.
func ArgumentAt(cmd *cobra.Command, position int) string {
	list := arguments(cmd.Use)
	switch last := len(list) - 1; {
	case position <= last:
		return list[position].name
	case last >= 0 && list[last].repeated:
		return list[last].name
	}
	return ""
}

// Explain has the errors of the command line parser say what to do, in all commands below cmd.
func Explain(cmd *cobra.Command) {
	if cmd.HasSubCommands() {
		cmd.Args = UnknownCommand
		cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	} else {
		check := cmd.Args
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if check == nil || check(cmd, args) == nil {
				return nil
			}
			return wrongArguments(cmd, args)
		}
	}
	for _, sub := range cmd.Commands() {
		Explain(sub)
	}
}

// UnknownCommand refuses what names no command below cmd, and says what may be meant.
func UnknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.SuggestionsMinimumDistance == 0 {
		cmd.SuggestionsMinimumDistance = 2
	}
	meant := ""
	if names := cmd.SuggestionsFor(args[0]); len(names) > 0 {
		meant = "; did you mean " + strings.Join(names, " or ") + "?"
	}
	return errno.Errorf(syscall.EINVAL, "unknown command %q for %q%s; %s --help lists them", args[0], cmd.CommandPath(), meant, cmd.CommandPath())
}

// wrongArguments names the argument that is missing, or the first that is too many.
func wrongArguments(cmd *cobra.Command, args []string) error {
	usage := "; usage: " + cmd.UseLine()
	list := arguments(cmd.Use)
	if len(args) < len(list) && !list[len(args)].optional {
		return errno.Errorf(syscall.EINVAL, "missing argument %s%s", list[len(args)].name, usage)
	}
	if len(args) > len(list) {
		return errno.Errorf(syscall.EINVAL, "unexpected argument %q%s", args[len(list)], usage)
	}
	return errno.Errorf(syscall.EINVAL, "wrong arguments%s", usage)
}

// UnknownFlag says which command lists the flags.
func UnknownFlag(cmd *cobra.Command, err error) error {
	return errno.Errorf(syscall.EINVAL, "%v; %s --help lists the flags", err, cmd.CommandPath())
}
