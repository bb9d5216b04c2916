//go:build !norados

// This file opens a RADOS cluster.

package storeflags

import (
	"fmt"

	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/store/radosstore"
)

func (f *cephFlags) open() (store.Store, error) {
	opts := radosstore.Options{Conf: f.conf, User: f.user, Timeout: f.timeout, Cache: int64(f.cache.Size)}
	if f.cache.Size == 0 {
		opts.Cache = -1
	}
	st, err := radosstore.Open(opts)
	if err != nil {
		return nil, fmt.Errorf("opening the cluster: %w", err)
	}
	return st, nil
}
