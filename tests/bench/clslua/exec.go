// This file is single calls, for those who compare what cls_lua answers.

package clslua

// #include <stdlib.h>
// #include "clslua.h"
import "C"

import "unsafe"

// Exec calls a method of class lua beside an object, and returns what the method returned, an errno if it is negative, and its
// output. RADOS drops both of a call that wrote.
func (p *Pool) Exec(oid, method string, input []byte) (ret int, output []byte) {
	coid, cmethod := C.CString(oid), C.CString(method)
	defer C.free(unsafe.Pointer(coid))
	defer C.free(unsafe.Pointer(cmethod))
	var out *C.char
	var size C.size_t
	ret = int(C.cl_exec(C.rados_ioctx_t(p.io.Pointer()), coid, cmethod,
		(*C.char)(unsafe.Pointer(unsafe.SliceData(input))), C.size_t(len(input)), &out, &size))
	if out != nil {
		output = C.GoBytes(unsafe.Pointer(out), C.int(size))
		C.rados_buffer_free(out)
	}
	return ret, output
}
