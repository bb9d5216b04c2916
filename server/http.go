// This file is the HTTP listener: its routes, time limits and end.

package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/objluad/objluad/objclass"
)

const (
	headerTimeout = 10 * time.Second
	bodyTimeout   = 5 * time.Minute
	// answerTimeout covers the longest call, in line and running, and a large object's way to a slow client.
	answerTimeout  = 10 * time.Minute
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
	chunk          = 1 << 20 // bytes of an object that are held in memory while it is sent
)

type httpServer struct {
	service *objclass.Service
	objects objects
	opts    Options
	origins http.CrossOriginProtection
	mux     *http.ServeMux
	server  *http.Server
}

func newHTTPServer(service *objclass.Service, opts Options) *httpServer {
	s := &httpServer{service: service, objects: objects{service}, opts: opts, mux: http.NewServeMux()}
	log := opts.Logger.With("listener", "http")
	s.server = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       bodyTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}

	const object = "/v1/pools/{pool}/objects/{oid}"
	s.handle("GET "+object, s.getObject) // and HEAD
	s.handle("PUT "+object, s.putObject)
	s.handle("DELETE "+object, s.deleteObject)
	s.handle("POST "+object+"/exec/{class}/{method}", s.exec)
	s.handle("POST "+object+"/eval", s.eval)
	s.handle("GET /v1/pools", s.listPools)
	s.handle("GET /v1/pools/{pool}", s.showPool)
	s.handle("PUT /v1/pools/{pool}", s.createPool)
	s.handle("DELETE /v1/pools/{pool}", s.removePool)
	s.handle("GET /v1/df", s.disk)
	s.handle("GET /v1/classes", s.listClasses)
	s.handle("GET /v1/classes/{name}", s.showClass)
	s.handle("PUT /v1/classes/{name}", s.installClass)
	s.routeLifecycle()
	s.handle("DELETE /v1/classes/{name}/quarantine", s.resetClass)
	s.handle("GET /v1/calls", s.listCalls)
	s.handle("DELETE /v1/calls/{id}", s.killCall)
	s.handle("POST /v1/backups/{name}", s.makeBackup)
	s.handle("GET /healthz", s.healthz)
	s.handle("GET /readyz", s.readyz)
	s.mux.Handle("GET /metrics", promhttp.HandlerFor(opts.Metrics.registry, promhttp.HandlerOpts{}))
	return s
}

// handle routes a pattern to a handler that fails with an error, which becomes a problem.
func (s *httpServer) handle(pattern string, handler func(http.ResponseWriter, *http.Request) error) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if err := handler(w, r); err != nil {
			writeProblem(w, err)
		}
	})
}

func (s *httpServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := s.checkOrigin(r); err != nil {
		writeProblem(w, err)
		return
	}
	if _, pattern := s.mux.Handler(r); pattern == "" {
		s.noRoute(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

func (s *httpServer) serve(l net.Listener) error {
	if err := s.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (s *httpServer) shutdown(ctx context.Context) error {
	err := s.server.Shutdown(ctx)
	if err != nil {
		s.server.Close() // cancels the requests under way
	}
	return err
}

// healthz answers that the process runs.
func (s *httpServer) healthz(w http.ResponseWriter, _ *http.Request) error {
	return writeText(w, "ok\n")
}

// readyz answers whether calls would be let in and the store answers.
func (s *httpServer) readyz(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.service.Pools(r.Context()); err != nil {
		e := *asError(err)
		e.Kind = objclass.KindBusy // whatever it is, a load balancer should ask again
		return &e
	}
	return writeText(w, "ready\n")
}

func writeText(w http.ResponseWriter, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(text)) // a client that went away needs no answer
	return nil
}
