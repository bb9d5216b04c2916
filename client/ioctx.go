// This file is the operations on objects of one pool.

package client

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

// IOContext is a pool, and a namespace in it, in which objects are found.
type IOContext struct {
	conn   *Conn
	pool   string
	target string // as the wire names pool and namespace
}

// SetNamespace sets the namespace of the operations that follow; "" is the default one.
func (ioctx *IOContext) SetNamespace(namespace string) {
	ioctx.target = ioctx.pool
	if namespace != "" {
		ioctx.target += "/" + namespace
	}
}

// ObjectStat describes an object.
type ObjectStat struct {
	Size    uint64
	ModTime time.Time
	Version uint64
}

// Read reads into data from the object's byte offset on, and returns the number of bytes, fewer than len(data) where the
// object ends; ENOENT when it is absent.
func (ioctx *IOContext) Read(ctx context.Context, oid string, data []byte, offset uint64) (int, error) {
	b, err := ioctx.read(ctx, "OBJ.READ", ioctx.target, oid, strconv.FormatUint(offset, 10), strconv.Itoa(len(data)))
	return copy(data, b), err
}

// ReadFull returns all of the object's data; ENOENT when it is absent.
func (ioctx *IOContext) ReadFull(ctx context.Context, oid string) ([]byte, error) {
	return ioctx.read(ctx, "OBJ.READ", ioctx.target, oid)
}

func (ioctx *IOContext) read(ctx context.Context, args ...string) ([]byte, error) {
	b, err := ioctx.conn.do(ctx, args...).AsBytes()
	return b, callError(err)
}

// WriteFull replaces the object's data, creates the object if it is absent, and returns its new version.
func (ioctx *IOContext) WriteFull(ctx context.Context, oid string, data []byte) (version uint64, err error) {
	version, err = ioctx.conn.do(ctx, "OBJ.WRITEFULL", ioctx.target, oid, rueidis.BinaryString(data)).AsUint64()
	return version, callError(err)
}

// Stat describes the object; ENOENT when it is absent.
func (ioctx *IOContext) Stat(ctx context.Context, oid string) (ObjectStat, error) {
	numbers, err := ioctx.conn.do(ctx, "OBJ.STAT", ioctx.target, oid).AsIntSlice()
	if err != nil {
		return ObjectStat{}, callError(err)
	}
	if len(numbers) != 3 {
		return ObjectStat{}, fmt.Errorf("%w: OBJ.STAT with %d numbers", errReply, len(numbers))
	}
	return ObjectStat{Size: uint64(numbers[0]), ModTime: time.Unix(0, numbers[1]), Version: uint64(numbers[2])}, nil
}

// Delete removes the object; ENOENT when it is absent.
func (ioctx *IOContext) Delete(ctx context.Context, oid string) error {
	return callError(ioctx.conn.do(ctx, "OBJ.REMOVE", ioctx.target, oid).Error())
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
func (ioctx *IOContext) page(ctx context.Context, after string) (next string, oids []string, err error) {
	reply, err := ioctx.conn.do(ctx, "OBJ.LIST", ioctx.target, "AFTER", after).ToArray()
	if err != nil {
		return "", nil, callError(err)
	}
	if len(reply) != 2 {
		return "", nil, fmt.Errorf("%w: OBJ.LIST with %d elements", errReply, len(reply))
	}
	if next, err = reply[0].ToString(); err != nil {
		return "", nil, err
	}
	oids, err = reply[1].AsStrSlice()
	return next, oids, err
}
