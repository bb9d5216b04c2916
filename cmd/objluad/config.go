// This file is the subcommands that run the daemon, and that show and check its settings.

package main

import (
	"fmt"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/cmd/objluad/cli"
	"github.com/objluad/objluad/cmd/objluad/daemon"
	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/cmd/objluad/settings"
)

func newServe() *cobra.Command {
	d := newDaemon()
	checkOnly := false
	cmd := &cobra.Command{
		Use:   "serve --data DIR",
		Short: "Run the daemon",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return d.Run(cmd.Context(), checkOnly) },
	}
	d.AddFlags(cmd.Flags())
	cmd.Flags().BoolVar(&checkOnly, "check", false, "check the settings, and do not serve")
	return cmd
}

func newDaemon() *daemon.Daemon {
	return daemon.New(programVersion(), cli.Env())
}

func newConfig(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show and check the settings with which a daemon would start",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newConfigShow(a), newConfigCheck(a))
	return cmd
}

func newConfigShow(a *app) *cobra.Command {
	d := newDaemon()
	cmd := &cobra.Command{
		Use:   "show [--config FILE] [flags of serve]",
		Short: "Print every setting, its value, and where it came from",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			items, err := d.Items()
			if err != nil {
				return err
			}
			return a.showSettings(items)
		},
	}
	d.AddFlags(cmd.Flags())
	return cmd
}

// settingJSON is a setting for machines.
type settingJSON struct {
	Name       string `json:"name"`
	Value      string `json:"value"`
	From       string `json:"from"` // "default", "file", "env" or "flag"
	File       string `json:"file,omitempty"`
	Line       int    `json:"line,omitempty"`
	Env        string `json:"env,omitempty"`
	Reloadable bool   `json:"reloadable"`
}

func (a *app) showSettings(items []settings.Item) error {
	if a.JSON {
		all := make([]settingJSON, len(items))
		for i, item := range items {
			o := item.Origin
			all[i] = settingJSON{item.Name, item.Value, o.Kind, o.File, o.Line, o.Env, item.Reloadable}
		}
		return a.PrintJSON(all)
	}
	table := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SETTING\tVALUE\tFROM")
	for _, item := range items {
		value := cli.OneLine(item.Value)
		if value == "" || strings.Contains(value, " ") {
			value = `"` + value + `"`
		}
		fmt.Fprintf(table, "%s\t%s\t%v\n", item.Name, value, item.Origin)
	}
	return table.Flush()
}

func newConfigCheck(a *app) *cobra.Command {
	d := newDaemon()
	cmd := &cobra.Command{
		Use:   "check [--config FILE] [flags of serve]",
		Short: "Say what is wrong with the settings, all of it",
		Long: "Say what is wrong with the settings, all of it. Neither the store nor an address is touched: a daemon may still find that its\n" +
			"folder cannot be written, or its address is taken.",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.checkSettings(d) },
	}
	d.AddFlags(cmd.Flags())
	return cmd
}

func (a *app) checkSettings(d *daemon.Daemon) error {
	problems, warnings := []string{}, []string{}
	wrong, suspect := d.Problems()
	for _, err := range wrong {
		problems = append(problems, cli.OneLine(err.Error()))
	}
	warnings = append(warnings, suspect...)
	if err := a.printCheck(problems, warnings); err != nil {
		return err
	}
	if len(problems) > 0 {
		return errno.Errorf(syscall.EINVAL, "%d of the settings cannot be used", len(problems))
	}
	return nil
}

func (a *app) printCheck(problems, warnings []string) error {
	if a.JSON {
		return a.PrintJSON(map[string]any{"ok": len(problems) == 0, "problems": problems, "warnings": warnings})
	}
	for _, problem := range problems {
		fmt.Fprintln(a.Out, problem)
	}
	for _, warning := range warnings {
		fmt.Fprintln(a.Out, "warning: "+warning)
	}
	if len(problems) == 0 {
		_, err := fmt.Fprintln(a.Out, "ok")
		return err
	}
	return nil
}
