// This file is the replay of a captured call: the same run, without the store that it was on.

package objclass

import (
	"context"
	"time"

	"github.com/objluad/objluad/store"
)

// Replay runs what the bundle has once more, in an engine whose VMs have Bundle.Arena bytes, and returns what came of it. Nothing is
// committed anywhere. What the method logs goes to log, which may be nil.
func (b *Bundle) Replay(ctx context.Context, engine Engine, log func(level int, message string)) Outcome {
	var result Result
	err := b.overlayOf(ctx, func(overlay *store.Overlay) error {
		object := Object{ctx: ctx, overlay: overlay, flags: b.flags(), caps: b.Capabilities}
		var err error
		result, err = engine.Run(ctx, b.invocation(&object, log))
		if err == nil && result.Ret < 0 {
			return returnedError(result.Ret)
		}
		return err
	})
	return newOutcome(result, err)
}

func (b *Bundle) flags() Flags {
	for _, f := range []Flags{RD, WR, RD | WR} {
		if b.Flags == f.String() {
			return f
		}
	}
	return 0
}

func (b *Bundle) invocation(object *Object, log func(level int, message string)) *Invocation {
	return &Invocation{
		Unit:   b.Unit.unit(),
		Method: string(b.Method),
		Input:  []byte(b.Input),
		Object: object,
		Ref:    b.Object.ref(),
		Client: string(b.Client),
		User:   string(b.User),
		Class:  b.Class,
		Now:    b.Now,
		Seed:   Seed(b.Seed),
		Budget: Budget{time.Duration(b.Budget.Wall), time.Duration(b.Budget.CPU), b.Budget.Memory, b.Budget.Output},
		Log:    log,
	}
}
