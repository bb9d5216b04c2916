// This file bounds the memory of requests: RESP commands and the bodies of HTTP that arrive, wait or run.

package limits

import (
	"sync/atomic"
	"syscall"

	"github.com/objluad/objluad/objclass"
)

// MaxParts is how many arguments a RESP command has at most, and how many pairs and keys an HTTP request.
const MaxParts = 128 << 10

// Memory counts bytes against a bound. The nil Memory has none.
type Memory struct {
	most int64
	held atomic.Int64
}

// NewMemory makes a Memory of which up to most bytes may be held.
func NewMemory(most int64) *Memory { return &Memory{most: most} }

// ErrNoMemory refuses what there is no memory for. Nothing of it was run.
var ErrNoMemory = objclass.Errorf(syscall.EBUSY, objclass.KindBusy, "the server has too much to read from its clients at once")

// Take reports whether n bytes more may be held. They must be given back.
func (m *Memory) Take(n int) bool {
	if m == nil || m.held.Add(int64(n)) <= m.most {
		return true
	}
	m.held.Add(int64(-n))
	return false
}

// Give gives bytes back.
func (m *Memory) Give(n int) {
	if m != nil {
		m.held.Add(int64(-n))
	}
}

// Held returns how much is held.
func (m *Memory) Held() int64 { return m.held.Load() }

// Tight reports whether more than half of the memory is held.
func (m *Memory) Tight() bool { return m != nil && m.held.Load() > m.most/2 }
