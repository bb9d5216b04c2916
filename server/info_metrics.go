// This file reads numbers for INFO out of the registry that Prometheus collects.

package server

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"
)

type metricFamily []*dto.Metric

// family returns all series of a name. They are gathered once for an answer.
func (r *infoReport) family(name string) metricFamily {
	if r.gathered == nil {
		r.gathered = make(map[string]metricFamily)
		families, err := r.metrics.registry.Gather()
		if err != nil {
			r.log.Warn("some metrics cannot be gathered", "err", err)
		}
		for _, family := range families {
			r.gathered[family.GetName()] = family.GetMetric()
		}
	}
	return r.gathered[name]
}

// metric returns the gauge of a name, 0 when there is none.
func (r *infoReport) metric(name string) float64 {
	for _, metric := range r.family(name) {
		return metric.GetGauge().GetValue()
	}
	return 0
}

// classStat counts the calls of a class.
type classStat struct{ calls, failed, traps, seconds float64 }

// classes tells of classes that were called, by what their methods did.
func (r *infoReport) classes() {
	stats := make(map[string]*classStat)
	of := func(metric *dto.Metric) *classStat {
		class := label(metric, "class")
		if stats[class] == nil {
			stats[class] = &classStat{}
		}
		return stats[class]
	}
	for _, metric := range r.family("objluad_calls_total") {
		stat, n, outcome := of(metric), metric.GetCounter().GetValue(), label(metric, "outcome")
		stat.calls += n
		if outcome != okOutcome {
			stat.failed += n
		}
		if strings.HasPrefix(outcome, "trap:") {
			stat.traps += n
		}
	}
	for _, metric := range r.family("objluad_call_duration_seconds") {
		of(metric).seconds += metric.GetHistogram().GetSampleSum()
	}
	for _, name := range slices.Sorted(maps.Keys(stats)) {
		stat := stats[name]
		r.line("class_"+cmp.Or(name, "_unknown"), fmt.Sprintf("calls=%.0f,usec=%.0f,usec_per_call=%.2f,failed_calls=%.0f,traps=%.0f",
			stat.calls, 1e6*stat.seconds, 1e6*stat.seconds/max(stat.calls, 1), stat.failed, stat.traps))
	}
}
