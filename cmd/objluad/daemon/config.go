// This file gives the settings their values.

package daemon

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"

	"github.com/spf13/pflag"

	"github.com/objluad/objluad/cmd/objluad/settings"
)

// configEnv names the file of settings in the environment.
const configEnv = "OBJLUAD_CONFIG"

// AddFlags adds the settings to a command's flags, and the flag that names the file of settings.
func (d *Daemon) AddFlags(flags *pflag.FlagSet) {
	flags.AddFlagSet(d.flags)
	flags.StringVar(&d.config, "config", os.Getenv(configEnv), "`file` of settings, with the names of the other flags; "+configEnv+" in the environment")
}

func (d *Daemon) sources() settings.Sources {
	return settings.Sources{File: d.config, Env: os.Environ(), Other: append([]string{configEnv}, d.others...)}
}

// load gives the settings their values, and joins all that is wrong with them.
func (d *Daemon) load() (err error) {
	d.settings, err = settings.Load(d.flags, d.sources())
	return d.checked(err)
}

// checked joins what is wrong with settings that were loaded: err, and what check finds.
func (d *Daemon) checked(err error) error {
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
func (d *Daemon) warnOfIdle() {
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
func (d *Daemon) warn(log *slog.Logger) {
	for _, warning := range d.settings.Warnings {
		log.Warn("settings", "warning", warning)
	}
}

// Items returns every setting, with its value and where it came from.
func (d *Daemon) Items() (items []settings.Item, err error) {
	if d.settings, err = settings.Load(d.flags, d.sources()); err != nil {
		return nil, settings.FirstProblem(err)
	}
	return d.settings.Items(), nil
}

// Problems returns all that is wrong with the settings, and what may be a mistake in them.
func (d *Daemon) Problems() (problems []error, warnings []string) {
	err := d.load()
	return settings.Problems(err), d.settings.Warnings
}
