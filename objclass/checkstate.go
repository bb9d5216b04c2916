// This file verifies what a class's object says of its versions.

package objclass

import (
	"encoding/json"
	"slices"

	"github.com/objluad/objluad/store"
)

func checkState(snap store.Snapshot, active string, versions []string, found func(format string, args ...any)) error {
	text, ok, err := snap.Xattr(stateXattr)
	if err != nil || !ok {
		return err
	}
	var state ClassState
	if err := json.Unmarshal(text, &state); err != nil {
		found("its state does not decode: %v", err)
		return nil
	}
	installed := func(what, version string) {
		if !slices.Contains(versions, version) {
			found("version %.80q is %s, but not installed", version, what)
		}
	}
	for _, a := range state.History {
		installed("in the history", a.Version)
	}
	for _, version := range state.Kept {
		installed("kept", version)
	}
	for version := range state.Used {
		installed("used", version)
	}
	if n := len(state.History); n > maxHistory || n > 0 && state.History[n-1].Version == active {
		found("its history of %d versions does not end before the active one, or has more than %d", n, maxHistory)
	}
	if state.Canary == nil {
		return nil
	}
	installed("the canary", state.Canary.Version)
	if state.Canary.Version == active {
		found("version %.80q is the canary, and active", active)
	}
	if !validPercent(state.Canary.Percent) {
		found("its canary has a share of %v percent", state.Canary.Percent)
	}
	return nil
}
