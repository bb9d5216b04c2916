// This file is the subcommand that copies the daemon's store while it is in use.

package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/cmd/objluad/progress"
)

func newBackup(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "backup NAME",
		Short: "Copy the daemon's store into a new folder NAME, where serve --backups says, and print its path",
		Long: `Copy the daemon's store into a new folder NAME, where serve --backups says, and print its path on the daemon's machine. The
daemon serves meanwhile. The copy is the data folder of a daemon: serve --data, check and export take it.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.WithConn(cmd.Context(), func(ctx context.Context, conn *client.Conn) error {
				bar := progress.Bar("copying the store", -1, false)
				_ = bar.RenderBlank() // at once, and not with the next change
				path, err := conn.Backup(ctx, args[0])
				_ = bar.Finish()
				if err != nil {
					return err
				}
				if a.JSON {
					return a.PrintJSON(map[string]any{"path": path})
				}
				_, err = fmt.Fprintln(a.Out, path)
				return err
			})
		},
	}
}
