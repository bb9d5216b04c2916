// This file is calls that are captured: a dry run of which all that it took is kept, to be replayed elsewhere.

package objclass

import (
	"syscall"

	"github.com/objluad/objluad/store"
)

// maxCapture is the most bytes that an object may take to be captured, 128 for each xattr and omap pair included.
const maxCapture = 32 << 20

// errCapturing is what a second capture gets: one holds a whole object in memory, more than once.
var errCapturing = Errorf(syscall.EBUSY, KindBusy, "another call is being captured; try again")

// capture runs the method as a dry run, on an object that is read whole before. The bundle is there when it came to a run.
func (x *exec) capture() error {
	if !x.capturing.TryLock() {
		return errCapturing
	}
	defer x.capturing.Unlock()
	var object *bundleObject
	err := x.objects.read(&x.life, x.call.Ref, func(overlay *store.Overlay) (err error) {
		object, err = newBundleObject(x.call.Ref, overlay, maxCapture)
		return err
	})
	if err != nil {
		return err
	}
	x.bundle = &Bundle{
		Daemon:       x.opts.Version,
		Flags:        x.flags.String(),
		Capabilities: x.class.capabilities(),
		Budget:       bundleBudget{int64(x.budget.Wall), int64(x.budget.CPU), x.budget.Memory, x.budget.Output},
		Arena:        x.opts.Budget.Memory,
		Limits:       x.opts.Limits,
		Object:       *object,
	}
	err = x.look(func(*store.Overlay) {})
	if x.runs == 0 || err != nil && OpError(err).Kind == TrapCanceled {
		return err
	}
	return x.encode(err)
}

// note keeps what a run is about to be told. Its seed is drawn for that, whether or not the method asks for it.
func (b *Bundle) note(inv *Invocation) {
	seed := inv.DrawSeed()
	b.Unit, b.Class, b.Method = newBundleUnit(inv.Unit), inv.Class, bundleBytes(inv.Method)
	b.Input, b.Client, b.User = bundleBytes(inv.Input), bundleBytes(inv.Client), bundleBytes(inv.User)
	b.Now, b.Seed = inv.Now.UTC(), seed[:]
}

// encode completes the bundle by what came of the run, which is the call's outcome, too.
func (x *exec) encode(failure error) error {
	x.bundle.Outcome = newOutcome(x.result, failure)
	var err error
	x.captured, err = x.bundle.Encode()
	switch {
	case err != nil:
		return err
	case len(x.captured) > MaxBundle:
		x.captured = nil
		return Errorf(syscall.EFBIG, KindOp, "the bundle has more than %d bytes, with the object, the input and the sources", MaxBundle)
	}
	return failure
}
