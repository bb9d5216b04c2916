// This file loads settings again while a daemon runs on those of before.

package settings

import (
	"errors"

	"github.com/spf13/pflag"
)

// LoadAgain loads flags that have their defaults: what the command line had set of s is set again, and the rest is read anew.
// s is as before.
func (s *Settings) LoadAgain(flags *pflag.FlagSet, sources Sources) (*Settings, error) {
	var failed error
	s.Flags.VisitAll(func(f *pflag.Flag) {
		if s.Origin(f.Name).Kind != "flag" {
			return
		}
		again := flags.Lookup(f.Name)
		failed = errors.Join(failed, setValue(again, valueOfFlag(f)))
		again.Changed = true
	})
	next, err := Load(flags, sources)
	return next, errors.Join(failed, err)
}

// Change is a setting that has another value than the daemon runs with.
type Change struct {
	Name       string
	From, To   string // "(secret)" for a secret
	Origin     Origin
	Reloadable bool
}

// Take returns what next has otherwise than the daemon, in order of the names. It notes that the daemon now runs with the values of
// those that may change; the flags of s stay as they are.
func (s *Settings) Take(next *Settings) []Change {
	var changes []Change
	s.Flags.VisitAll(func(f *pflag.Flag) {
		if taken := s.taken[f.Name]; taken != nil {
			f = taken
		}
		other := next.Flags.Lookup(f.Name)
		if f.Value.String() == other.Value.String() {
			return
		}
		changes = append(changes, Change{f.Name, show(f), show(other), next.Origin(f.Name), IsReloadable(f)})
		if IsReloadable(f) {
			s.taken[f.Name] = other
		}
	})
	return changes
}
