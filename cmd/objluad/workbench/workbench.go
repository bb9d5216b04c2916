// Package workbench runs classes without a daemon: on the real engine, under a server's default budgets, beside objects in a store in
// memory. Nothing that it does outlives it.
package workbench

import (
	"context"
	"errors"
	"log/slog"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/objluad/objluad/luavm"
	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/store/pebblestore"
)

// pool is that of all objects.
const pool = "default"

// testSuffix ends the names of files with tests.
const testSuffix = "_test.lua"

// Workbench is a service over a store in memory. It runs one call at a time.
type Workbench struct {
	service *objclass.Service
	engine  *preparedEngine
	store   *recorder
}

// preparedEngine is an engine that has each run prepared first.
type preparedEngine struct {
	objclass.Engine
	prepare func(*objclass.Invocation)
}

func (e *preparedEngine) Run(ctx context.Context, inv *objclass.Invocation) (objclass.Result, error) {
	e.prepare(inv)
	return e.Engine.Run(ctx, inv)
}

// arena is the memory of a VM, that of a server.
const arena = 16 << 20

// Open makes a workbench without classes and objects.
func Open(ctx context.Context) (*Workbench, error) {
	engine, err := luavm.New(luavm.Options{Arena: arena})
	if err != nil {
		return nil, err
	}
	quiet := slog.New(slog.DiscardHandler)
	st, err := pebblestore.Open("data", pebblestore.Options{FS: vfs.NewMem(), CacheSize: 1 << 20, MemTableSize: 4 << 20, Logger: quiet})
	if err != nil {
		engine.Close()
		return nil, err
	}
	w := &Workbench{
		engine: &preparedEngine{engine, func(*objclass.Invocation) {}},
		store:  &recorder{Store: st},
	}
	if w.service, err = objclass.NewService(w.store, w.engine, objclass.Options{}); err == nil {
		err = w.service.CreatePool(ctx, pool)
	}
	if err != nil && !errors.Is(err, syscall.EEXIST) {
		engine.Close()
		return nil, errors.Join(err, st.Close())
	}
	return w, nil
}

// Close forgets everything.
func (w *Workbench) Close() error {
	err := w.service.Drain(context.Background())
	w.engine.Close()
	return errors.Join(err, w.store.Close())
}

// Prepare sets what is done with each run before it begins: its clock, seed and log may be replaced.
func (w *Workbench) Prepare(prepare func(*objclass.Invocation)) { w.engine.prepare = prepare }

// Exec runs a method beside the object of that name, and tells in Reply.Effects what it committed. All its errors are
// *objclass.Error.
func (w *Workbench) Exec(ctx context.Context, oid string, call objclass.Call) (objclass.Reply, error) {
	call.Ref = ref(oid)
	w.store.last = nil
	reply, err := w.service.Exec(ctx, call)
	if err != nil {
		return objclass.Reply{}, err
	}
	reply.Effects = w.store.last
	if reply.Effects == nil {
		reply.Effects = new(store.Effects)
	}
	return reply, nil
}

func ref(oid string) store.Ref { return store.Ref{Pool: pool, OID: oid} }
