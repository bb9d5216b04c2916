// This file is a class as the registry knows it: its versions and their methods.

package objclass

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// class is what the store said of a class at one revision. It does not change, but for the time.
type class struct {
	name      string
	revision  uint64 // version of the class's object
	active    *classVersion
	canary    *classVersion             // nil when there is none
	below     uint64                    // a call runs the canary when a random number of 32 bits is below
	state     ClassState                // with what active and canary are
	versions  []*classVersion           // oldest first
	confirmed atomic.Pointer[time.Time] // it was what the store has at this time; nil when that may be over
}

// classVersion is one version of a class.
type classVersion struct {
	class   string
	version string
	record  versionRecord
	methods map[string]*classMethod
	log     func(level int, message string)
	unit    atomic.Pointer[Unit] // nil while the source is not in memory; see sources
	called  atomic.Bool          // since sources looked
	used    atomic.Int64         // Unix time until which the version counts as used, if nothing holds it
}

type classMethod struct {
	name     string
	flags    Flags
	manifest *MethodManifest // nil when there is none
	pace     pace
}

// version returns the version of that full hash, or nil. A nil class has none.
func (c *class) version(version string) *classVersion {
	if c == nil {
		return nil
	}
	for _, v := range c.versions {
		if v.version == version {
			return v
		}
	}
	return nil
}

// Role is why a call runs its version of a class.
type Role string

const (
	RoleActive Role = "active"
	RoleCanary Role = "canary"
	RolePinned Role = "pinned" // the call names the version
)

// pick returns the version that a call runs which names none.
func (c *class) pick() (*classVersion, Role) {
	if c.canary != nil && uint64(rand.Uint32()) < c.below {
		return c.canary, RoleCanary
	}
	return c.active, RoleActive
}

// choose returns the version that a call runs which names one by a prefix of its hash, or none.
func (c *class) choose(form string) (*classVersion, Role, error) {
	if form == "" {
		v, role := c.pick()
		return v, role, nil
	}
	v, err := c.find(form)
	return v, RolePinned, err
}

// find returns the version whose hash begins with form; the active one for "".
func (c *class) find(form string) (*classVersion, error) {
	if form == "" {
		return c.active, nil
	}
	var found []*classVersion
	for _, v := range c.versions {
		if strings.HasPrefix(v.version, form) {
			found = append(found, v)
		}
	}
	switch len(found) {
	case 0:
		return nil, Errorf(syscall.EOPNOTSUPP, KindClass, "class %s has no version %s; it has: %s",
			c.name, form, candidates(shortVersions(c.versions)))
	case 1:
		return found[0], nil
	default:
		return nil, Errorf(syscall.EINVAL, KindClass, "class %s: version %s is ambiguous: %s",
			c.name, form, candidates(shortVersions(found)))
	}
}

// shortVersions abbreviates versions to 12 digits, more where two of them have these in common.
func shortVersions(versions []*classVersion) []string {
	for digits := 12; ; digits += 4 {
		short := make(map[string]struct{}, len(versions))
		var names []string
		for _, v := range versions {
			name := v.version[:min(digits, len(v.version))]
			short[name] = struct{}{}
			names = append(names, name)
		}
		if len(short) == len(versions) {
			return names
		}
	}
}

// capabilities returns what methods of the version may touch.
func (v *classVersion) capabilities() *Capabilities {
	if v == nil || v.record.Manifest == nil {
		return nil
	}
	return v.record.Manifest.Capabilities
}

// method returns a method of the version.
func (v *classVersion) method(name string) (*classMethod, error) {
	if m := v.methods[name]; m != nil {
		return m, nil
	}
	names := slices.Sorted(maps.Keys(v.methods))
	e := Errorf(syscall.EOPNOTSUPP, KindClass, "class %s has no method %q; it has: %s", v.class, name, candidates(names))
	e.ClassVersion = v.version
	return nil, e
}

func (c *class) info(v *classVersion) ClassInfo {
	info := ClassInfo{
		Name:          c.name,
		Version:       v.version,
		Active:        v == c.active,
		ActiveVersion: c.active.version,
		Installed:     v.record.Installed,
		Size:          v.record.Size,
		State:         c.state,
	}
	for _, name := range slices.Sorted(maps.Keys(v.record.Methods)) {
		info.Methods = append(info.Methods, Method{Name: name, Flags: v.record.Methods[name]})
	}
	for _, v := range c.versions {
		info.Versions = append(info.Versions, v.version)
	}
	info.Manifest, info.Requires = v.record.Manifest, v.record.Requires
	return info
}
