//go:build lua54

// The engine: which slots there are, and who has them.

package luavm

import (
	"container/list"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/panicguard"
)

// Options configures an Engine. A zero field means its default.
type Options struct {
	Arena int // bytes of memory that a VM may use, 64 KiB to 1 GiB; default 16 MiB
	// Slots is how many VMs there are; the least recently used idle one goes first. There are more only while more run at once.
	// Each has an address range of Arena and 1 percent. Default 256.
	Slots int
	// Memory is how many bytes all VMs together hold while they idle: each holds its image twice, and some of what its
	// last run used. Default 512 MiB.
	Memory int64
}

// maxImage bounds an image, since each run copies it: a class that builds more while it is loaded is refused.
const maxImage = 2 << 20

// Bounds of Options.Arena. Below the first there is no room for Lua's libraries and a call.
const (
	MinArena = 64 << 10
	MaxArena = 1 << 30
)

func (o Options) withDefaults() Options {
	if o.Arena == 0 {
		o.Arena = 16 << 20
	}
	if o.Slots == 0 {
		o.Slots = 256
	}
	if o.Memory == 0 {
		o.Memory = 512 << 20
	}
	return o
}

// Engine runs methods in Lua. It implements objclass.Engine.
type Engine struct {
	opts       Options
	background background

	mu    sync.Mutex
	idle  map[slotKey][]*list.Element // of lru; the last was used last
	lru   *list.List                  // idle slots, the least recently used in front
	busy  int
	epoch uint64               // rises with each fault
	held  int64                // bytes that all slots hold
	stats objclass.EngineStats // Created, Destroyed and ImageBytes
}

var _ objclass.Engine = (*Engine)(nil)

// New makes an Engine, and prepares the process for it (panicguard.Init).
func New(opts Options) (*Engine, error) {
	opts = opts.withDefaults()
	if opts.Arena < MinArena || opts.Arena > MaxArena {
		return nil, objclass.Errorf(syscall.EINVAL, objclass.KindInput,
			"an arena of %d bytes is not possible: it has %d to %d", opts.Arena, MinArena, MaxArena)
	}
	if opts.Slots < 1 || opts.Slots > math.MaxInt32 {
		return nil, objclass.Errorf(syscall.EINVAL, objclass.KindInput, "%d slots are not possible: there is at least 1", opts.Slots)
	}
	if !canAdopt() {
		return nil, errors.New("this golua keeps its VM elsewhere; use the version that go.mod names")
	}
	if err := panicguard.Init(); err != nil {
		return nil, err
	}
	return &Engine{opts: opts, idle: map[slotKey][]*list.Element{}, lru: list.New()}, nil
}

// Load implements objclass.Engine.
func (e *Engine) Load(ctx context.Context, unit *objclass.Unit, budget objclass.Budget) (objclass.Loaded, error) {
	s, err := e.create(ctx, unit, budget)
	if err != nil {
		return objclass.Loaded{}, err
	}
	loaded := s.loaded
	loaded.Methods = slices.SortedFunc(slices.Values(loaded.Methods), func(a, b objclass.Method) int { return strings.Compare(a.Name, b.Name) })
	loaded.ImageBytes = s.imageSize()
	s.loaded.Manifest = nil
	s.making = 0
	e.giveBack(s)
	return loaded, nil
}

// Run implements objclass.Engine.
func (e *Engine) Run(ctx context.Context, inv *objclass.Invocation) (result objclass.Result, err error) {
	if !inv.Long {
		return e.run(ctx, inv)
	}
	e.background.do(func() { result, err = e.run(ctx, inv) })
	return result, err
}

func (e *Engine) run(ctx context.Context, inv *objclass.Invocation) (objclass.Result, error) {
	s := e.takeIdle(keyOf(inv.Unit))
	if s == nil {
		var err error
		if s, err = e.create(ctx, inv.Unit, inv.Budget); err != nil {
			return objclass.Result{}, err
		}
		s.loaded.Manifest = nil
	}
	result, broken, err := s.run(ctx, inv)
	s.making = 0
	switch broken {
	case panicguard.Fault:
		e.distrust()
		e.destroy(s)
	case panicguard.Host:
		e.destroy(s)
	default:
		e.giveBack(s)
	}
	return result, err
}

// distrust has every VM made anew: what raised a fault may have written beyond its own arena before.
func (e *Engine) distrust() {
	e.mu.Lock()
	e.epoch++
	var all []*slot
	for e.lru.Len() > 0 {
		all = append(all, e.dropOldest())
	}
	e.mu.Unlock()
	freeAll(all)
}

// create makes a busy slot.
func (e *Engine) create(ctx context.Context, unit *objclass.Unit, budget objclass.Budget) (*slot, error) {
	e.mu.Lock()
	e.busy++
	epoch := e.epoch
	surplus := e.dropSurplus()
	e.mu.Unlock()
	freeAll(surplus)
	s, err := newSlot(ctx, unit, budget, e.opts.Arena)
	if err != nil && objclass.OpError(err).Kind == objclass.TrapFault {
		e.distrust()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if err != nil {
		e.busy--
		return nil, err
	}
	s.epoch = epoch
	e.stats.Created++
	e.stats.ImageBytes += s.imageSize()
	e.held += s.holds()
	return s, nil
}

// slotKey says which slots run a unit. The version alone does not: a script may have the source of a class, and two classes
// one source, but the name is part of the image.
type slotKey struct{ name, version string }

func keyOf(u *objclass.Unit) slotKey { return slotKey{u.Name, u.Version} }

// takeIdle returns the slot of that key that was used last, or nil.
func (e *Engine) takeIdle(key slotKey) *slot {
	e.mu.Lock()
	defer e.mu.Unlock()
	waiting := e.idle[key]
	if len(waiting) == 0 {
		return nil
	}
	last := waiting[len(waiting)-1]
	waiting[len(waiting)-1] = nil
	e.idle[key] = waiting[:len(waiting)-1]
	e.busy++
	return e.lru.Remove(last).(*slot)
}

// giveBack makes a busy slot idle, and destroys idle ones that are too many. A slot that is older than the last fault is
// destroyed itself.
func (e *Engine) giveBack(s *slot) {
	e.mu.Lock()
	if s.epoch != e.epoch {
		e.mu.Unlock()
		e.destroy(s)
		e.mu.Lock()
	} else {
		e.busy--
		key := keyOf(&s.unit)
		e.idle[key] = append(e.idle[key], e.lru.PushBack(s))
	}
	surplus := e.dropSurplus()
	e.mu.Unlock()
	freeAll(surplus)
}

// dropSurplus takes idle slots out of the engine until the rest is within its bounds. The caller holds the lock, and frees them
// without it.
func (e *Engine) dropSurplus() (surplus []*slot) {
	for e.lru.Len() > 0 && (e.lru.Len()+e.busy > e.opts.Slots || e.held > e.opts.Memory) {
		surplus = append(surplus, e.dropOldest())
	}
	return surplus
}

func freeAll(slots []*slot) {
	for _, s := range slots {
		s.free()
	}
}

// dropOldest takes the least recently used idle slot out of the engine.
func (e *Engine) dropOldest() *slot {
	s := e.lru.Remove(e.lru.Front()).(*slot)
	key := keyOf(&s.unit)
	e.idle[key][0] = nil
	e.idle[key] = e.idle[key][1:] // here, too, the first is the oldest
	if len(e.idle[key]) == 0 {
		delete(e.idle, key)
	}
	e.forget(s)
	return s
}

func (e *Engine) forget(s *slot) {
	e.stats.Destroyed++
	e.stats.ImageBytes -= s.imageSize()
	e.held -= s.holds()
}

// destroy frees a busy slot.
func (e *Engine) destroy(s *slot) {
	e.mu.Lock()
	e.busy--
	e.forget(s)
	if key := keyOf(&s.unit); len(e.idle[key]) == 0 {
		delete(e.idle, key)
	}
	e.mu.Unlock()
	s.free()
}

// Stats implements objclass.Engine.
func (e *Engine) Stats() objclass.EngineStats {
	e.mu.Lock()
	defer e.mu.Unlock()
	stats := e.stats
	stats.Slots, stats.Busy = e.lru.Len()+e.busy, e.busy
	return stats
}

// Close implements objclass.Engine.
func (e *Engine) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.lru.Len() > 0 {
		e.dropOldest().free()
	}
}
