// This file reads the metrics of methods back, for commands: what Prometheus collects and what an operator sees are the same numbers.

package metrics

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// Method is what the metrics have of a method since the daemon began; Class and Method are labels as those of Metrics.
type Method struct {
	Class, Method string
	Calls         uint64
	CPU           time.Duration
	Elapsed       time.Duration     // of all calls together, each from its arrival to its end
	Outcomes      map[string]uint64 // calls by "ok", or the kind of the error
	Durations     []Bucket
}

// Bucket counts the calls that took up to Most; those that took longer than any bucket's Most are in none.
type Bucket struct {
	Most  time.Duration
	Calls uint64 // with those of the buckets before
}

// Methods returns the numbers of all methods that were called, in order of class and method.
func (m *Metrics) Methods() []*Method {
	all := make(map[[2]string]*Method)
	of := func(metric *dto.Metric) *Method {
		class, method := label(metric, "class"), label(metric, "method")
		s := all[[2]string{class, method}]
		if s == nil {
			s = &Method{Class: class, Method: method, Outcomes: make(map[string]uint64)}
			all[[2]string{class, method}] = s
		}
		return s
	}
	each(m.duration, func(metric *dto.Metric) {
		s, h := of(metric), metric.GetHistogram()
		s.Elapsed = inSeconds(h.GetSampleSum())
		for _, b := range h.GetBucket() {
			s.Durations = append(s.Durations, Bucket{inSeconds(b.GetUpperBound()), b.GetCumulativeCount()})
		}
	})
	each(m.cpu, func(metric *dto.Metric) { of(metric).CPU = inSeconds(metric.GetCounter().GetValue()) })
	each(m.calls, func(metric *dto.Metric) {
		s, n := of(metric), uint64(metric.GetCounter().GetValue())
		s.Calls += n
		s.Outcomes[label(metric, "outcome")] += n
	})
	return slices.SortedFunc(maps.Values(all), func(a, b *Method) int {
		return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.Method, b.Method))
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
