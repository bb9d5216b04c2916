// This file is the subcommand that shows what a daemon does.

package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/cmd/objluad/top"
)

// topFlags are the flags of top.
type topFlags struct {
	batch    bool
	frames   int
	interval time.Duration
}

func newTop(a *app) *cobra.Command {
	var f topFlags
	cmd := &cobra.Command{
		Use:   "top",
		Short: "Show what the daemon does: calls under way, classes by cost, the slowest methods, errors",
		Long: `Show what the daemon does: the calls under way, what classes cost, the slowest methods, errors by kind, connections
and memory. The first numbers are since the daemon's start, the others of the last interval; P99 is estimated from a histogram.

Keys: q quits; up and down select a call, and k kills it, when y confirms it; tab or 1, 2, 3 choose a table, s sorts it by its next
column, r reverses it; / shows only what contains a text, and escape all again; p or the space bar pauses.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.top(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.batch, "batch", false, "print frames as text")
	flags.IntVarP(&f.frames, "frames", "n", 0, "print so many frames, and end; with --batch or --json; 0: until it is interrupted")
	flags.DurationVar(&f.interval, "interval", time.Second, "time between two frames, at least 100ms")
	return cmd
}

func (a *app) top(ctx context.Context, f topFlags) error {
	printed := f.batch || a.JSON
	switch {
	case f.interval < 100*time.Millisecond:
		return errno.Errorf(syscall.EINVAL, "--interval is 100ms at least, not %v", f.interval)
	case f.frames < 0 || f.frames > 0 && !printed:
		return errno.Errorf(syscall.EINVAL, "--frames is 0 or more, and for --batch or --json")
	case !printed && !(term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd()))):
		return errno.Errorf(syscall.ENOTTY, "this is no terminal; --batch prints frames as text, and --json as JSON")
	}
	ctx, restore := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer restore()
	return a.WithConn(ctx, func(ctx context.Context, conn *client.Conn) error {
		if printed {
			return a.printFrames(ctx, conn, f)
		}
		return top.Run(ctx, conn, f.interval)
	})
}

// printFrames prints as many frames as the flags say. An interruption is no error.
func (a *app) printFrames(ctx context.Context, conn *client.Conn, f topFlags) error {
	var last *top.Sample
	for n := 1; ; n++ {
		now, err := top.Take(ctx, conn)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		frame := top.NewFrame(last, now)
		last = now
		if err := a.printFrame(&frame); err != nil || n == f.frames {
			return err
		}
		select {
		case <-time.After(f.interval):
		case <-ctx.Done():
			return nil
		}
	}
}

func (a *app) printFrame(frame *top.Frame) error {
	if !a.JSON {
		return frame.Print(a.Out)
	}
	calls := make([]callJSON, 0, len(frame.Calls))
	for _, call := range frame.Calls {
		calls = append(calls, newCallJSON(call))
	}
	return a.PrintJSON(struct {
		*top.Frame
		Calls []callJSON `json:"calls"`
	}{frame, calls})
}
