// This file is the life of a call: Exec, and its steps in the order in which a call goes through them.

package objclass

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/objluad/objluad/store"
)

// Service runs method calls, and operations on objects beside them. It is safe for concurrent use.
type Service struct {
	opts       Options
	engine     Engine
	objects    *objects
	admission  *admission
	executions *executions
	classes    *Registry
	quarantine *quarantine
	scripts    *scriptPaces
	logs       *scriptLogger
	capturing  sync.Mutex                      // held by the one call that is captured
	scriptLog  func(level int, message string) // of scripts that are sent with a call
	tuning     atomic.Pointer[Tuning]
}

// NewService returns a service over st and eng, which stay the caller's to close, after Drain. It creates the pool in
// which classes are kept, if that is missing. Where st is a store.Notifier, services over it tell each other of changed classes.
func NewService(st store.Store, eng Engine, opts Options) (*Service, error) {
	opts = opts.withDefaults()
	s := &Service{
		opts:   opts,
		engine: eng,
		objects: &objects{
			store:   st,
			limits:  opts.Limits,
			retries: opts.Retries,
			maxWait: opts.MaxWait,
			locks:   newLockTable(lineLimit(opts.Queue)),
			cached:  new(cacheCounters),
		},
		admission:  newAdmission(opts.Executions, opts.Queue),
		executions: newExecutions(opts.Executions, longPlaces(opts.Executions), opts.Queue),
		quarantine: newQuarantine(opts.Quarantine, opts.Logger),
		scripts:    newScriptPaces(),
		logs:       newScriptLogger(opts.Logger),
	}
	s.tuning.Store(opts.tuning())
	s.objects.changer, _ = st.(store.Changer)
	s.objects.syncer, _ = st.(store.Syncer)
	s.scriptLog = s.logs.with("class", scriptName)
	s.classes = newRegistry(s)
	if err := s.classes.createPool(context.Background()); err != nil {
		return nil, err
	}
	s.classes.watchOthers()
	return s, nil
}

// Classes returns the registry of the classes whose methods can be called.
func (s *Service) Classes() *Registry { return s.classes }

// Drain refuses new calls with ESHUTDOWN and waits until those under way have ended. If ctx ends before, it returns ctx's
// error, and calls are still under way: cancel their contexts and drain again.
func (s *Service) Drain(ctx context.Context) error { return s.admission.drain(ctx) }

// Stats is a moment's view of a service.
type Stats struct {
	Calls   int // in the house: waiting, running or committing
	Running int // methods that run
	Engine  EngineStats
	Cache   CacheStats

	Quarantine QuarantineStats
}

// CacheStats tell what became of changes that a store might have remembered the object for; all are 0 for one that remembers none.
type CacheStats struct {
	Hits   uint64 // changes that began without a read
	Misses uint64
	Stale  uint64 // of the hits, those that were made again because the object had another version
	Bytes  int64  // that are remembered
}

// Stats describes what the service is doing.
func (s *Service) Stats() Stats {
	return Stats{
		Calls:      s.admission.count(),
		Running:    s.executions.count(),
		Engine:     s.engine.Stats(),
		Cache:      s.objects.cacheStats(),
		Quarantine: s.quarantine.stats(),
	}
}

// scriptName is the chunk name of scripts that are sent with a call.
const scriptName = "eval"

// Exec runs a method call; a failed call has changed nothing. All its errors are *Error.
//
// The call's timeout is the budget of one run of the method and counts from the run's beginning. Time spent in line is
// bounded apart from it (Options.MaxWait): were it part of the budget, a busy server would make honest methods look like
// endless ones.
//
// When ctx ends while the call waits, the error is ECANCELED or ETIMEDOUT of KindBusy, since no script was involved; when
// it ends while the method runs, it is TrapCanceled. Kill ends a call in the same way.
func (s *Service) Exec(ctx context.Context, call Call) (Reply, error) {
	x := &exec{Service: s, callEntry: callEntry{began: time.Now(), call: call}, tuned: s.tuning.Load()}
	x.life.Context = ctx
	defer func() { x.endTrial(false) }() // if the engine panics: then nothing is settled
	err := x.pass()
	if err != nil {
		failure := x.failed(err)
		x.settle(failure)
		x.observe(failure)
		if x.captured == nil {
			return Reply{}, failure
		}
		return x.reply(), nil
	}
	x.settle(nil)
	x.observe(nil)
	return x.reply(), nil
}

// exec is a call on its way through Exec.
type exec struct {
	*Service
	callEntry
	tuned *Tuning // that holds for the call, from its beginning to its end

	// Resolved.
	class  *classVersion // nil for a script
	role   Role          // of the version; "" for a script
	method *classMethod  // nil for a script
	trial  *breaker      // of a version in quarantine that the call tries; nil otherwise
	unit   *Unit
	flags  Flags
	place  execution
	at     *execution // place, or one that the batch has kept
	log    func(level int, message string)
	budget Budget

	evaluator string // the method of class lua that brought the script; "" otherwise
	handler   string // what of the unit is called, on what
	input     []byte

	// Learnt on the way.
	runs    int
	waited  time.Duration
	ran     time.Duration
	ended   time.Time // the last run
	usage   Usage
	result  Result
	version uint64
	effects *store.Effects // of a dry run
	replay  *storedReply   // instead of a run

	bundle   *Bundle // of a call that is captured
	captured []byte  // the same, encoded, when it is complete
}

// pass leads the call through its life.
func (x *exec) pass() error {
	if err := x.check(); err != nil {
		return err
	}
	x.life.progress.state = CallResolving
	if err := x.admission.enterCall(&x.callEntry); err != nil { // before all that may touch the store: Drain waits for it
		return err
	}
	defer x.admission.leaveCall(&x.callEntry)
	err := x.inside()
	if killed := x.life.finish(); err == nil {
		return killed
	}
	return err
}

// inside is the life of a call that was let in.
func (x *exec) inside() error {
	if x.call.Batch != nil {
		x.call.Batch.begin(&x.call)
	}
	if err := x.resolve(); err != nil {
		return err
	}
	if x.call.Capture {
		return x.capture()
	}
	if x.call.DryRun {
		return x.dryRun()
	}
	if x.flags&WR == 0 {
		return x.look(func(*store.Overlay) {})
	}
	if x.call.Batch != nil {
		x.call.Batch.End() // the object's lock may have to be waited for
	}
	var err error
	x.version, err = x.objects.changeBy(&x.life, x.call.Ref, x.run, x.commit, x.call.Unsynced)
	return err
}

// look runs a method that commits nothing, and calls done with what it left behind.
func (x *exec) look(done func(*store.Overlay)) error {
	return x.objects.repeat(&x.life, func() error {
		overlay, err := x.run(&basis{fresh: true})
		if err == nil {
			x.version = overlay.Version()
			done(overlay)
		}
		return err
	})
}

// check refuses a request that is wrong in itself, and sets the run's budget.
func (x *exec) check() error {
	call, opts := &x.call, &x.opts
	if err := checkRef(call.Ref); err != nil {
		return err
	}
	switch {
	case len(call.Input) > opts.MaxInput:
		return Errorf(syscall.EMSGSIZE, KindInput, "the input has %d bytes, the limit is %d", len(call.Input), opts.MaxInput)
	case call.Timeout < 0:
		return Errorf(syscall.EINVAL, KindInput, "the timeout is negative")
	case call.Timeout > x.tuned.MaxTimeout:
		return Errorf(syscall.EINVAL, KindInput, "the timeout is %v, the limit is %v", call.Timeout, x.tuned.MaxTimeout)
	}
	if err := x.checkIdempotencyKey(); err != nil {
		return err
	}
	x.budget = x.tuned.budget
	if call.Timeout > 0 {
		x.budget.Wall, x.budget.CPU = call.Timeout, call.Timeout
	}
	return nil
}

// resolve finds what the call runs: a method of a class version, or the script that came with it.
func (x *exec) resolve() error {
	x.handler, x.input = x.call.Method, x.call.Input
	switch {
	case x.call.Script != nil && x.call.Class != "":
		return Errorf(syscall.EINVAL, KindInput, "a call names a class or brings a script, not both")
	case x.call.Script != nil:
		return x.resolveScript(x.call.Script)
	case isLuaClass(x.call.Class):
		return x.resolveEval()
	}
	version, role, err := x.classes.resolve(&x.life, x.call.Class)
	if err != nil {
		return err
	}
	if err := x.admitVersion(version, role); err != nil {
		return err
	}
	if x.unit, err = x.classes.unit(&x.life, x.class); err != nil {
		return x.resolveAgain(err)
	}
	if x.role == RolePinned {
		x.classes.notePinned(x.class, x.began)
	}
	x.budget = x.method.manifest.budget(x.budget, x.tuned.largest(), x.call.Timeout > 0)
	x.log = x.class.log
	x.place = execution{tenant: x.call.Tenant, group: x.class.class, pace: &x.method.pace}
	x.setFlags(x.method.flags)
	return nil
}

// admitVersion has the call run a method of the version, unless that is in quarantine. A canary's share of the calls runs the active
// version then.
func (x *exec) admitVersion(version *classVersion, role Role) (err error) {
	x.class, x.role = version, role
	if x.method, err = version.method(x.call.Method); err != nil {
		return err
	}
	if x.trial, err = x.quarantine.admit(version); err == nil {
		return nil
	}
	if role != RoleCanary {
		x.quarantine.refused.Add(1)
		return err
	}
	c, err := x.classes.find(&x.life, version.class)
	switch {
	case err != nil:
		return err
	case c == nil:
		return x.classes.unknownClass(&x.life, version.class)
	}
	return x.admitVersion(c.active, RoleActive)
}

func (x *exec) resolveScript(source []byte) error {
	if err := checkSource(source, x.opts.MaxSource, KindInput); err != nil {
		return err
	}
	x.unit = &Unit{Name: scriptName, Version: versionOf(source), Source: source, Script: true}
	x.log = x.scriptLog
	x.place = execution{tenant: x.call.Tenant, group: scriptName, pace: x.scripts.of(x.unit.Version)}
	x.setFlags(RD | WR)
	return nil
}

// resolveAgain is resolve of a call whose version was removed before its source was read. One that names no version runs
// whatever is active now; any other fails with err.
func (x *exec) resolveAgain(err error) error {
	if x.role == RolePinned || !errors.Is(err, errRemoved) {
		return err
	}
	if _, err := x.classes.refresh(&x.life, x.class.class); err != nil {
		return err
	}
	x.endTrial(false)
	return x.resolve()
}

func (x *exec) setFlags(flags Flags) {
	x.flags = flags
	if x.call.ReadOnly {
		x.flags &^= WR
	}
}

// run runs the method once, in an execution, on a version of the object, of which it tells in b. A method that another commit
// overtook is run again only within the wall time that it had, so no call holds its object's lock for long.
func (x *exec) run(b *basis) (*store.Overlay, error) {
	if x.runs > 0 && x.ran >= x.budget.Wall {
		return nil, conflictError(x.runs)
	}
	if err := x.life.Err(); err != nil {
		return nil, waitEnded(err, anExecution)
	}
	allowed := x.budget.Wall + readGrace
	r := &runParts{ctx: lazyDeadline{Context: &x.life}}
	defer r.ctx.end()
	snapshot, err := x.openEarly(&r.ctx, b, allowed)
	if err != nil {
		return nil, err
	}
	began, err := x.enterExecution()
	if err != nil {
		if snapshot != nil {
			snapshot.Close()
		}
		return nil, err
	}
	defer x.leaveExecution()
	x.life.proceed(progress{CallRunning, began.Sub(x.began), x.ran})
	r.ctx.restart(began.Add(allowed))
	if snapshot == nil {
		if snapshot, err = x.objects.openToChange(&r.ctx, x.call.Ref, b); err != nil {
			return nil, err
		}
	}
	return x.objects.overlay(&r.ctx, snapshot, func(overlay *store.Overlay) error {
		r.object = Object{ctx: &r.ctx, overlay: overlay, flags: x.flags, caps: x.class.capabilities()}
		if x.call.IdempotencyKey != "" {
			return x.invokeOnce(r, overlay, began)
		}
		return x.invoke(r, began)
	})
}

// openEarly opens the snapshot before there is an execution, if the store may have to ask others for it: an execution is for
// what needs a core. Otherwise it returns nil.
func (x *exec) openEarly(ctx *lazyDeadline, b *basis, allowed time.Duration) (store.Snapshot, error) {
	if x.bundle != nil {
		return x.bundle.Object.snapshot(), nil
	}
	if x.objects.changer == nil {
		return nil, nil
	}
	x.life.waits(anExecution)
	ctx.restart(time.Now().Add(allowed))
	return x.objects.openToChange(ctx, x.call.Ref, b)
}

// runParts is what one run of the method needs, in one allocation.
type runParts struct {
	ctx        lazyDeadline // of what the store does for it
	object     Object
	invocation Invocation
}

// readGrace is how long after the budget's end reads of a store that does not answer are given up. A script that is alive
// was ended by the guard before that.
const readGrace = 2 * time.Millisecond

// invoke calls the engine. Whatever error it returns, the object's changes are dropped with its overlay.
func (x *exec) invoke(r *runParts, began time.Time) error {
	if x.runs == 0 {
		x.waited = began.Sub(x.began)
	}
	x.runs++
	r.invocation = Invocation{
		Unit:   x.unit,
		Method: x.handler,
		Input:  x.input,
		Object: &r.object,
		Ref:    x.call.Ref,
		Client: x.call.Client,
		User:   x.call.User,
		Now:    began,
		Budget: x.budget,
		Long:   x.place.knownLong,
		Log:    x.log,
	}
	if x.class != nil {
		r.invocation.Class = x.class.class
	}
	if x.bundle != nil {
		x.bundle.note(&r.invocation)
	}
	result, err := x.engine.Run(&x.life, &r.invocation)
	x.ended = time.Now()
	ran := x.ended.Sub(began)
	x.ran += ran

	usage := result.Usage
	if err != nil {
		usage = OpError(err).Usage
	}
	usage.HostOps = r.object.Ops()
	if usage.CPU > 0 { // or it did not come to a run
		x.place.pace.add(min(ran, usage.CPU))
	}
	x.usage.add(usage)
	if err != nil {
		return err
	}
	if result.Ret < 0 {
		return returnedError(result.Ret)
	}
	x.result = result
	return nil
}

// commit commits what the method changed, unless the call was killed. From then on it is too late for that, but for a
// commit that another one overtook.
func (x *exec) commit(overlay *store.Overlay) (uint64, error) {
	x.life.proceed(progress{state: CallCommitting, ran: x.ran})
	version, err := x.objects.commit(&x.life, x.call.Ref, overlay, x.call.Unsynced)
	if errors.Is(err, store.ErrConflict) {
		x.life.waits(anExecution) // it may be killed again
	}
	return version, err
}

// returnedError is the error of a method that returned a negative number.
func returnedError(ret int32) *Error {
	e := &Error{Errno: uint64(-int64(ret)), Kind: KindOp}
	e.Message = "method returned " + strconv.Itoa(int(ret)) + " (" + e.ErrnoName() + ")"
	return e
}

func (x *exec) reply() Reply {
	reply := Reply{
		Ret:          x.result.Ret,
		Output:       x.result.Output,
		Version:      x.version,
		ClassVersion: x.unit.Version,
		Usage:        x.usage,
		Effects:      x.effects,
		Bundle:       x.captured,
	}
	if x.replay != nil {
		reply.Replayed, reply.ClassVersion = true, x.replay.version
	}
	return reply
}

// failed completes an error by what is known of the call.
func (x *exec) failed(err error) *Error {
	e := *OpError(err) // a copy: some errors are shared
	if e.Kind == TrapCanceled && x.life.killed.Load() {
		e.Message += ": " + errKilled.Error() // engines only know that the context ended
	}
	switch {
	case x.unit != nil:
		e.ClassVersion = x.unit.Version
	case x.class != nil:
		e.ClassVersion = x.class.version
	}
	e.Usage = x.usage
	return &e
}

func (x *exec) observe(err *Error) {
	if x.opts.Observe == nil {
		return
	}
	o := Observation{
		Script:  x.call.Script != nil,
		Runs:    x.runs,
		Waited:  x.waited,
		Ran:     x.ran,
		Elapsed: time.Since(x.began),
		Usage:   x.usage,
		Err:     err,
	}
	if x.class != nil {
		o.Class, o.Role = x.class.class, x.role
	}
	if x.method != nil {
		o.Method = x.method.name
	}
	if x.evaluator != "" {
		o.Class, o.Method = luaClass, x.evaluator
	}
	x.opts.Observe(&o)
}
