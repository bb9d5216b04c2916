// Command objluad is the storage daemon, and the client that talks to it.
//
// This package has the table of commands, and those that are no group of their own. The groups, each of which is a package below, are
// objects (as rados has them), class (the commands of "objluad class") and offline (a store without a daemon). All commands stand on
// cli: streams, global flags, the connection. What "serve" runs is in daemon, which knows nothing of the commands.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/cmd/objluad/class"
	"github.com/objluad/objluad/cmd/objluad/cli"
	"github.com/objluad/objluad/cmd/objluad/complete"
	"github.com/objluad/objluad/cmd/objluad/daemon"
	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/cmd/objluad/objects"
	"github.com/objluad/objluad/cmd/objluad/offline"
	"github.com/objluad/objluad/cmd/objluad/usage"
)

func main() { os.Exit(run()) }

// run runs the command line and returns the exit status: 0, or 1 after one line on standard error. With --json, all that is known of the
// error is on standard output, too, unless the command has begun a document there.
func run() int {
	out := &output{Writer: os.Stdout}
	a := cli.New(os.Stdin, out)
	if err := newRoot(a).Execute(); err != nil {
		name, message := errno.Describe(err)
		if a.JSON && !out.written {
			_ = a.PrintJSON(map[string]any{"error": errno.NewEnvelope(err)}) // the line tells of the error in any case
		}
		fmt.Fprintf(os.Stderr, "objluad: %s: %s\n", name, cli.OneLine(message))
		return 1
	}
	return 0
}

// output notes whether anything was written.
type output struct {
	io.Writer
	written bool
}

func (o *output) Write(p []byte) (int, error) {
	o.written = true
	return o.Writer.Write(p)
}

// app is what the commands of this package have in common.
type app struct{ *cli.App }

func newRoot(shared *cli.App) *cobra.Command {
	a := &app{shared}
	root := &cobra.Command{
		Use:               "objluad",
		Short:             "A storage daemon that runs Lua methods beside objects, and its client",
		Long:              rootHelp,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true}, // there is one of this program
	}
	a.AddFlags(root.PersistentFlags(), daemon.DefaultAddr)
	root.AddCommand(newServe(), newConfig(a), newVersion(a), newPing(a), class.Command(shared), newBackup(a))
	root.AddCommand(offline.Commands(shared)...)
	root.AddCommand(objects.Commands(shared)...)
	root.AddCommand(newCallCommands(a)...)
	root.AddCommand(newReplay(a))
	root.AddCommand(newOperatorCommands(a)...)
	root.AddCommand(newRun(a), newTest(a), newTop(a), newCompletion(a), newMan(a))
	root.AddCommand(newUser(a))
	root.SetHelpCommand(newHelp())
	root.SetFlagErrorFunc(usage.UnknownFlag)
	complete.Add(shared, root)
	usage.Explain(root)
	addExamples(root)
	groupCommands(root)
	return root
}
