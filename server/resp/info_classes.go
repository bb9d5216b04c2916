// This file is the section classes of INFO, out of the counters that Prometheus collects.

package resp

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// classes tells of classes that were called, by what their methods did.
func (r *infoReport) classes() {
	stats := r.metrics.Classes()
	for _, name := range slices.Sorted(maps.Keys(stats)) {
		stat := stats[name]
		r.line("class_"+cmp.Or(name, "_unknown"), fmt.Sprintf("calls=%.0f,usec=%.0f,usec_per_call=%.2f,failed_calls=%.0f,traps=%.0f",
			stat.Calls, 1e6*stat.Seconds, 1e6*stat.Seconds/max(stat.Calls, 1), stat.Failed, stat.Traps))
	}
}
