package objclass

import (
	"time"

	"github.com/objluad/objluad/store"
)

// Call asks for one run of a method beside one object: a method of an installed class (Class and Method), or a script
// that is sent with the call (Script, and Method as its handler).
type Call struct {
	Ref    store.Ref
	Class  string // "name", or "name@version" with a version's full hash or a prefix of it of at least 4 digits
	Method string // for a script it may be empty: then only the chunk runs
	Script []byte // source of a script, nil for a method of a class; Class must be empty then
	Input  []byte

	Client string // who asks, for Calls: the peer's address, as a rule
	User   string // as whom the client has logged in; "" if it has not
	Tenant string // whose share of the executions and of the queue it takes: a user's name, or the peer's address without its port

	// Timeout is the wall and CPU budget; 0 is the manifest's or the server's. It does not raise that of a manifest. Above the
	// server's maximum it is EINVAL.
	Timeout  time.Duration
	ReadOnly bool // refuse every write with EPERM, and take no lock
	DryRun   bool // run as ever, but commit nothing, and tell what would have been committed; takes no lock

	// Capture has the call run as DryRun, and the reply's Bundle hold all that the run took and what came of it. A run that failed is then no
	// error of the call. An object above 32 MiB is EFBIG. One call is captured at a time: another one gets EBUSY. Idempotency keys
	// are EINVAL.
	Capture bool

	// IdempotencyKey, 1 to 255 bytes, makes a call safe to repeat: if the object has the reply of a call with this key, that is the
	// reply, and nothing runs. EINVAL if that call was another one. "" is no key.
	IdempotencyKey string

	Unsynced *Unsynced // if not nil, Exec may return before the commit is durable, which is then waited for here
	Batch    *Batch    // that the call belongs to, or nil
}

// Reply is the outcome of a call that succeeded.
type Reply struct {
	Ret          int32  // what the method returned, 0 or positive
	Output       []byte // what the method put into its output bufferlist
	Version      uint64 // the object's version after the call; 0 when the object is absent
	ClassVersion string // full hash of the class version or script that ran
	Usage        Usage

	// Effects is what a dry run would have committed; nil of any other call. Version is then that of the object as it is.
	Effects *store.Effects
	// Bundle is what Call.Capture asked for, as Bundle.Encode makes it; nil of any other call. Other fields than ClassVersion and Usage mean
	// nothing when it tells of a run that failed.
	Bundle []byte
	// Replayed tells that nothing ran: Ret, Output and ClassVersion are those of an earlier call with the same idempotency key.
	Replayed bool
}

// Usage is what one run of a method used.
type Usage struct {
	// CPU is the thread's CPU time, in which Go code of host calls counts. For runs shorter than 10 ms it is the elapsed
	// time, which is an upper bound: reading a thread's CPU clock costs more than a short call.
	CPU       time.Duration
	PeakBytes int64 // the most that the VM's arena held at once, its image included
	HostOps   int64 // object operations
}

// add takes another run of the same call into account.
func (u *Usage) add(run Usage) {
	u.CPU += run.CPU
	u.PeakBytes = max(u.PeakBytes, run.PeakBytes)
	u.HostOps += run.HostOps
}
