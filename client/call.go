// This file is calls of methods and scripts.

package client

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/rueidis"
)

// Reply is the outcome of a call that succeeded.
type Reply struct {
	Ret          int    // what the method returned, 0 or positive
	Output       []byte // what the method put into its output
	Version      uint64 // the object's version after the call; 0 when the object is absent
	ClassVersion string // full hash of the class version or script that ran
	CPU          time.Duration
	PeakBytes    int64 // the most memory that the VM held

	Replayed bool // nothing ran: Ret, Output and ClassVersion are those of an earlier call with the same idempotency key

	// Bundle is what Capture asked for: a file for objluad replay. The other fields are zero then.
	Bundle []byte

	Effects *Effects // of a dry run; nil of any other call. Version is then that of the object as it is
}

// CallOption changes how a method is called.
type CallOption func(*callOptions)

type callOptions struct {
	timed   bool // there is a timeout; the daemon's otherwise
	timeout time.Duration
	words   []string // the other options, as the wire has them
}

// Timeout sets the wall and CPU budget of the method, in whole milliseconds, up to the daemon's maximum.
func Timeout(d time.Duration) CallOption {
	return func(o *callOptions) { o.timed, o.timeout = true, d }
}

// ReadOnly has every write of the method refused with EPERM.
func ReadOnly() CallOption { return option("READONLY") }

// IdempotencyKey makes a call safe to repeat, with the same key of 1 to 255 bytes: a call whose effects are there already has none,
// and gets the reply of the one that made them. A key that was used for another call on the object is EINVAL.
func IdempotencyKey(key string) CallOption { return option("IDEMPOTENCY", key) }

// DryRun has the method run as ever, commits nothing, and tells in the reply's Effects what would have been committed.
func DryRun() CallOption { return option("DRYRUN") }

// Capture has the method run as a dry run, and the reply's Bundle hold all that the run took and what came of it, to be replayed by
// objluad replay. A method that failed is then no error.
func Capture() CallOption { return option("CAPTURE") }

func option(words ...string) CallOption {
	return func(o *callOptions) { o.words = append(o.words, words...) }
}

// Exec runs a method of an installed class, "name" or "name@version", beside the object (as rados_exec). A method that
// fails has changed nothing.
func (ioctx *IOContext) Exec(ctx context.Context, oid, class, method string, input []byte, opts ...CallOption) (Reply, error) {
	return ioctx.call(ctx, opts, "OBJ.EXEC", oid, class, method, rueidis.BinaryString(input))
}

// Eval runs a script beside the object, then the handler that it registered; no handler is called when its name is empty.
func (ioctx *IOContext) Eval(ctx context.Context, oid string, script []byte, handler string, input []byte, opts ...CallOption) (Reply, error) {
	return ioctx.call(ctx, opts, "OBJ.EVAL", oid, rueidis.BinaryString(script), handler, rueidis.BinaryString(input))
}

func (ioctx *IOContext) call(ctx context.Context, opts []CallOption, command string, args ...string) (Reply, error) {
	var o callOptions
	for _, opt := range opts {
		opt(&o)
	}
	shortened := o.shorten(ctx)
	args = append(append(args, "META"), o.args()...)
	result := ioctx.do(ctx, command, args...)
	if err := result.Error(); err != nil {
		return Reply{}, deadlineError(callError(err), shortened)
	}
	if bundle, err := result.AsBytes(); err == nil {
		return Reply{Bundle: bundle}, nil
	}
	fields, err := result.AsMap()
	if err != nil {
		return Reply{}, callError(err)
	}
	r := fieldReader{fields: fields}
	reply := Reply{
		Ret:          int(r.int("ret")),
		Output:       []byte(r.string("output")),
		Version:      uint64(r.int("version")),
		ClassVersion: r.string("class_version"),
		CPU:          time.Duration(r.int("cpu_us")) * time.Microsecond,
		PeakBytes:    r.int("peak_bytes"),
	}
	if replayed, ok := fields["replayed"]; ok && r.err == nil {
		reply.Replayed, r.err = replayed.AsBool()
	}
	if effects, ok := fields["effects"]; ok && r.err == nil {
		reply.Effects, r.err = readEffects(&r, effects)
	}
	return reply, r.err
}

// fieldReader reads the fields of a map, and remembers the first one that was not as it should be.
type fieldReader struct {
	fields map[string]rueidis.RedisMessage
	err    error
}

func (r *fieldReader) int(name string) int64 {
	field := r.fields[name]
	n, err := field.AsInt64()
	r.check(name, err)
	return n
}

func (r *fieldReader) string(name string) string {
	field := r.fields[name]
	s, err := field.ToString()
	r.check(name, err)
	return s
}

func (r *fieldReader) check(name string, err error) {
	if r.err == nil && err != nil {
		r.err = fmt.Errorf("%w: field %s: %w", errReply, name, err)
	}
}
