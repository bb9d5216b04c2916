// This file tells of errors about settings where their values came from.

package settings

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var flagName = regexp.MustCompile(`--[a-z][a-z0-9-]*[a-z0-9]`)

// Explain adds to an error that names settings as "--name" where their values came from: before it where it is one from a file or the
// environment, behind it, with the values, where options contradict each other. It returns nil for an error about a setting whose value
// was refused: of that Load has told.
func (s *Settings) Explain(err error) error {
	if err == nil {
		return nil
	}
	named := s.namedIn(err.Error())
	switch {
	case slices.ContainsFunc(named, func(name string) bool { return s.wrong[name] }):
		return nil
	case len(named) == 1:
		if origin := s.Origin(named[0]); origin.Kind == "file" || origin.Kind == "env" {
			return fmt.Errorf("%v: %w", origin, err)
		}
	case len(named) > 1:
		var parts []string
		for _, name := range named {
			value := show(s.Flags.Lookup(name))
			if value == "" {
				value = `""`
			}
			parts = append(parts, fmt.Sprintf("--%s is %s (%v)", name, value, s.Origin(name)))
		}
		return fmt.Errorf("%w; %s", err, strings.Join(parts, ", "))
	}
	return err
}

// namedIn returns the settings that a text names, in its order.
func (s *Settings) namedIn(text string) (names []string) {
	seen := make(map[string]bool)
	for _, match := range flagName.FindAllString(text, -1) {
		name := strings.TrimPrefix(match, "--")
		if s.Flags.Lookup(name) != nil && !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}
