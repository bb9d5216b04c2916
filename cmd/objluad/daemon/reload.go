// This file is which settings change while the daemon runs, and how.

package daemon

import (
	"log/slog"

	"github.com/objluad/objluad/cmd/objluad/settings"
	"github.com/objluad/objluad/objclass"
)

// reloadable names the settings that SIGHUP changes: those that apply takes over.
var reloadable = []string{
	"log-level", "shutdown-timeout",
	"executions", "queue", "timeout", "max-timeout", "max-output",
	"quarantine", "quarantine-window", "quarantine-cooldown",
}

// reload reads the settings again, and takes over those that may change. If anything is wrong with them, whether it may change or
// not, nothing does.
func (d *Daemon) reload(service *objclass.Service, log *slog.Logger) error {
	next := New(d.version, d.others)
	next.cores = d.cores
	var err error
	next.settings, err = d.settings.LoadAgain(next.flags, d.sources())
	if err := next.checked(err); err != nil {
		return settings.FirstProblem(err)
	}
	next.warn(log)
	d.apply(next, service)
	for _, change := range d.settings.Take(next.settings) {
		logChange(change, log)
	}
	d.noteRunning()
	return nil
}

// noteRunning notes the settings that hold, for clients that ask for them.
func (d *Daemon) noteRunning() {
	all := d.settings.Running()
	d.running.Store(&all)
}

// apply takes over the settings that may change.
func (d *Daemon) apply(next *Daemon, service *objclass.Service) {
	level, _ := next.logLevelOf() // it was checked
	d.level.Set(level)
	d.grace.Store(int64(next.shutdown))
	service.Tune(next.tuning())
}

// tuning is the settings of the service that may change.
func (d *Daemon) tuning() objclass.Tuning {
	return objclass.Tuning{
		Timeout:    d.timeout,
		MaxTimeout: d.maxTimeout,
		MaxOutput:  int(d.maxOutput),
		Executions: d.places(),
		Queue:      d.queue,
		Quarantine: d.quarantine,
	}
}

func logChange(change settings.Change, log *slog.Logger) {
	log = log.With("setting", change.Name, "from", change.From, "to", change.To, "source", change.Origin.String())
	if change.Reloadable {
		log.Info("setting changed")
	} else {
		log.Warn("setting is another one now, but changes only when the daemon is started again")
	}
}
