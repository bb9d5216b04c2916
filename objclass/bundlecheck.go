// This file checks a bundle that may come from anywhere: its checksum tells of damage, and not of who made it.

package objclass

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	maxReplayTime   = time.Hour // the longest budget of a run that is replayed
	maxBundleSource = 16 << 20  // bytes of a source at most, as Options.MaxSource
)

// check refuses, with EINVAL, what no daemon captures.
func (b *Bundle) check() error {
	budget := &b.Budget
	var wrong string
	switch {
	case budget.Wall <= 0 || budget.Wall > int64(maxReplayTime) || budget.CPU <= 0 || budget.CPU > int64(maxReplayTime):
		wrong = "its budget is not of a time up to " + maxReplayTime.String()
	case budget.Memory < 0 || budget.Output < 0 || b.Arena < 0:
		wrong = "its budget is negative"
	case len(b.Seed) != len(Seed{}):
		wrong = fmt.Sprintf("its seed has %d bytes, not %d", len(b.Seed), len(Seed{}))
	case b.Now.IsZero():
		wrong = "it has no time"
	case !slices.Contains([]string{"", "RD", "WR", "RD|WR"}, b.Flags):
		wrong = fmt.Sprintf("its flags are %.20q", b.Flags)
	case !inOrder(b.Object.Xattrs) || !inOrder(b.Object.Omap):
		wrong = "its xattrs or omap keys are not in order"
	default:
		wrong = wrongUnit(b.Unit.unit())
	}
	if wrong != "" {
		return badBundle("the bundle's content is wrong: %s", wrong)
	}
	return nil
}

func inOrder(pairs []bundlePair) bool {
	for i := 1; i < len(pairs); i++ {
		if pairs[i-1].Key >= pairs[i].Key {
			return false
		}
	}
	return true
}

// wrongUnit says what of a unit an engine must not be given, and "" if there is nothing.
func wrongUnit(u *Unit) string {
	names, sources := []string{u.Name}, [][]byte{u.Source}
	for i := range u.Modules {
		names, sources = append(names, u.Modules[i].Name), append(sources, u.Modules[i].Source)
	}
	for i, source := range sources {
		if err := checkSource(source, maxBundleSource, KindInput); err != nil {
			return err.Error()
		}
		if strings.ContainsRune(names[i], 0) {
			return "the name of a chunk has a zero byte"
		}
	}
	if len(u.Modules) > maxModules || !requiresEnd(u.Modules, u.Requires, make(map[int]bool)) {
		return "it has too many modules, lacks one, or has some that require each other in a circle"
	}
	return ""
}

// requiresEnd reports whether what is required is there, and requires nothing that leads back to it. In seen are the modules that were
// looked at: true for those that this did not end for yet.
func requiresEnd(modules []Module, requires map[string]int, seen map[int]bool) bool {
	for _, i := range requires {
		if i < 0 || i >= len(modules) || seen[i] {
			return false
		}
		if _, done := seen[i]; done {
			continue
		}
		seen[i] = true
		if !requiresEnd(modules, modules[i].Requires, seen) {
			return false
		}
		seen[i] = false
	}
	return true
}
