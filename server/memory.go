// This file bounds the memory of requests: RESP commands and the bodies of HTTP that arrive, wait or run.

package server

import (
	"sync/atomic"
	"syscall"

	"github.com/objluad/objluad/objclass"
)

// memory counts bytes against a bound.
type memory struct {
	most int64
	held atomic.Int64
}

// errNoMemory refuses what there is no memory for. Nothing of it was run.
var errNoMemory = objclass.Errorf(syscall.EBUSY, objclass.KindBusy, "the server has too much to read from its clients at once")

// take reports whether n bytes more may be held. They must be given back.
func (m *memory) take(n int) bool {
	if m == nil || m.held.Add(int64(n)) <= m.most {
		return true
	}
	m.held.Add(int64(-n))
	return false
}

func (m *memory) give(n int) {
	if m != nil {
		m.held.Add(int64(-n))
	}
}

// tight reports whether more than half of the memory is held.
func (m *memory) tight() bool { return m != nil && m.held.Load() > m.most/2 }
