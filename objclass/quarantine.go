// This file is the quarantine: a class version that the guard has to end again and again is refused for a while.
//
// It is a circuit breaker for each version, in this daemon's memory. Closed, it counts traps. When there were so many within the
// window it opens: calls of the version are refused until the cooldown is over. The first call after that is let through to try the
// version, alone. If it is not trapped, the breaker closes; if it is, the breaker stays open for twice as long.

package objclass

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// QuarantineOptions sets when a class version is refused because it traps. Scripts that are sent with a call never are.
type QuarantineOptions struct {
	Traps    int           // so many traps within Window quarantine a version; 0: none does
	Window   time.Duration // default 60 s
	Cooldown time.Duration // how long a version is refused at first; default 30 s. Each trial that traps doubles it, up to 16 times
}

const longestCooldown = 16 // times the first one

func (o *QuarantineOptions) setDefaults() {
	orDefault(&o.Window, time.Minute)
	orDefault(&o.Cooldown, 30*time.Second)
}

// Quarantined describes a class version that is in quarantine.
type Quarantined struct {
	Since time.Time
	Until time.Time // the first call after that tries the version
	Trial bool      // a call tries it now
	Traps int       // that the version had, trials included
	Last  string    // kind and message of the last one
}

// QuarantineStats tell of the quarantine since the daemon began.
type QuarantineStats struct {
	Versions int    // in quarantine now
	Entered  uint64 // how often a version was quarantined; a trial that trapped does not count again
	Refused  uint64 // calls
}

// quarantine has the breakers of the versions that trapped of late.
type quarantine struct {
	opts   QuarantineOptions
	logger *slog.Logger

	open    atomic.Int64 // breakers that are; most often none, and then calls look no further
	entered atomic.Uint64
	refused atomic.Uint64

	mu       sync.Mutex
	breakers map[versionName]*breaker
}

type versionName struct{ class, version string }

func (n versionName) String() string { return n.class + "@" + n.version[:min(12, len(n.version))] }

type breaker struct {
	traps    []time.Time // of a closed one, those within the window
	open     bool
	cooldown time.Duration
	Quarantined
}

// mostBreakers bounds those that are kept. Beyond it closed ones are forgotten.
const mostBreakers = 1000

func newQuarantine(opts QuarantineOptions, logger *slog.Logger) *quarantine {
	opts.setDefaults()
	return &quarantine{opts: opts, logger: logger, breakers: make(map[versionName]*breaker)}
}

// admit refuses a call of a version that is in quarantine. If the call is to try the version, trial is its breaker, and the call's end
// must be told to settle.
func (q *quarantine) admit(v *classVersion) (trial *breaker, err error) {
	if q.open.Load() == 0 {
		return nil, nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	name := versionName{v.class, v.version}
	b := q.breakers[name]
	switch {
	case b == nil || !b.open:
		return nil, nil
	case b.Trial || time.Now().Before(b.Until):
		return nil, b.refusal(name, q.opts.Window)
	}
	b.Trial = true
	return b, nil
}

func (b *breaker) refusal(name versionName, window time.Duration) error {
	next := "the first call after " + stamp(b.Until) + " tries it again"
	if b.Trial {
		next = "a call tries it now"
	}
	return Errorf(syscall.EPERM, KindClass, "quarantined: class %v since %s, because it trapped %d times within %v or when it was tried again; last: %s; %s; "+
		"to let it run: objluad class reset %v", name, stamp(b.Since), b.Traps, window, b.Last, next, name)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// settle takes a call's end into account; trial is what admit returned.
func (x *exec) settle(err *Error) {
	if x.class == nil || err == nil && x.trial == nil { // the common case
		return
	}
	q, name := x.quarantine, versionName{x.class.class, x.class.version}
	switch {
	case x.trappedItself(err):
		q.trapped(name, err, x.trial)
		x.trial = nil
	default:
		x.endTrial(x.runs > 0 && (err == nil || err.Kind.Trap() == ""))
	}
}

// endTrial ends the trial, if the call is one, without a trap; ran as in tried.
func (x *exec) endTrial(ran bool) {
	if x.trial != nil {
		x.quarantine.tried(versionName{x.class.class, x.class.version}, x.trial, ran)
		x.trial = nil
	}
}

// trappedItself reports whether a call ended by a trap that tells something of its class version: not when somebody ended it, when the
// daemon failed, or when the caller gave it less time than it has by default.
func (x *exec) trappedItself(err *Error) bool {
	if err == nil || x.tuned.Quarantine.Traps == 0 {
		return false
	}
	switch err.Kind {
	case TrapMemory, TrapPanic, TrapFault:
		return true
	case TrapDeadline:
		own := x.method.manifest.budget(x.tuned.budget, x.tuned.largest(), false)
		return x.budget.Wall >= own.Wall
	}
	return false
}

// trapped counts a trap, which opens the version's breaker or keeps it open.
func (q *quarantine) trapped(name versionName, err *Error, trial *breaker) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now, b := time.Now(), q.breakers[name]
	if b == nil {
		b = q.newBreaker(name, now)
	}
	if b.open && b != trial || q.opts.Traps == 0 {
		return // the call began before
	}
	b.Last = string(err.Kind) + " " + err.Message
	if b.open {
		b.Trial = false
		b.Traps++
		b.cooldown = min(2*b.cooldown, longestCooldown*q.opts.Cooldown)
		b.Until = now.Add(b.cooldown)
		q.logger.Warn("class version trapped when it was tried again, and stays in quarantine", "class", name.class, "version", name.version, "until", b.Until, "trap", b.Last)
		return
	}
	b.traps = append(since(b.traps, now.Add(-q.opts.Window)), now)
	if len(b.traps) < q.opts.Traps {
		return
	}
	b.open, b.cooldown = true, q.opts.Cooldown
	b.Since, b.Until, b.Traps = now, now.Add(b.cooldown), len(b.traps)
	q.open.Add(1)
	q.entered.Add(1)
	q.logger.Warn("class version is quarantined: its calls are refused", "class", name.class, "version", name.version, "traps", b.Traps, "until", b.Until, "trap", b.Last)
}

// since returns the times after start, in the memory of times, which are in order.
func since(times []time.Time, start time.Time) []time.Time {
	for i, t := range times {
		if t.After(start) {
			return append(times[:0], times[i:]...)
		}
	}
	return times[:0]
}

// newBreaker adds a breaker. If there are too many it forgets closed ones: at first those whose traps are too long ago.
func (q *quarantine) newBreaker(name versionName, now time.Time) *breaker {
	start := now.Add(-q.opts.Window)
	for _, all := range []bool{false, true} {
		if len(q.breakers) < mostBreakers {
			break
		}
		for name, b := range q.breakers {
			if !b.open && (all || len(since(b.traps, start)) == 0) {
				delete(q.breakers, name)
			}
		}
	}
	b := new(breaker)
	q.breakers[name] = b
	return b
}

// tried ends a trial without a trap. If the method ran, the version is good again; otherwise the next call tries it.
func (q *quarantine) tried(name versionName, trial *breaker, ran bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.breakers[name] != trial {
		return // reset meanwhile
	}
	if trial.Trial = false; ran {
		q.release(name)
		q.logger.Info("class version is out of quarantine: it was tried again and did not trap", "class", name.class, "version", name.version)
	}
}

func (q *quarantine) release(name versionName) {
	if q.breakers[name].open {
		q.open.Add(-1)
	}
	delete(q.breakers, name)
}

// reset forgets the traps of a version, or, if it is "", of all versions of a class.
func (q *quarantine) reset(class, version string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for name, b := range q.breakers {
		if name.class != class || version != "" && name.version != version {
			continue
		}
		if b.open {
			q.logger.Info("class version is out of quarantine: an operator has reset it", "class", name.class, "version", name.version)
		}
		q.release(name)
	}
}

// describe returns info with what the quarantine knows of its version.
func (q *quarantine) describe(info ClassInfo) ClassInfo {
	q.mu.Lock()
	defer q.mu.Unlock()
	if b := q.breakers[versionName{info.Name, info.Version}]; b != nil && b.open {
		quarantined := b.Quarantined
		info.Quarantine = &quarantined
	}
	return info
}

func (q *quarantine) stats() QuarantineStats {
	return QuarantineStats{int(q.open.Load()), q.entered.Load(), q.refused.Load()}
}
