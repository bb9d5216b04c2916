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
	maxReplayWrites = 1 << 30   // bytes that it may write at most: they are kept in memory
	maxBundleSource = 16 << 20  // bytes of a source at most, as Options.MaxSource
	maxUnitName     = 255       // bytes of the name of a chunk at most
)

// MaxBundle is how many bytes a bundle has at most, as a file. The memory that it takes to read one is some times as much.
const MaxBundle = 256 << 20

// check refuses, with EINVAL, what no daemon captures.
func (b *Bundle) check() error {
	budget := &b.Budget
	var wrong string
	switch {
	case budget.Wall <= 0 || budget.Wall > int64(maxReplayTime) || budget.CPU <= 0 || budget.CPU > int64(maxReplayTime):
		wrong = "its budget is not of a time up to " + maxReplayTime.String()
	case budget.Memory < 0 || budget.Output < 0 || b.Arena < 0:
		wrong = "its budget is negative"
	case !b.limitsHold():
		wrong = fmt.Sprintf("its limits are negative, or let it write more than %d bytes", maxReplayWrites)
	case !b.named():
		wrong = "it is not of an object and class that can be"
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

// limitsHold reports whether the limits of objects are some that bound what the run can have written.
func (b *Bundle) limitsHold() bool {
	l := &b.Limits
	least := min(l.ObjectSize, l.XattrValue, l.Xattrs, l.OmapValue, l.WriteSet, int64(min(l.XattrName, l.OmapKey)))
	return least >= 0 && l.WriteSet <= maxReplayWrites
}

// named reports whether object and class have names that a daemon lets them have.
func (b *Bundle) named() bool {
	return b.Object.ref().Check() == nil && (b.Class == "" || checkClassName(b.Class) == nil)
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
		if len(names[i]) > maxUnitName || strings.ContainsRune(names[i], 0) {
			return "the name of a chunk is too long, or has a zero byte"
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
