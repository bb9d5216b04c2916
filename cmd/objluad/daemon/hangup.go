// This file is what the daemon does on SIGHUP: parts of it read their files again.

package daemon

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// hangups are what is done on SIGHUP, in order.
type hangups struct {
	signals chan os.Signal
	actions []hangup
}

type hangup struct {
	what   string // is read again, for the log
	reload func() error
}

// listen has SIGHUP no longer end the process. One that comes before answer is answered then.
func (h *hangups) listen() (stop func()) {
	h.signals = make(chan os.Signal, 1)
	signal.Notify(h.signals, syscall.SIGHUP)
	return func() { signal.Stop(h.signals) }
}

// add has reload called on SIGHUP. If it fails, it must have changed nothing.
func (h *hangups) add(what string, reload func() error) {
	h.actions = append(h.actions, hangup{what, reload})
}

// answer answers SIGHUPs until ctx ends. An action that fails does not keep those behind it from being done.
func (h *hangups) answer(ctx context.Context, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.signals:
		}
		for _, action := range h.actions {
			if err := action.reload(); err != nil {
				log.Error("not reloaded: all is as before", "what", action.what, "err", err)
				continue
			}
			log.Info("reloaded", "what", action.what)
		}
	}
}
