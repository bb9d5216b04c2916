// This file is the numbers of connected clients, and of what they have the server hold.

package limits

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/objluad/objluad/server/metrics"
)

// Register adds the numbers of the clients, which are those of a listener, to m.
func (c *Clients) Register(m *metrics.Metrics, listener string) {
	labels := prometheus.Labels{"listener": listener}
	m.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name:        "objluad_unsent_bytes",
		Help:        "Bytes of large replies that clients have not taken.",
		ConstLabels: labels,
	}, load(&c.unsent)))
	for why, reason := range cutReasons {
		m.Register(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name:        "objluad_clients_cut_off_total",
			Help:        "Connections that were cut off, by the reason: slow_reader, unsent, slow_sender, handshake or idle.",
			ConstLabels: prometheus.Labels{"listener": listener, "reason": reason},
		}, load(&c.cutOff[why])))
	}
}

func load(n *atomic.Int64) func() float64 { return func() float64 { return float64(n.Load()) } }
