// This file is the subcommand that runs a method of a class in a file, without a daemon.

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/cmd/objluad/cli"
	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/cmd/objluad/workbench"
	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/store"
)

// runner is the settings of a run.
type runner struct {
	*app
	libs     []string
	object   string // file with its data
	write    bool
	oid      string
	xattrs   []string
	omap     []string
	effects  bool
	meta     bool
	readOnly bool
	timeout  time.Duration
}

func newRun(a *app) *cobra.Command {
	r := &runner{app: a}
	cmd := &cobra.Command{
		Use:   "run CLASS.lua METHOD [INPUT]",
		Short: "Run a method of a class in a file, without a daemon; INPUT - is standard input",
		Args:  cobra.RangeArgs(2, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.run(cmd.Context(), args[0], args[1], args[2:])
		},
	}
	workbench.AddFlag(cmd.Flags(), &r.libs)
	flags := cmd.Flags()
	flags.StringVar(&r.object, "object", "", "`file` with the object's data, - is standard input; default: there is no object")
	flags.BoolVar(&r.write, "write", false, "write the data back to the file of --object, which may be absent; a removed object removes it")
	flags.StringVar(&r.oid, "oid", "object", "name of the object")
	flags.StringArrayVar(&r.xattrs, "xattr", nil, "`name=value` of an xattr that the object has; may be repeated")
	flags.StringArrayVar(&r.omap, "omap", nil, "`key=value` of its omap; may be repeated")
	flags.BoolVar(&r.effects, "effects", false, "print to standard error what the method changed")
	flags.BoolVar(&r.meta, "meta", false, "print return value, versions and usage to standard error")
	flags.BoolVar(&r.readOnly, "readonly", false, "refuse every write")
	flags.DurationVar(&r.timeout, "timeout", 0, "wall and CPU budget of the method; default a server's, or the manifest's")
	return cmd
}

func (r *runner) run(ctx context.Context, file, method string, args []string) error {
	if r.write {
		if err := r.prepareFile(); err != nil {
			return err
		}
	}
	if r.object == "-" && len(args) > 0 && args[0] == "-" {
		return errno.Errorf(syscall.EINVAL, "standard input is either the object's data or the method's input")
	}
	sources, err := workbench.Library(r.libs)
	if err != nil {
		return err
	}
	class, err := sources.AddFile(file)
	if err != nil {
		return err
	}
	object, err := r.readObject()
	if err != nil {
		return err
	}
	input, err := r.callInput(args)
	if err != nil {
		return err
	}
	bench, err := workbench.Open(ctx)
	if err != nil {
		return err
	}
	defer bench.Close()
	bench.Prepare(showLog)
	if err := bench.Install(ctx, sources)[class].Err; err != nil {
		return err
	}
	if object != nil {
		if err := bench.Put(ctx, r.oid, *object); err != nil {
			return err
		}
	}
	call := objclass.Call{Class: class, Method: method, Input: input, ReadOnly: r.readOnly, Timeout: r.timeout}
	reply, err := bench.Exec(ctx, r.oid, call)
	if err != nil {
		return err
	}
	if r.write && reply.Effects.Total > 0 {
		if err := r.writeObject(ctx, bench); err != nil {
			return err
		}
	}
	return r.showReply(r.asClient(reply), r.meta)
}

// showLog has what a run logs printed to standard error.
func showLog(inv *objclass.Invocation) {
	inv.Log = func(level int, message string) { fmt.Fprintf(os.Stderr, "log %d: %s\n", level, cli.OneLine(message)) }
}

// readObject returns the object of the flags, nil if they give none.
func (r *runner) readObject() (*workbench.Object, error) {
	object := new(workbench.Object)
	given := len(r.xattrs)+len(r.omap) > 0
	if r.object != "" {
		data, err := r.readData()
		absent := r.write && errors.Is(err, fs.ErrNotExist)
		if err != nil && !absent {
			return nil, err
		}
		object.Data, given = data, given || !absent
	}
	var err error
	if object.Xattrs, err = pairs("--xattr", r.xattrs); err != nil {
		return nil, err
	}
	if object.Omap, err = pairs("--omap", r.omap); err != nil || !given {
		return nil, err
	}
	return object, nil
}

// pairs splits arguments "key=value" of a flag.
func pairs(flag string, args []string) (map[string][]byte, error) {
	all := make(map[string][]byte, len(args))
	for _, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		if !ok {
			return nil, errno.Errorf(syscall.EINVAL, "%s is KEY=VALUE, not %q", flag, arg)
		}
		all[key] = []byte(value)
	}
	return all, nil
}

// writeObject makes the file what the object's data is now.
func (r *runner) writeObject(ctx context.Context, bench *workbench.Workbench) error {
	object, err := bench.Get(ctx, r.oid)
	if err != nil {
		return err
	}
	if object == nil {
		if err := os.Remove(r.object); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	return replaceFile(r.object, object.Data)
}

// asClient returns the reply as it comes from a daemon.
func (r *runner) asClient(reply objclass.Reply) client.Reply {
	c := client.Reply{
		Ret:          int(reply.Ret),
		Output:       reply.Output,
		Version:      reply.Version,
		ClassVersion: reply.ClassVersion,
		CPU:          reply.Usage.CPU,
		PeakBytes:    reply.Usage.PeakBytes,
	}
	if r.effects {
		c.Effects = clientEffects(reply.Effects)
	}
	return c
}

func clientEffects(effects *store.Effects) *client.Effects {
	c := &client.Effects{Total: effects.Total, Truncated: effects.Truncated}
	for _, e := range effects.List {
		c.List = append(c.List, client.Effect(e))
	}
	return c
}
