// This file runs tests again whenever a Lua file changes.

package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/objluad/objluad/cmd/objluad/cli"
	"github.com/objluad/objluad/cmd/objluad/errno"
)

const (
	// settle is how long no file changes before tests run again: an editor's save is several changes.
	settle = 100 * time.Millisecond
	// lookAgain is how often a folder is looked for that was removed: who changes branches may bring it back.
	lookAgain = time.Second
)

// watch runs the tests until a signal comes.
func (t *tester) watch(ctx context.Context, files []string) error {
	ctx, restore := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer restore()
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer watcher.Close()
	folders := append([]string{}, t.libs...)
	for _, file := range files {
		folders = append(folders, filepath.Dir(file))
	}
	if len(files) == 0 {
		folders = append(folders, ".")
	}
	for _, folder := range folders { // of files, too, that editors replace
		if err := watcher.Add(folder); err != nil {
			return err
		}
	}
	for {
		if err := t.run(ctx, files); err != nil && ctx.Err() == nil {
			name, message := errno.Describe(err)
			fmt.Fprintf(os.Stderr, "objluad: %s: %s\n", name, cli.OneLine(message))
		}
		if err := awaitChange(ctx, watcher, folders); err != nil || ctx.Err() != nil {
			return err
		}
	}
}

// awaitChange returns when Lua files have changed and settled, or a folder is there again, or ctx ended.
func awaitChange(ctx context.Context, watcher *fsnotify.Watcher, folders []string) error {
	var settled <-chan time.Time
	look := time.NewTicker(lookAgain)
	defer look.Stop()
	for {
		select {
		case event := <-watcher.Events:
			if filepath.Ext(event.Name) == ".lua" && !event.Has(fsnotify.Chmod) {
				settled = time.After(settle)
			}
		case err := <-watcher.Errors:
			return err
		case <-look.C:
			if watchAgain(watcher, folders) {
				settled = time.After(settle)
			}
		case <-settled:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// watchAgain watches folders that were removed, and reports whether one of them is there again.
func watchAgain(watcher *fsnotify.Watcher, folders []string) (found bool) {
	watched := watcher.WatchList()
	for _, folder := range folders {
		if !slices.Contains(watched, filepath.Clean(folder)) && watcher.Add(folder) == nil {
			found = true
		}
	}
	return found
}
