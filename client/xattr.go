// This file is the operations on an object's xattrs.

package client

import (
	"context"

	"github.com/redis/rueidis"
)

// GetXattr returns the value of an xattr; ENOENT when the object is absent, ENODATA when the xattr is.
func (ioctx *IOContext) GetXattr(ctx context.Context, oid, name string) ([]byte, error) {
	return ioctx.bytes(ctx, "OBJ.GETXATTR", oid, name)
}

// ListXattrs returns the object's xattrs by their names; ENOENT when it is absent, EFBIG when they are too many for one reply.
func (ioctx *IOContext) ListXattrs(ctx context.Context, oid string) (map[string][]byte, error) {
	fields, err := ioctx.do(ctx, "OBJ.XATTRS", oid).AsMap()
	if err != nil {
		return nil, callError(err)
	}
	xattrs := make(map[string][]byte, len(fields))
	for name, value := range fields {
		if xattrs[name], err = value.AsBytes(); err != nil {
			return nil, err
		}
	}
	return xattrs, nil
}

// SetXattr sets an xattr, creates the object if it is absent, and returns its new version.
func (ioctx *IOContext) SetXattr(ctx context.Context, oid, name string, value []byte) (version uint64, err error) {
	return ioctx.change(ctx, "OBJ.SETXATTR", oid, name, rueidis.BinaryString(value))
}

// RmXattr removes an xattr, if there is one of that name, and returns the object's new version; ENOENT when the object is absent.
func (ioctx *IOContext) RmXattr(ctx context.Context, oid, name string) (version uint64, err error) {
	return ioctx.change(ctx, "OBJ.RMXATTR", oid, name)
}
