// This file counts what RESP clients send: commands by their names, errors by their first words, and bytes.

package resp

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// maxErrors bounds the first words of errors that are counted by themselves, since methods may return any number as an errno. Those
// beyond them count as otherError.
const (
	maxErrors  = 256
	otherError = "_other"
)

// stats are the numbers of the RESP listener. Both Prometheus and INFO show them from here.
type stats struct {
	answered       atomic.Int64              // commands
	received, sent atomic.Int64              // bytes
	commands       map[*command]*commandStat // every command and subcommand; never changed

	mu     sync.Mutex
	errors map[string]int64
}

// commandStat counts a command.
type commandStat struct {
	calls    atomic.Int64 // that ran
	failed   atomic.Int64 // of these
	rejected atomic.Int64 // that did not run, for the number of their arguments
	nanos    atomic.Int64 // that they took, without sending replies and waiting for the disk
}

func newStats() *stats {
	m := &stats{commands: make(map[*command]*commandStat), errors: make(map[string]int64)}
	for _, cmd := range commands {
		m.commands[cmd] = &commandStat{}
		for _, sub := range cmd.subs {
			m.commands[sub] = &commandStat{}
		}
	}
	return m
}

func (m *stats) countError(code string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.errors[code]; !known && len(m.errors) >= maxErrors {
		code = otherError
	}
	m.errors[code]++
}

func (m *stats) eachError(visit func(code string, n int64)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for code, n := range m.errors {
		visit(code, n)
	}
}

// used returns the commands that were sent, by their names.
func (m *stats) used() (used []*command) {
	for cmd, stat := range m.commands {
		if stat.calls.Load()+stat.rejected.Load() > 0 {
			used = append(used, cmd)
		}
	}
	slices.SortFunc(used, func(a, b *command) int { return strings.Compare(a.name, b.name) })
	return used
}

// register adds the numbers of the listener to those that Prometheus is told.
func (s *Server) register() {
	m := s.metrics
	m.Register(s.stats)
	s.connected.Register(m, "resp")
	m.Gauge("objluad_resp_connections", "RESP connections.", s.connections)
	m.Counter("objluad_resp_connections_accepted_total", "RESP connections that were accepted.", s.connected.Accepted)
	m.Counter("objluad_resp_connections_refused_total", "RESP connections that were refused because there were too many.", s.connected.Refused)
	m.Counter("objluad_resp_commands_total", "RESP commands that were answered.", s.stats.answered.Load)
	m.Counter("objluad_resp_received_bytes_total", "Bytes that were read from RESP connections.", s.stats.received.Load)
	m.Counter("objluad_resp_sent_bytes_total", "Bytes that were sent on RESP connections.", s.stats.sent.Load)
}

var (
	commandCallsDesc    = prometheus.NewDesc("objluad_resp_command_calls_total", "Runs of RESP commands.", []string{"command"}, nil)
	commandFailedDesc   = prometheus.NewDesc("objluad_resp_command_failed_total", "Runs of RESP commands that answered an error.", []string{"command"}, nil)
	commandRejectedDesc = prometheus.NewDesc("objluad_resp_command_rejected_total", "RESP commands that did not run, for the number of their arguments.", []string{"command"}, nil)
	commandSecondsDesc  = prometheus.NewDesc("objluad_resp_command_seconds_total", "Time that RESP commands ran, without sending replies and waiting for the disk.", []string{"command"}, nil)
	errorsDesc          = prometheus.NewDesc("objluad_resp_errors_total", "Errors that RESP clients were answered, by their first words.", []string{"error"}, nil)
)

// Describe is prometheus.Collector's.
func (m *stats) Describe(descs chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{commandCallsDesc, commandFailedDesc, commandRejectedDesc, commandSecondsDesc, errorsDesc} {
		descs <- desc
	}
}

// Collect is prometheus.Collector's. Commands that nobody sent are left out.
func (m *stats) Collect(metrics chan<- prometheus.Metric) {
	for _, cmd := range m.used() {
		stat := m.commands[cmd]
		for desc, value := range map[*prometheus.Desc]float64{
			commandCallsDesc:    float64(stat.calls.Load()),
			commandFailedDesc:   float64(stat.failed.Load()),
			commandRejectedDesc: float64(stat.rejected.Load()),
			commandSecondsDesc:  float64(stat.nanos.Load()) / 1e9,
		} {
			metrics <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, value, cmd.name)
		}
	}
	m.eachError(func(code string, n int64) {
		metrics <- prometheus.MustNewConstMetric(errorsDesc, prometheus.CounterValue, float64(n), code)
	})
}

// tally gathers the commands of a connection, so that a pipeline of one command looks at the clock twice, and shares no counter
// with other connections until its end.
type tally struct {
	stats  *stats
	cmd    *command // of all that are gathered; nil when none are
	began  time.Time
	paused time.Duration // of the time since, spent on sending
	calls  int64
	failed int64
}

// begin is called before a command runs.
func (t *tally) begin(cmd *command) {
	if t.cmd != cmd {
		t.settle()
		t.cmd, t.began = cmd, time.Now()
	}
	t.calls++
}

// settle adds what was gathered to the metrics.
func (t *tally) settle() {
	if t.cmd == nil {
		return
	}
	stat := t.stats.commands[t.cmd]
	stat.calls.Add(t.calls)
	stat.failed.Add(t.failed)
	stat.nanos.Add(int64(time.Since(t.began) - t.paused))
	*t = tally{stats: t.stats}
}

// pause returns a function that ends a time that is not the commands'.
func (t *tally) pause() (resume func()) {
	if t.cmd == nil {
		return func() {}
	}
	began := time.Now()
	return func() { t.paused += time.Since(began) }
}

// received counts the bytes that a connection reads.
type received struct{ c *conn }

func (r received) Read(b []byte) (int, error) {
	n, err := r.c.nc.Read(b)
	r.c.srv.stats.received.Add(int64(n))
	return n, err
}
