// This file is a pool and its objects' names.

package client

import (
	"context"
	"iter"
	"strconv"

	"github.com/redis/rueidis"
)

// IOContext is a pool, and a namespace in it, in which objects are found.
type IOContext struct {
	conn   *Conn
	pool   string
	target string // as the wire names pool and namespace

	expected *uint64 // of IfVersion
}

// SetNamespace sets the namespace of the operations that follow; "" is the default one.
func (ioctx *IOContext) SetNamespace(namespace string) {
	ioctx.target = ioctx.pool
	if namespace != "" {
		ioctx.target += "/" + namespace
	}
}

// IfVersion returns a context whose operations on an object are made if it has that version, which writes and Stat return; 0 is that
// of an absent one. An object that is newer is ERANGE, one that is older or absent EOVERFLOW (as rados_write_op_assert_version).
// Exec, Eval and ListObjects fail with EINVAL in it.
func (ioctx *IOContext) IfVersion(version uint64) *IOContext {
	conditional := *ioctx
	conditional.expected = &version
	return &conditional
}

// do sends a command about the pool, or about an object in it.
func (ioctx *IOContext) do(ctx context.Context, command string, args ...string) rueidis.RedisResult {
	var full []string
	if ioctx.expected != nil {
		full = append(full, "OBJ.IFVERSION", strconv.FormatUint(*ioctx.expected, 10))
	}
	full = append(append(full, command, ioctx.target), args...)
	return ioctx.conn.do(ctx, full...)
}

// bytes is do of a command that answers a bulk string.
func (ioctx *IOContext) bytes(ctx context.Context, command string, args ...string) ([]byte, error) {
	b, err := ioctx.do(ctx, command, args...).AsBytes()
	return b, callError(err)
}

// change is do of a command that answers the object's new version.
func (ioctx *IOContext) change(ctx context.Context, command string, args ...string) (version uint64, err error) {
	version, err = ioctx.do(ctx, command, args...).AsUint64()
	return version, callError(err)
}

// ListObjects iterates over the ids of all objects in the namespace, in byte order. It ends behind the first error.
// Objects that come and go meanwhile may be missed or seen.
func (ioctx *IOContext) ListObjects(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for after, more := "", true; more; more = after != "" {
			var oids []string
			var err error
			if after, oids, err = ioctx.page(ctx, after); err != nil {
				yield("", err)
				return
			}
			for _, oid := range oids {
				if !yield(oid, nil) {
					return
				}
			}
		}
	}
}

// page returns a page of object ids, and what the next page is asked for with, "" behind the last one.
func (ioctx *IOContext) page(ctx context.Context, after string, options ...string) (next string, oids []string, err error) {
	reply, err := ioctx.do(ctx, "OBJ.LIST", append([]string{"AFTER", after}, options...)...).ToArray()
	if err != nil {
		return "", nil, callError(err)
	}
	return readPage(reply)
}
