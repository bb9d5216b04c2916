// This file is the subcommand that compares sources of classes.

package class

import (
	"context"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/cmd/objluad/errno"
)

func newClassDiff(a *commands) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "diff NAME[@VERSION] [NAME[@VERSION]]",
		Short: "Compare the sources of two class versions, or of one and a file",
		Long: "Compare the sources of two class versions, or of one and a file, and print a unified diff: what leads from the first to the\n" +
			"second. Equal sources print nothing. Without a version the active one is meant.",
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (len(args) == 2) == (file != "") {
				return errno.Errorf(syscall.EINVAL, "name two versions, or one and --file")
			}
			return a.diffClasses(cmd.Context(), args, file)
		},
	}
	cmd.Flags().StringVar(&file, "file", "", "compare with this `FILE` instead of a second version, - is standard input")
	return cmd
}

func (a *commands) diffClasses(ctx context.Context, specs []string, file string) error {
	return a.WithConn(ctx, func(ctx context.Context, conn *client.Conn) error {
		var names []string
		var sources [][]byte
		for _, spec := range specs {
			class, err := conn.ShowClass(ctx, spec)
			if err != nil {
				return err
			}
			names, sources = append(names, class.Name+"@"+class.Version), append(sources, class.Source)
		}
		if file != "" {
			source, err := a.ReadFile(file)
			if err != nil {
				return err
			}
			names, sources = append(names, file), append(sources, source)
		}
		text := string(diff.Diff(names[0], sources[0], names[1], sources[1]))
		if a.JSON {
			return a.PrintJSON(map[string]any{"from": names[0], "to": names[1], "diff": text})
		}
		_, unified, _ := strings.Cut(text, "\n") // behind the line "diff A B", which is git's
		_, err := a.Out.Write([]byte(unified))
		return err
	})
}
