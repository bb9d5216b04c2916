// This file is the subcommand that writes the man pages.

package main

import (
	"github.com/spf13/cobra"

	"github.com/objluad/objluad/cmd/objluad/daemon"
	"github.com/objluad/objluad/cmd/objluad/manual"
)

func newMan(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the man pages into a folder, which is made where there is none",
		Long: `Write the man pages into a folder, which is made where there is none: one of the program, and one of each command. With the
folder /usr/local/share/man/man1, man finds them.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			root.PersistentFlags().Lookup("addr").DefValue = daemon.DefaultAddr // whatever the environment of this process has
			pages, err := manual.Write(root, args[0], programVersion())
			if err != nil || !a.JSON {
				return err
			}
			return a.PrintJSON(map[string]any{"folder": args[0], "pages": pages})
		},
	}
}
