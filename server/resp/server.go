// This file is the RESP listener: it accepts connections, bounds their number, and ends them.

package resp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/access"
	"github.com/objluad/objluad/server/limits"
	"github.com/objluad/objluad/server/metrics"
)

// cancelGrace is how long canceled calls get to end before shutdown gives up on them.
const cancelGrace = 2 * time.Second

// Options are a Server's. Each is set, unless it says otherwise.
type Options struct {
	Metrics *metrics.Metrics
	Logger  *slog.Logger
	Version string          // of the daemon
	Store   [][2]string     // lines of INFO's section persistence; may be nil
	Users   *access.Users   // nil: everybody may do all
	Audit   *access.Audit   // of this listener
	Clients *limits.Clients // of this listener
	Memory  *limits.Memory  // for commands

	Settings         func() [][2]string // for CONFIG GET
	MaxFrame         int                // bytes of a command
	MaxPipeline      int                // commands of one connection that are answered together
	SlowTimeout      time.Duration      // for as much of a command as limits.SlowPart, or its rest
	HandshakeTimeout time.Duration      // until the first command; negative: for ever
	IdleTimeout      time.Duration      // until the next command; 0: for ever
}

// Server answers RESP clients of one Service.
type Server struct {
	service   *objclass.Service
	opts      Options
	log       *slog.Logger
	metrics   *metrics.Metrics // of calls
	stats     *stats
	audit     *access.Audit
	connected *limits.Clients
	memory    *limits.Memory // of requests
	started   time.Time

	draining atomic.Bool
	clock    atomic.Int64 // nanoseconds since started, at the last tick of watch; never 0
	lastID   atomic.Int64
	wg       sync.WaitGroup
	watched  sync.Once
	life     context.Context // ends with shutdown
	end      context.CancelFunc

	mu        sync.Mutex
	listeners map[net.Listener]struct{}
	conns     map[*conn]struct{}
}

// New makes a Server that has no listeners yet.
func New(service *objclass.Service, opts Options) *Server {
	s := &Server{
		service:   service,
		opts:      opts,
		log:       opts.Logger.With("listener", "resp"),
		metrics:   opts.Metrics,
		stats:     newStats(),
		audit:     opts.Audit,
		connected: opts.Clients,
		memory:    opts.Memory,
		started:   time.Now(),
		listeners: make(map[net.Listener]struct{}),
		conns:     make(map[*conn]struct{}),
	}
	s.life, s.end = context.WithCancel(context.Background())
	s.clock.Store(1)
	s.register()
	return s
}

// Serve answers clients that connect to l, until shutdown, and returns nil then.
func (s *Server) Serve(l net.Listener) error {
	if !s.addListener(l) {
		l.Close()
		return nil
	}
	defer s.removeListener(l)
	l = s.connected.Listener(l, refusal)
	s.connected.Watch(s.life.Done())
	s.watched.Do(func() { go s.watch(s.life.Done()) })
	var delay time.Duration
	for {
		nc, err := l.Accept()
		switch {
		case err == nil:
			delay = 0
			s.accept(nc)
		case s.draining.Load():
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		default: // as a rule the process has no file descriptor left, for a while
			delay = min(max(2*delay, 5*time.Millisecond), time.Second)
			s.log.Warn("accept failed", "err", err, "retry_in", delay)
			time.Sleep(delay)
		}
	}
}

func (s *Server) addListener(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining.Load() {
		return false
	}
	s.listeners[l] = struct{}{}
	return true
}

func (s *Server) removeListener(l net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
	l.Close()
}

// accept starts a goroutine for a connection.
func (s *Server) accept(nc net.Conn) {
	c := newConn(s, nc)
	s.mu.Lock()
	if s.draining.Load() {
		s.mu.Unlock()
		c.close()
		return
	}
	s.conns[c] = struct{}{}
	s.wg.Add(1)
	s.mu.Unlock()
	go func() {
		defer s.wg.Done()
		err := c.serve()
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
		c.close()
		c.in.release()
		if err != nil && !errors.Is(err, io.EOF) && !s.draining.Load() {
			s.log.Debug("connection ended", "client", nc.RemoteAddr(), "id", c.id, "err", err)
		}
	}()
}

// refusal returns the bytes of a reply that tells err.
func refusal(err error) []byte { return []byte("-" + errorLine(envelope(err)) + "\r\n") }

// connections returns how many clients are connected.
func (s *Server) connections() int { return s.connected.Count() }

// Shutdown closes the listeners, lets the commands end that were read, and closes all connections. When ctx ends before that, it cancels the
// calls that still run, closes their connections, and returns ctx's error.
func (s *Server) Shutdown(ctx context.Context) error {
	defer s.end()
	s.mu.Lock()
	s.draining.Store(true)
	for l := range s.listeners {
		l.Close()
	}
	for c := range s.conns {
		c.nc.SetReadDeadline(time.Unix(1, 0)) // wakes those that wait for a command
	}
	s.mu.Unlock()

	ended := make(chan struct{})
	go func() { s.wg.Wait(); close(ended) }()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	for c := range s.conns {
		c.close()
	}
	s.mu.Unlock()
	select {
	case <-ended:
	case <-time.After(cancelGrace):
	}
	return ctx.Err()
}
