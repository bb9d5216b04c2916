// Command objluad is the storage daemon, and the client that talks to it.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/cmd/objluad/daemon"
	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/cmd/objluad/progress"
	"github.com/objluad/objluad/cmd/objluad/usage"
)

func main() { os.Exit(run()) }

// run runs the command line and returns the exit status: 0, or 1 after one line on standard error. With --json, all that is known of the
// error is on standard output, too, unless the command has begun a document there.
func run() int {
	out := &output{Writer: os.Stdout}
	a := &app{in: os.Stdin, out: out}
	if err := newRoot(a).Execute(); err != nil {
		name, message := errno.Describe(err)
		if a.json && !out.written {
			_ = a.printJSON(map[string]any{"error": errno.NewEnvelope(err)}) // the line tells of the error in any case
		}
		fmt.Fprintf(os.Stderr, "objluad: %s: %s\n", name, oneLine(message))
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

// oneLine replaces control characters, which an error of this machine may hold; the daemon's have none.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}

// app is what all subcommands share: their streams and the global flags.
type app struct {
	in  io.Reader
	out io.Writer

	addr      string
	login     loginFlags
	pool      string
	namespace string
	json      bool

	meter *progress.Meter // of the connection to the daemon
}

func newRoot(a *app) *cobra.Command {
	a.meter = new(progress.Meter)
	root := &cobra.Command{
		Use:               "objluad",
		Short:             "A storage daemon that runs Lua methods beside objects, and its client",
		Long:              rootHelp,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true}, // there is one of this program
	}
	addr := os.Getenv("OBJLUAD_ADDR")
	if addr == "" {
		addr = daemon.DefaultAddr
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.addr, "addr", addr, "`address` of the daemon's RESP listener; OBJLUAD_ADDR in the environment")
	a.login.add(flags)
	flags.StringVarP(&a.pool, "pool", "p", "default", "pool of the object")
	flags.StringVarP(&a.namespace, "namespace", "N", "", "namespace of the object")
	flags.BoolVar(&a.json, "json", false, "print JSON, for machines")
	root.AddCommand(newServe(), newConfig(a), newVersion(a), newPing(a), newClass(a), newBackup(a))
	root.AddCommand(newPoolCommands(a)...)
	root.AddCommand(newExport(a), newImport(a), newCheck(a))
	root.AddCommand(newObjectCommands(a)...)
	root.AddCommand(newXattrCommands(a)...)
	root.AddCommand(newOmapCommands(a)...)
	root.AddCommand(newCallCommands(a)...)
	root.AddCommand(newReplay(a))
	root.AddCommand(newOperatorCommands(a)...)
	root.AddCommand(newRun(a), newTest(a), newTop(a), newCompletion(a), newMan(a))
	root.AddCommand(newUser(a))
	root.SetHelpCommand(newHelp())
	root.SetFlagErrorFunc(usage.UnknownFlag)
	a.addCompletion(root)
	usage.Explain(root)
	addExamples(root)
	groupCommands(root)
	return root
}

// withConn runs fn with a connection to the daemon.
func (a *app) withConn(ctx context.Context, fn func(context.Context, *client.Conn) error) error {
	opts := client.Options{Traffic: a.meter.Traffic()}
	if err := a.login.into(&opts); err != nil {
		return err
	}
	conn, err := client.DialOptions(a.addr, opts)
	if err != nil {
		return err
	}
	defer conn.Shutdown()
	return fn(ctx, conn)
}

// withObjects runs fn with the pool and namespace of the global flags.
func (a *app) withObjects(ctx context.Context, fn func(context.Context, *client.IOContext) error) error {
	return a.withConn(ctx, func(ctx context.Context, conn *client.Conn) error {
		ioctx := conn.OpenIOContext(a.pool)
		ioctx.SetNamespace(a.namespace)
		return fn(ctx, ioctx)
	})
}
