//go:build !norados

package radosstore

// This file is the pools, which are RADOS's own.

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/objluad/objluad/store"
)

// application is the mark on pools that the daemon creates; without one Ceph warns of each.
const application = "objluad"

// Pools returns the names of all pools in order, other programs' among them.
func (s *Store) Pools(ctx context.Context) ([]string, error) {
	if err := s.newest.refresh(ctx, s); err != nil {
		return nil, err
	}
	return aside(ctx, s, func() ([]string, error) {
		names, err := s.conn.ListPools()
		if err != nil {
			return nil, radosError(err)
		}
		slices.Sort(names)
		return names, nil
	})
}

// CreatePool creates a pool with the cluster's defaults, which say how many copies it keeps.
func (s *Store) CreatePool(ctx context.Context, name string) error {
	if name == "" || strings.IndexByte(name, 0) >= 0 {
		return fmt.Errorf("%w: pool %q", store.ErrInvalid, name)
	}
	_, err := aside(ctx, s, func() (struct{}, error) {
		err := s.conn.MakePool(name)
		switch {
		case err == nil:
			s.mark(name)
			return struct{}{}, nil
		case errnoOf(err) == syscall.EEXIST:
			return struct{}{}, fmt.Errorf("%w: %q", store.ErrPoolExists, name)
		}
		return struct{}{}, fmt.Errorf("creating pool %q: %w", name, radosError(err))
	})
	return err
}

// mark tells the cluster whose a pool is. A cluster that does not let us only warns.
func (s *Store) mark(pool string) {
	command, err := json.Marshal(map[string]string{
		"prefix": "osd pool application enable", "pool": pool, "app": application})
	if err == nil {
		s.conn.MonCommand(command)
	}
}

// RemovePool removes a pool and every object in it. A cluster refuses that unless it is told to allow it.
func (s *Store) RemovePool(ctx context.Context, name string) error {
	if _, err := s.pool(ctx, name); err != nil {
		return err
	}
	_, err := aside(ctx, s, func() (struct{}, error) {
		err := s.conn.DeletePool(name)
		if err == nil {
			return struct{}{}, nil
		}
		switch errnoOf(err) {
		case syscall.ENOENT:
			return struct{}{}, noPool(name)
		case syscall.EPERM:
			return struct{}{}, fmt.Errorf("%w: the cluster does not let pools be removed; if it shall: ceph config set mon mon_allow_pool_delete true",
				store.ErrDenied)
		}
		return struct{}{}, fmt.Errorf("removing pool %q: %w", name, radosError(err))
	})
	return err
}
