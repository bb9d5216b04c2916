// This file reads the metrics of methods back by class, for INFO.

package metrics

import (
	"strings"

	dto "github.com/prometheus/client_model/go"
)

// Class counts the calls of a class.
type Class struct{ Calls, Failed, Traps, Seconds float64 }

// Classes returns the numbers of all classes that were called, by their labels.
func (m *Metrics) Classes() map[string]*Class {
	stats := make(map[string]*Class)
	of := func(metric *dto.Metric) *Class {
		class := label(metric, "class")
		if stats[class] == nil {
			stats[class] = &Class{}
		}
		return stats[class]
	}
	each(m.calls, func(metric *dto.Metric) {
		stat, n, outcome := of(metric), metric.GetCounter().GetValue(), label(metric, "outcome")
		stat.Calls += n
		if outcome != okOutcome {
			stat.Failed += n
		}
		if strings.HasPrefix(outcome, "trap:") {
			stat.Traps += n
		}
	})
	each(m.duration, func(metric *dto.Metric) { of(metric).Seconds += metric.GetHistogram().GetSampleSum() })
	return stats
}
