// This file puts errors into the lines that RESP clients read.

package resp

import (
	"fmt"
	"strings"
	"syscall"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/wire"
)

// envelope returns the envelope of an error.
func envelope(err error) *objclass.Error {
	if isProtocolError(err) {
		return objclass.Errorf(syscall.EINVAL, objclass.KindInput, "%w", err)
	}
	return wire.AsError(err)
}

// errorLine returns "<ERRNO> <kind> <message>" on one line.
func errorLine(e *objclass.Error) string {
	return e.ErrnoName() + " " + string(e.Kind) + " " + wire.Printable(e.Message, wire.MaxMessage, false)
}

// errorLines returns errorLine and what else is known of the error, on lines of their own: "where: ", "class_version: " and "usage: ",
// as far as there are any, and behind a line "traceback:" the traceback.
func errorLines(e *objclass.Error) string {
	var b strings.Builder
	b.WriteString(errorLine(e))
	if e.Where != "" {
		b.WriteString("\nwhere: " + wire.Printable(e.Where, wire.MaxWhere, false))
	}
	if e.ClassVersion != "" {
		b.WriteString("\nclass_version: " + e.ClassVersion)
	}
	if e.Usage != (objclass.Usage{}) {
		fmt.Fprintf(&b, "\nusage: cpu_us=%d peak_bytes=%d host_ops=%d", e.Usage.CPU.Microseconds(), e.Usage.PeakBytes, e.Usage.HostOps)
	}
	if e.Traceback != "" {
		b.WriteString("\ntraceback:\n" + wire.Printable(e.Traceback, wire.MaxTraceback, true))
	}
	return b.String()
}
