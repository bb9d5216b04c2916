//go:build norados

// This file is what a program without librados says of clusters.

package storeflags

import (
	"syscall"

	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/store"
)

func (f *cephFlags) open() (store.Store, error) {
	return nil, errno.Errorf(syscall.ENOTSUP, "this program was built with the tag norados, so it has no RADOS store; build it without")
}
