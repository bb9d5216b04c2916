// Package server is objluad's wire: RESP2 and RESP3 for programs, HTTP beside it. It translates requests into calls of
// objclass.Service, and their outcomes into replies; it decides nothing about them.
//
// # Invariants
//
//   - Nothing that a client announces is believed: memory is taken for bytes that arrived, and within a bound that was
//     checked before.
//   - The commands of one RESP connection run in order, and so do their replies.
//   - What a client sent cannot appear in a reply as anything but data: errors are escaped.
//   - Shutdown lets every command that was read end, and its reply be sent, for as long as its context allows.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/access"
	"github.com/objluad/objluad/server/httpapi"
	"github.com/objluad/objluad/server/limits"
	"github.com/objluad/objluad/server/metrics"
)

// Options sets a Server up. A zero field means its default.
type Options struct {
	// Metrics takes the server's numbers; it should be the one whose Observe the Service calls, and serves one Server only.
	// Default a new one.
	Metrics *metrics.Metrics
	// Logger takes the server's events; default discards.
	Logger *slog.Logger
	// Version is the daemon's version, for HELLO and INFO; default "unknown".
	Version string
	// Store has lines of INFO's section persistence, each a key and a value: what the store is, and when a commit is durable.
	Store [][2]string
	// Settings returns the daemon's settings, each a name and a value, for CONFIG GET; default none. It is called at any time.
	Settings func() [][2]string
	// Users are who may use the server, and how they log in; default nil: everybody may do all.
	Users *access.Users
	// TLS is the TLS of both listeners; default nil: none. Clients are logged in by certificates that it verifies.
	TLS *tls.Config
	// Audit takes what concerns Users: refusals, logins that failed, and administration; default Logger.
	Audit *slog.Logger
	// MaxFrame is the most bytes of a RESP command; default 64 MiB.
	MaxFrame int
	// MaxConnections is the most RESP connections; default 10000. One more is refused with EBUSY.
	MaxConnections int
	// MaxHTTPConnections is the most HTTP connections; default 5000. One more is refused with EBUSY.
	MaxHTTPConnections int
	// MaxPeerConnections is the most connections of one address to each listener; default no bound of its own.
	MaxPeerConnections int
	// MaxPipeline is how many commands of one connection are answered together; default 1024.
	MaxPipeline int
	// MaxMemory is the most bytes of RESP commands, and of bodies of HTTP requests, that arrive, wait and run at once; default 1 GiB.
	// Commands up to 8 KiB do not count. What there is no room for is refused with EBUSY, and not run.
	MaxMemory int64
	// MaxUnsent is the most bytes of replies that all RESP, and all HTTP, clients together may leave untaken; default 1 GiB. Beyond it
	// those are cut off that have been slow for longest.
	MaxUnsent int64
	// SlowTimeout is how long a client may take for 1 MiB, or the rest, of a reply, and of a RESP command or the body of an HTTP
	// request that it sends; default 30 s. After that it is cut off.
	SlowTimeout time.Duration
	// HandshakeTimeout is how long a RESP client may take until its first command is there; default 1 min, negative for ever.
	HandshakeTimeout time.Duration
	// IdleTimeout is how long a RESP client may send nothing after a command; default for ever.
	IdleTimeout time.Duration
	// MaxObject is the most bytes of an object in the body of an HTTP request; default 128 MiB.
	MaxObject int64
	// MaxInput is the most bytes of a method's input in the body of an HTTP request; default 16 MiB.
	MaxInput int64
	// MaxSource is the most bytes of a class or script in the body of an HTTP request; default 1 MiB.
	MaxSource int64
}

func (o Options) withDefaults() Options {
	orDefault(&o.Logger, slog.New(slog.DiscardHandler))
	orDefault(&o.Audit, o.Logger)
	orDefault(&o.Version, "unknown")
	orDefault(&o.MaxFrame, 64<<20)
	orDefault(&o.MaxConnections, 10000)
	orDefault(&o.MaxHTTPConnections, 5000)
	orDefault(&o.MaxPipeline, 1024)
	orDefault(&o.MaxMemory, 1<<30)
	orDefault(&o.MaxUnsent, 1<<30)
	orDefault(&o.SlowTimeout, 30*time.Second)
	orDefault(&o.HandshakeTimeout, time.Minute)
	orDefault(&o.MaxObject, 128<<20)
	orDefault(&o.MaxInput, 16<<20)
	orDefault(&o.MaxSource, 1<<20)
	if o.Settings == nil {
		o.Settings = func() [][2]string { return nil }
	}
	if o.Metrics == nil {
		o.Metrics = metrics.New()
	}
	return o
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// clients returns those of a listener, of whom most may be connected.
func (o *Options) clients(listener string, most int) *limits.Clients {
	bounds := limits.Bounds{Connections: most, PerAddress: o.MaxPeerConnections, Unsent: o.MaxUnsent, SlowTimeout: o.SlowTimeout}
	return limits.NewClients(bounds, o.TLS, o.Logger.With("listener", listener))
}

func (o *Options) http(requests *limits.Memory, refused *access.Refusals) httpapi.Options {
	return httpapi.Options{
		Metrics:     o.Metrics,
		Logger:      o.Logger,
		Version:     o.Version,
		Users:       o.Users,
		Audit:       access.NewAudit(o.Audit, refused),
		Clients:     o.clients("http", o.MaxHTTPConnections),
		Memory:      requests,
		SlowTimeout: o.SlowTimeout,
		MaxObject:   o.MaxObject,
		MaxInput:    o.MaxInput,
		MaxSource:   o.MaxSource,
	}
}

// Server answers clients of one Service.
type Server struct {
	resp *respServer
	http *httpapi.Server
}

// New makes a Server that has no listeners yet.
func New(service *objclass.Service, opts Options) *Server {
	opts = opts.withDefaults()
	requests := limits.NewMemory(opts.MaxMemory)
	refused := new(access.Refusals)
	s := &Server{
		resp: newRESPServer(service, opts, opts.clients("resp", opts.MaxConnections), requests, access.NewAudit(opts.Audit, refused)),
		http: httpapi.New(service, opts.http(requests, refused)),
	}
	opts.Metrics.ObserveService(service)
	opts.Metrics.Counter("objluad_denied_total", "Commands and requests that were refused because their user lacks the capability, or had not logged in.", refused.Denied.Load)
	opts.Metrics.Counter("objluad_logins_failed_total", "Logins that failed.", refused.LoginsFailed.Load)
	opts.Metrics.Gauge("objluad_request_bytes", "Bytes of RESP commands, beside small ones, and of bodies of HTTP that arrive, wait or run.",
		func() int { return int(requests.Held()) })
	return s
}

// ServeRESP answers RESP clients that connect to l, until Shutdown, and returns nil then.
func (s *Server) ServeRESP(l net.Listener) error {
	return s.resp.serve(l)
}

// ServeHTTP answers HTTP clients that connect to l, until Shutdown, and returns nil then.
func (s *Server) ServeHTTP(l net.Listener) error {
	return s.http.Serve(l)
}

// Shutdown closes the listeners, lets what runs end and its replies be sent, and closes all connections. When ctx ends
// before that, it cancels the calls that still run, closes their connections, and returns ctx's error.
func (s *Server) Shutdown(ctx context.Context) error {
	http := make(chan error, 1)
	go func() { http <- s.http.Shutdown(ctx) }()
	return errors.Join(s.resp.shutdown(ctx), <-http)
}
