// This file is the HTTP listener: its time limits, the way of a request to its handler, and its end.

package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path"
	"time"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/access"
	"github.com/objluad/objluad/server/limits"
	"github.com/objluad/objluad/server/metrics"
	"github.com/objluad/objluad/server/wire"
)

const (
	headerTimeout = 10 * time.Second
	bodyTimeout   = 5 * time.Minute // of a request that has not reached its handler
	// answerTimeout covers the longest call, in line and running, and a large object's way to a slow client.
	answerTimeout  = 10 * time.Minute
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
	chunk          = 1 << 20 // bytes of an object that are held in memory while it is sent
)

// Options are a Server's. Each is set, unless it says otherwise.
type Options struct {
	Metrics *metrics.Metrics
	Logger  *slog.Logger
	Version string          // of the daemon
	Users   *access.Users   // nil: everybody may do all
	Audit   *access.Audit   // of this listener
	Clients *limits.Clients // of this listener
	Memory  *limits.Memory  // for the bodies of requests

	SlowTimeout time.Duration // for each MiB of a body, or its rest
	MaxObject   int64         // bytes of an object in a body
	MaxInput    int64         // bytes of a method's input in a body
	MaxSource   int64         // bytes of a class or script in a body
}

// Server answers HTTP clients of one Service.
type Server struct {
	service   *objclass.Service
	opts      Options
	connected *limits.Clients
	memory    *limits.Memory // of requests
	origins   http.CrossOriginProtection
	audit     *access.Audit
	mux       *http.ServeMux
	numbers   http.Handler // for Prometheus
	document  []byte       // OpenAPI
	server    *http.Server
	life      context.Context // ends with shutdown
	end       context.CancelFunc
}

// New makes a Server that has no listeners yet.
func New(service *objclass.Service, opts Options) *Server {
	s := &Server{service: service, opts: opts, connected: opts.Clients, memory: opts.Memory, mux: http.NewServeMux(), audit: opts.Audit}
	s.life, s.end = context.WithCancel(context.Background())
	var err error
	if s.document, err = newDocument(opts.Version, opts.Users != nil); err != nil {
		panic(err) // of schemas that are constants
	}
	s.numbers = opts.Metrics.Handler()
	opts.Metrics.Counter("objluad_http_connections_accepted_total", "HTTP connections that were accepted.", s.connected.Accepted)
	opts.Metrics.Counter("objluad_http_connections_refused_total", "HTTP connections that were refused because there were too many.", s.connected.Refused)
	s.connected.Register(opts.Metrics, "http")
	s.server = &http.Server{
		Handler:           paced(compressed(s), opts.SlowTimeout),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       bodyTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnContext: func(ctx context.Context, nc net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, s.connected.ConnOf(nc))
		},
		ErrorLog: newErrorLog(opts.Logger.With("listener", "http"), opts.Audit),
	}

	for _, route := range routes() {
		s.mux.HandleFunc(route.method+" "+route.path, func(w http.ResponseWriter, r *http.Request) {
			if err := s.answer(&route, w, r); err != nil {
				writeProblem(w, err)
			}
		})
	}
	return s
}

// answer answers a request for which there is a route.
func (s *Server) answer(route *route, w http.ResponseWriter, r *http.Request) error {
	if err := unescapePath(route, r); err != nil {
		return err
	}
	r, claim := withClaim(r, s.memory)
	defer claim.release()
	return s.perform(route, w, r)
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff") // an object is what its Content-Type says, not a page or a script
	if err := s.checkOrigin(r); err != nil {
		writeProblem(w, err)
		return
	}
	r = escapePath(r)
	if path.Clean(r.URL.Path) != r.URL.Path { // the mux would send the client elsewhere
		writeProblem(w, errNothing(r))
		return
	}
	if _, pattern := s.mux.Handler(r); pattern == "" {
		s.noRoute(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// Serve answers clients that connect to l, until shutdown, and returns nil then.
func (s *Server) Serve(l net.Listener) error {
	s.connected.Watch(s.life.Done())
	if err := s.server.Serve(s.connected.Listener(l, refusalBytes)); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown closes the listeners, lets requests end, and closes all connections. When ctx ends before that, it cancels those that are under
// way, and returns ctx's error.
func (s *Server) Shutdown(ctx context.Context) error {
	defer s.end()
	err := s.server.Shutdown(ctx)
	if err != nil {
		s.server.Close() // cancels the requests under way
	}
	return err
}

// connKey finds the client's connection in a request's context.
type connKey struct{}

// countAnswer has an answer counted among those that clients do not take: n bytes that are held until it is sent, which the returned
// function says. They are written in pieces, and may be compressed.
func countAnswer(r *http.Request, n int64) (sent func()) {
	conn, ok := r.Context().Value(connKey{}).(*limits.Conn)
	if !ok || n <= limits.SmallReply {
		return func() {}
	}
	conn.Count(int(n))
	return func() { conn.Count(0) }
}

// healthz answers that the process runs.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	return writeText(w, "ok\n")
}

// readyz answers whether calls would be let in and the store answers.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.service.Pools(r.Context()); err != nil {
		e := *wire.AsError(err)
		e.Kind = objclass.KindBusy // whatever it is, a load balancer should ask again
		return &e
	}
	return writeText(w, "ready\n")
}

func (s *Server) metrics(w http.ResponseWriter, r *http.Request) error {
	s.numbers.ServeHTTP(w, r)
	return nil
}

// answer answers a request whose user may ask for it. The handler finds the parameters in r.Form: those that the route takes.
func (route *route) answer(s *Server, w http.ResponseWriter, r *http.Request) (err error) {
	if r.Form, err = parameters(r, route.query); err != nil {
		return err
	}
	return route.serve(s, w, r)
}

func writeText(w http.ResponseWriter, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(text)) // a client that went away needs no answer
	return nil
}
