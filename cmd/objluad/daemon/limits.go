// This file is the settings of the daemon that bound what clients may take.

package daemon

import (
	"log/slog"
	"syscall"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/cmd/objluad/settings"
	"github.com/objluad/objluad/server"
)

const (
	frameSlack      = 2 << 20 // a script and names, beside an input
	filesOfTheStore = 1500    // that may be open at once
)

// limits is the settings of the listeners.
type limits struct {
	connections int
	web         int // HTTP connections
	perPeer     int
	pipeline    int
	frame       settings.Size
	memory      settings.Size
	unsent      settings.Size
	slow        time.Duration
	handshake   time.Duration
	idle        time.Duration
}

func (l *limits) add(flags *pflag.FlagSet) {
	l.frame, l.memory, l.unsent = 64<<20, 1<<30, 1<<30
	flags.IntVar(&l.connections, "max-connections", 10000, "RESP connections; fewer if the process may not open as many files")
	flags.IntVar(&l.web, "max-http-connections", 5000, "HTTP connections; fewer if the process may not open as many files")
	flags.IntVar(&l.perPeer, "max-peer-connections", 0, "RESP connections, and HTTP connections, of one address; 0: as many as of all")
	flags.IntVar(&l.pipeline, "max-pipeline", 1024, "commands of one RESP client that are answered together")
	flags.Var(&l.frame, "max-frame", "a RESP command; at least 2MiB above --max-input")
	flags.Var(&l.memory, "max-request-memory", "RESP commands above 8KiB, and bodies of HTTP, that arrive, wait or run, of all clients together")
	flags.Var(&l.unsent, "max-unsent", "replies that all clients of a listener leave untaken; beyond it the slowest are cut off")
	flags.DurationVar(&l.slow, "slow-timeout", 30*time.Second, "how long a client may take for each MiB, or the rest, of a reply, or of a RESP command or an HTTP body that it sends")
	flags.DurationVar(&l.handshake, "handshake-timeout", time.Minute, "how long a RESP client may take until its first command is there; 0: for ever")
	flags.DurationVar(&l.idle, "idle-timeout", 0, "how long a RESP client may be idle; 0: for ever")
}

func (l *limits) check(maxInput settings.Size) error {
	frame := l.largestFrame(maxInput)
	switch {
	case l.connections < 1 || l.web < 1 || l.pipeline < 1:
		return errno.Errorf(syscall.EINVAL, "--max-connections, --max-http-connections and --max-pipeline are 1 at least")
	case l.perPeer < 0:
		return errno.Errorf(syscall.EINVAL, "--max-peer-connections is 0 at least")
	case l.frame < 64<<10 || l.frame > 1<<30:
		return errno.Errorf(syscall.EINVAL, "--max-frame is 64KiB to 1GiB")
	case l.memory < 2*frame: // a frame is copied when its buffer grows
		return errno.Errorf(syscall.EINVAL, "--max-request-memory is twice a RESP command at least, which is %s", &frame)
	case l.slow < time.Second:
		return errno.Errorf(syscall.EINVAL, "--slow-timeout is 1s at least")
	case l.handshake < 0 || l.idle < 0:
		return errno.Errorf(syscall.EINVAL, "--handshake-timeout and --idle-timeout are 0 at least")
	}
	return nil
}

// largestFrame is --max-frame, or what an input of that size takes.
func (l *limits) largestFrame(maxInput settings.Size) settings.Size {
	return max(l.frame, maxInput+frameSlack)
}

// fit lowers the numbers of connections to what the process may open.
func (l *limits) fit(log *slog.Logger) {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		return
	}
	room := float64(files.Cur) - filesOfTheStore
	share := room / float64(l.connections+l.web)
	if share >= 1 {
		return
	}
	l.connections = max(1, int(share*float64(l.connections)))
	l.web = max(1, int(share*float64(l.web)))
	log.Warn("there may be fewer connections, since the process may open few files; see ulimit -n, or LimitNOFILE of systemd",
		"max_connections", l.connections, "max_http_connections", l.web, "files", files.Cur)
}

// set sets the options that the limits are.
func (l *limits) set(opts *server.Options, maxInput settings.Size) {
	opts.MaxConnections, opts.MaxHTTPConnections, opts.MaxPeerConnections = l.connections, l.web, l.perPeer
	opts.MaxPipeline = l.pipeline
	opts.MaxFrame, opts.MaxMemory, opts.MaxUnsent = int(l.largestFrame(maxInput)), int64(l.memory), int64(l.unsent)
	opts.SlowTimeout, opts.HandshakeTimeout, opts.IdleTimeout = l.slow, l.handshake, l.idle
	if l.handshake == 0 {
		opts.HandshakeTimeout = -1
	}
}
