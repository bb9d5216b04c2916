// This file is the collection of versions that nobody uses.

package objclass

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"syscall"
	"time"
)

// A version is held while it is active, the canary, in the history, or kept. One that nothing holds is in use when it is
// installed, when it is no longer held, and when a call names it. Such calls are noted in the class's object, so that all
// daemons know of them, and seldom, so that they cost nothing.
const (
	// notedEvery is how often a call is noted, of a version that is called again and again.
	notedEvery = 10 * time.Minute
	// UnusedFor is how long a version is out of use before it is collected, unless who asks says otherwise.
	UnusedFor = 7 * 24 * time.Hour
	// roomAfter is how long a version is out of use before it makes room for a new one.
	roomAfter = time.Hour
)

// lastUsed returns until when a version counts as used that nothing holds.
func (c *class) lastUsed(v *classVersion) time.Time {
	if used := c.state.Used[v.version]; used.After(v.record.Installed) {
		return used
	}
	return v.record.Installed
}

// unused returns the versions that nothing holds and nobody used for a time, the one first that was used last the longest ago.
func (c *class) unused(now time.Time, atLeast time.Duration) []*classVersion {
	holds := held(c.active.version, &c.state)
	var unused []*classVersion
	for _, v := range c.versions {
		if !holds[v.version] && now.Sub(c.lastUsed(v)) >= atLeast {
			unused = append(unused, v)
		}
	}
	slices.SortStableFunc(unused, func(a, b *classVersion) int { return c.lastUsed(a).Compare(c.lastUsed(b)) })
	return unused
}

// unused is that of the class, without what others require.
func (d *draft) unused(atLeast time.Duration) ([]*classVersion, error) {
	unused := d.was.unused(d.now, atLeast)
	if len(unused) == 0 {
		return nil, nil
	}
	required, err := d.required()
	return withoutRequired(unused, required), err
}

func withoutRequired(versions []*classVersion, required map[string][]string) []*classVersion {
	return slices.DeleteFunc(versions, func(v *classVersion) bool { return len(required[v.class+"@"+v.version]) > 0 })
}

// makeRoom makes sure that a version can be added.
func (d *draft) makeRoom(name string) error {
	if d.was == nil || len(d.was.versions) < maxVersions {
		return nil
	}
	unused, err := d.unused(roomAfter)
	if err != nil {
		return err
	}
	if len(unused) == 0 {
		return Errorf(syscall.EDQUOT, KindClass,
			"class %s has %d versions, which is the limit, and each is held or was used within %v: remove some, or collect those that nothing holds",
			name, len(d.was.versions), roomAfter)
	}
	for _, v := range unused[:min(len(unused), len(d.was.versions)-maxVersions+1)] {
		if err := d.remove(v.version); err != nil {
			return err
		}
	}
	return nil
}

// Collect removes the versions of a class that nothing holds and nobody used for a time, and returns them as
// "class@version"; with dryRun it only returns them. Held are the active version, the canary, those to which a rollback can go
// back, those that are kept, and those that others require. A version is used when it is installed, while it is held, and when a call names it, which
// is noted up to 10 minutes late: so much is added to the time, unless it is 0.
func (r *Registry) Collect(ctx context.Context, name string, unused time.Duration, dryRun bool) ([]string, error) {
	if err := r.admission.enter(); err != nil {
		return nil, err
	}
	defer r.admission.leave()
	if err := checkClassName(name); err != nil {
		return nil, err
	}
	return r.collect(ctx, name, unused, dryRun)
}

// CollectAll is Collect of all classes. Where it fails for one it goes on with the others, and fails in the end.
func (r *Registry) CollectAll(ctx context.Context, unused time.Duration, dryRun bool) (collected []string, err error) {
	if err := r.admission.enter(); err != nil {
		return nil, err
	}
	defer r.admission.leave()
	var failed error
	err = r.eachName(ctx, func(name string) error {
		specs, err := r.collect(ctx, name, unused, dryRun)
		collected, failed = append(collected, specs...), cmp.Or(failed, err)
		return ctx.Err()
	})
	if err := cmp.Or(err, failed); err != nil {
		return nil, OpError(err)
	}
	return collected, nil
}

func (r *Registry) collect(ctx context.Context, name string, unused time.Duration, dryRun bool) ([]string, error) {
	if unused < 0 {
		return nil, Errorf(syscall.EINVAL, KindInput, "the time without use is negative")
	}
	if unused > 0 {
		unused += notedEvery
	}
	if dryRun {
		c, err := r.refresh(ctx, name)
		if err != nil {
			return nil, err
		}
		if c == nil {
			return nil, r.unknownClass(ctx, name)
		}
		required, err := r.requirersOf(ctx, name)
		return specsOf(withoutRequired(c.unused(time.Now(), unused), required)), err
	}
	var collected []string
	_, err := r.change(ctx, name, func(d *draft) error {
		if d.was == nil {
			return r.unknownClass(ctx, name)
		}
		versions, err := d.unused(unused)
		if err != nil {
			return err
		}
		collected = specsOf(versions)
		for _, v := range versions {
			if err := d.remove(v.version); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(collected) > 0 {
		r.opts.Logger.Info("unused versions were removed", "class", name, "versions", collected)
	}
	return collected, nil
}

func specsOf(versions []*classVersion) []string {
	specs := make([]string, len(versions))
	for i, v := range versions {
		specs[i] = v.class + "@" + v.version
	}
	return specs
}

// usedUntil has v count as used until t at least.
func (v *classVersion) usedUntil(t time.Time) {
	for used := v.used.Load(); used < t.Unix() && !v.used.CompareAndSwap(used, t.Unix()); used = v.used.Load() {
	}
}

// notePinned notes in the class's object that a call names a version, unless that was done lately. It does not wait for it.
func (r *Registry) notePinned(v *classVersion, now time.Time) {
	used := v.used.Load()
	if now.Unix()-used < int64(notedEvery/time.Second) || !v.used.CompareAndSwap(used, now.Unix()) {
		return
	}
	if r.admission.enter() != nil {
		return
	}
	go func() {
		defer r.admission.leave()
		ctx, cancel := context.WithTimeout(context.Background(), r.opts.MaxWait)
		defer cancel()
		_, err := r.commit(ctx, v.class, func(d *draft) error {
			switch {
			case d.was.version(v.version) == nil:
				return errRemoved
			case !held(d.active, &d.state)[v.version]:
				d.use(v.version)
			}
			return nil
		})
		if err != nil && !errors.Is(err, errRemoved) {
			r.opts.Logger.Warn("it was not noted that calls name a version: it may be collected", "class", v.class, "version", v.version, "err", err)
		}
	}()
}
