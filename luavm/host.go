//go:build lua54

// The host functions: what lv_host's table calls. Each finds its slot, acts on the object of the slot's invocation, and
// returns a status. It never lets a panic out: there are C frames above it.

package luavm

/*
#include "lv.h"
*/
import "C"

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/cgo"
	"runtime/debug"
	"syscall"
	"unsafe"

	"github.com/objluad/objluad/objclass"
)

func slotOf(ctx C.uintptr_t) *slot { return cgo.Handle(ctx).Value().(*slot) }

// operate runs op on the object and makes a status of what came of it.
func (s *slot) operate(op func(*objclass.Object) error) C.int {
	return s.answerFor(func() error { return op(s.inv.Object) })
}

// answerFor runs what a host function does and makes a status of what came of it.
func (s *slot) answerFor(what func() error) (status C.int) {
	defer func() {
		if p := recover(); p != nil {
			slog.Error("panic inside an object operation", "class", s.unit.Name, "version", s.unit.Version,
				"panic", p, "stack", string(debug.Stack()))
			status = C.LV_HOST_FAILED
		}
	}()
	err := what()
	switch {
	case err == nil:
		return 0
	case errors.Is(err, context.DeadlineExceeded):
		return C.LV_HOST_OVERDUE
	case errors.Is(err, context.Canceled):
		return C.LV_HOST_CANCELED
	}
	s.lastErr = err
	return -C.int(objclass.OpError(err).Errno)
}

// reply hands data to the C core, at once if there is room, or else when it asks.
func (s *slot) reply(answer *C.lv_answer, data []byte) {
	answer.size = C.size_t(len(data))
	if len(data) <= int(answer.capacity) {
		copy(unsafe.Slice((*byte)(answer.data), len(data)), data)
		return
	}
	s.kept = data
}

// bytesAt copies bytes of the arena: the object takes ownership.
func bytesAt(data unsafe.Pointer, size C.size_t) []byte {
	b := make([]byte, size)
	copy(b, unsafe.Slice((*byte)(data), size))
	return b
}

func stringAt(data unsafe.Pointer, size C.size_t) string {
	return string(unsafe.Slice((*byte)(data), size))
}

//export lvHostCreate
func lvHostCreate(ctx C.uintptr_t, exclusive C.int) C.int {
	return slotOf(ctx).operate(func(o *objclass.Object) error { return o.Create(exclusive != 0) })
}

//export lvHostRemove
func lvHostRemove(ctx C.uintptr_t) C.int {
	return slotOf(ctx).operate((*objclass.Object).Remove)
}

//export lvHostStat
func lvHostStat(ctx C.uintptr_t, size, mtime *C.int64_t) C.int {
	return slotOf(ctx).operate(func(o *objclass.Object) error {
		n, t, err := o.Stat()
		*size, *mtime = C.int64_t(n), C.int64_t(t.Unix())
		return err
	})
}

//export lvHostRead
func lvHostRead(ctx C.uintptr_t, off, length C.int64_t, answer *C.lv_answer) C.int {
	s := slotOf(ctx)
	return s.operate(func(o *objclass.Object) error {
		if n, room := o.ReadSize(int64(off), int64(length)), s.memory(); n > room {
			return objclass.Errorf(syscall.ENOMEM, objclass.KindOp, "read of %d bytes into a VM that has %d; read it in parts", n, room)
		}
		data, err := o.Read(int64(off), int64(length))
		s.reply(answer, data)
		return err
	})
}

//export lvHostWrite
func lvHostWrite(ctx C.uintptr_t, off C.int64_t, data unsafe.Pointer, size C.size_t) C.int {
	return slotOf(ctx).operate(func(o *objclass.Object) error { return o.Write(int64(off), bytesAt(data, size)) })
}

//export lvHostWriteFull
func lvHostWriteFull(ctx C.uintptr_t, data unsafe.Pointer, size C.size_t) C.int {
	return slotOf(ctx).operate(func(o *objclass.Object) error { return o.WriteFull(bytesAt(data, size)) })
}

//export lvHostAppend
func lvHostAppend(ctx C.uintptr_t, data unsafe.Pointer, size C.size_t) C.int {
	return slotOf(ctx).operate(func(o *objclass.Object) error { return o.Append(bytesAt(data, size)) })
}

//export lvHostTruncate
func lvHostTruncate(ctx C.uintptr_t, size C.int64_t) C.int {
	return slotOf(ctx).operate(func(o *objclass.Object) error { return o.Truncate(int64(size)) })
}

//export lvHostZero
func lvHostZero(ctx C.uintptr_t, off, length C.int64_t) C.int {
	return slotOf(ctx).operate(func(o *objclass.Object) error { return o.Zero(int64(off), int64(length)) })
}

//export lvHostGetXattr
func lvHostGetXattr(ctx C.uintptr_t, name unsafe.Pointer, nameSize C.size_t, answer *C.lv_answer) C.int {
	s := slotOf(ctx)
	return s.operate(func(o *objclass.Object) error {
		value, err := o.Xattr(stringAt(name, nameSize))
		s.reply(answer, value)
		return err
	})
}

//export lvHostGetXattrs
func lvHostGetXattrs(ctx C.uintptr_t, answer *C.lv_answer) C.int {
	s := slotOf(ctx)
	return s.operate(func(o *objclass.Object) error {
		xattrs, err := o.Xattrs()
		s.reply(answer, pairRecords(xattrs))
		return err
	})
}

//export lvHostSetXattr
func lvHostSetXattr(ctx C.uintptr_t, name unsafe.Pointer, nameSize C.size_t, data unsafe.Pointer, size C.size_t) C.int {
	return slotOf(ctx).operate(func(o *objclass.Object) error {
		return o.SetXattr(stringAt(name, nameSize), bytesAt(data, size))
	})
}

//export lvHostRmXattr
func lvHostRmXattr(ctx C.uintptr_t, name unsafe.Pointer, nameSize C.size_t) C.int {
	return slotOf(ctx).operate(func(o *objclass.Object) error { return o.RemoveXattr(stringAt(name, nameSize)) })
}

//export lvHostMapClear
func lvHostMapClear(ctx C.uintptr_t) C.int {
	return slotOf(ctx).operate((*objclass.Object).OmapClear)
}

//export lvHostMapGetKeys
func lvHostMapGetKeys(ctx C.uintptr_t, after unsafe.Pointer, afterSize C.size_t, prefix unsafe.Pointer, prefixSize C.size_t,
	limit C.int64_t, isMore *C.int, answer *C.lv_answer) C.int {
	s := slotOf(ctx)
	return s.operate(func(o *objclass.Object) error {
		keys, more, err := o.OmapKeys(stringAt(after, afterSize), stringAt(prefix, prefixSize), int64(limit))
		*isMore = truth(more)
		s.reply(answer, keyRecords(keys))
		return errors.Join(err, checkWhole(len(keys), more, int64(limit)))
	})
}

//export lvHostMapGetVals
func lvHostMapGetVals(ctx C.uintptr_t, after unsafe.Pointer, afterSize C.size_t, prefix unsafe.Pointer, prefixSize C.size_t,
	limit C.int64_t, isMore *C.int, answer *C.lv_answer) C.int {
	s := slotOf(ctx)
	return s.operate(func(o *objclass.Object) error {
		pairs, more, err := o.OmapValues(stringAt(after, afterSize), stringAt(prefix, prefixSize), int64(limit))
		*isMore = truth(more)
		s.reply(answer, pairRecords(pairs))
		return errors.Join(err, checkWhole(len(pairs), more, int64(limit)))
	})
}

//export lvHostMapGetPage
func lvHostMapGetPage(ctx C.uintptr_t, from unsafe.Pointer, fromSize C.size_t, prefix unsafe.Pointer, prefixSize C.size_t,
	limit, size C.int64_t, isMore *C.int, answer *C.lv_answer) C.int {
	s := slotOf(ctx)
	return s.operate(func(o *objclass.Object) error {
		pairs, more, err := o.OmapPage(stringAt(from, fromSize), stringAt(prefix, prefixSize), int64(limit), int64(size))
		*isMore = truth(more)
		s.reply(answer, pairRecords(pairs))
		return err
	})
}

//export lvHostMapGetValsByKeys
func lvHostMapGetValsByKeys(ctx C.uintptr_t, records unsafe.Pointer, size C.size_t, answer *C.lv_answer) C.int {
	s := slotOf(ctx)
	return s.operate(func(o *objclass.Object) error {
		keys, err := parseKeys(unsafe.Slice((*byte)(records), size), o.Ended)
		if err != nil {
			return err
		}
		pairs, err := o.OmapValuesByKeys(keys)
		s.reply(answer, pairRecords(pairs))
		return err
	})
}

func truth(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

// checkWhole refuses a listing that the store cut short because of its size: a script would take it for all there is.
func checkWhole(n int, more bool, limit int64) error {
	if more && (limit < 0 || int64(n) < limit) {
		return objclass.Errorf(syscall.EFBIG, objclass.KindOp, "the listing is too large after %d keys; ask for fewer at once", n)
	}
	return nil
}

//export lvHostMapGetVal
func lvHostMapGetVal(ctx C.uintptr_t, key unsafe.Pointer, keySize C.size_t, answer *C.lv_answer) C.int {
	s := slotOf(ctx)
	return s.operate(func(o *objclass.Object) error {
		value, err := o.OmapValue(stringAt(key, keySize))
		s.reply(answer, value)
		return err
	})
}

//export lvHostMapSetVals
func lvHostMapSetVals(ctx C.uintptr_t, records unsafe.Pointer, size C.size_t) C.int {
	return slotOf(ctx).operate(func(o *objclass.Object) error {
		pairs, err := parsePairs(unsafe.Slice((*byte)(records), size), o.Ended)
		if err != nil {
			return err
		}
		return o.SetOmapValues(pairs)
	})
}

//export lvHostMapRemoveKey
func lvHostMapRemoveKey(ctx C.uintptr_t, key unsafe.Pointer, keySize C.size_t) C.int {
	return slotOf(ctx).operate(func(o *objclass.Object) error { return o.RemoveOmapKey(stringAt(key, keySize)) })
}

//export lvHostMapRemoveRange
func lvHostMapRemoveRange(ctx C.uintptr_t, first unsafe.Pointer, firstSize C.size_t, end unsafe.Pointer, endSize C.size_t) C.int {
	return slotOf(ctx).operate(func(o *objclass.Object) error {
		return o.RemoveOmapRange(objclass.KeyRange{First: stringAt(first, firstSize), End: stringAt(end, endSize), Open: end == nil})
	})
}

//export lvHostMapReadHeader
func lvHostMapReadHeader(ctx C.uintptr_t, answer *C.lv_answer) C.int {
	s := slotOf(ctx)
	return s.operate(func(o *objclass.Object) error {
		header, err := o.OmapHeader()
		s.reply(answer, header)
		return err
	})
}

//export lvHostMapWriteHeader
func lvHostMapWriteHeader(ctx C.uintptr_t, data unsafe.Pointer, size C.size_t) C.int {
	return slotOf(ctx).operate(func(o *objclass.Object) error { return o.SetOmapHeader(bytesAt(data, size)) })
}

//export lvHostCurrentVersion
func lvHostCurrentVersion(ctx C.uintptr_t, version *C.uint64_t) C.int {
	return slotOf(ctx).operate(func(o *objclass.Object) error {
		*version = C.uint64_t(o.Version())
		return nil
	})
}

//export lvHostObject
func lvHostObject(ctx C.uintptr_t, answer *C.lv_answer) C.int {
	s := slotOf(ctx)
	return s.answerFor(func() error {
		ref := &s.inv.Ref
		s.reply(answer, stringRecords("pool", ref.Pool, "namespace", ref.Namespace, "oid", ref.OID))
		return nil
	})
}

//export lvHostCaller
func lvHostCaller(ctx C.uintptr_t, answer *C.lv_answer) C.int {
	s := slotOf(ctx)
	return s.answerFor(func() error {
		inv := s.inv
		fields := []string{"client", inv.Client, "method", inv.Method, "version", inv.Unit.Version}
		if inv.User != "" {
			fields = append(fields, "user", inv.User)
		}
		if inv.Class != "" {
			fields = append(fields, "class", inv.Class)
		}
		s.reply(answer, stringRecords(fields...))
		return nil
	})
}

//export lvHostRandom
func lvHostRandom(ctx C.uintptr_t, data unsafe.Pointer, size C.size_t) C.int {
	s := slotOf(ctx)
	return s.answerFor(func() error {
		if s.random == nil {
			s.random = rand.NewChaCha8(s.inv.DrawSeed())
		}
		s.random.Read(unsafe.Slice((*byte)(data), size))
		return nil
	})
}

//export lvHostLog
func lvHostLog(ctx C.uintptr_t, level C.int, text unsafe.Pointer, size C.size_t) C.int {
	s := slotOf(ctx)
	return s.answerFor(func() error {
		// While a class is loaded nobody listens.
		if s.inv != nil && s.inv.Log != nil {
			s.inv.Log(int(level), stringAt(text, size))
		}
		return nil
	})
}

//export lvHostTake
func lvHostTake(ctx C.uintptr_t, data unsafe.Pointer, size C.size_t) C.int {
	s := slotOf(ctx)
	return s.answerFor(func() error {
		if len(s.kept) != int(size) {
			return fmt.Errorf("%w: no answer of %d bytes is kept", syscall.EINVAL, size)
		}
		copy(unsafe.Slice((*byte)(data), size), s.kept)
		s.kept = nil
		return nil
	})
}

//export lvHostError
func lvHostError(ctx C.uintptr_t, answer *C.lv_answer) C.int {
	s := slotOf(ctx)
	return s.answerFor(func() error {
		text := s.lastErr.Error()
		answer.size = C.size_t(min(len(text), int(answer.capacity)))
		copy(unsafe.Slice((*byte)(answer.data), answer.size), text)
		return nil
	})
}

// Records are how lists cross the border; lv.h describes them.

func appendField[T string | []byte](b []byte, field T) []byte {
	b = binary.NativeEndian.AppendUint32(b, uint32(len(field)))
	return append(b, field...)
}

func keyRecords(keys []string) []byte {
	size := 0
	for _, key := range keys {
		size += 4 + len(key)
	}
	b := make([]byte, 0, size)
	for _, key := range keys {
		b = appendField(b, key)
	}
	return b
}

func pairRecords(pairs []objclass.KeyValue) []byte {
	size := 0
	for _, p := range pairs {
		size += 8 + len(p.Key) + len(p.Value)
	}
	b := make([]byte, 0, size)
	for _, p := range pairs {
		b = appendField(appendField(b, p.Key), p.Value)
	}
	return b
}

func stringRecords(fields ...string) (b []byte) {
	for _, field := range fields {
		b = appendField(b, field)
	}
	return b
}

// fieldsPerLook is how many fields are taken out of records between two looks at whether the call has ended.
const fieldsPerLook = 1024

// fields yields the fields of records that the C core made, until the call ends.
func fields(b []byte, ended func() error, yield func(field []byte)) error {
	for n := 1; len(b) > 0; n++ {
		if n%fieldsPerLook == 0 {
			if err := ended(); err != nil {
				return err
			}
		}
		size := binary.NativeEndian.Uint32(b)
		yield(b[4:][:size])
		b = b[4:][size:]
	}
	return nil
}

// parseKeys copies keys out of records.
func parseKeys(b []byte, ended func() error) (keys []string, err error) {
	err = fields(b, ended, func(field []byte) { keys = append(keys, string(field)) })
	return keys, err
}

// parsePairs copies keys and values out of records.
func parsePairs(b []byte, ended func() error) (pairs []objclass.KeyValue, err error) {
	isValue := false
	err = fields(b, ended, func(field []byte) {
		if isValue {
			pairs[len(pairs)-1].Value = append([]byte{}, field...)
		} else {
			pairs = append(pairs, objclass.KeyValue{Key: string(field)})
		}
		isValue = !isValue
	})
	return pairs, err
}
