// This file is how a Service is set up: its bounds and where it reports to.

package objclass

import (
	"log/slog"
	"runtime"
	"time"

	"github.com/objluad/objluad/store"
)

// Options sets a Service's bounds. A zero field means its default.
type Options struct {
	// Budget bounds a run of a method for which neither the call nor the class's manifest gives a timeout; default 1 s wall
	// and CPU time, 16 MiB of memory and of output. Memory is what the engine gives to a VM. The bounds of memory and output
	// hold for every call.
	Budget Budget
	// MaxTimeout is the longest timeout that a call or a manifest may ask for; default 60 s.
	MaxTimeout time.Duration
	// MaxWait bounds how long a call stands in line, once for the object's lock and once for an execution; default 30 s.
	MaxWait time.Duration
	// MaxInput is the most bytes of input; default 16 MiB.
	MaxInput int
	// MaxSource is the most bytes of source in a class or script, up to 16 MiB; default 1 MiB.
	MaxSource int
	// HideClasses has errors about a class that is not installed name no others: where callers may not know of all.
	HideClasses bool
	// Executions is how many methods run at once; default 4 for each of GOMAXPROCS, at least 2.
	Executions int
	// Queue is how many calls may wait or commit beyond those that run; default 1024. One more is refused with EBUSY.
	Queue int
	// Retries is how often a change is made again after another commit came first; default 32.
	Retries int
	// Limits bounds what an object may hold.
	Limits store.Limits
	// Replies bounds what objects keep for calls with idempotency keys.
	Replies ReplyLimits
	// Quarantine sets when a class version is refused because it traps; default never.
	Quarantine QuarantineOptions
	// Backups is the folder in which Service.Backup makes copies of the store; default none, and Backup is refused.
	Backups string
	// Version is the program's, for bundles of captured calls; default "unknown".
	Version string
	// Logger takes the daemon's events and what scripts log; default discards.
	Logger *slog.Logger
	// Observe, when set, is told of every call that ended. It runs on the call's goroutine: it must be quick, safe for
	// concurrent use, and must not keep the Observation.
	Observe func(*Observation)
}

// Observation describes a call that ended, for metrics and logs.
type Observation struct {
	Class   string // "" for a script, and for a class that is not installed
	Method  string // "" for a script, and for a method that does not exist: a metric's labels must stay few
	Role    Role   // of the class version; "" when there is no class
	Script  bool
	Runs    int           // how often the method ran: more than once after a conflict, 0 when it never did
	Waited  time.Duration // from the call's beginning to that of its first run: in line for the lock and an execution
	Ran     time.Duration // in an execution, all runs together
	Elapsed time.Duration // from Exec's beginning to its end
	Usage   Usage
	Err     *Error // nil when the call succeeded
}

// withDefaults returns o with its zero fields replaced by the defaults.
func (o Options) withDefaults() Options {
	orDefault(&o.Budget.Wall, time.Second)
	orDefault(&o.Budget.CPU, time.Second)
	orDefault(&o.Budget.Memory, 16<<20)
	orDefault(&o.Budget.Output, 16<<20)
	orDefault(&o.MaxTimeout, 60*time.Second)
	orDefault(&o.MaxWait, 30*time.Second)
	orDefault(&o.MaxInput, 16<<20)
	orDefault(&o.MaxSource, 1<<20)
	orDefault(&o.Executions, 4*runtime.GOMAXPROCS(0))
	o.Executions = max(o.Executions, 2)
	orDefault(&o.Queue, 1024)
	orDefault(&o.Retries, 32)
	o.Limits = o.Limits.WithDefaults()
	o.Replies = o.Replies.withDefaults(o.Limits)
	orDefault(&o.Version, "unknown")
	orDefault(&o.Logger, slog.New(slog.DiscardHandler))
	return o
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
