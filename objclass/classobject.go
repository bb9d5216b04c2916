// This file is how a class is kept in the store.

package objclass

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/objluad/objluad/store"
)

// Each class is one object of classPool; its id is the class's name. So installing, activating and removing a class are
// atomic like any change of an object:
//
//	xattr active            version that a call without "@version" runs
//	xattr state             JSON of a ClassState
//	omap  meta/<version>    JSON of a versionRecord
//	omap  source/<version>  source text
//
// Clients cannot reach the pool: its name begins with a dot.
const (
	classPool    = ".objluad"
	activeXattr  = "active"
	stateXattr   = "state"
	metaPrefix   = "meta/"
	sourcePrefix = "source/"
)

// versionRecord is what the store keeps of a version beside its source. The flags of methods are those that the manifest leaves them.
type versionRecord struct {
	Installed time.Time        `json:"installed"`
	Size      int64            `json:"size"`
	Methods   map[string]Flags `json:"methods"`
	Manifest  *Manifest        `json:"manifest,omitempty"`
	Requires  []Requirement    `json:"requires,omitempty"`
}

func addVersion(overlay *store.Overlay, unit *Unit, terms *terms) error {
	record := versionRecord{
		Installed: time.Now().UTC(),
		Size:      int64(len(unit.Source)),
		Methods:   map[string]Flags{},
		Manifest:  terms.manifest,
		Requires:  terms.requires,
	}
	for _, m := range terms.methods {
		record.Methods[m.Name] = m.Flags
	}
	meta, err := json.Marshal(record)
	if err != nil {
		return err
	}
	if err := overlay.SetOmapValue(metaPrefix+unit.Version, meta); err != nil {
		return err
	}
	return overlay.SetOmapValue(sourcePrefix+unit.Version, slices.Clone(unit.Source))
}

func classRef(name string) store.Ref { return store.Ref{Pool: classPool, OID: name} }

// read makes a class of what its object holds. Versions that the cache has are taken from there, since they do not change:
// they carry what was learnt about them.
func (r *Registry) read(name string, overlay *store.Overlay) (*class, error) {
	active, err := overlay.Xattr(activeXattr)
	if err != nil {
		return nil, fmt.Errorf("class %s: %w", name, err)
	}
	records, _, err := overlay.OmapList("", metaPrefix, -1)
	if err != nil {
		return nil, fmt.Errorf("class %s: %w", name, err)
	}
	known := (*r.cache.Load())[name]
	c := &class{name: name}
	for _, kv := range records {
		version := strings.TrimPrefix(kv.Key, metaPrefix)
		v := known.version(version)
		if v == nil {
			if v, err = r.decode(name, version, kv.Value); err != nil {
				return nil, err
			}
		}
		c.versions = append(c.versions, v)
	}
	slices.SortStableFunc(c.versions, func(a, b *classVersion) int {
		return a.record.Installed.Compare(b.record.Installed)
	})
	if c.state, err = readState(overlay); err != nil {
		return nil, fmt.Errorf("class %s: %w", name, err)
	}
	if c.active = c.version(string(active)); c.active == nil {
		return nil, fmt.Errorf("%w: class %s has no version %s, though it is its active one", store.ErrIO, name, active)
	}
	if canary := c.state.Canary; canary != nil {
		if c.canary, c.below = c.version(canary.Version), canary.below(); c.canary == nil {
			return nil, fmt.Errorf("%w: class %s has no version %s, though it is its canary", store.ErrIO, name, canary.Version)
		}
	}
	for _, v := range c.versions {
		v.usedUntil(c.lastUsed(v))
	}
	return c, nil
}

func (r *Registry) decode(name, version string, meta []byte) (*classVersion, error) {
	v := &classVersion{class: name, version: version, methods: make(map[string]*classMethod)}
	if err := json.Unmarshal(meta, &v.record); err != nil {
		return nil, fmt.Errorf("%w: class %s@%s: %v", store.ErrIO, name, version, err)
	}
	for method, flags := range v.record.Methods {
		v.methods[method] = &classMethod{name: method, flags: flags}
		if manifest := v.record.Manifest; manifest != nil {
			v.methods[method].manifest = manifest.Methods[method]
		}
	}
	v.log = r.logs.with("class", name, "version", version[:min(12, len(version))])
	return v, nil
}
