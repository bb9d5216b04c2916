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
//
// # Packages
//
// This one puts the listeners together. Imports go one way: the listeners resp and httpapi do not know each other, and both use access,
// who may do what; limits, what clients may take; metrics, the numbers of calls; and wire, errors and values in words.
package server

import (
	"context"
	"errors"
	"net"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/access"
	"github.com/objluad/objluad/server/httpapi"
	"github.com/objluad/objluad/server/limits"
	"github.com/objluad/objluad/server/resp"
)

// Server answers clients of one Service.
type Server struct {
	resp *resp.Server
	http *httpapi.Server
}

// New makes a Server that has no listeners yet.
func New(service *objclass.Service, opts Options) *Server {
	opts = opts.withDefaults()
	requests := limits.NewMemory(opts.MaxMemory)
	refused := new(access.Refusals)
	s := &Server{
		resp: resp.New(service, opts.resp(requests, refused)),
		http: httpapi.New(service, opts.http(requests, refused)),
	}
	opts.Metrics.ObserveService(service)
	opts.Metrics.Counter("objluad_denied_total", "Commands and requests that were refused because their user lacks the capability, or had not logged in.", refused.Denied.Load)
	opts.Metrics.Counter("objluad_logins_failed_total", "Logins that failed.", refused.LoginsFailed.Load)
	opts.Metrics.Gauge("objluad_request_bytes", "Bytes of RESP commands, beside small ones, and of bodies of HTTP that arrive, wait or run.",
		func() int { return int(requests.Held()) })
	return s
}

// clients returns those of a listener, of whom most may be connected.
func (o *Options) clients(listener string, most int) *limits.Clients {
	bounds := limits.Bounds{Connections: most, PerAddress: o.MaxPeerConnections, Unsent: o.MaxUnsent, SlowTimeout: o.SlowTimeout}
	return limits.NewClients(bounds, o.TLS, o.Logger.With("listener", listener))
}

// resp returns what the RESP listener is made of.
func (o *Options) resp(requests *limits.Memory, refused *access.Refusals) resp.Options {
	return resp.Options{
		Metrics:          o.Metrics,
		Logger:           o.Logger,
		Version:          o.Version,
		Store:            o.Store,
		Users:            o.Users,
		Audit:            access.NewAudit(o.Audit, refused),
		Clients:          o.clients("resp", o.MaxConnections),
		Memory:           requests,
		Settings:         o.Settings,
		MaxFrame:         o.MaxFrame,
		MaxPipeline:      o.MaxPipeline,
		SlowTimeout:      o.SlowTimeout,
		HandshakeTimeout: o.HandshakeTimeout,
		IdleTimeout:      o.IdleTimeout,
	}
}

// http returns what the HTTP listener is made of.
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

// ServeRESP answers RESP clients that connect to l, until Shutdown, and returns nil then.
func (s *Server) ServeRESP(l net.Listener) error {
	return s.resp.Serve(l)
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
	return errors.Join(s.resp.Shutdown(ctx), <-http)
}
