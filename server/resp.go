// This file is the RESP listener: it accepts connections, bounds their number, and ends them.

package server

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

type respServer struct {
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
	conns     map[*respConn]struct{}
}

func newRESPServer(service *objclass.Service, opts Options, connected *limits.Clients, requests *limits.Memory, audit *access.Audit) *respServer {
	s := &respServer{
		service:   service,
		opts:      opts,
		log:       opts.Logger.With("listener", "resp"),
		metrics:   opts.Metrics,
		stats:     newStats(),
		audit:     audit,
		connected: connected,
		memory:    requests,
		started:   time.Now(),
		listeners: make(map[net.Listener]struct{}),
		conns:     make(map[*respConn]struct{}),
	}
	s.life, s.end = context.WithCancel(context.Background())
	s.clock.Store(1)
	s.register()
	return s
}

func (s *respServer) serve(l net.Listener) error {
	if !s.addListener(l) {
		l.Close()
		return nil
	}
	defer s.removeListener(l)
	l = s.connected.Listener(l, refusalRESP)
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

func (s *respServer) addListener(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining.Load() {
		return false
	}
	s.listeners[l] = struct{}{}
	return true
}

func (s *respServer) removeListener(l net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
	l.Close()
}

// accept starts a goroutine for a connection.
func (s *respServer) accept(nc net.Conn) {
	c := newRESPConn(s, nc)
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

// refusalRESP returns the bytes of a reply that tells err.
func refusalRESP(err error) []byte { return []byte("-" + errorLine(envelope(err)) + "\r\n") }

// connections returns how many clients are connected.
func (s *respServer) connections() int { return s.connected.Count() }

func (s *respServer) shutdown(ctx context.Context) error {
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
