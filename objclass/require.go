// This file is what classes require of each other: versions of other classes, pinned when a class is installed.

package objclass

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/objluad/objluad/store"
)

// Bounds of what a class may require, itself not counted. The sources have a bound, too: Options.MaxSource, for all together.
const (
	maxModules      = 64
	maxRequireDepth = 8 // of modules that require each other
)

// Requirement is what a class's source asks for by require, and the version that this named when the class was installed. The
// version of the class is made of its source and of its requirements, so both stay what they are.
type Requirement struct {
	As      string `json:"as"` // as the source has it: "counter" or "counter@4f2a"
	Class   string `json:"class"`
	Version string `json:"version"` // full hash
}

// Module returns what is required as "class@version".
func (q Requirement) Module() string { return q.Class + "@" + q.Version }

// MissingModule is in the error of an engine that was given no module for what a class's own chunk requires.
type MissingModule struct {
	Name  string // as the source has it
	Where string // "counter.lua:3"
}

func (e *MissingModule) Error() string {
	return fmt.Sprintf("%s: require %.80q: it was not required when the class was installed", e.Where, e.Name)
}

// assembly is a unit that gets the modules which it requires, each version once.
type assembly struct {
	*Registry
	class string
	unit  Unit
	known map[string]assembled // by "class@version"
	size  int                  // bytes of all sources
}

// assembled is a module of an assembly.
type assembled struct {
	index int // among the unit's modules
	depth int // of modules that require each other, itself included
}

func (r *Registry) assemble(class string, source []byte) *assembly {
	return &assembly{
		Registry: r,
		class:    class,
		unit:     Unit{Name: class + ".lua", Source: source, Requires: make(map[string]int)},
		known:    make(map[string]assembled),
		size:     len(source),
	}
}

// require adds what the class itself requires.
func (a *assembly) require(ctx context.Context, q Requirement) error {
	m, err := a.add(ctx, q, []string{a.class})
	a.unit.Requires[q.As] = m.index
	return err
}

// add adds a module with all that it requires, unless it is there. The path is of those that require it.
func (a *assembly) add(ctx context.Context, q Requirement, path []string) (assembled, error) {
	name := q.Module()
	path = append(slices.Clone(path), name)
	if q.Class == a.class {
		return assembled{}, Errorf(syscall.EINVAL, KindClass, "class %s requires itself: %s", a.class, strings.Join(path, " → "))
	}
	if m, ok := a.known[name]; ok {
		return m, checkDepth(path, m.depth)
	}
	if err := checkDepth(path, 1); err != nil {
		return assembled{}, err
	}
	source, requires, err := a.stored(ctx, q.Class, q.Version)
	if err != nil {
		return assembled{}, err
	}
	m := assembled{index: len(a.unit.Modules), depth: 1}
	if m.index == maxModules {
		return assembled{}, Errorf(syscall.EINVAL, KindClass, "class %s requires more than %d modules, with those that they require", a.class, maxModules)
	}
	module := Module{Name: q.Class + ".lua", Source: source, Requires: make(map[string]int)}
	a.unit.Modules = append(a.unit.Modules, module)
	a.size += len(source)
	for _, next := range requires {
		needed, err := a.add(ctx, next, path)
		if err != nil {
			return assembled{}, err
		}
		module.Requires[next.As] = needed.index
		m.depth = max(m.depth, needed.depth+1)
	}
	a.known[name] = m
	return m, nil
}

// checkDepth refuses a path whose last module is as deep as that.
func checkDepth(path []string, depth int) error {
	if len(path)-1+depth-1 > maxRequireDepth {
		return Errorf(syscall.EINVAL, KindClass, "modules require each other more than %d deep: %s", maxRequireDepth, strings.Join(path, " → "))
	}
	return nil
}

// stored reads the source of a version and what it requires, and verifies both against its hash.
func (r *Registry) stored(ctx context.Context, class, version string) (source []byte, requires []Requirement, err error) {
	var meta []byte
	err = r.objects.read(ctx, classRef(class), func(overlay *store.Overlay) (err error) {
		if meta, err = overlay.OmapValue(metaPrefix + version); err != nil {
			return err
		}
		source, err = overlay.OmapValue(sourcePrefix + version)
		return err
	})
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrNoKey):
		return nil, nil, Errorf(syscall.EOPNOTSUPP, KindClass, "class %s@%s was removed", class, version)
	case err != nil:
		return nil, nil, err
	}
	v, err := r.decode(class, version, meta)
	if err != nil {
		return nil, nil, err
	}
	if versionOf(source, v.record.Requires...) != version {
		return nil, nil, Errorf(syscall.EIO, KindClass, "the stored source of class %s@%s is damaged", class, version)
	}
	return source, v.record.Requires, nil
}

// build has the engine load a new version of a class, with what it turns out to require.
func (r *Registry) build(ctx context.Context, name string, source []byte) (*Unit, *terms, error) {
	a := r.assemble(name, source)
	var requires []Requirement
	for {
		unit := a.unit
		unit.Version = versionOf(source, requires...)
		loaded, err := r.load(ctx, &unit)
		var missing *MissingModule
		if errors.As(err, &missing) {
			q, err := r.pin(ctx, missing.Name)
			if err == nil {
				requires = append(requires, q)
				err = a.grow(ctx, requires)
			}
			if err != nil {
				return nil, nil, requireError(missing, err)
			}
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		terms, err := r.terms(name, loaded)
		if err != nil {
			return nil, nil, err
		}
		terms.requires = requires
		return &unit, terms, nil
	}
}

// grow adds the last of what the class requires so far, and keeps the whole within its bounds.
func (a *assembly) grow(ctx context.Context, requires []Requirement) error {
	if len(requires) > maxModules {
		return Errorf(syscall.EINVAL, KindClass, "class %s requires more than %d modules", a.class, maxModules)
	}
	if err := a.require(ctx, requires[len(requires)-1]); err != nil {
		return err
	}
	if a.size > a.opts.MaxSource {
		return Errorf(syscall.EMSGSIZE, KindClass, "the source has %d bytes with those of its modules, the limit is %d", a.size, a.opts.MaxSource)
	}
	return nil
}

// pin finds the version that "class" or "class@version" names now.
func (r *Registry) pin(ctx context.Context, as string) (Requirement, error) {
	name, form, err := parseSpec(as)
	if err != nil {
		return Requirement{}, err
	}
	c, err := r.refresh(ctx, name)
	if err != nil {
		return Requirement{}, err
	}
	if c == nil {
		return Requirement{}, r.unknownClass(ctx, name)
	}
	v, err := c.find(form)
	if err != nil {
		return Requirement{}, err
	}
	return Requirement{As: as, Class: name, Version: v.version}, nil
}

// requireError says which require of the source an error is about. A source that names what there is not is wrong.
func requireError(missing *MissingModule, err error) error {
	e := *OpError(err)
	if e.Errno == uint64(syscall.EOPNOTSUPP) {
		e.Errno = uint64(syscall.EINVAL)
	}
	e.Message = fmt.Sprintf("%s: require %.80q: %s", missing.Where, missing.Name, e.Message)
	e.err = err
	return &e
}

// checkRequired fails if what a class requires was removed since its version was pinned. It comes after the commit of the class: who
// removes a version looks for those that require it when it is gone, so one of the two sees the other.
func (r *Registry) checkRequired(ctx context.Context, name string, requires []Requirement) error {
	for _, q := range requires {
		if _, _, err := r.stored(ctx, q.Class, q.Version); err != nil {
			e := *OpError(err)
			e.Message = fmt.Sprintf("while class %s was installed: %s; install what it requires, and then it, again", name, e.Message)
			e.err = err
			return &e
		}
	}
	return nil
}

// requirers returns, for each version that others require, by "class@version", those that do, as the same and in order.
func (r *Registry) requirers(ctx context.Context) (map[string][]string, error) {
	all := make(map[string][]string)
	err := r.eachName(ctx, func(name string) error {
		return r.eachRecord(ctx, name, func(version string, record *versionRecord) {
			for _, q := range record.Requires {
				if by := name + "@" + version; !slices.Contains(all[q.Module()], by) {
					all[q.Module()] = append(all[q.Module()], by)
				}
			}
		})
	})
	for _, by := range all {
		slices.Sort(by)
	}
	return all, err
}

// eachRecord calls fn with the records of a class's versions, which may be there where the rest of it is damaged.
func (r *Registry) eachRecord(ctx context.Context, name string, fn func(version string, record *versionRecord)) error {
	return r.objects.read(ctx, classRef(name), func(overlay *store.Overlay) error {
		records, _, err := overlay.OmapList("", metaPrefix, -1)
		if err != nil {
			return err
		}
		for _, kv := range records {
			var record versionRecord
			if err := json.Unmarshal(kv.Value, &record); err != nil {
				return fmt.Errorf("%w: class %s@%s: %v", store.ErrIO, name, strings.TrimPrefix(kv.Key, metaPrefix), err)
			}
			fn(strings.TrimPrefix(kv.Key, metaPrefix), &record)
		}
		return nil
	})
}

// requiredBy returns the versions that require a version themselves, as "class@version" and in order. As long as there are any, it
// is not removed.
func (r *Registry) requiredBy(ctx context.Context, class, version string) ([]string, error) {
	all, err := r.requirers(ctx)
	return all[class+"@"+version], err
}
