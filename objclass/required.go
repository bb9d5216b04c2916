// This file keeps versions that others require from being removed.

package objclass

import (
	"context"
	"errors"
	"slices"
	"syscall"

	"github.com/objluad/objluad/store"
)

// Two classes are two objects, so no commit can look at one and change the other. Who removes a version looks for those that
// require it before, and again when it is gone, and then puts it back; who installs a class looks for what it requires when it is
// there. Whichever commit comes first, the other one is seen.

// removedVersion is what a version had in the store.
type removedVersion struct{ version, meta, source string }

// errRequired is what the removal of a version gets that others require.
func errRequired(spec string, by []string) error {
	return Errorf(syscall.EBUSY, KindClass, "%s is required by %s: remove what requires it first", spec, candidates(by))
}

// requirersOf is requirers without what name's own versions require: they go with it.
func (r *Registry) requirersOf(ctx context.Context, name string) (map[string][]string, error) {
	all, err := r.requirers(ctx)
	for module, by := range all {
		all[module] = slices.DeleteFunc(by, func(spec string) bool { return classOf(spec) == name })
	}
	return all, err
}

func classOf(spec string) string {
	name, _, _ := parseSpec(spec)
	return name
}

// saved reads a version of the class that is about to be removed.
func (d *draft) saved(version string) (removedVersion, error) {
	meta, err := d.overlay.OmapValue(metaPrefix + version)
	if err != nil {
		return removedVersion{}, err
	}
	source, err := d.overlay.OmapValue(sourcePrefix + version)
	if errors.Is(err, store.ErrNoKey) { // damaged: there is nothing to put back
		err = nil
	}
	return removedVersion{version, string(meta), string(source)}, err
}

// putBackRequired puts back what was removed of a class and is required by now, and fails with EBUSY if anything is.
func (r *Registry) putBackRequired(ctx context.Context, name, active string, removed []removedVersion) error {
	if len(removed) == 0 {
		return nil
	}
	required, err := r.requirersOf(ctx, name)
	if err != nil {
		return err
	}
	for _, v := range removed {
		spec := name + "@" + v.version
		if by := required[spec]; len(by) > 0 {
			if _, err := r.change(ctx, name, func(d *draft) error { return d.putBack(active, removed) }); err != nil {
				return err
			}
			return errRequired(spec, by)
		}
	}
	return nil
}

// putBack adds versions that the class had. If there is no class by now, the given one is active.
func (d *draft) putBack(active string, removed []removedVersion) error {
	if err := d.overlay.Create(false); err != nil {
		return err
	}
	for _, v := range removed {
		if err := d.overlay.SetOmapValue(metaPrefix+v.version, []byte(v.meta)); err != nil {
			return err
		}
		if err := d.overlay.SetOmapValue(sourcePrefix+v.version, []byte(v.source)); err != nil {
			return err
		}
	}
	if d.active == "" {
		d.activate(active)
	}
	return nil
}

// takeBack undoes the installation of a version.
func (r *Registry) takeBack(ctx context.Context, name, version string) error {
	_, err := r.change(ctx, name, func(d *draft) error {
		if d.was.version(version) == nil {
			return nil
		}
		if d.active == version && !d.rollback() {
			return d.overlay.Remove()
		}
		if d.isCanary(version) {
			d.state.Canary = nil
		}
		return d.remove(version)
	})
	return err
}
