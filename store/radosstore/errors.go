//go:build !norados

package radosstore

// This file makes the object model's errors of the cluster's.

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/objluad/objluad/store"
)

// errors of the object model by what the cluster answers. Those that depend on the operation are not among them.
var byErrno = map[syscall.Errno]struct {
	is  *store.Error
	why string
}{
	syscall.EPERM:        {store.ErrDenied, "the cluster does not let this client do it; see ceph auth get for its caps"},
	syscall.EACCES:       {store.ErrDenied, "the cluster does not let this client do it; see ceph auth get for its caps"},
	syscall.ESHUTDOWN:    {store.ErrDenied, "the cluster has put this client on its blocklist; see ceph osd blocklist ls, and start the program anew"},
	syscall.ETIMEDOUT:    {store.ErrTimedOut, "the cluster does not answer"},
	syscall.ENOSPC:       {store.ErrNoSpace, "the cluster is full"},
	syscall.EDQUOT:       {store.ErrNoSpace, "the pool's quota is used up"},
	syscall.EFBIG:        {store.ErrTooLarge, "the cluster's osd_max_object_size"},
	syscall.E2BIG:        {store.ErrTooLarge, "one commit has at most 65535 runs of data, xattrs and ranges together; make several"},
	syscall.EMSGSIZE:     {store.ErrTooLarge, "the cluster's osd_max_write_size"},
	syscall.ENAMETOOLONG: {store.ErrNameTooLong, "the cluster's limits of names"},
	syscall.EOPNOTSUPP:   {store.ErrUnsupported, "an erasure-coded pool has no omap, and unless allow_ec_overwrites is set no data that changes in part"},
	syscall.EINVAL:       {store.ErrInvalid, "the cluster refuses it"},
	syscall.EROFS:        {store.ErrReadOnly, "the cluster refuses it"},
}

// clusterError is the error of an operation that ended with -errno, where that means the same for all operations.
func clusterError(errno syscall.Errno) error {
	if e, ok := byErrno[errno]; ok {
		return fmt.Errorf("%w: %s", e.is, e.why)
	}
	return fmt.Errorf("%w: the cluster answers %s", store.ErrIO, unix.ErrnoName(errno))
}

// errnoOf returns the errno of an error of go-ceph.
func errnoOf(err error) syscall.Errno {
	var e interface{ ErrorCode() int }
	if errors.As(err, &e) {
		return syscall.Errno(-e.ErrorCode())
	}
	return syscall.EIO
}

func radosError(err error) error { return clusterError(errnoOf(err)) }
