// This file remembers how long methods run, so that long ones can be kept from standing in the way of short ones.

package objclass

import (
	"sync"
	"sync/atomic"
	"time"
)

// scriptsRemembered bounds how many scripts' paces are kept.
const scriptsRemembered = 4096

// longRun is the CPU time of a run above which a method counts as long.
const longRun = 2 * time.Millisecond

// surelyLong is the elapsed time of a run that is not taken for a short one on a busy machine.
const surelyLong = 50 * time.Millisecond

// pace is a moving average of the CPU time of a method's runs. Its zero value is that of a method that never ran.
type pace struct{ average atomic.Int64 }

// add takes one run into account. An update lost to a concurrent one does no harm.
func (p *pace) add(d time.Duration) {
	if old := p.average.Load(); old != 0 {
		d = time.Duration(old) + (d-time.Duration(old))/8
	}
	p.average.Store(int64(max(d, 1)))
}

// turned takes into account that a run has taken so long, and goes on.
func (p *pace) turned(d time.Duration) { p.average.Store(int64(max(d, longRun+1))) }

func (p *pace) unknown() bool { return p.average.Load() == 0 }
func (p *pace) short() bool   { return !p.unknown() && time.Duration(p.average.Load()) <= longRun }

// scriptPaces remembers the paces of scripts by their versions. It forgets some when there are too many.
type scriptPaces struct {
	mu    sync.Mutex
	paces map[string]*pace
}

func newScriptPaces() *scriptPaces {
	return &scriptPaces{paces: make(map[string]*pace)}
}

// of returns the pace of a script, which the caller may update.
func (s *scriptPaces) of(version string) *pace {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.paces[version]; ok {
		return p
	}
	if len(s.paces) >= scriptsRemembered {
		for victim := range s.paces {
			delete(s.paces, victim)
			break
		}
	}
	p := new(pace)
	s.paces[version] = p
	return p
}
