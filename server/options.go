// This file is what a Server can be told, and what it is where it is not told.

package server

import (
	"crypto/tls"
	"log/slog"
	"time"

	"github.com/objluad/objluad/server/access"
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
