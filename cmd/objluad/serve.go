// This file is the subcommand that runs the daemon.

package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/store"
)

// daemon is the daemon's settings.
type daemon struct {
	store     storeFlags
	resp      string
	http      string
	logFormat string
	logLevel  string
	shutdown  time.Duration

	executions int
	queue      int
	timeout    time.Duration
	maxTimeout time.Duration
	arena      sizeFlag
	maxOutput  sizeFlag
	maxInput   sizeFlag
	quarantine objclass.QuarantineOptions

	hangups hangups
}

func newServe() *cobra.Command {
	d := &daemon{arena: 16 << 20, maxOutput: 16 << 20, maxInput: 16 << 20}
	cmd := &cobra.Command{
		Use:   "serve --data DIR",
		Short: "Run the daemon",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return d.run(cmd.Context()) },
	}
	flags := cmd.Flags()
	d.store.add(flags)
	flags.StringVar(&d.store.backups, "backups", "", "`folder` in which backups may be made, on the disk of the data; default none; with --store pebble")
	flags.StringVar(&d.resp, "resp", defaultAddr, "listen `address` for RESP")
	flags.StringVar(&d.http, "http", "127.0.0.1:7481", "listen `address` for HTTP")
	flags.StringVar(&d.logFormat, "log-format", "text", "text or json")
	flags.StringVar(&d.logLevel, "log-level", "info", "debug, info, warn or error")
	flags.DurationVar(&d.shutdown, "shutdown-timeout", 10*time.Second, "how long calls under way get to end after SIGTERM")
	flags.IntVar(&d.executions, "executions", 0, "methods that run at once; default 4 for each core")
	flags.IntVar(&d.queue, "queue", 1024, "calls that may wait beyond those that run")
	flags.DurationVar(&d.timeout, "timeout", time.Second, "wall and CPU budget of a call that names none")
	flags.DurationVar(&d.maxTimeout, "max-timeout", time.Minute, "largest budget that a call may name")
	flags.Var(&d.arena, "arena", "memory of a VM")
	flags.Var(&d.maxOutput, "max-output", "output of a method")
	flags.Var(&d.maxInput, "max-input", "input of a method")
	flags.IntVar(&d.quarantine.Traps, "quarantine", 5, "so many traps of a class version within --quarantine-window have its calls refused; 0: none do")
	flags.DurationVar(&d.quarantine.Window, "quarantine-window", time.Minute, "time in which traps count together")
	flags.DurationVar(&d.quarantine.Cooldown, "quarantine-cooldown", 30*time.Second, "time until a quarantined version is tried again; longer each time, up to 16 times this")
	return cmd
}

// run serves until a signal comes, then lets what runs end. A second signal ends the process at once.
func (d *daemon) run(ctx context.Context) error {
	log, err := d.logger()
	if err != nil {
		return err
	}
	if err := d.check(); err != nil {
		return err
	}
	ctx, restore := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer restore()
	defer d.hangups.listen()()

	st, err := d.store.open(log)
	if err != nil {
		return err
	}
	defer func() {
		if err := st.Close(); err != nil {
			log.Error("closing the store", "err", err)
		}
	}()
	engine, err := newEngine(int(d.arena))
	if err != nil {
		return err
	}
	metrics := server.NewMetrics()
	d.shareCores()
	giveHeapRoom()
	service, err := d.newService(ctx, st, engine, metrics, log)
	if err != nil {
		engine.Close()
		return err
	}
	serveErr := d.serve(ctx, restore, service, metrics, log)

	// Calls that did not end in time are canceled by now.
	drained, cancel := context.WithTimeout(context.Background(), drainGrace)
	defer cancel()
	if err := service.Drain(drained); err != nil {
		// They use the store and the engine still: these are left as they are, as in a crash.
		log.Error("calls did not end when they were canceled", "calls", service.Stats().Calls)
		os.Exit(1)
	}
	engine.Close()
	log.Info("stopped")
	return serveErr
}

// drainGrace is how long calls get to end that were canceled.
const drainGrace = 5 * time.Second

func (d *daemon) logger() (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(d.logLevel)); err != nil {
		return nil, fail(syscall.EINVAL, "--log-level is debug, info, warn or error, not %q", d.logLevel)
	}
	opts := &slog.HandlerOptions{Level: level}
	switch d.logFormat {
	case "text":
		return slog.New(slog.NewTextHandler(os.Stderr, opts)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(os.Stderr, opts)), nil
	}
	return nil, fail(syscall.EINVAL, "--log-format is text or json, not %q", d.logFormat)
}

// check refuses settings that cannot work, or would let in everybody.
func (d *daemon) check() error {
	if err := checkLoopback("--resp", d.resp); err != nil {
		return err
	}
	if err := checkLoopback("--http", d.http); err != nil {
		return err
	}
	switch {
	case d.executions < 0 || d.queue < 1:
		return fail(syscall.EINVAL, "--executions and --queue are 1 at least")
	case d.timeout < time.Millisecond || d.maxTimeout < d.timeout:
		return fail(syscall.EINVAL, "--timeout is 1ms at least, and --max-timeout not below it")
	}
	if q := d.quarantine; q.Traps < 0 || q.Window <= 0 || q.Cooldown <= 0 {
		return fail(syscall.EINVAL, "--quarantine is 0 at least, and --quarantine-window and --quarantine-cooldown are times above 0")
	}
	return nil
}

// checkLoopback refuses an address that other machines can reach.
func checkLoopback(flag, addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fail(syscall.EINVAL, "%s %s: %v", flag, addr, err)
	}
	if ip, err := netip.ParseAddr(host); host == "localhost" || err == nil && ip.IsLoopback() {
		return nil
	}
	return fail(syscall.EPERM, "%s %s: there is no authentication yet, so the daemon listens on loopback addresses only", flag, addr)
}

// shareCores gives Go's runtime one processor more for each core, since long methods may keep as many busy as there are cores:
// one that is in C counts as busy for up to 10 ms before the runtime gives its place to others.
func (d *daemon) shareCores() {
	cores := runtime.GOMAXPROCS(0)
	if d.executions == 0 {
		d.executions = 4 * cores
	}
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2 * cores)
	}
}

// newService makes the service, and the pool that exists wherever the daemon may create pools.
func (d *daemon) newService(ctx context.Context, st store.Store, engine objclass.Engine, metrics *server.Metrics, log *slog.Logger) (*objclass.Service, error) {
	service, err := objclass.NewService(st, engine, objclass.Options{
		Version:    programVersion(),
		Budget:     objclass.Budget{Wall: d.timeout, CPU: d.timeout, Memory: int64(d.arena), Output: int(d.maxOutput)},
		MaxTimeout: d.maxTimeout,
		MaxInput:   int(d.maxInput),
		Executions: d.executions,
		Queue:      d.queue,
		Quarantine: d.quarantine,
		Backups:    d.store.backups,
		Logger:     log,
		Observe:    metrics.Observe,
	})
	if err != nil {
		return nil, err
	}
	err = service.CreatePool(ctx, "default")
	switch {
	case errors.Is(err, syscall.EACCES): // by a cluster in which others create the pools
		log.Warn("there is no pool default", "err", err)
	case err != nil && !errors.Is(err, syscall.EEXIST):
		return nil, err
	}
	return service, nil
}

// serve listens, answers until ctx ends or a listener fails, and shuts down.
func (d *daemon) serve(ctx context.Context, restore func(), service *objclass.Service, metrics *server.Metrics, log *slog.Logger) error {
	respListener, err := net.Listen("tcp", d.resp)
	if err != nil {
		return err
	}
	defer respListener.Close()
	httpListener, err := net.Listen("tcp", d.http)
	if err != nil {
		return err
	}
	defer httpListener.Close()

	const frameSlack = 2 << 20 // a script and names, beside an input
	srv := server.New(service, server.Options{
		Metrics:  metrics,
		Logger:   log,
		Version:  programVersion(),
		MaxFrame: max(64<<20, int(d.maxInput)+frameSlack),
		MaxInput: int64(d.maxInput),
	})
	failed := make(chan error, 2)
	go func() { failed <- srv.ServeRESP(respListener) }()
	go func() { failed <- srv.ServeHTTP(httpListener) }()
	go d.hangups.answer(ctx, log)
	log.Info("listening", "resp", respListener.Addr().String(), "http", httpListener.Addr().String(), "pid", os.Getpid())

	select {
	case err = <-failed:
	case <-ctx.Done():
		log.Info("stopping", "timeout", d.shutdown.String())
	}
	restore()
	grace, cancel := context.WithTimeout(context.Background(), d.shutdown)
	defer cancel()
	if shutdownErr := srv.Shutdown(grace); shutdownErr != nil {
		log.Warn("calls were canceled because they did not end in time", "err", shutdownErr)
	}
	return err
}
