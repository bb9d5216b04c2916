// This file is the section classes of INFO, out of the counters that Prometheus collects.

package server

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"
)

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
	each(r.metrics.calls, func(metric *dto.Metric) {
		stat, n, outcome := of(metric), metric.GetCounter().GetValue(), label(metric, "outcome")
		stat.calls += n
		if outcome != okOutcome {
			stat.failed += n
		}
		if strings.HasPrefix(outcome, "trap:") {
			stat.traps += n
		}
	})
	each(r.metrics.duration, func(metric *dto.Metric) { of(metric).seconds += metric.GetHistogram().GetSampleSum() })
	for _, name := range slices.Sorted(maps.Keys(stats)) {
		stat := stats[name]
		r.line("class_"+cmp.Or(name, "_unknown"), fmt.Sprintf("calls=%.0f,usec=%.0f,usec_per_call=%.2f,failed_calls=%.0f,traps=%.0f",
			stat.calls, 1e6*stat.seconds, 1e6*stat.seconds/max(stat.calls, 1), stat.failed, stat.traps))
	}
}
