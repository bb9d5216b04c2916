// This file is the subcommand that prints scripts by which shells complete command lines.

package main

import (
	"github.com/spf13/cobra"

	"github.com/objluad/objluad/cmd/objluad/complete"
)

func newCompletion(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a script that has a shell complete command lines: bash, zsh or fish",
		Long: `Print a script that has a shell complete command lines: commands, flags and files, and from the daemon its
pools, objects, classes, versions, methods and calls. Nothing is completed from a daemon that is not there. The methods for objluad
run are those that the file registers, when it is loaded.

  bash   source <(objluad completion bash)     with the package bash-completion; for all sessions into
         /etc/bash_completion.d/objluad
  zsh    source <(objluad completion zsh)      behind compinit; for all sessions into a file _objluad of a folder in $fpath
  fish   objluad completion fish | source      for all sessions into ~/.config/fish/completions/objluad.fish`,
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"bash", "zsh", "fish"},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch root := cmd.Root(); args[0] {
			case "zsh":
				return root.GenZshCompletion(a.Out)
			case "fish":
				return root.GenFishCompletion(a.Out, true)
			default:
				return complete.Bash(root, a.Out)
			}
		},
	}
}
