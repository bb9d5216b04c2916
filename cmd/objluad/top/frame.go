// This file makes of two samples what happened between them.

package top

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/objluad/objluad/client"
)

// Frame is what happened between two samples, and what is under way at the second one.
type Frame struct {
	Time       time.Time `json:"time"`
	Seconds    float64   `json:"seconds"`     // between the samples
	SinceStart bool      `json:"since_start"` // of the daemon: there was no first sample

	Daemon  Daemon            `json:"daemon"`
	Total   Cost              `json:"total"`
	Errors  []Errors          `json:"errors"`  // by kind, the most first
	Classes []Cost            `json:"classes"` // with calls that ended in this time, the costliest first
	Methods []Cost            `json:"methods"` // the slowest first
	Calls   []client.CallInfo `json:"-"`       // oldest first
}

// Daemon is the daemon's state. A number that it does not tell is -1.
type Daemon struct {
	Version     string `json:"version"`
	Uptime      int64  `json:"uptime_seconds"`
	Connections int64  `json:"connections"`
	Memory      int64  `json:"memory_bytes"` // resident
	InProgress  int64  `json:"calls_in_progress"`
	Running     int64  `json:"calls_running"`
	VMs         int64  `json:"vms"`
	VMsBusy     int64  `json:"vms_busy"`
}

// Cost is what the calls of a method, of a class or of all cost that ended between the samples.
type Cost struct {
	Class  string `json:"class,omitempty"`
	Method string `json:"method,omitempty"`

	Calls  uint64  `json:"calls"`
	Rate   float64 `json:"calls_per_second"`
	CPU    float64 `json:"cpu_percent"` // of one core
	CPUs   int64   `json:"cpu_us"`
	Mean   int64   `json:"mean_us"` // from a call's arrival to its end
	P99    int64   `json:"p99_us"`  // estimated from a histogram
	Failed uint64  `json:"failed"`
	Traps  uint64  `json:"traps"`

	elapsed   time.Duration
	durations []client.DurationBucket
}

// Errors is the calls that failed in one way.
type Errors struct {
	Kind  string  `json:"kind"`
	Calls uint64  `json:"calls"` // between the samples
	Rate  float64 `json:"calls_per_second"`
	Total uint64  `json:"total"` // since the daemon began
}

// NewFrame compares a sample with an earlier one, which may be nil.
func NewFrame(earlier, now *Sample) Frame {
	f := Frame{Time: now.at, Calls: now.calls, Daemon: newDaemon(now)}
	if !now.follows(earlier) {
		earlier, f.SinceStart = now.start(), true
	}
	f.Seconds = max(now.at.Sub(earlier.at).Seconds(), 0.001)
	before := make(map[[2]string]client.MethodStats)
	for _, m := range earlier.methods {
		before[[2]string{m.Class, m.Method}] = m
	}
	classes, errors := make(map[string]*Cost), make(map[string]*Errors)
	for _, m := range now.methods {
		old := before[[2]string{m.Class, m.Method}]
		countErrors(errors, m, old)
		if m.Calls <= old.Calls {
			continue
		}
		cost := newCost(m, old)
		class := classes[m.Class]
		if class == nil {
			class = &Cost{Class: m.Class}
			classes[m.Class] = class
		}
		class.add(cost)
		f.Total.add(cost)
		cost.finish(f.Seconds)
		f.Methods = append(f.Methods, cost)
	}
	f.Total.finish(f.Seconds)
	f.Classes = make([]Cost, 0, len(classes))
	for _, class := range classes {
		class.finish(f.Seconds)
		f.Classes = append(f.Classes, *class)
	}
	f.Methods = append([]Cost{}, f.Methods...)
	slices.SortFunc(f.Classes, func(a, b Cost) int { return cmp.Or(cmp.Compare(b.CPUs, a.CPUs), cmp.Compare(a.Class, b.Class)) })
	slices.SortStableFunc(f.Methods, func(a, b Cost) int { return cmp.Compare(b.Mean, a.Mean) })
	f.Errors = sortErrors(errors, f.Seconds)
	return f
}

func newDaemon(s *Sample) Daemon {
	return Daemon{
		Version:     s.info["objluad_version"],
		Uptime:      s.number("uptime_in_seconds"),
		Connections: s.number("connected_clients"),
		Memory:      s.number("used_memory_rss"),
		InProgress:  s.number("calls_in_progress"),
		Running:     s.number("calls_running"),
		VMs:         s.number("slots"),
		VMsBusy:     s.number("slots_busy"),
	}
}

const okOutcome = "ok" // the outcome of a call that did not fail; others are kinds of errors

// countErrors adds what failed of a method.
func countErrors(errors map[string]*Errors, now, old client.MethodStats) {
	for kind, total := range now.Outcomes {
		if kind == okOutcome {
			continue
		}
		e := errors[kind]
		if e == nil {
			e = &Errors{Kind: kind}
			errors[kind] = e
		}
		e.Total += total
		e.Calls += total - old.Outcomes[kind]
	}
}

func sortErrors(errors map[string]*Errors, seconds float64) []Errors {
	list := make([]Errors, 0, len(errors))
	for _, e := range errors {
		e.Rate = float64(e.Calls) / seconds
		list = append(list, *e)
	}
	slices.SortFunc(list, func(a, b Errors) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(b.Total, a.Total), strings.Compare(a.Kind, b.Kind))
	})
	return list
}

// newCost is the difference of two counts of a method. Its rates are for finish.
func newCost(now, old client.MethodStats) Cost {
	c := Cost{
		Class:     now.Class,
		Method:    now.Method,
		Calls:     now.Calls - old.Calls,
		CPUs:      (now.CPU - old.CPU).Microseconds(),
		elapsed:   now.Elapsed - old.Elapsed,
		durations: slices.Clone(now.Durations),
	}
	for i := range min(len(c.durations), len(old.Durations)) {
		c.durations[i].Calls -= old.Durations[i].Calls
	}
	for kind, total := range now.Outcomes {
		n := total - old.Outcomes[kind]
		if kind != okOutcome {
			c.Failed += n
		}
		if strings.HasPrefix(kind, "trap:") {
			c.Traps += n
		}
	}
	return c
}

func (c *Cost) add(o Cost) {
	c.Calls += o.Calls
	c.CPUs += o.CPUs
	c.Failed += o.Failed
	c.Traps += o.Traps
	c.elapsed += o.elapsed
	if c.durations == nil {
		c.durations = slices.Clone(o.durations)
		return
	}
	for i := range min(len(c.durations), len(o.durations)) {
		c.durations[i].Calls += o.durations[i].Calls
	}
}

// finish computes what depends on the time between the samples.
func (c *Cost) finish(seconds float64) {
	c.Rate = float64(c.Calls) / seconds
	c.CPU = float64(c.CPUs) / 1e4 / seconds
	if c.Calls > 0 {
		c.Mean = c.elapsed.Microseconds() / int64(c.Calls)
	}
	c.P99 = quantile(c.durations, c.Calls, 0.99).Microseconds()
}

// quantile estimates as Prometheus does: calls are taken to be spread evenly over their bucket. Those beyond all buckets count as the
// last one's longest.
func quantile(buckets []client.DurationBucket, calls uint64, q float64) time.Duration {
	rank := q * float64(calls)
	var before client.DurationBucket
	for _, b := range buckets {
		if float64(b.Calls) >= rank && b.Calls > before.Calls {
			share := (rank - float64(before.Calls)) / float64(b.Calls-before.Calls)
			return before.Most + time.Duration(share*float64(b.Most-before.Most))
		}
		before = b
	}
	return before.Most
}
