// This file runs tests again whenever a Lua file changes.

package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long no file changes before tests run again: an editor's save is several changes.
const settle = 100 * time.Millisecond

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
			name, message := describe(err)
			fmt.Fprintf(os.Stderr, "objluad: %s: %s\n", name, oneLine(message))
		}
		if err := awaitChange(ctx, watcher); err != nil || ctx.Err() != nil {
			return err
		}
	}
}

// awaitChange returns when Lua files have changed and settled, or ctx ended.
func awaitChange(ctx context.Context, watcher *fsnotify.Watcher) error {
	var settled <-chan time.Time
	for {
		select {
		case event := <-watcher.Events:
			if filepath.Ext(event.Name) == ".lua" && !event.Has(fsnotify.Chmod) {
				settled = time.After(settle)
			}
		case err := <-watcher.Errors:
			return err
		case <-settled:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}
