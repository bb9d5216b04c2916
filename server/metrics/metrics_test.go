package metrics

import (
	"fmt"
	"testing"

	"github.com/objluad/objluad/objclass"
)

// However many methods are called, the numbers that are kept are bounded, and no call is lost from them.
func TestMetricsAreBounded(t *testing.T) {
	m := New()
	const calls = 3 * maxMethods
	for i := range calls {
		o := &objclass.Observation{Class: fmt.Sprint("c", i), Method: "f"}
		if i%2 == 1 {
			o.Err = &objclass.Error{Kind: objclass.KindScript}
		}
		m.Observe(o)
	}
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		switch family.GetName() {
		case "objluad_calls_total":
			sum := 0.0
			for _, series := range family.Metric {
				sum += series.Counter.GetValue()
			}
			if n := len(family.Metric); sum != calls || n > 2*(maxMethods+1) {
				t.Errorf("%v calls in %d series, of %d", sum, n, calls)
			}
		case "objluad_call_duration_seconds":
			if n := len(family.Metric); n > maxMethods+1 {
				t.Errorf("%d histograms", n)
			}
		}
	}
	if n := len(*m.methods.Load()); n > maxMethods+1 {
		t.Errorf("%d methods are remembered", n)
	}
}
