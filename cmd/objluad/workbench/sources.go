// This file finds the sources of classes, and installs them in an order in which each finds what it requires.

package workbench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/objluad/objluad/classes"
	"github.com/objluad/objluad/objclass"
)

// Sources are classes by their names.
type Sources map[string][]byte

// stock returns the stock classes.
func stock() Sources {
	s := make(Sources)
	for _, class := range classes.All() {
		s[class.Name] = class.Source
	}
	return s
}

// addFolder adds the classes of a folder: its files *.lua, but for tests. They take the place of others of their names.
func (s Sources) addFolder(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() || filepath.Ext(name) != ".lua" || strings.HasSuffix(name, testSuffix) {
			continue
		}
		if s[ClassName(name)], err = os.ReadFile(filepath.Join(folder, name)); err != nil {
			return err
		}
	}
	return nil
}

// AddFile adds the class of a file, which takes the place of another of its name, and returns the name.
func (s Sources) AddFile(file string) (string, error) {
	source, err := os.ReadFile(file)
	name := ClassName(file)
	s[name] = source
	return name, err
}

// ClassName returns the name of the class that a file has: that of the file without ".lua".
func ClassName(file string) string { return strings.TrimSuffix(filepath.Base(file), ".lua") }

// Outcome is what became of an installation: a class, or the error.
type Outcome struct {
	Class objclass.ClassInfo
	Err   error
}

// Install installs all classes, and tells of each what became of it. One that requires another comes after it.
func (w *Workbench) Install(ctx context.Context, sources Sources) map[string]Outcome {
	outcomes := make(map[string]Outcome, len(sources))
	left := slices.Sorted(maps.Keys(sources))
	for progress := true; progress && len(left) > 0; {
		var lacking []string // something that they require
		for _, name := range left {
			class, err := w.service.Classes().Install(ctx, name, sources[name])
			outcomes[name] = Outcome{class, err}
			if errors.Is(err, syscall.EOPNOTSUPP) {
				lacking = append(lacking, name)
			}
		}
		progress = len(lacking) < len(left)
		left = lacking
	}
	return outcomes
}

// Load loads the class of a file with the classes of the folders, and describes it. The error says why it cannot be installed.
func Load(ctx context.Context, file string, folders []string) (class objclass.ClassInfo, err error) {
	sources, err := Library(folders)
	if err != nil {
		return class, err
	}
	name, err := sources.AddFile(file)
	if err != nil {
		return class, err
	}
	bench, err := Open(ctx)
	if err != nil {
		return class, err
	}
	defer bench.Close()
	outcome := bench.Install(ctx, sources)[name]
	return outcome.Class, outcome.Err
}

// Warnings says what of an installed class works, but can hardly be meant.
func (w *Workbench) Warnings(ctx context.Context, class objclass.ClassInfo, source []byte) ([]string, error) {
	warnings, err := w.globalWarnings(ctx, class, source)
	return append(warnings, manifestWarnings(class)...), err
}

func manifestWarnings(class objclass.ClassInfo) []string {
	m := class.Manifest
	if m == nil {
		return nil
	}
	var warnings []string
	writers := false
	for _, method := range class.Methods {
		writers = writers || method.Flags&objclass.WR != 0
		if len(m.Methods) > 0 && m.Methods[method.Name] == nil {
			warnings = append(warnings, fmt.Sprintf("method %s is registered, but the manifest does not describe it", method.Name))
		}
	}
	if c := m.Capabilities; c != nil && !writers && (c.Create || c.Remove) {
		warnings = append(warnings, "the manifest grants create or remove, but no method has objclass.WR")
	}
	return warnings
}
