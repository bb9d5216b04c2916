// This file is the subcommands that run methods and scripts.

package main

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/cmd/objluad/errno"
)

// callFlags are the flags of a call.
type callFlags struct {
	timeout  time.Duration
	readOnly bool
	meta     bool
	dryRun   bool
	capture  string
	key      string
	keyed    func() bool // a key was given, be it an empty one, which the daemon refuses
}

func (f *callFlags) add(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().DurationVar(&f.timeout, "timeout", 0, "wall and CPU budget of the method; default the daemon's")
	cmd.Flags().BoolVar(&f.readOnly, "readonly", false, "refuse every write")
	cmd.Flags().BoolVar(&f.meta, "meta", false, "print return value, versions and usage to standard error")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "commit nothing, and print to standard error what would have been committed")
	cmd.Flags().StringVar(&f.capture, "capture", "", "commit nothing, and write all that the call took and what came of it into a new `file`, for objluad replay")
	f.keyed = func() bool { return cmd.Flags().Changed("idempotency-key") }
	cmd.Flags().StringVar(&f.key, "idempotency-key", "", "make the call safe to repeat: with the same key it has one effect, and one reply")
	return cmd
}

func (f *callFlags) options() ([]client.CallOption, error) {
	var opts []client.CallOption
	switch {
	case f.timeout < 0 || f.timeout > 0 && f.timeout < time.Millisecond:
		return nil, errno.Errorf(syscall.EINVAL, "a timeout is 1ms at least, not %v", f.timeout)
	case f.timeout > 0:
		opts = append(opts, client.Timeout(f.timeout))
	}
	if f.readOnly {
		opts = append(opts, client.ReadOnly())
	}
	if f.dryRun {
		opts = append(opts, client.DryRun())
	}
	if f.capture != "" {
		opts = append(opts, client.Capture())
	}
	if f.keyed() {
		opts = append(opts, client.IdempotencyKey(f.key))
	}
	return opts, nil
}

func newCallCommands(a *app) []*cobra.Command {
	var exec, eval callFlags
	return []*cobra.Command{
		exec.add(&cobra.Command{
			Use:   "exec OID CLASS[@VERSION] METHOD [INPUT]",
			Short: "Run a method of an installed class beside an object; INPUT - is standard input",
			Long: `Run a method of an installed class beside an object, and print its output; INPUT - is standard input. What the method does to
the object is one commit. A method that fails has done nothing; the error says which errno, where in the script, and why.
Without @VERSION the active version runs, or the canary.`,
			Args: cobra.RangeArgs(3, 4),
			RunE: func(cmd *cobra.Command, args []string) error {
				return a.call(cmd.Context(), &exec, args[3:], func(ctx context.Context, ioctx *client.IOContext, input []byte, opts []client.CallOption) (client.Reply, error) {
					return ioctx.Exec(ctx, args[0], args[1], args[2], input, opts...)
				})
			},
		}),
		eval.add(&cobra.Command{
			Use:   "eval OID FILE HANDLER [INPUT]",
			Short: "Run a script beside an object, then its handler; INPUT or FILE - is standard input",
			Long: `Run a script beside an object, then the handler that it registered, and print the output; INPUT or FILE - is standard input. An
empty HANDLER only runs the script. The script is not installed, and is otherwise what a class is.`,
			Args: cobra.RangeArgs(3, 4),
			RunE: func(cmd *cobra.Command, args []string) error {
				if args[1] == "-" && len(args) == 4 && args[3] == "-" {
					return errno.Errorf(syscall.EINVAL, "script and input cannot both be standard input")
				}
				script, err := a.ReadFile(args[1])
				if err != nil {
					return err
				}
				return a.call(cmd.Context(), &eval, args[3:], func(ctx context.Context, ioctx *client.IOContext, input []byte, opts []client.CallOption) (client.Reply, error) {
					return ioctx.Eval(ctx, args[0], script, args[2], input, opts...)
				})
			},
		}),
	}
}

// call runs a call with the input that the command line may name, and prints its output.
func (a *app) call(ctx context.Context, flags *callFlags, input []string,
	run func(context.Context, *client.IOContext, []byte, []client.CallOption) (client.Reply, error)) error {
	opts, err := flags.options()
	if err != nil {
		return err
	}
	in, err := a.callInput(input)
	if err != nil {
		return err
	}
	return a.WithObjects(ctx, func(ctx context.Context, ioctx *client.IOContext) error {
		reply, err := run(ctx, ioctx, in, opts)
		if err != nil {
			return err
		}
		if reply.Bundle != nil {
			return a.captured(flags.capture, reply.Bundle)
		}
		return a.showReply(reply, flags.meta)
	})
}

// callInput returns the input that the command line may name.
func (a *app) callInput(args []string) ([]byte, error) {
	switch {
	case len(args) == 0:
		return nil, nil
	case args[0] == "-":
		return a.ReadFile("-")
	}
	return []byte(args[0]), nil
}

// showReply prints a call's output, and to standard error what else was asked for.
func (a *app) showReply(reply client.Reply, meta bool) error {
	if a.JSON {
		return a.printReply(reply)
	}
	if meta {
		replayed := ""
		if reply.Replayed {
			replayed = ", replayed"
		}
		fmt.Fprintf(os.Stderr, "ret %d, version %d, class version %s, cpu %v, peak %d bytes%s\n",
			reply.Ret, reply.Version, reply.ClassVersion, reply.CPU, reply.PeakBytes, replayed)
	}
	if reply.Effects != nil {
		printEffects(os.Stderr, reply.Effects)
	}
	_, err := a.Out.Write(reply.Output)
	return err
}

func (a *app) printReply(reply client.Reply) error {
	fields := map[string]any{
		"ret":           reply.Ret,
		"version":       reply.Version,
		"class_version": reply.ClassVersion,
		"cpu_us":        reply.CPU.Microseconds(),
		"peak_bytes":    reply.PeakBytes,
	}
	if utf8.Valid(reply.Output) {
		fields["output"] = string(reply.Output)
	} else { // JSON cannot hold it as it is
		fields["output_base64"] = reply.Output
	}
	if reply.Replayed {
		fields["replayed"] = true
	}
	if reply.Effects != nil {
		fields["effects"] = effectsJSON(reply.Effects)
		fields["effects_total"] = reply.Effects.Total
		fields["truncated"] = reply.Effects.Truncated
	}
	return a.PrintJSON(fields)
}
