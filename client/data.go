// This file is the operations on an object's data.

package client

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

// ObjectStat describes an object.
type ObjectStat struct {
	Size    uint64
	ModTime time.Time
	Version uint64
}

// Stat describes the object; ENOENT when it is absent.
func (ioctx *IOContext) Stat(ctx context.Context, oid string) (ObjectStat, error) {
	numbers, err := ioctx.do(ctx, "OBJ.STAT", oid).AsIntSlice()
	if err != nil {
		return ObjectStat{}, callError(err)
	}
	if len(numbers) != 3 {
		return ObjectStat{}, fmt.Errorf("%w: OBJ.STAT with %d numbers", errReply, len(numbers))
	}
	return ObjectStat{Size: uint64(numbers[0]), ModTime: time.Unix(0, numbers[1]), Version: uint64(numbers[2])}, nil
}

// Read reads into data from the object's byte offset on, and returns the number of bytes, fewer than len(data) where the
// object ends; ENOENT when it is absent.
func (ioctx *IOContext) Read(ctx context.Context, oid string, data []byte, offset uint64) (int, error) {
	b, err := ioctx.bytes(ctx, "OBJ.READ", oid, decimal(offset), strconv.Itoa(len(data)))
	return copy(data, b), err
}

// ReadFull returns all of the object's data; ENOENT when it is absent.
func (ioctx *IOContext) ReadFull(ctx context.Context, oid string) ([]byte, error) {
	return ioctx.bytes(ctx, "OBJ.READ", oid)
}

// WriteFull replaces the object's data, creates the object if it is absent, and returns its new version.
func (ioctx *IOContext) WriteFull(ctx context.Context, oid string, data []byte) (version uint64, err error) {
	return ioctx.change(ctx, "OBJ.WRITEFULL", oid, rueidis.BinaryString(data))
}

// Write writes data at the object's byte offset, creates the object if it is absent, and returns its new version. A gap behind
// the old end reads as zeros. An end beyond the daemon's limit of objects is EFBIG.
func (ioctx *IOContext) Write(ctx context.Context, oid string, data []byte, offset uint64) (version uint64, err error) {
	return ioctx.change(ctx, "OBJ.WRITE", oid, decimal(offset), rueidis.BinaryString(data))
}

// Append writes data at the object's end, creates the object if it is absent, and returns its new version.
func (ioctx *IOContext) Append(ctx context.Context, oid string, data []byte) (version uint64, err error) {
	return ioctx.change(ctx, "OBJ.APPEND", oid, rueidis.BinaryString(data))
}

// Truncate cuts the object's data off behind size bytes, or extends it by zeros, and returns the new version: 0 for an absent object,
// which stays absent. A size beyond the daemon's limit of objects is EFBIG.
func (ioctx *IOContext) Truncate(ctx context.Context, oid string, size uint64) (version uint64, err error) {
	return ioctx.change(ctx, "OBJ.TRUNCATE", oid, decimal(size))
}

// Zero makes length bytes from offset on zeros, as far as there are any, and returns the new version: 0 for an absent object,
// which stays absent.
func (ioctx *IOContext) Zero(ctx context.Context, oid string, offset, length uint64) (version uint64, err error) {
	return ioctx.change(ctx, "OBJ.ZERO", oid, decimal(offset), decimal(length))
}

// CreateOption says what Create does to an object that exists.
type CreateOption int

const (
	CreateExclusive  CreateOption = iota + 1 // fails with EEXIST
	CreateIdempotent                         // leaves it as it is
)

// Create creates the object without data, and returns its version.
func (ioctx *IOContext) Create(ctx context.Context, oid string, exclusive CreateOption) (version uint64, err error) {
	if exclusive == CreateExclusive {
		return ioctx.change(ctx, "OBJ.CREATE", oid, "EXCLUSIVE")
	}
	return ioctx.change(ctx, "OBJ.CREATE", oid)
}

// Delete removes the object; ENOENT when it is absent.
func (ioctx *IOContext) Delete(ctx context.Context, oid string) error {
	return callError(ioctx.do(ctx, "OBJ.REMOVE", oid).Error())
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }
