//go:build lua54

// The manifest that a class gives while it is loaded: values of Lua, as the C core hands them over.

package luavm

/*
#include "lv.h"
*/
import "C"

import (
	"encoding/binary"
	"math"
	"syscall"
	"unsafe"

	"github.com/objluad/objluad/objclass"
)

//export lvHostManifest
func lvHostManifest(ctx C.uintptr_t, where unsafe.Pointer, whereSize C.size_t, value unsafe.Pointer, size C.size_t) C.int {
	s := slotOf(ctx)
	return s.answerFor(func() error {
		if s.loaded.Manifest != nil {
			return objclass.Errorf(syscall.EINVAL, objclass.KindOp, "the manifest was given already")
		}
		r := valueReader{bytesAt(value, size)}
		s.loaded.Manifest, _ = r.value().(objclass.Table)
		s.loaded.ManifestAt = stringAt(where, whereSize)
		return nil
	})
}

// valueReader reads values; lv.h has their form.
type valueReader struct{ rest []byte }

// end is what stands behind the pairs of a table.
type end struct{}

func (r *valueReader) take(n int) []byte {
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *valueReader) text() string {
	return string(r.take(int(binary.NativeEndian.Uint32(r.take(4)))))
}

func (r *valueReader) value() any {
	switch r.take(1)[0] {
	case C.LV_VALUE_STRING:
		return r.text()
	case C.LV_VALUE_INTEGER:
		return int64(binary.NativeEndian.Uint64(r.take(8)))
	case C.LV_VALUE_FLOAT:
		return math.Float64frombits(binary.NativeEndian.Uint64(r.take(8)))
	case C.LV_VALUE_TRUE:
		return true
	case C.LV_VALUE_FALSE:
		return false
	case C.LV_VALUE_TABLE:
		return r.table()
	case C.LV_VALUE_OTHER:
		return objclass.OtherValue(r.text())
	}
	return end{}
}

func (r *valueReader) table() objclass.Table {
	t := objclass.Table{}
	for {
		key := r.value()
		if key == (end{}) {
			return t
		}
		t[key] = r.value()
	}
}
