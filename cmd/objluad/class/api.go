// This file is the subcommand that prints the script API for editors.

package class

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/luavm/api"
)

func newClassAPI(a *commands) *cobra.Command {
	return &cobra.Command{
		Use:   "api",
		Short: "Print what scripts can call, as annotations for the Lua language server",
		Long: "Print what scripts can call, as annotations for the Lua language server. An editor completes by them when they lie in the\n" +
			"folder of the classes: objluad class api >objclass.lua",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if a.JSON {
				return a.PrintJSON(map[string]any{"source": api.Source})
			}
			_, err := io.WriteString(a.Out, api.Source)
			return err
		},
	}
}
