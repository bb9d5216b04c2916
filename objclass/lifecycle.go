// This file is what an operator does with installed classes: which version calls run, and which go.

package objclass

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/objluad/objluad/store"
)

// Each change of a class is one commit of its object, made on the state that the one before it left, through whatever daemon
// that came. Calls that have begun end on their version.
//
// They fail with EOPNOTSUPP of KindClass for a class or version that is not installed, and with EINVAL for one that is named
// wrongly, or by so little of its hash that several begin with it. They are let in when the house is full of calls.

// Activate makes the version "class@version" the active one. If it is the canary, there is none any more.
func (r *Registry) Activate(ctx context.Context, spec string) (ClassInfo, error) {
	return r.changeVersion(ctx, spec, func(d *draft, v *classVersion) error {
		d.activate(v.version)
		return nil
	})
}

// Rollback makes the version of a class active that was before, and the next one the one before that: up to 16 versions are
// remembered. It fails with ENOENT when there is none.
func (r *Registry) Rollback(ctx context.Context, name string) (ClassInfo, error) {
	return r.changeClass(ctx, name, func(d *draft) error {
		if !d.rollback() {
			return Errorf(syscall.ENOENT, KindClass, "class %s cannot be rolled back: no version was active before", name)
		}
		return nil
	})
}

// Remove removes the version "class@version", or "class" with all versions. It fails with EBUSY for the active version, for the
// canary, for what is kept, and for what versions of other classes require.
func (r *Registry) Remove(ctx context.Context, spec string) error {
	if !strings.Contains(spec, "@") {
		return r.removeClass(ctx, spec)
	}
	_, err := r.changeVersion(ctx, spec, func(d *draft, v *classVersion) error {
		name := v.class + "@" + shortVersions([]*classVersion{v})[0]
		switch {
		case d.active == v.version:
			return Errorf(syscall.EBUSY, KindClass, "%s is the active version: activate another one first, or remove the class", name)
		case d.isCanary(v.version):
			return Errorf(syscall.EBUSY, KindClass, "%s is the canary: end or promote it first", name)
		case d.isKept(v.version):
			return Errorf(syscall.EBUSY, KindClass, "%s is kept: release it first", name)
		}
		required, err := d.required()
		if err != nil {
			return err
		}
		if by := required[v.class+"@"+v.version]; len(by) > 0 {
			return errRequired(name, by)
		}
		return d.remove(v.version)
	})
	return err
}

func (r *Registry) removeClass(ctx context.Context, name string) error {
	_, err := r.changeClass(ctx, name, func(d *draft) error {
		if len(d.state.Kept) > 0 {
			return Errorf(syscall.EBUSY, KindClass, "class %s has versions that are kept: release them first: %s", name, candidates(d.state.Kept))
		}
		required, err := d.required()
		if err != nil {
			return err
		}
		for _, v := range d.was.versions {
			if by := required[name+"@"+v.version]; len(by) > 0 {
				return errRequired(name+"@"+shortVersions([]*classVersion{v})[0], by)
			}
			if err := d.remove(v.version); err != nil {
				return err
			}
		}
		return d.overlay.Remove()
	})
	return err
}

// SetCanary has the version "class@version" run that share of the calls that name no version, chosen by chance for each call. If
// it is the canary already, this changes its share; if another one is, that ends. It fails with EINVAL when percent is not
// between 0 and 100, and for the active version.
func (r *Registry) SetCanary(ctx context.Context, spec string, percent float64) (ClassInfo, error) {
	if !validPercent(percent) {
		return ClassInfo{}, Errorf(syscall.EINVAL, KindInput, "the share of a canary is 0 to 100 percent, not %v", percent)
	}
	return r.changeVersion(ctx, spec, func(d *draft, v *classVersion) error {
		switch {
		case d.active == v.version:
			return Errorf(syscall.EINVAL, KindClass, "%s is the active version of its class, and cannot be the canary beside itself", spec)
		case d.isCanary(v.version):
			d.state.Canary.Percent = percent
		default:
			d.state.Canary = &Canary{Version: v.version, Percent: percent, Since: d.now}
		}
		return nil
	})
}

// PromoteCanary makes the canary the active version. It fails with ENOENT when there is none.
func (r *Registry) PromoteCanary(ctx context.Context, name string) (ClassInfo, error) {
	return r.changeCanary(ctx, name, func(d *draft) { d.activate(d.state.Canary.Version) })
}

// EndCanary has all calls that name no version run the active one. It fails with ENOENT when there is no canary.
func (r *Registry) EndCanary(ctx context.Context, name string) (ClassInfo, error) {
	return r.changeCanary(ctx, name, func(d *draft) { d.state.Canary = nil })
}

func (r *Registry) changeCanary(ctx context.Context, name string, edit func(*draft)) (ClassInfo, error) {
	return r.changeClass(ctx, name, func(d *draft) error {
		if d.state.Canary == nil {
			return Errorf(syscall.ENOENT, KindClass, "class %s has no canary", name)
		}
		edit(d)
		return nil
	})
}

// Keep has the version "class@version" stay until it is released: it is neither removed nor collected. It is for versions
// that clients name.
func (r *Registry) Keep(ctx context.Context, spec string) (ClassInfo, error) {
	return r.changeVersion(ctx, spec, func(d *draft, v *classVersion) error {
		if !d.isKept(v.version) {
			d.state.Kept = append(d.state.Kept, v.version)
		}
		return nil
	})
}

// Release undoes Keep.
func (r *Registry) Release(ctx context.Context, spec string) (ClassInfo, error) {
	return r.changeVersion(ctx, spec, func(d *draft, v *classVersion) error {
		d.state.Kept = slices.DeleteFunc(d.state.Kept, func(kept string) bool { return kept == v.version })
		return nil
	})
}

// changeVersion changes what a class does with the version "class@version", and describes that version.
func (r *Registry) changeVersion(ctx context.Context, spec string, edit func(*draft, *classVersion) error) (ClassInfo, error) {
	name, form, err := parseSpec(spec)
	if err != nil {
		return ClassInfo{}, err
	}
	if form == "" {
		return ClassInfo{}, Errorf(syscall.EINVAL, KindClass, "say which version of class %s: %s@VERSION", name, name)
	}
	var version string
	c, err := r.changeInstalled(ctx, name, func(d *draft) error {
		v, err := d.was.find(form)
		if err != nil {
			return err
		}
		version = v.version
		return edit(d, v)
	})
	if err != nil {
		return ClassInfo{}, err
	}
	if v := c.version(version); v != nil {
		return c.info(v), nil
	}
	return ClassInfo{}, nil // it was removed
}

// changeClass changes a class, and describes its active version.
func (r *Registry) changeClass(ctx context.Context, name string, edit func(*draft) error) (ClassInfo, error) {
	if err := checkClassName(name); err != nil {
		return ClassInfo{}, err
	}
	c, err := r.changeInstalled(ctx, name, edit)
	if err != nil || c == nil {
		return ClassInfo{}, err
	}
	return c.info(c.active), nil
}

// changeInstalled changes a class that is there.
func (r *Registry) changeInstalled(ctx context.Context, name string, edit func(*draft) error) (*class, error) {
	if err := r.admission.enterAnyway(); err != nil {
		return nil, err
	}
	defer r.admission.leave()
	return r.change(ctx, name, func(d *draft) error {
		if d.was == nil {
			return r.unknownClass(ctx, name)
		}
		return edit(d)
	})
}

// change changes a class in one commit, tells other daemons of it, and returns what the class was then; nil when it is gone.
func (r *Registry) change(ctx context.Context, name string, edit func(*draft) error) (*class, error) {
	c, err := r.commit(ctx, name, edit)
	if err != nil {
		return nil, err
	}
	r.tellOthers(ctx, name)
	return c, nil
}

// commit is change without telling others.
func (r *Registry) commit(ctx context.Context, name string, edit func(*draft) error) (*class, error) {
	var changed *class
	var d *draft
	since := r.now()
	revision, err := r.objects.change(ctx, classRef(name), func() (*store.Overlay, error) {
		return r.objects.view(ctx, classRef(name), func(overlay *store.Overlay) (err error) {
			changed, d, err = r.edit(ctx, name, overlay, edit)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	for _, v := range d.gone {
		r.quarantine.reset(name, v.version)
	}
	if changed == nil {
		r.forget(name)
	} else {
		changed.revision = revision
		r.put(name, changed, since)
	}
	if len(d.gone) > 0 {
		return changed, r.putBackRequired(context.WithoutCancel(ctx), name, d.was.active.version, d.gone)
	}
	return changed, nil
}

// edit changes a class in an overlay, and returns what it is then; nil when it is gone.
func (r *Registry) edit(ctx context.Context, name string, overlay *store.Overlay, edit func(*draft) error) (*class, *draft, error) {
	d, err := r.draft(name, overlay)
	if err != nil {
		return nil, nil, err
	}
	d.requirers = func() (map[string][]string, error) { return r.requirersOf(ctx, name) }
	if err := edit(d); err != nil {
		return nil, nil, err
	}
	if !overlay.Exists() {
		return nil, d, nil
	}
	if err := d.write(); err != nil {
		return nil, nil, fmt.Errorf("class %s: %w", name, err)
	}
	c, err := r.read(name, overlay)
	return c, d, err
}
