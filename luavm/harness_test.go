//go:build lua54

// What the tests of this package share: an engine, and runs of methods beside an object that is absent at first.

package luavm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/store"
)

type absent struct{}

func (absent) Stat() (store.Stat, bool)                { return store.Stat{}, false }
func (absent) ReadAt([]byte, int64) error              { return nil }
func (absent) Xattr(string) ([]byte, bool, error)      { return nil, false, nil }
func (absent) Xattrs(int64) ([]store.KeyValue, error)  { return nil, nil }
func (absent) OmapHeader() ([]byte, error)             { return nil, nil }
func (absent) OmapValue(string) ([]byte, bool, error)  { return nil, false, nil }
func (absent) OmapIter(string) (store.OmapIter, error) { return noPairs{}, nil }
func (absent) Close() error                            { return nil }

type noPairs struct{}

func (noPairs) Next() bool             { return false }
func (noPairs) Key() string            { return "" }
func (noPairs) Value() ([]byte, error) { return nil, nil }
func (noPairs) Err() error             { return nil }
func (noPairs) Close() error           { return nil }

var testBudget = objclass.Budget{Wall: 50 * time.Millisecond, CPU: 50 * time.Millisecond, Output: 1 << 20}

func newEngine(t testing.TB, opts Options) *Engine {
	t.Helper()
	e, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func unitOf(name, source string, script bool) *objclass.Unit {
	sum := sha256.Sum256([]byte(source))
	return &objclass.Unit{Name: name, Version: hex.EncodeToString(sum[:]), Source: []byte(source), Script: script}
}

// newObject returns an object that is absent, and its overlay.
func newObject(flags objclass.Flags) (*objclass.Object, *store.Overlay) {
	overlay := store.NewOverlay(context.Background(), absent{}, store.Limits{})
	return objclass.NewObject(context.Background(), overlay, flags), overlay
}

// runScript runs source as a script, with its handler h if it has one.
func runScript(t testing.TB, e *Engine, source, handler, input string) (objclass.Result, error) {
	t.Helper()
	object, _ := newObject(objclass.RD | objclass.WR)
	return e.Run(context.Background(), &objclass.Invocation{
		Unit: unitOf("eval", source, true), Method: handler, Input: []byte(input), Object: object, Budget: testBudget,
	})
}

// checkPristine fails unless every idle VM is, byte for byte, its image.
func checkPristine(t testing.TB, e *Engine) {
	t.Helper()
	for el := e.lru.Front(); el != nil; el = el.Next() {
		if s := el.Value.(*slot); !s.pristine() {
			t.Errorf("VM of %s differs from its image", s.unit.Name)
		}
	}
}

func asError(t testing.TB, err error) *objclass.Error {
	t.Helper()
	var e *objclass.Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %v, want an *objclass.Error", err)
	}
	return e
}
