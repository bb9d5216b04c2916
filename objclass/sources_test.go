package objclass

import (
	"fmt"
	"strings"
	"testing"
)

// However many classes are called, the sources in memory are bounded; those that are called again and again stay, and the others
// are read from the store when they are called.
func TestSourcesAreBounded(t *testing.T) {
	const classes, size, room = 50, 1000, 10
	h := newHouse(t, Options{}, map[string]testMethod{"m": onObject(func(*Object, []byte) ([]byte, error) { return nil, nil })})
	s := &h.Classes().sources
	s.limit = room * size
	call := func(i int) {
		t.Helper()
		if _, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: fmt.Sprint("c", i), Method: "m"}); err != nil {
			t.Fatal(err)
		}
		if s.size > s.limit || len(s.kept) > room {
			t.Fatalf("%d sources with %d bytes are kept", len(s.kept), s.size)
		}
	}
	for i := range classes {
		source := fmt.Sprintf("m RD\n--%d", i)
		source += strings.Repeat("x", size-len(source))
		if _, err := h.Classes().Install(t.Context(), fmt.Sprint("c", i), []byte(source)); err != nil {
			t.Fatal(err)
		}
	}
	call(0)
	favourite := (*h.Classes().cache.Load())["c0"].active
	reads := 0
	for i := range classes {
		if favourite.unit.Load() == nil {
			reads++
		}
		call(0)
		call(i)
	}
	if reads > 0 {
		t.Errorf("the source of a class that is always called was forgotten %d times", reads)
	}
	for _, c := range *h.Classes().cache.Load() {
		if c.active.unit.Load() == nil {
			return
		}
	}
	t.Error("no source was forgotten")
}
