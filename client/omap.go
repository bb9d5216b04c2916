// This file is the operations on an object's omap.

package client

import (
	"context"
	"fmt"
	"iter"
	"strconv"

	"github.com/redis/rueidis"
)

// OmapKeyValue is an omap pair.
type OmapKeyValue struct {
	Key   string
	Value []byte
}

// GetOmapValue returns the value of an omap key; ENOENT when the object or the key is absent.
func (ioctx *IOContext) GetOmapValue(ctx context.Context, oid, key string) ([]byte, error) {
	return ioctx.bytes(ctx, "OBJ.OMAPGET", oid, key)
}

// GetOmapValues returns the first maxReturn omap pairs whose keys are > startAfter and begin with filterPrefix. An empty startAfter
// is the beginning, the empty key included. It fails with ENOENT when the object is absent.
func (ioctx *IOContext) GetOmapValues(ctx context.Context, oid, startAfter, filterPrefix string, maxReturn int64) (map[string][]byte, error) {
	pairs := make(map[string][]byte)
	if maxReturn <= 0 {
		return pairs, nil
	}
	for kv, err := range ioctx.listOmap(ctx, oid, startAfter, filterPrefix, min(maxReturn, maxOmapPage)) {
		if err != nil {
			return nil, err
		}
		pairs[kv.Key] = kv.Value
		if int64(len(pairs)) == maxReturn {
			break
		}
	}
	return pairs, nil
}

// GetAllOmapValues is GetOmapValues without a bound.
func (ioctx *IOContext) GetAllOmapValues(ctx context.Context, oid, startAfter, filterPrefix string) (map[string][]byte, error) {
	pairs := make(map[string][]byte)
	for kv, err := range ioctx.ListOmapValues(ctx, oid, startAfter, filterPrefix) {
		if err != nil {
			return nil, err
		}
		pairs[kv.Key] = kv.Value
	}
	return pairs, nil
}

// ListOmapValues iterates over the omap pairs whose keys are > startAfter and begin with filterPrefix, in byte order. It holds a
// page of them at a time, and ends behind the first error: ENOENT when the object is absent. Pairs that come and go meanwhile
// may be missed or seen, unless the context is one of IfVersion.
func (ioctx *IOContext) ListOmapValues(ctx context.Context, oid, startAfter, filterPrefix string) iter.Seq2[OmapKeyValue, error] {
	return ioctx.listOmap(ctx, oid, startAfter, filterPrefix, maxOmapPage)
}

func (ioctx *IOContext) listOmap(ctx context.Context, oid, startAfter, filterPrefix string, limit int64) iter.Seq2[OmapKeyValue, error] {
	return func(yield func(OmapKeyValue, error) bool) {
		for elements, err := range ioctx.omapPages(ctx, oid, startAfter, filterPrefix, limit) {
			if err == nil && len(elements)%2 != 0 {
				err = fmt.Errorf("%w: OBJ.OMAPLIST with a key that has no value", errReply)
			}
			if err != nil {
				yield(OmapKeyValue{}, err)
				return
			}
			for pair := elements; len(pair) > 0; pair = pair[2:] {
				if !yield(OmapKeyValue{pair[0], []byte(pair[1])}, nil) {
					return
				}
			}
		}
	}
}

// ListOmapKeys is ListOmapValues without the values, which are not read.
func (ioctx *IOContext) ListOmapKeys(ctx context.Context, oid, startAfter, filterPrefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for keys, err := range ioctx.omapPages(ctx, oid, startAfter, filterPrefix, maxOmapPage, "NOVALUES") {
			if err != nil {
				yield("", err)
				return
			}
			for _, key := range keys {
				if !yield(key, nil) {
					return
				}
			}
		}
	}
}

// maxOmapPage is how many pairs are asked for at once. The daemon sends fewer where they are large.
const maxOmapPage = 1000

// omapPages iterates over the pages of OBJ.OMAPLIST, up to the first error.
func (ioctx *IOContext) omapPages(ctx context.Context, oid, after, prefix string, limit int64, opts ...string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		start := after
		if after != "" {
			start += "\x00"
		}
		for {
			args := append([]string{oid, "START", start, "PREFIX", prefix, "LIMIT", strconv.FormatInt(limit, 10)}, opts...)
			reply, err := ioctx.do(ctx, "OBJ.OMAPLIST", args...).ToArray()
			if err != nil {
				yield(nil, callError(err))
				return
			}
			next, elements, err := readPage(reply)
			if !yield(elements, err) || err != nil || next == "" {
				return
			}
			start = next
		}
	}
}

// readPage reads a page of a list, and what the next page is asked for with, "" behind the last one.
func readPage(reply []rueidis.RedisMessage) (next string, elements []string, err error) {
	if len(reply) != 2 {
		return "", nil, fmt.Errorf("%w: a page with %d elements", errReply, len(reply))
	}
	if next, err = reply[0].ToString(); err != nil {
		return "", nil, err
	}
	elements, err = reply[1].AsStrSlice()
	return next, elements, err
}

// SetOmap sets omap pairs, all or none, creates the object if it is absent, and returns its new version. One command takes some
// 65000 pairs, of 64 MiB.
func (ioctx *IOContext) SetOmap(ctx context.Context, oid string, pairs map[string][]byte) (version uint64, err error) {
	if len(pairs) == 0 {
		return ioctx.Create(ctx, oid, CreateIdempotent)
	}
	args := []string{oid}
	for key, value := range pairs {
		args = append(args, key, rueidis.BinaryString(value))
	}
	return ioctx.change(ctx, "OBJ.OMAPSET", args...)
}

// RmOmapKeys removes omap keys, as far as they are there, and returns the object's new version; ENOENT when the object is
// absent.
func (ioctx *IOContext) RmOmapKeys(ctx context.Context, oid string, keys []string) (version uint64, err error) {
	if len(keys) == 0 {
		st, err := ioctx.Stat(ctx, oid)
		return st.Version, err
	}
	return ioctx.change(ctx, "OBJ.OMAPRM", append([]string{oid}, keys...)...)
}

// CleanOmap removes all omap pairs and the header, and returns the object's new version; ENOENT when the object is absent.
func (ioctx *IOContext) CleanOmap(ctx context.Context, oid string) (version uint64, err error) {
	return ioctx.change(ctx, "OBJ.OMAPCLEAR", oid)
}

// GetOmapHeader returns the omap's header, empty when none was written; ENOENT when the object is absent.
func (ioctx *IOContext) GetOmapHeader(ctx context.Context, oid string) ([]byte, error) {
	return ioctx.bytes(ctx, "OBJ.OMAPHEADER", oid)
}

// SetOmapHeader sets the omap's header, creates the object if it is absent, and returns its new version.
func (ioctx *IOContext) SetOmapHeader(ctx context.Context, oid string, header []byte) (version uint64, err error) {
	return ioctx.change(ctx, "OBJ.OMAPSETHEADER", oid, rueidis.BinaryString(header))
}
