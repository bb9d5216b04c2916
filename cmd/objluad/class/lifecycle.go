// This file is the subcommands that say which version of a class calls run, and which versions stay.

package class

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/objclass"
)

// newLifecycle returns the subcommands of class that change an installed one.
func newLifecycle(a *commands) []*cobra.Command {
	change := func(use, short string, change func(*client.Conn, context.Context, string) (string, error)) *cobra.Command {
		return &cobra.Command{
			Use: use, Short: short, Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error { return a.changeClass(cmd.Context(), args[0], change) },
		}
	}
	return []*cobra.Command{
		change("activate NAME@VERSION", "Make an installed version the active one", (*client.Conn).ActivateClass),
		change("rollback NAME", "Make the version active that was before", (*client.Conn).RollbackClass),
		a.quietCommand("remove NAME[@VERSION]", "Remove a class, or a version that is not in use", "removed", (*client.Conn).RemoveClass),
		a.quietCommand("keep NAME@VERSION", "Keep a version from being removed or collected", "kept", (*client.Conn).KeepClass),
		a.quietCommand("release NAME@VERSION", "Let a version go that was kept", "released", (*client.Conn).ReleaseClass),
		{
			Use: "history NAME", Short: "Tell which versions were active and when, the newest first", Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error { return a.classHistory(cmd.Context(), args[0]) },
		},
		newCanary(a, change("promote NAME", "Make the canary the active version", (*client.Conn).PromoteCanary)),
		newClassGC(a),
	}
}

func newCanary(a *commands, promote *cobra.Command) *cobra.Command {
	canary := &cobra.Command{Use: "canary", Short: "Try a version with a share of the calls that name none", Args: cobra.NoArgs}
	canary.AddCommand(promote,
		a.quietCommand("end NAME", "Have all calls that name no version run the active one", "ended", (*client.Conn).EndCanary),
		&cobra.Command{
			Use: "set NAME@VERSION PERCENT", Short: "Have a version run a share of the calls, 0 to 100 percent", Args: cobra.ExactArgs(2),
			RunE: func(cmd *cobra.Command, args []string) error {
				percent, err := strconv.ParseFloat(strings.TrimSuffix(args[1], "%"), 64)
				if err != nil {
					return errno.Errorf(syscall.EINVAL, "a share is a number of percent from 0 to 100, not %q", args[1])
				}
				return a.WithConn(cmd.Context(), func(ctx context.Context, conn *client.Conn) error {
					if err := conn.SetCanary(ctx, args[0], percent); err != nil || !a.JSON {
						return err
					}
					return a.PrintJSON(map[string]any{"canary": args[0], "percent": percent})
				})
			},
		})
	return canary
}

func newClassGC(a *commands) *cobra.Command {
	unused, dryRun := objclass.UnusedFor, false
	gc := &cobra.Command{
		Use:   "gc [NAME]",
		Short: "Remove versions that nobody uses, of one class or of all",
		Long: "Remove versions that nobody uses, of one class or of all, and print them. The active version, the canary, versions to which a\n" +
			"rollback can go back, and versions that are kept stay.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := "*"
			if len(args) > 0 {
				name = args[0]
			}
			return a.collectClasses(cmd.Context(), name, unused, dryRun)
		},
	}
	gc.Flags().DurationVar(&unused, "unused", unused, "how long no call has named the version, in whole seconds; 0 takes all that nothing holds")
	gc.Flags().BoolVar(&dryRun, "dry-run", false, "print what would be removed, and remove nothing")
	return gc
}

// quietCommand makes a command with one argument that prints nothing, or with --json what was done to the argument.
func (a *commands) quietCommand(use, short, done string, do func(*client.Conn, context.Context, string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.WithConn(cmd.Context(), func(ctx context.Context, conn *client.Conn) error {
				if err := do(conn, ctx, args[0]); err != nil || !a.JSON {
					return err
				}
				return a.PrintJSON(map[string]any{done: args[0]})
			})
		},
	}
}

// changeClass changes which version of a class is active, and prints it.
func (a *commands) changeClass(ctx context.Context, spec string, change func(*client.Conn, context.Context, string) (string, error)) error {
	return a.WithConn(ctx, func(ctx context.Context, conn *client.Conn) error {
		version, err := change(conn, ctx, spec)
		if err != nil {
			return err
		}
		name, _, _ := strings.Cut(spec, "@")
		return a.printVersion(name, version)
	})
}

func (a *commands) printVersion(name, version string) error {
	if a.JSON {
		return a.PrintJSON(map[string]any{"name": name, "version": version})
	}
	_, err := fmt.Fprintf(a.Out, "%s@%s\n", name, version)
	return err
}

func (a *commands) collectClasses(ctx context.Context, name string, unused time.Duration, dryRun bool) error {
	if unused < 0 {
		return errno.Errorf(syscall.EINVAL, "--unused is 0 or more, not %v", unused)
	}
	return a.WithConn(ctx, func(ctx context.Context, conn *client.Conn) error {
		specs, err := conn.CollectClasses(ctx, name, unused, dryRun)
		switch {
		case err != nil:
			return err
		case a.JSON:
			return a.PrintJSON(map[string]any{"versions": specs, "dry_run": dryRun})
		}
		for _, spec := range specs {
			fmt.Fprintln(a.Out, spec)
		}
		return nil
	})
}

func (a *commands) classHistory(ctx context.Context, name string) error {
	return a.WithConn(ctx, func(ctx context.Context, conn *client.Conn) error {
		if strings.Contains(name, "@") {
			return errno.Errorf(syscall.EINVAL, "a history is of all versions: name the class only")
		}
		class, err := conn.ShowClass(ctx, name)
		if err != nil {
			return err
		}
		all := append(slices.Clone(class.History), client.Activation{Version: class.Version, Since: class.Since})
		slices.Reverse(all)
		if a.JSON {
			return a.PrintJSON(activationsJSON(all))
		}
		table := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "ACTIVE SINCE\tVERSION")
		for _, activation := range all {
			fmt.Fprintf(table, "%s\t%s\n", timeText(activation.Since), activation.Version)
		}
		return table.Flush()
	})
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.RFC3339)
}

// stateJSON is what becomes of a class's versions.
type stateJSON struct {
	ActiveVersion string           `json:"active_version"`
	Since         time.Time        `json:"since,omitzero"`
	History       []activationJSON `json:"history"`
	Canary        *canaryJSON      `json:"canary,omitempty"`
	Kept          []string         `json:"kept"`
}

type activationJSON struct {
	Version string    `json:"version"`
	Since   time.Time `json:"since,omitzero"`
}

type canaryJSON struct {
	Version string    `json:"version"`
	Percent float64   `json:"percent"`
	Since   time.Time `json:"since,omitzero"`
}

func newStateJSON(state client.ClassState) stateJSON {
	s := stateJSON{ActiveVersion: state.ActiveVersion, Since: state.Since.UTC(), History: activationsJSON(state.History), Kept: append([]string{}, state.Kept...)}
	if canary := state.Canary; canary != nil {
		s.Canary = &canaryJSON{canary.Version, canary.Percent, canary.Since.UTC()}
	}
	return s
}

func activationsJSON(list []client.Activation) []activationJSON {
	all := make([]activationJSON, 0, len(list))
	for _, a := range list {
		all = append(all, activationJSON{a.Version, a.Since.UTC()})
	}
	return all
}

// Marks says in words what a version is to its class, in parentheses; "" when it is nothing.
func Marks(class client.Class, version string) string {
	var words []string
	if version == class.ActiveVersion {
		words = append(words, "active")
	}
	if class.Canary != nil && class.Canary.Version == version {
		words = append(words, "canary "+percentText(class.Canary.Percent))
	}
	if slices.Contains(class.Kept, version) {
		words = append(words, "kept")
	}
	if len(words) == 0 {
		return ""
	}
	return " (" + strings.Join(words, ", ") + ")"
}

// canaryText tells of a class's canary beside its active version; "" when there is none.
func canaryText(class client.Class) string {
	if class.Canary == nil {
		return ""
	}
	return fmt.Sprintf(" (%s: %.12s)", percentText(class.Canary.Percent), class.Canary.Version)
}

func percentText(percent float64) string { return strconv.FormatFloat(percent, 'g', -1, 64) + " %" }
