// This file tests what clients do with objects without a method.

package objclass

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/objluad/objluad/store"
)

// expecting appends a byte to an object that has that version.
func expecting(version uint64) func(*store.Overlay) error {
	return func(o *store.Overlay) error {
		if err := CheckVersion(o, version); err != nil {
			return err
		}
		return o.Append([]byte{'x'})
	}
}

func TestCheckVersion(t *testing.T) {
	h := newHouse(t, Options{}, nil)
	_, err := h.Update(t.Context(), ref("o"), expecting(1))
	wantError(t, err, syscall.EOVERFLOW, KindOp, "does not exist")
	version, err := h.Update(t.Context(), ref("o"), expecting(0))
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Update(t.Context(), ref("o"), expecting(0))
	wantError(t, err, syscall.ERANGE, KindOp, "newer than 0")
	_, err = h.Update(t.Context(), ref("o"), expecting(version+1))
	wantError(t, err, syscall.EOVERFLOW, KindOp, "older")
	next, err := h.Update(t.Context(), ref("o"), expecting(version))
	if err != nil || next <= version || h.data(t, "o") != "xx" {
		t.Errorf("version %d, %v, data %q", next, err, h.data(t, "o"))
	}
	_, err = h.Update(t.Context(), ref("o"), expecting(version))
	wantError(t, err, syscall.ERANGE, KindOp, "newer")
	wantError(t, h.View(t.Context(), ref("o"), func(o *store.Overlay) error { return CheckVersion(o, version) }), syscall.ERANGE, KindOp, "newer")
	if err := h.View(t.Context(), ref("o"), func(o *store.Overlay) error { return CheckVersion(o, next) }); err != nil {
		t.Error(err)
	}
}

// The bound of a page is in bytes, too; its first key may begin anywhere.
func TestOmapKeyPage(t *testing.T) {
	h := newHouse(t, Options{}, nil)
	_, err := h.Update(t.Context(), ref("o"), func(o *store.Overlay) error {
		return errors.Join(o.SetOmapValue("", nil), o.SetOmapValue("a", nil), o.SetOmapValue("b", nil), o.SetOmapValue("c", nil))
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		from      string
		max, size int64
		want      string // %q
		more      bool
	}{
		{"", -1, 1 << 20, `["" "a" "b" "c"]`, false},
		{"b", -1, 1 << 20, `["b" "c"]`, false},
		{"a\x00", 1, 1 << 20, `["b"]`, true},
		{"c", 1, 1 << 20, `["c"]`, false},
		{"", -1, 1, `[""]`, true},
		{"a", -1, 130, `["a" "b"]`, true},
		{"", 0, 1 << 20, `[]`, true},
	} {
		err := h.View(t.Context(), ref("o"), func(o *store.Overlay) error {
			keys, more, err := o.OmapKeyPage(test.from, "", test.max, test.size)
			if got := fmt.Sprintf("%q", keys); got != test.want || more != test.more {
				t.Errorf("%+v: %s, %v", test, got, more)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
