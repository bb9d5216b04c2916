package panicguard_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/objluad/objluad/panicguard/internal/rig"
)

func newArena(t testing.TB, size int) rig.Arena {
	t.Helper()
	a, err := rig.NewArena(size)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Free)
	return a
}

// randomSize is small most often, as Lua's allocations are.
func randomSize(r *rand.Rand) int {
	return 1 + r.IntN(1<<(1+r.IntN(15)))
}

// Random allocations beside the model.
func TestArenaKeepsBlocksApart(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			m := newArenaModel(t, 1<<20)
			for step := range 20000 {
				switch i := r.IntN(len(m.now.blocks) + 1); {
				case len(m.now.blocks) == 0 || r.IntN(5) < 2:
					m.alloc(randomSize(r), byte(step))
				case i < len(m.now.blocks) && r.IntN(2) == 0:
					m.resize(i, randomSize(r), byte(step))
				case i < len(m.now.blocks):
					m.free(i)
				}
			}
			m.checkAll()
		})
	}
}

// Memory that was freed in one size serves every other: the arena is filled with blocks of each size in turn, and has
// nearly the same room each time. What may be missing are the ends of blocks that were cut before a sweep joined them.
func TestArenaReusesMemoryAcrossSizes(t *testing.T) {
	const size = 1 << 20
	a := newArena(t, size)
	for _, n := range []int{16, 4096, 48, 100000, 1024, 1040, 32, 500000, 16} {
		var blocks []unsafe.Pointer
		for p := a.Realloc(nil, 0, n); p != nil; p = a.Realloc(nil, 0, n) {
			blocks = append(blocks, p)
		}
		if got := len(blocks) * n; got < size*95/100-n {
			t.Errorf("blocks of %d: only %d bytes of %d were to be had", n, got, size)
		}
		rand.Shuffle(len(blocks), func(i, j int) { blocks[i], blocks[j] = blocks[j], blocks[i] })
		for _, p := range blocks {
			a.Realloc(p, n, 0)
		}
	}
	if a.Live() != 0 {
		t.Errorf("%d bytes are left", a.Live())
	}
}

// When only every second block is free, no larger one is to be had, but all that are free are.
func TestArenaRefusesOnlyWhatDoesNotFit(t *testing.T) {
	a := newArena(t, 1<<20)
	var blocks []unsafe.Pointer
	for p := a.Realloc(nil, 0, 64); p != nil; p = a.Realloc(nil, 0, 64) {
		blocks = append(blocks, p)
	}
	for i := 0; i < len(blocks); i += 2 {
		a.Realloc(blocks[i], 64, 0)
	}
	if a.Realloc(nil, 0, 65) != nil {
		t.Error("a block was given out that cannot be free")
	}
	n := 0
	for a.Realloc(nil, 0, 32) != nil {
		n++
	}
	if want := (len(blocks) + 1) / 2 * 2; n < want {
		t.Errorf("%d blocks of half the size, want %d", n, want)
	}
}

// In a full arena the room of neighbours that were freed is one block.
func TestArenaJoinsNeighbours(t *testing.T) {
	a := newArena(t, 1<<20)
	var blocks []unsafe.Pointer
	for p := a.Realloc(nil, 0, 64); p != nil; p = a.Realloc(nil, 0, 64) {
		blocks = append(blocks, p)
	}
	middle := len(blocks) / 2
	for _, p := range blocks[middle : middle+4] {
		a.Realloc(p, 64, 0)
	}
	if p := a.Realloc(nil, 0, 256); p != blocks[middle] {
		t.Errorf("got %p, want the room of the four blocks at %p", p, blocks[middle])
	}
}

// What is freed on top after a sweep is one with the free block below it and with the fresh memory above.
func TestArenaJoinsWhatIsFreedOnTop(t *testing.T) {
	m := newArenaModel(t, 1<<20)
	m.alloc(400<<10, 1)
	m.alloc(300<<10, 2)
	m.free(0)
	if m.alloc(500<<10, 3) { // which the arena would have room for if its free parts were one
		t.Fatal("a block was given out that cannot be free")
	}
	m.free(0)
	if !m.alloc(900<<10, 4) {
		t.Error("no room in an arena that is empty")
	}
}

// The only free block that is long enough is found behind many that are nearly so.
func TestArenaFindsTheOneThatFits(t *testing.T) {
	m := newArenaModel(t, 64<<10)
	for range 20 {
		m.alloc(1040, 1)
		m.alloc(16, 2)
	}
	m.alloc(1504, 3)
	for size := 16 << 10; size > 0; {
		if !m.alloc(size, 4) {
			size = min(size-1, m.largestRun())
		}
	}
	for i := range 20 {
		m.free(i)
	}
	m.free(20)
	if m.alloc(1520, 5) || !m.alloc(1504, 6) {
		t.Error("the block of 1504 bytes was not found")
	}
}

func TestArenaRestore(t *testing.T) {
	for _, use := range []int{0, 1000, 100 << 10, 900 << 10} {
		t.Run(fmt.Sprint(use, " bytes"), func(t *testing.T) {
			m := newArenaModel(t, 1<<20)
			m.alloc(500, 7)
			m.alloc(2000, 8)
			m.free(1)
			m.seal()
			for range 3 {
				m.now.blocks[0].paint(9)
				for used := 0; used < use; used += 1000 {
					m.alloc(1000, 10)
				}
				if m.a.IsPristine() {
					t.Fatal("a change was not seen")
				}
				m.restore()
			}
		})
	}
}

func TestArenaExhaustion(t *testing.T) {
	a := newArena(t, 1<<20)
	a.Seal()
	for _, n := range []int{1 << 21, 1 << 62, -1} {
		if a.Realloc(nil, 0, n) != nil {
			t.Errorf("%d bytes were given out", n)
		}
		if !a.Exhausted() {
			t.Errorf("%d bytes: not marked exhausted", n)
		}
		a.Restore()
		if a.Exhausted() {
			t.Error("exhausted after restore")
		}
	}
	p := a.Realloc(nil, 0, 100)
	if p == nil || a.Exhausted() {
		t.Error("a small block after a refused one failed")
	}
}
