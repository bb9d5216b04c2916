// This file tests how much memory an arena keeps, as the kernel tells it.

package panicguard_test

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"

	"github.com/objluad/objluad/panicguard/internal/rig"
)

// resident returns the bytes of memory behind the arena in which p lies, its scratch bitmap included: the mapping around p, and
// the next one that is not a guard page.
func resident(t *testing.T, p unsafe.Pointer) int {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Skip("the kernel does not tell: ", err)
	}
	defer f.Close()
	sum, mappings := 0, 0
	lines := bufio.NewScanner(f)
	for inside := false; lines.Scan(); {
		var from, to uintptr
		var access string
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &access); n == 3 {
			if mappings == 2 {
				break
			}
			inside = mappings > 0 && access == "rw-p" || from <= uintptr(p) && uintptr(p) < to
			if inside {
				mappings++
			}
		}
		if kb := 0; inside && strings.HasPrefix(lines.Text(), "Rss:") {
			if _, err := fmt.Sscanf(lines.Text(), "Rss: %d kB", &kb); err != nil {
				t.Fatal(err)
			}
			sum += kb << 10
		}
	}
	if mappings != 2 {
		t.Fatalf("%d mappings of the arena were found", mappings)
	}
	return sum
}

// exhaust writes to all of the arena, in blocks of which each second one is freed, and has them swept.
func exhaust(a rig.Arena) {
	const size = 1000
	var blocks []unsafe.Pointer
	for {
		p := a.Realloc(nil, 0, size)
		if p == nil {
			break
		}
		clear(unsafe.Slice((*byte)(p), size))
		blocks = append(blocks, p)
	}
	for i := 0; i < len(blocks); i += 2 {
		a.Realloc(blocks[i], size, 0)
	}
	a.Realloc(nil, 0, 2*size) // no free run is as long: only a sweep can tell
}

// However much a run used, its arena keeps no more than it says.
func TestArenaGivesMemoryBack(t *testing.T) {
	for _, image := range []int{1000, 1 << 20} {
		a := newArena(t, 64<<20)
		p := a.Realloc(nil, 0, image)
		clear(unsafe.Slice((*byte)(p), image))
		if !a.Seal() {
			t.Fatal("no image")
		}
		exhaust(a)
		if got := resident(t, p); got < 64<<20 {
			t.Errorf("only %d bytes of the arena were used", got)
		}
		a.Restore()
		kept := a.IdleSize() - a.ImageSize()&^4095 // the image's copy lies elsewhere
		if got := resident(t, p); got > kept {
			t.Errorf("image of %d bytes: the arena holds %d bytes, it says %d at most", a.ImageSize(), got, kept)
		}
		if got := a.IdleSize(); got > 2*a.ImageSize()+300<<10 {
			t.Errorf("image of %d bytes: the arena says that it holds %d bytes", a.ImageSize(), got)
		}
		if !a.IsPristine() {
			t.Error("not pristine")
		}
	}
}
