// This file is what a class's object says of its versions: which one is active, which was, which are tried and kept.

package objclass

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/objluad/objluad/store"
)

const (
	maxHistory  = 16  // versions that a class can be rolled back to, one after the other
	maxVersions = 128 // installed versions of a class
)

// ClassState is the life of a class so far, as the xattr "state" of its object has it in JSON. Versions are full hashes.
type ClassState struct {
	Since   time.Time            `json:"since,omitzero"`    // when the active version became it
	History []Activation         `json:"history,omitempty"` // versions that were active before, the last one last
	Canary  *Canary              `json:"canary,omitempty"`  // nil when there is none
	Kept    []string             `json:"kept,omitempty"`    // versions that are only removed when they are released
	Used    map[string]time.Time `json:"used,omitempty"`    // when a version that nothing holds was last in use, to some minutes
}

// Activation is a version that was active, and from when on.
type Activation struct {
	Version string    `json:"version"`
	Since   time.Time `json:"since,omitzero"`
}

// Canary is a version that some of the calls run that name no version.
type Canary struct {
	Version string    `json:"version"`
	Percent float64   `json:"percent"` // of these calls, 0 to 100
	Since   time.Time `json:"since,omitzero"`
}

// validPercent reports whether p can be the share of a canary.
func validPercent(p float64) bool { return p >= 0 && p <= 100 } // which NaN is not

// below returns the number n such that a random number of 32 bits is below n in the canary's share of cases. A share above 0
// never becomes 0.
func (c *Canary) below() uint64 { return uint64(math.Ceil(c.Percent / 100 * (1 << 32))) }

// draft is a class while it is changed: what its object had, and what it is to have.
type draft struct {
	overlay *store.Overlay
	was     *class // nil when the class is not installed
	now     time.Time

	active string
	state  ClassState
	gone   []removedVersion

	requirers func() (map[string][]string, error) // of the class's versions
}

// draft reads the class of an overlay to change it.
func (r *Registry) draft(name string, overlay *store.Overlay) (*draft, error) {
	d := &draft{overlay: overlay, now: time.Now().UTC()}
	if !overlay.Exists() {
		return d, nil
	}
	var err error
	if d.was, err = r.read(name, overlay); err != nil {
		return nil, err
	}
	d.active = d.was.active.version
	d.state, err = readState(overlay) // its own: that of the class does not change
	return d, err
}

func readState(overlay *store.Overlay) (state ClassState, err error) {
	text, err := overlay.Xattr(stateXattr)
	switch {
	case errors.Is(err, store.ErrNoXattr):
		return state, nil
	case err != nil:
		return state, err
	}
	if err := json.Unmarshal(text, &state); err != nil {
		return state, fmt.Errorf("%w: its state does not decode: %v", store.ErrIO, err)
	}
	return state, nil
}

// activate makes a version active. The one that was is the next that a rollback goes back to.
func (d *draft) activate(version string) {
	if d.active == version {
		return
	}
	if d.active != "" {
		d.state.History = append(d.state.History, Activation{d.active, d.state.Since})
		d.state.History = d.state.History[max(0, len(d.state.History)-maxHistory):]
	}
	d.becomes(version)
}

// rollback makes the version active that was before, and reports whether there was one.
func (d *draft) rollback() bool {
	last := len(d.state.History) - 1
	if last < 0 {
		return false
	}
	version := d.state.History[last].Version
	d.state.History = d.state.History[:last]
	d.becomes(version)
	return true
}

func (d *draft) becomes(version string) {
	d.active, d.state.Since = version, d.now
	if d.isCanary(version) {
		d.state.Canary = nil
	}
}

func (d *draft) isCanary(version string) bool {
	return d.state.Canary != nil && d.state.Canary.Version == version
}

func (d *draft) isKept(version string) bool { return slices.Contains(d.state.Kept, version) }

// required returns which of the class's versions others require, by "class@version".
func (d *draft) required() (map[string][]string, error) {
	if d.was == nil {
		return nil, nil
	}
	return d.requirers()
}

// remove removes a version that is neither active, nor canary, nor kept, nor required.
func (d *draft) remove(version string) error {
	saved, err := d.saved(version)
	if err != nil {
		return err
	}
	d.gone = append(d.gone, saved)
	d.state.History = slices.DeleteFunc(d.state.History, func(a Activation) bool { return a.Version == version })
	d.state.History = slices.CompactFunc(d.state.History, func(a, b Activation) bool { return a.Version == b.Version })
	if last := len(d.state.History) - 1; last >= 0 && d.state.History[last].Version == d.active {
		d.state.History = d.state.History[:last]
	}
	delete(d.state.Used, version)
	if err := d.overlay.RemoveOmapKey(metaPrefix + version); err != nil {
		return err
	}
	return d.overlay.RemoveOmapKey(sourcePrefix + version)
}

func (d *draft) isGone(version string) bool {
	return slices.ContainsFunc(d.gone, func(v removedVersion) bool { return v.version == version })
}

// held returns the versions that are not collected, whether they are used or not.
func held(active string, state *ClassState) map[string]bool {
	versions := map[string]bool{active: true}
	for _, a := range state.History {
		versions[a.Version] = true
	}
	for _, version := range state.Kept {
		versions[version] = true
	}
	if state.Canary != nil {
		versions[state.Canary.Version] = true
	}
	return versions
}

// write puts what was changed into the overlay. A version that is no longer held counts as used until now.
func (d *draft) write() error {
	if d.was != nil {
		after := held(d.active, &d.state)
		for version := range held(d.was.active.version, &d.was.state) {
			if !after[version] && !d.isGone(version) {
				d.use(version)
			}
		}
	}
	text, err := json.Marshal(&d.state)
	if err != nil {
		return err
	}
	if err := setXattr(d.overlay, activeXattr, []byte(d.active)); err != nil {
		return err
	}
	return setXattr(d.overlay, stateXattr, text)
}

// use notes that a version is in use now.
func (d *draft) use(version string) {
	if d.state.Used == nil {
		d.state.Used = make(map[string]time.Time)
	}
	d.state.Used[version] = d.now
}

// setXattr sets an xattr unless it has that value: then nothing is to be committed.
func setXattr(overlay *store.Overlay, name string, value []byte) error {
	old, err := overlay.Xattr(name)
	if err != nil && !errors.Is(err, store.ErrNoXattr) || err == nil && string(old) == string(value) {
		return err
	}
	return overlay.SetXattr(name, value)
}
