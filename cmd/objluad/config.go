// This file gives the daemon's settings their values, and is the subcommands that show and check them.

package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/cmd/objluad/settings"
)

// configEnv names the file of settings in the environment.
const configEnv = "OBJLUAD_CONFIG"

// addFlags adds the settings to a command's flags, and the flag that names the file of settings.
func (d *daemon) addFlags(flags *pflag.FlagSet) {
	flags.AddFlagSet(d.flags)
	flags.StringVar(&d.config, "config", os.Getenv(configEnv), "`file` of settings, with the names of the other flags; "+configEnv+" in the environment")
}

func (d *daemon) sources() settings.Sources {
	return settings.Sources{File: d.config, Env: os.Environ(), Other: append([]string{configEnv, "OBJLUAD_ADDR"}, loginEnv...)}
}

// load gives the settings their values, and joins all that is wrong with them.
func (d *daemon) load() (err error) {
	d.settings, err = settings.Load(d.flags, d.sources())
	return d.checked(err)
}

// checked joins what is wrong with settings that were loaded: err, and what check finds.
func (d *daemon) checked(err error) error {
	if d.settings.Partial {
		return err
	}
	problems := settings.Problems(err)
	for _, err := range settings.Problems(d.check()) {
		problems = append(problems, d.settings.Explain(err))
	}
	d.warnOfIdle()
	return errors.Join(problems...)
}

// warnOfIdle warns of settings that were made, and have no effect.
func (d *daemon) warnOfIdle() {
	for name, because := range d.store.Idle() {
		origin, value := d.settings.Origin(name), d.flags.Lookup(because).Value
		if origin.Kind != "default" {
			d.settings.Warnings = append(d.settings.Warnings,
				fmt.Sprintf("%s (%v) has no effect with %s %v (%v)", name, origin, because, value, d.settings.Origin(because)))
		}
	}
	slices.Sort(d.settings.Warnings)
}

// warn logs what may be a mistake in the settings.
func (d *daemon) warn(log *slog.Logger) {
	for _, warning := range d.settings.Warnings {
		log.Warn("settings", "warning", warning)
	}
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
			var err error
			if d.settings, err = settings.Load(d.flags, d.sources()); err != nil {
				return settings.FirstProblem(err)
			}
			return a.showSettings(d.settings.Items())
		},
	}
	d.addFlags(cmd.Flags())
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
	if a.json {
		all := make([]settingJSON, len(items))
		for i, item := range items {
			o := item.Origin
			all[i] = settingJSON{item.Name, item.Value, o.Kind, o.File, o.Line, o.Env, item.Reloadable}
		}
		return a.printJSON(all)
	}
	table := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SETTING\tVALUE\tFROM")
	for _, item := range items {
		value := oneLine(item.Value)
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
	d.addFlags(cmd.Flags())
	return cmd
}

func (a *app) checkSettings(d *daemon) error {
	problems, warnings := []string{}, []string{}
	for _, err := range settings.Problems(d.load()) {
		problems = append(problems, oneLine(err.Error()))
	}
	warnings = append(warnings, d.settings.Warnings...)
	if err := a.printCheck(problems, warnings); err != nil {
		return err
	}
	if len(problems) > 0 {
		return errno.Errorf(syscall.EINVAL, "%d of the settings cannot be used", len(problems))
	}
	return nil
}

func (a *app) printCheck(problems, warnings []string) error {
	if a.json {
		return a.printJSON(map[string]any{"ok": len(problems) == 0, "problems": problems, "warnings": warnings})
	}
	for _, problem := range problems {
		fmt.Fprintln(a.out, problem)
	}
	for _, warning := range warnings {
		fmt.Fprintln(a.out, "warning: "+warning)
	}
	if len(problems) == 0 {
		_, err := fmt.Fprintln(a.out, "ok")
		return err
	}
	return nil
}
