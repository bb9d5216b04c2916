// This file is what clients do with objects and pools without a method: the same lock, retry and commit as for Exec.

package objclass

import (
	"context"
	"errors"
	"slices"
	"syscall"

	"github.com/objluad/objluad/store"
)

// View calls fn with the object's committed state, again when another commit overtook it. fn must not change the overlay,
// nor keep it, nor anything of an earlier time.
func (s *Service) View(ctx context.Context, ref store.Ref, fn func(*store.Overlay) error) error {
	if err := checkRef(ref); err != nil {
		return err
	}
	if err := s.admission.enter(); err != nil {
		return err
	}
	defer s.admission.leave()
	return s.objects.read(ctx, ref, fn)
}

// Update calls fn under the object's lock, commits what it changed, and returns the object's version after that: 0 when it
// is absent. If fn fails nothing is committed. It is called again when another commit came first, so it must have no
// effect but on the overlay, and keep nothing of an earlier time. The overlay takes ownership of byte slices given to it and
// may change them in place when there is more than one write: such a fn must give it new ones each time.
func (s *Service) Update(ctx context.Context, ref store.Ref, fn func(*store.Overlay) error) (uint64, error) {
	return s.UpdateUnsynced(ctx, ref, nil, fn)
}

// UpdateUnsynced is Update whose commit is gathered in u, as that of a Call.
func (s *Service) UpdateUnsynced(ctx context.Context, ref store.Ref, u *Unsynced, fn func(*store.Overlay) error) (uint64, error) {
	if err := checkRef(ref); err != nil {
		return 0, err
	}
	if err := s.admission.enter(); err != nil {
		return 0, err
	}
	defer s.admission.leave()
	return s.objects.changeBy(ctx, ref, func(b *basis) (*store.Overlay, error) {
		return s.objects.viewToChange(ctx, ref, b, fn)
	}, func(overlay *store.Overlay) (uint64, error) {
		return s.objects.commit(ctx, ref, overlay, u)
	}, u)
}

// CheckVersion fails unless the object had that version before any change in the overlay; an absent one has version 0. It is
// ERANGE when the object is newer, and EOVERFLOW when it is older (as rados_write_op_assert_version). A fn of View or Update
// that begins with it acts on this version or not at all.
func CheckVersion(overlay *store.Overlay, expected uint64) error {
	switch version := overlay.Version(); {
	case version > expected:
		return Errorf(syscall.ERANGE, KindOp, "the object has version %d, which is newer than %d", version, expected)
	case version < expected && version == 0:
		return Errorf(syscall.EOVERFLOW, KindOp, "the object does not exist, and so has not version %d", expected)
	case version < expected:
		return Errorf(syscall.EOVERFLOW, KindOp, "the object has version %d, which is older than %d", version, expected)
	}
	return nil
}

// List returns up to limit object ids of a namespace in byte order, from the first one > after ("" is the beginning), and
// whether there are more.
func (s *Service) List(ctx context.Context, pool, namespace, after string, limit int) (oids []string, more bool, err error) {
	err = s.onPool(pool, func() error {
		oids, more, err = s.objects.store.List(ctx, pool, namespace, after, limit)
		return err
	})
	return oids, more, err
}

// Pools returns the names of all pools that clients may use, in order.
func (s *Service) Pools(ctx context.Context) ([]string, error) {
	if err := s.admission.enter(); err != nil {
		return nil, err
	}
	defer s.admission.leave()
	pools, err := s.objects.store.Pools(ctx)
	if err != nil {
		return nil, OpError(err)
	}
	return slices.DeleteFunc(pools, func(name string) bool { return store.CheckPool(name) != nil }), nil
}

// Usage tells what a pool has; ENOENT when there is none of that name.
func (s *Service) Usage(ctx context.Context, name string) (usage store.Usage, err error) {
	err = s.onPool(name, func() error {
		usage, err = s.objects.store.Usage(ctx, name)
		return err
	})
	return usage, err
}

// PoolUsage is a pool and what it has.
type PoolUsage struct {
	Name string
	store.Usage
}

// Disk tells what each pool has that clients may use, in order of their names, and what room the store has.
func (s *Service) Disk(ctx context.Context) (pools []PoolUsage, space store.Space, err error) {
	names, err := s.Pools(ctx)
	if err != nil {
		return nil, space, err
	}
	for _, name := range names {
		usage, err := s.Usage(ctx, name)
		if errors.Is(err, syscall.ENOENT) {
			continue // removed since it was listed
		}
		if err != nil {
			return nil, space, err
		}
		pools = append(pools, PoolUsage{name, usage})
	}
	if err := s.admission.enter(); err != nil {
		return nil, space, err
	}
	defer s.admission.leave()
	if space, err = s.objects.store.Space(ctx); err != nil {
		return nil, space, OpError(err)
	}
	return pools, space, nil
}

// CreatePool creates a pool; EEXIST when there is one of that name.
func (s *Service) CreatePool(ctx context.Context, name string) error {
	return s.onPool(name, func() error { return s.objects.store.CreatePool(ctx, name) })
}

// RemovePool removes a pool and every object in it; ENOENT when there is none of that name.
func (s *Service) RemovePool(ctx context.Context, name string) error {
	return s.onPool(name, func() error { return s.objects.store.RemovePool(ctx, name) })
}

func (s *Service) onPool(name string, fn func() error) error {
	if err := store.CheckPool(name); err != nil {
		return inputError(err)
	}
	if err := s.admission.enter(); err != nil {
		return err
	}
	defer s.admission.leave()
	if err := fn(); err != nil {
		return objectError(store.Ref{Pool: name}, err)
	}
	return nil
}

// checkRef refuses a name that no object of a client can have, those of the daemon's own pools among them.
func checkRef(ref store.Ref) error {
	if err := ref.Check(); err != nil {
		return inputError(err)
	}
	return nil
}

func inputError(err error) *Error {
	e := OpError(err)
	e.Kind = KindInput
	return e
}
