// This file reads files again when they change, so that users and certificates are renewed without a restart.

package daemon

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long no file changes before they are read again: an editor's save is several changes.
const settle = 100 * time.Millisecond

// watchedFile is a file that is read again when it changes.
type watchedFile struct {
	path   string
	what   string
	reload func() error
}

// watchFiles has files read again when they change, until ctx ends. It watches their folders, since editors and renewals replace files.
func watchFiles(ctx context.Context, files []watchedFile, log *slog.Logger) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	files = slices.DeleteFunc(files, func(f watchedFile) bool { return f.path == "" })
	for _, file := range files {
		if err := watcher.Add(filepath.Dir(file.path)); err != nil {
			watcher.Close()
			return err
		}
	}
	go func() {
		defer watcher.Close()
		reloadChanged(ctx, watcher, files, log)
	}()
	return nil
}

func reloadChanged(ctx context.Context, watcher *fsnotify.Watcher, files []watchedFile, log *slog.Logger) {
	changed := map[string]func() error{}
	var settled <-chan time.Time
	for {
		select {
		case event := <-watcher.Events:
			for _, file := range files {
				if concerns(event, file.path) {
					changed[file.what] = file.reload
					settled = time.After(settle)
				}
			}
		case err := <-watcher.Errors:
			log.Error("files are not watched: SIGHUP has them read again", "err", err)
		case <-settled:
			for what, reload := range changed {
				if err := reload(); err != nil {
					log.Error("not reloaded: all is as before", "what", what, "err", err)
				} else {
					log.Info("reloaded", "what", what)
				}
			}
			clear(changed)
		case <-ctx.Done():
			return
		}
	}
}

// concerns reports whether an event may have changed what a file holds. Kubernetes swaps a link beside it, named ..data.
func concerns(event fsnotify.Event, path string) bool {
	if !event.Has(fsnotify.Write) && !event.Has(fsnotify.Create) && !event.Has(fsnotify.Rename) {
		return false
	}
	name := filepath.Base(event.Name)
	return filepath.Dir(event.Name) == filepath.Dir(path) && (name == filepath.Base(path) || strings.HasPrefix(name, "..data"))
}
