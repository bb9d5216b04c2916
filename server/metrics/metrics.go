// Package metrics has the numbers that the daemon keeps of its calls, for Prometheus and for whoever reads them back: both see the same.
// What a listener or the clients count they keep themselves, and register here.
package metrics

import (
	"maps"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/objluad/objluad/objclass"
)

// maxMethods bounds the methods that have numbers of their own: each is 15 time series or more, here and in whatever collects
// them. The methods beyond them, in the order of their first calls, share those of otherClass, which no class can be named.
const (
	maxMethods = 1000
	otherClass = "_other"
)

// evalClass is the class label of scripts that are sent with a call; they have no method label.
const evalClass = "eval"

// Metrics counts calls, and collects what others count. Its methods are safe for concurrent use.
//
// A label's values are bounded: a class or method that does not exist is "", what a client may choose freely, such as a script's
// handler, is no label, and of installed methods the first 1000 that are called have labels of their own. A method that runs as
// the active version, as the canary, and by its version's name, counts as one for each.
type Metrics struct {
	registry *prometheus.Registry

	calls    *prometheus.CounterVec   // class, method, role, outcome
	duration *prometheus.HistogramVec // class, method
	cpu      *prometheus.CounterVec   // class, method
	traps    *prometheus.CounterVec   // code

	// What Totals tells.
	ended   atomic.Int64
	failed  atomic.Int64 // of these
	trapped atomic.Int64 // of these

	// methods has the counters of each method that was called, so that a call neither takes a lock nor hashes labels.
	// Readers take the map as it is; it is replaced as a whole.
	mu      sync.Mutex
	methods atomic.Pointer[map[methodKey]*methodMetrics]
}

type methodKey struct {
	class, method string
	role          objclass.Role
}

func (k methodKey) count(calls *prometheus.CounterVec, outcome string) prometheus.Counter {
	return calls.WithLabelValues(k.class, k.method, string(k.role), outcome)
}

// methodMetrics are the counters of one method's common outcome; others are looked up.
type methodMetrics struct {
	labels   methodKey
	ok       prometheus.Counter
	duration prometheus.Observer
	cpu      prometheus.Counter
}

// okOutcome is the outcome of a call that succeeded; that of another one is its error's kind.
const okOutcome = "ok"

// New makes a registry with the metrics of the process and of the Go runtime.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "objluad_calls_total",
			Help: "Method calls that ended, by class, method, why its version ran (active, canary, or pinned by the call), and outcome: ok, or the kind of the error.",
		}, []string{"class", "method", "role", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "objluad_call_duration_seconds",
			Help:    "Time from a method call's arrival to its end.",
			Buckets: prometheus.ExponentialBuckets(10e-6, 4, 12), // 10 µs to 42 s
		}, []string{"class", "method"}),
		cpu: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "objluad_call_cpu_seconds_total",
			Help: "CPU time of methods.",
		}, []string{"class", "method"}),
		traps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "objluad_traps_total",
			Help: "Runs of methods that the guard ended, by the trap's code.",
		}, []string{"code"}),
	}
	m.methods.Store(&map[methodKey]*methodMetrics{})
	for _, kind := range []objclass.Kind{objclass.TrapPanic, objclass.TrapDeadline, objclass.TrapCanceled,
		objclass.TrapMemory, objclass.TrapFault, objclass.TrapHost} {
		m.traps.WithLabelValues(kind.Trap()) // a rate needs the zero before the first trap
	}
	m.registry.MustRegister(m.calls, m.duration, m.cpu, m.traps,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Observe counts a call that ended; it is for objclass.Options.
func (m *Metrics) Observe(o *objclass.Observation) {
	key := methodKey{o.Class, o.Method, o.Role}
	if o.Script {
		key = methodKey{class: evalClass}
	}
	method := (*m.methods.Load())[key]
	if method == nil {
		method = m.method(key)
	}
	method.duration.Observe(o.Elapsed.Seconds())
	method.cpu.Add(o.Usage.CPU.Seconds())
	m.ended.Add(1)
	if o.Err == nil {
		method.ok.Inc()
		return
	}
	m.failed.Add(1)
	method.labels.count(m.calls, string(o.Err.Kind)).Inc()
	if code := o.Err.Kind.Trap(); code != "" {
		m.trapped.Add(1)
		m.traps.WithLabelValues(code).Inc()
	}
}

// Totals counts the calls that ended.
type Totals struct {
	Calls, Failed, Trapped int64
}

// Totals returns what all methods together did.
func (m *Metrics) Totals() Totals { return Totals{m.ended.Load(), m.failed.Load(), m.trapped.Load()} }

// method makes the counters of a method, or returns the shared ones when there are too many.
func (m *Metrics) method(key methodKey) *methodMetrics {
	m.mu.Lock()
	defer m.mu.Unlock()
	old := *m.methods.Load()
	if len(old) >= maxMethods {
		key = methodKey{class: otherClass}
	}
	if method := old[key]; method != nil {
		return method
	}
	method := &methodMetrics{
		labels:   key,
		ok:       key.count(m.calls, okOutcome),
		duration: m.duration.WithLabelValues(key.class, key.method),
		cpu:      m.cpu.WithLabelValues(key.class, key.method),
	}
	methods := maps.Clone(old)
	methods[key] = method
	m.methods.Store(&methods)
	return method
}

// ObserveService adds the service's state, which is asked for when the numbers are collected.
func (m *Metrics) ObserveService(service *objclass.Service) {
	m.Gauge("objluad_calls_in_progress", "Calls that wait, run or commit.", func() int { return service.Stats().Calls })
	m.Gauge("objluad_calls_running", "Methods that run.", func() int { return service.Stats().Running })

	engine := func() objclass.EngineStats { return service.Stats().Engine }
	m.Gauge("objluad_slots", "VMs that exist.", func() int { return engine().Slots })
	m.Gauge("objluad_slots_busy", "VMs that run.", func() int { return engine().Busy })
	m.Gauge("objluad_image_bytes", "Bytes of pristine VM images.", func() int { return int(engine().ImageBytes) })
	m.Counter("objluad_slots_created_total", "VMs that were made.", func() int64 { return int64(engine().Created) })
	m.Counter("objluad_slots_destroyed_total", "VMs that were destroyed.", func() int64 { return int64(engine().Destroyed) })

	cache := func() objclass.CacheStats { return service.Stats().Cache }
	m.Counter("objluad_cache_hits_total", "Changes of objects that the store remembered.", func() int64 { return int64(cache().Hits) })
	m.Counter("objluad_cache_misses_total", "Changes of objects that were read first.", func() int64 { return int64(cache().Misses) })
	m.Counter("objluad_cache_stale_total", "Changes that were made again because what the store remembered was stale.", func() int64 { return int64(cache().Stale) })
	quarantine := func() objclass.QuarantineStats { return service.Stats().Quarantine }
	m.Gauge("objluad_quarantined_versions", "Class versions in quarantine.", func() int { return quarantine().Versions })
	m.Counter("objluad_quarantine_entered_total", "Class versions that were quarantined.", func() int64 { return int64(quarantine().Entered) })
	m.Counter("objluad_quarantine_refused_total", "Calls that were refused because their class version is quarantined.", func() int64 { return int64(quarantine().Refused) })
	m.Gauge("objluad_cache_bytes", "Bytes of objects that the store remembers.", func() int { return int(cache().Bytes) })
}

// Gauge adds a number that may fall, which is asked for when the numbers are collected.
func (m *Metrics) Gauge(name, help string, value func() int) {
	opts := prometheus.GaugeOpts{Name: name, Help: help}
	m.Register(prometheus.NewGaugeFunc(opts, func() float64 { return float64(value()) }))
}

// Counter is gauge for a number that only grows.
func (m *Metrics) Counter(name, help string, value func() int64) {
	opts := prometheus.CounterOpts{Name: name, Help: help}
	m.Register(prometheus.NewCounterFunc(opts, func() float64 { return float64(value()) }))
}

// Register adds collectors.
func (m *Metrics) Register(collectors ...prometheus.Collector) {
	m.registry.MustRegister(collectors...)
}

// Handler answers Prometheus.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{DisableCompression: true})
}
