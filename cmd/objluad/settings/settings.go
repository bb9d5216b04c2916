// This file gives flags their values.

package settings

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// prefix begins the names of settings in the environment.
const prefix = "OBJLUAD_"

// EnvName returns the name of a setting in the environment.
func EnvName(name string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// Origin is where a value came from.
type Origin struct {
	Kind string // "default", "file", "env" or "flag"
	File string // of "file"
	Line int    // of "file", from 1
	Env  string // of "env": the name
}

// String returns "default", "FILE:LINE", "env NAME" or "flag".
func (o Origin) String() string {
	switch o.Kind {
	case "file":
		return fmt.Sprintf("%s:%d", o.File, o.Line)
	case "env":
		return "env " + o.Env
	}
	return o.Kind
}

// Sources are where values come from, beside the command line.
type Sources struct {
	File  string   // "" for none
	Env   []string // "NAME=value", as os.Environ gives it
	Other []string // names in the environment that look like settings, and are none
}

// Settings are flags that have their values, and where these came from.
type Settings struct {
	Flags    *pflag.FlagSet
	Warnings []string // what may be a mistake, and keeps nobody from going on
	Partial  bool     // not all of the file could be read, so nobody knows what else it sets

	origins map[string]Origin
	wrong   map[string]bool        // settings whose values were refused
	taken   map[string]*pflag.Flag // see Take
}

// Load sets the flags that the command line did not set. Its error joins a Problem for each value that is wrong, also of those that
// another one overrides.
func Load(flags *pflag.FlagSet, sources Sources) (*Settings, error) {
	s := &Settings{Flags: flags, origins: make(map[string]Origin), wrong: make(map[string]bool), taken: make(map[string]*pflag.Flag)}
	given := make(map[*pflag.Flag]Value)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			given[f] = valueOfFlag(f)
		}
	})
	var problems []error
	if sources.File != "" {
		entries, err := ReadFile(sources.File)
		problems = inOrder(append(Problems(err), s.fromFile(sources.File, entries)...))
	}
	problems = append(problems, s.fromEnv(&sources)...)
	s.note(problems)
	for f, value := range given {
		s.origins[f.Name] = Origin{Kind: "flag"}
		problems = append(problems, setValue(f, value))
	}
	return s, errors.Join(problems...)
}

// note notes which settings are not what they should be.
func (s *Settings) note(problems []error) {
	for _, err := range problems {
		var p *Problem
		if errors.As(err, &p) && p.setting != "" {
			s.wrong[p.setting] = true
		} else {
			s.Partial = true
		}
	}
}

// Origin returns where a setting's value came from.
func (s *Settings) Origin(name string) Origin {
	if origin, ok := s.origins[name]; ok {
		return origin
	}
	return Origin{Kind: "default"}
}

// names returns the names of all settings.
func (s *Settings) names() (names []string) {
	s.Flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

func (s *Settings) fromFile(file string, entries []Entry) (problems []error) {
	for _, e := range entries {
		f := s.Flags.Lookup(e.Name)
		if f == nil {
			problems = append(problems, problemAt(file, e.Line, e.Name, "%s is no setting%s", clip(e.Name), s.suggestion(e.Name)))
			continue
		}
		s.origins[f.Name] = Origin{Kind: "file", File: file, Line: e.Line}
		if err := accepts(f, e.Value.Kind); err != nil {
			problems = append(problems, problemAt(file, e.Line, e.Name, "%s is %v", e.Name, err))
		} else if err := setValue(f, e.Value); err != nil {
			problems = append(problems, problemAt(file, e.Line, e.Name, "%s", describe(f, e.Value.Text, err)))
		}
	}
	return problems
}

// fromEnv takes the environment's values. One that is empty is none.
func (s *Settings) fromEnv(sources *Sources) (problems []error) {
	byEnv := make(map[string]*pflag.Flag)
	s.Flags.VisitAll(func(f *pflag.Flag) { byEnv[EnvName(f.Name)] = f })
	for _, variable := range sources.Env {
		name, text, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, prefix) || text == "" {
			continue
		}
		f := byEnv[name]
		if f == nil {
			s.warnOfEnv(name, sources.Other)
			continue
		}
		s.origins[f.Name] = Origin{Kind: "env", Env: name}
		if err := setValue(f, Value{Kind: Text, Text: text}); err != nil {
			problems = append(problems, &Problem{Where: s.Origin(f.Name).String(), Message: describe(f, text, err), setting: f.Name})
		}
	}
	return problems
}

// warnOfEnv warns of a name that looks like a setting's. Others with the prefix are of the command line, or somebody else's: Kubernetes
// sets some for a service of that name.
func (s *Settings) warnOfEnv(name string, other []string) {
	if slices.Contains(other, name) {
		return
	}
	for _, setting := range s.names() {
		if distance(name, EnvName(setting)) <= 2 {
			s.Warnings = append(s.Warnings, fmt.Sprintf("env %s is no setting; %s is one", name, EnvName(setting)))
			return
		}
	}
}

func (s *Settings) suggestion(wrong string) string {
	name := strings.ToLower(strings.ReplaceAll(strings.TrimLeft(wrong, "-"), "_", "-"))
	if meant := nearest(name, s.names()); meant != "" {
		return "; " + meant + " is one"
	}
	return "; objluad config show lists them"
}

// Item is a setting, to be shown.
type Item struct {
	Name       string
	Value      string // "(secret)" for a secret that is set
	Origin     Origin
	Reloadable bool
	Usage      string
}

// Running returns the names and values of all settings but secrets, as they hold with what was taken over since.
func (s *Settings) Running() (all [][2]string) {
	s.Flags.VisitAll(func(f *pflag.Flag) {
		if taken := s.taken[f.Name]; taken != nil {
			f = taken
		}
		if !IsSecret(f) {
			all = append(all, [2]string{f.Name, f.Value.String()})
		}
	})
	return all
}

// Items returns all settings in order of their names.
func (s *Settings) Items() []Item {
	var items []Item
	s.Flags.VisitAll(func(f *pflag.Flag) {
		items = append(items, Item{f.Name, show(f), s.Origin(f.Name), IsReloadable(f), f.Usage})
	})
	return items
}
