// This file is the flag --stock: classes that are part of this program, which a daemon has when they are installed.

package class

import (
	"context"
	"fmt"
	"syscall"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/classes"
	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/cmd/objluad/errno"
)

// addStock gives the subcommands install and list of "class" the flag.
func addStock(a *commands, class *cobra.Command) {
	for _, cmd := range class.Commands() {
		switch cmd.Name() {
		case "install":
			cmd.Use += ", or install --stock [NAME]..."
			withStock(cmd, "install stock classes, all of them or those named", func(ctx context.Context, names []string) error {
				inactive, err := cmd.Flags().GetBool("inactive")
				if err != nil {
					return err
				}
				return a.installStock(ctx, names, inactive)
			})
		case "list":
			withStock(cmd, "list the stock classes, installed or not", func(_ context.Context, names []string) error {
				return a.listStock(names)
			})
		}
	}
}

// withStock adds the flag to a command, with which it takes names and does something else.
func withStock(cmd *cobra.Command, usage string, do func(ctx context.Context, names []string) error) {
	args, run := cmd.Args, cmd.RunE
	stock := cmd.Flags().Bool("stock", false, usage)
	cmd.Args = func(cmd *cobra.Command, names []string) error {
		if *stock {
			return nil
		}
		return args(cmd, names)
	}
	cmd.RunE = func(cmd *cobra.Command, names []string) error {
		if *stock {
			return do(cmd.Context(), names)
		}
		return run(cmd, names)
	}
}

// stockClasses returns the stock classes of those names, or all.
func stockClasses(names []string) ([]classes.Class, error) {
	if len(names) == 0 {
		return classes.All(), nil
	}
	var list []classes.Class
	for _, name := range names {
		class, ok := classes.Find(name)
		if !ok {
			return nil, errno.Errorf(syscall.ENOENT, "there is no stock class %q; class list --stock has them", name)
		}
		list = append(list, class)
	}
	return list, nil
}

func (a *commands) installStock(ctx context.Context, names []string, inactive bool) error {
	list, err := stockClasses(names)
	if err != nil {
		return err
	}
	return a.WithConn(ctx, func(ctx context.Context, conn *client.Conn) error {
		install := conn.InstallClass
		if inactive {
			install = conn.InstallClassInactive
		}
		installed := make([]map[string]any, 0, len(list))
		for _, class := range list {
			version, err := install(ctx, class.Name, class.Source)
			if err != nil {
				return fmt.Errorf("%s: %w", class.Name, err)
			}
			installed = append(installed, map[string]any{"name": class.Name, "version": version})
			if !a.JSON {
				fmt.Fprintf(a.Out, "%s@%s\n", class.Name, version)
			}
		}
		if a.JSON {
			return a.PrintJSON(installed)
		}
		return nil
	})
}

func (a *commands) listStock(names []string) error {
	list, err := stockClasses(names)
	if err != nil {
		return err
	}
	if a.JSON {
		described := make([]map[string]any, 0, len(list))
		for _, class := range list {
			described = append(described, map[string]any{"name": class.Name, "summary": class.Summary, "size": len(class.Source)})
		}
		return a.PrintJSON(described)
	}
	table := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	for _, class := range list {
		fmt.Fprintf(table, "%s\t%s\n", class.Name, class.Summary)
	}
	return table.Flush()
}
