// This file reads the metrics of methods back, for commands: what Prometheus collects and what an operator sees are the same numbers.

package server

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// methodStats is what the metrics have of a method since the daemon began; labels are as those of Metrics.
type methodStats struct {
	class, method string
	calls         uint64
	cpu           time.Duration
	elapsed       time.Duration     // of all calls together, each from its arrival to its end
	outcomes      map[string]uint64 // calls by okOutcome, or the kind of the error
	durations     []durationBucket
}

// durationBucket counts the calls that took up to most; those that took longer than any bucket's most are in none.
type durationBucket struct {
	most  time.Duration
	calls uint64 // with those of the buckets before
}

// methodStats returns the numbers of all methods that were called, in order of class and method.
func (m *Metrics) methodStats() []*methodStats {
	all := make(map[[2]string]*methodStats)
	of := func(metric *dto.Metric) *methodStats {
		class, method := label(metric, "class"), label(metric, "method")
		s := all[[2]string{class, method}]
		if s == nil {
			s = &methodStats{class: class, method: method, outcomes: make(map[string]uint64)}
			all[[2]string{class, method}] = s
		}
		return s
	}
	each(m.duration, func(metric *dto.Metric) {
		s, h := of(metric), metric.GetHistogram()
		s.elapsed = inSeconds(h.GetSampleSum())
		for _, b := range h.GetBucket() {
			s.durations = append(s.durations, durationBucket{inSeconds(b.GetUpperBound()), b.GetCumulativeCount()})
		}
	})
	each(m.cpu, func(metric *dto.Metric) { of(metric).cpu = inSeconds(metric.GetCounter().GetValue()) })
	each(m.calls, func(metric *dto.Metric) {
		s, n := of(metric), uint64(metric.GetCounter().GetValue())
		s.calls += n
		s.outcomes[label(metric, "outcome")] += n
	})
	return slices.SortedFunc(maps.Values(all), func(a, b *methodStats) int {
		return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(a.method, b.method))
	})
}

func inSeconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// each calls do with every metric of a collector.
func each(c prometheus.Collector, do func(*dto.Metric)) {
	metrics := make(chan prometheus.Metric)
	go func() {
		c.Collect(metrics)
		close(metrics)
	}()
	for metric := range metrics {
		var text dto.Metric
		if metric.Write(&text) == nil {
			do(&text)
		}
	}
}

func label(metric *dto.Metric, name string) string {
	for _, pair := range metric.GetLabel() {
		if pair.GetName() == name {
			return pair.GetValue()
		}
	}
	return ""
}

// callStats answers CALL.STATS.
func (c *respConn) callStats([][]byte) error {
	all := c.srv.metrics.methodStats()
	c.out.array(len(all))
	for _, s := range all {
		c.out.mapping(7)
		c.out.bulkString("class")
		c.out.bulkString(s.class)
		c.out.bulkString("method")
		c.out.bulkString(s.method)
		c.out.bulkString("calls")
		c.out.uint(s.calls)
		c.out.bulkString("cpu_us")
		c.out.int(s.cpu.Microseconds())
		c.out.bulkString("elapsed_us")
		c.out.int(s.elapsed.Microseconds())
		c.out.bulkString("outcomes")
		c.out.mapping(len(s.outcomes))
		for _, outcome := range slices.Sorted(maps.Keys(s.outcomes)) {
			c.out.bulkString(outcome)
			c.out.uint(s.outcomes[outcome])
		}
		c.out.bulkString("durations")
		c.out.array(len(s.durations))
		for _, b := range s.durations {
			c.out.array(2)
			c.out.int(b.most.Microseconds())
			c.out.uint(b.calls)
		}
	}
	return nil
}
