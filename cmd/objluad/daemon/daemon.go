// Package daemon runs the daemon: its settings, its store, its listeners, and what it does on signals.
//
// # Invariants
//
//   - The flags are the settings. What reads or documents settings goes by them.
//   - The store is closed, and the engine ended, only when no call uses them any more.
//   - A reload takes over all settings that may change, or none.
//   - A restart keeps the listening sockets, so that no client is refused.
package daemon

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	notify "github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/pflag"

	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/cmd/objluad/settings"
	"github.com/objluad/objluad/cmd/objluad/storeflags"
	"github.com/objluad/objluad/luavm"
	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/metrics"
	"github.com/objluad/objluad/store"
)

// DefaultAddr is where the daemon listens for RESP unless it is told otherwise.
const DefaultAddr = "127.0.0.1:7480"

// Daemon is the daemon's settings.
type Daemon struct {
	version string   // of the program
	others  []string // names in the environment that are not its settings

	flags    *pflag.FlagSet // of all settings
	config   string
	settings *settings.Settings

	store     storeflags.Flags
	resp      string
	http      string
	logFormat string
	logLevel  string
	shutdown  time.Duration

	executions int
	queue      int
	timeout    time.Duration
	maxTimeout time.Duration
	arena      settings.Size
	maxOutput  settings.Size
	maxInput   settings.Size
	quarantine objclass.QuarantineOptions
	limits     limits

	security securityFlags
	hangups  hangups
	cores    int // that Go's runtime had at the start
	level    slog.LevelVar
	grace    atomic.Int64 // shutdown, which may change
	running  atomic.Pointer[[][2]string]
}

// New returns a daemon of a program's version, with the flags that are its settings, and their defaults. All that reads settings goes
// by these flags. Others are names in the environment that begin as those of settings do, and are none.
func New(version string, others []string) *Daemon {
	d := &Daemon{version: version, others: others, arena: 16 << 20, maxOutput: 16 << 20, maxInput: 16 << 20, flags: pflag.NewFlagSet("serve", pflag.ContinueOnError)}
	flags := d.flags
	d.store.Add(flags)
	flags.StringVar(&d.store.Backups, "backups", "", "`folder` in which backups may be made, on the disk of the data; default none; with --store pebble")
	flags.StringVar(&d.resp, "resp", DefaultAddr, "listen `address` for RESP")
	flags.StringVar(&d.http, "http", "127.0.0.1:7481", "listen `address` for HTTP")
	d.security.add(flags)
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
	d.limits.add(flags)
	flags.IntVar(&d.quarantine.Traps, "quarantine", 5, "so many traps of a class version within --quarantine-window have its calls refused; 0: none do")
	flags.DurationVar(&d.quarantine.Window, "quarantine-window", time.Minute, "time in which traps count together")
	flags.DurationVar(&d.quarantine.Cooldown, "quarantine-cooldown", 30*time.Second, "time until a quarantined version is tried again; longer each time, up to 16 times this")
	settings.MarkReloadable(flags, reloadable...)
	return d
}

// Run serves until a signal comes, then lets what runs end. A second signal ends the process at once. SIGUSR2 restarts it. With checkOnly
// it checks the settings, and does not serve.
func (d *Daemon) Run(ctx context.Context, checkOnly bool) error {
	if err := d.load(); err != nil {
		return settings.FirstProblem(err)
	}
	log, err := d.logger()
	if err != nil {
		return err
	}
	open, err := inherit()
	if err != nil {
		return err
	}
	defer open.close()
	open.replace("resp", &d.resp)
	open.replace("http", &d.http)
	if err := d.check(); err != nil || checkOnly {
		return settings.FirstProblem(err)
	}
	d.warn(log)
	ctx, restore := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer restore()
	defer d.hangups.listen()()
	restart := make(chan os.Signal, 1)
	signal.Notify(restart, syscall.SIGUSR2)

	next, err := d.serveStore(ctx, restore, restart, open, log)
	switch {
	case err != nil || next == nil:
		return err
	case ctx.Err() != nil: // it was told to stop meanwhile
		return next.close()
	}
	return next.start(log)
}

// serveStore opens the store and serves it, and closes it. It returns who is to go on, if anyone is.
func (d *Daemon) serveStore(ctx context.Context, restore func(), restart <-chan os.Signal, open sockets, log *slog.Logger) (*successor, error) {
	secured, err := d.security.open(ctx, &d.hangups, log)
	if err != nil {
		return nil, err
	}
	st, err := d.store.Open(log)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := st.Close(); err != nil {
			log.Error("closing the store", "err", err)
		}
	}()
	engine, err := luavm.New(luavm.Options{Arena: int(d.arena)})
	if err != nil {
		return nil, err
	}
	metrics := metrics.New()
	d.shareCores()
	giveHeapRoom()
	service, err := d.newService(ctx, st, engine, metrics, log)
	if err != nil {
		engine.Close()
		return nil, err
	}
	next, serveErr := d.serve(ctx, restore, restart, open, service, &secured, metrics, log)

	// Calls that did not end in time are canceled by now.
	drained, cancel := context.WithTimeout(context.Background(), drainGrace)
	defer cancel()
	if err := service.Drain(drained); err != nil {
		// They use the store and the engine still: these are left as they are, as in a crash.
		log.Error("calls did not end when they were canceled", "calls", service.Stats().Calls)
		if next != nil {
			log.Error("not restarted", "err", next.start(log))
		}
		os.Exit(1)
	}
	engine.Close()
	log.Info("stopped")
	return next, serveErr
}

// drainGrace is how long calls get to end that were canceled.
const drainGrace = 5 * time.Second

func (d *Daemon) logger() (*slog.Logger, error) {
	level, err := d.logLevelOf()
	if err != nil {
		return nil, err
	}
	d.level.Set(level)
	d.grace.Store(int64(d.shutdown))
	opts := &slog.HandlerOptions{Level: &d.level}
	if d.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, opts)), nil
	}
	return slog.New(slog.NewTextHandler(os.Stderr, opts)), nil
}

func (d *Daemon) logLevelOf() (level slog.Level, err error) {
	if level.UnmarshalText([]byte(d.logLevel)) != nil {
		err = errno.Errorf(syscall.EINVAL, "--log-level is debug, info, warn or error, not %q", d.logLevel)
	}
	return level, err
}

// check refuses settings that cannot work, or would let in everybody. It joins all that is wrong.
func (d *Daemon) check() error {
	problems := []error{d.store.Check(), d.security.check(), d.security.checkAddress("--resp", d.resp), d.security.checkAddress("--http", d.http)}
	refuse := func(wrong bool, format string, args ...any) {
		if wrong {
			problems = append(problems, errno.Errorf(syscall.EINVAL, format, args...))
		}
	}
	refuse(d.resp == d.http && !strings.HasSuffix(d.resp, ":0"), "--resp and --http are the same address")
	_, err := d.logLevelOf()
	problems = append(problems, err)
	refuse(d.logFormat != "text" && d.logFormat != "json", "--log-format is text or json, not %q", d.logFormat)
	refuse(d.shutdown < 0, "--shutdown-timeout is a time from 0")
	refuse(d.executions < 0, "--executions is 1 at least, or 0 for the default")
	refuse(d.queue < 1, "--queue is 1 at least")
	refuse(d.timeout < time.Millisecond, "--timeout is 1ms at least")
	refuse(d.maxTimeout < d.timeout, "--max-timeout is not below --timeout")
	refuse(d.quarantine.Traps < 0, "--quarantine is 0 at least")
	refuse(d.quarantine.Window <= 0, "--quarantine-window is a time above 0")
	refuse(d.quarantine.Cooldown <= 0, "--quarantine-cooldown is a time above 0")
	return errors.Join(append(problems, d.limits.check(d.maxInput))...)
}

// shareCores gives Go's runtime one processor more for each core, since long methods may keep as many busy as there are cores:
// one that is in C counts as busy for up to 10 ms before the runtime gives its place to others.
func (d *Daemon) shareCores() {
	d.cores = runtime.GOMAXPROCS(0)
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2 * d.cores)
	}
}

// places is how many methods run at once.
func (d *Daemon) places() int {
	if d.executions == 0 {
		return 4 * d.cores
	}
	return d.executions
}

// newService makes the service, and the pool that exists wherever the daemon may create pools.
func (d *Daemon) newService(ctx context.Context, st store.Store, engine objclass.Engine, metrics *metrics.Metrics, log *slog.Logger) (*objclass.Service, error) {
	service, err := objclass.NewService(st, engine, objclass.Options{
		Version:     d.version,
		HideClasses: d.security.users != "",
		Budget:      objclass.Budget{Wall: d.timeout, CPU: d.timeout, Memory: int64(d.arena), Output: int(d.maxOutput)},
		MaxTimeout:  d.maxTimeout,
		MaxInput:    int(d.maxInput),
		Executions:  d.places(),
		Queue:       d.queue,
		Quarantine:  d.quarantine,
		Backups:     d.store.Backups,
		Logger:      log,
		Observe:     metrics.Observe,
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

// serve listens, answers until ctx ends, a listener fails or a restart is due, and shuts down. It returns who is to go on, if anyone is.
func (d *Daemon) serve(ctx context.Context, restore func(), restart <-chan os.Signal, open sockets, service *objclass.Service, secured *security, metrics *metrics.Metrics, log *slog.Logger) (*successor, error) {
	if err := open.listen("resp", d.resp); err != nil {
		return nil, err
	}
	if err := open.listen("http", d.http); err != nil {
		return nil, err
	}
	d.limits.fit(log)
	opts := server.Options{
		Metrics:  metrics,
		Logger:   log,
		Version:  d.version,
		Store:    d.store.Facts(),
		MaxInput: int64(d.maxInput),
		Settings: func() [][2]string { return *d.running.Load() },
	}
	d.noteRunning()
	d.limits.set(&opts, d.maxInput)
	secured.into(&opts)
	srv := server.New(service, opts)
	failed := make(chan error, 2)
	go func() { failed <- srv.ServeRESP(open["resp"]) }()
	go func() { failed <- srv.ServeHTTP(open["http"]) }()
	d.hangups.add("settings", func() error { return d.reload(service, log) })
	go d.hangups.answer(ctx, log)
	log.Info("listening", "resp", open["resp"].Addr().String(), "http", open["http"].Addr().String(), "pid", os.Getpid())
	notify.SdNotify(false, notify.SdNotifyReady) // if systemd wants to know

	next, err := d.wait(ctx, restart, failed, open, log)
	if next == nil {
		notify.SdNotify(false, notify.SdNotifyStopping)
		restore()
	} else {
		notify.SdNotify(false, notify.SdNotifyReloading)
	}
	grace, cancel := context.WithTimeout(context.Background(), time.Duration(d.grace.Load()))
	defer cancel()
	if shutdownErr := srv.Shutdown(grace); shutdownErr != nil {
		log.Warn("calls were canceled because they did not end in time", "err", shutdownErr)
	}
	return next, err
}

// wait returns when the daemon is to stop, or to let its successor go on, or a listener failed.
func (d *Daemon) wait(ctx context.Context, restart <-chan os.Signal, failed <-chan error, open sockets, log *slog.Logger) (*successor, error) {
	for {
		select {
		case err := <-failed:
			return nil, err
		case <-ctx.Done():
			log.Info("stopping", "timeout", time.Duration(d.grace.Load()).String())
			return nil, nil
		case <-restart:
		}
		next, err := newSuccessor(ctx, open)
		if err == nil {
			log.Info("stopping, to restart", "timeout", time.Duration(d.grace.Load()).String())
			return next, nil
		}
		log.Error("not restarted", "err", err)
	}
}
