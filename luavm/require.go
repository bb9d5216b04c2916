//go:build lua54

// The modules that a class requires while it is loaded.

package luavm

/*
#include <stdlib.h>
#include "lv.h"
*/
import "C"

import (
	"context"
	"syscall"
	"unsafe"

	"github.com/objluad/objluad/objclass"
)

// lendModules gives the C core copies of a unit's modules, which it has until the returned function is called.
func (s *slot) lendModules(unit *objclass.Unit) (takeBack func()) {
	n := len(unit.Modules)
	if n == 0 {
		return func() {}
	}
	array := (*C.lv_module)(C.calloc(C.size_t(n), C.sizeof_lv_module))
	modules := unsafe.Slice(array, n)
	for i, m := range unit.Modules {
		modules[i] = C.lv_module{
			name:   C.CString("=" + m.Name),
			source: (*C.char)(C.CBytes(m.Source)),
			size:   C.size_t(len(m.Source)),
		}
	}
	C.lv_set_modules(s.c, array, C.int(n))
	return func() {
		for _, m := range modules {
			C.free(unsafe.Pointer(m.name))
			C.free(unsafe.Pointer(m.source))
		}
		C.free(unsafe.Pointer(array))
	}
}

// lvHostRequire finds a module. When the class's own chunk requires what the unit has not, the load ends at once: nothing that
// the chunk could do without would be what it means to do.
//
//export lvHostRequire
func lvHostRequire(ctx C.uintptr_t, chunk C.int, name unsafe.Pointer, nameSize C.size_t, module *C.int) C.int {
	s := slotOf(ctx)
	return s.answerFor(func() error {
		as := stringAt(name, nameSize)
		requires, who := s.loading.Requires, s.loading.Name
		if chunk > 0 {
			m := &s.loading.Modules[chunk-1]
			requires, who = m.Requires, m.Name
		}
		i, ok := requires[as]
		switch {
		case ok:
			*module = C.int(i + 1)
			return nil
		case chunk == 0:
			s.missing = &objclass.MissingModule{Name: as}
			return context.Canceled
		}
		return objclass.Errorf(syscall.EINVAL, objclass.KindOp, "require %.80q: %s did not require it when it was installed", as, who)
	})
}

// loadError returns what kept the unit from being loaded; nil when nothing did.
func (s *slot) loadError(report *C.lv_report) error {
	if s.missing == nil {
		return s.toError(report)
	}
	s.missing.Where = C.GoString(&report.where[0])
	e := objclass.Errorf(syscall.EINVAL, objclass.KindClass, "%w", s.missing)
	e.ClassVersion = s.unit.Version
	return e
}
