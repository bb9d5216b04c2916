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

// A block of the arena, and the byte that it is filled with.
type block struct {
	p    unsafe.Pointer
	size int
	fill byte
}

func (b block) bytes() []byte { return unsafe.Slice((*byte)(b.p), b.size) }

func (b block) paint() {
	for i := range b.bytes() {
		b.bytes()[i] = b.fill
	}
}

func (b block) check(t *testing.T, n int) {
	t.Helper()
	for i, c := range b.bytes()[:n] {
		if c != b.fill {
			t.Fatalf("block %p of %d bytes was overwritten at %d: %#x, want %#x", b.p, b.size, i, c, b.fill)
		}
	}
}

// randomSize is small most often, as Lua's allocations are.
func randomSize(r *rand.Rand) int {
	return 1 + r.IntN(1<<(1+r.IntN(15)))
}

// Random allocations, in which each block must keep what was written to it, be aligned, and be accounted for.
func TestArenaKeepsBlocksApart(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			a := newArena(t, 1<<20)
			var blocks []block
			live := 0
			rounded := func(n int) int { return (n + 15) &^ 15 }
			for step := range 20000 {
				switch i := r.IntN(len(blocks) + 1); {
				case len(blocks) == 0 || r.IntN(5) < 2:
					b := block{size: randomSize(r), fill: byte(step)}
					if b.p = a.Realloc(nil, 0, b.size); b.p == nil {
						break
					}
					if uintptr(b.p)%16 != 0 {
						t.Fatalf("block %p is not aligned", b.p)
					}
					b.paint()
					blocks = append(blocks, b)
					live += rounded(b.size)
				case i < len(blocks) && r.IntN(2) == 0:
					b := &blocks[i]
					size := randomSize(r)
					p := a.Realloc(b.p, b.size, size)
					if p == nil {
						if size <= b.size {
							t.Fatal("shrinking failed")
						}
						b.check(t, b.size)
						break
					}
					b.p = p
					block{p, min(size, b.size), b.fill}.check(t, min(size, b.size))
					live += rounded(size) - rounded(b.size)
					b.size = size
					b.paint()
				case i < len(blocks):
					blocks[i].check(t, blocks[i].size)
					a.Realloc(blocks[i].p, blocks[i].size, 0)
					live -= rounded(blocks[i].size)
					blocks[i] = blocks[len(blocks)-1]
					blocks = blocks[:len(blocks)-1]
				}
				if a.Live() != live {
					t.Fatalf("live is %d, want %d", a.Live(), live)
				}
			}
			for _, b := range blocks {
				b.check(t, b.size)
			}
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

func TestArenaRestore(t *testing.T) {
	for _, use := range []int{0, 1000, 100 << 10, 900 << 10} {
		t.Run(fmt.Sprint(use, " bytes"), func(t *testing.T) {
			a := newArena(t, 1<<20)
			kept := block{a.Realloc(nil, 0, 500), 500, 7}
			kept.paint()
			a.Realloc(a.Realloc(nil, 0, 2000), 2000, 0)
			if !a.Seal() {
				t.Fatal("seal failed")
			}
			for range 3 {
				if !a.IsPristine() {
					t.Fatal("not pristine before use")
				}
				kept.bytes()[3] = 8
				for used := 0; used < use; used += 1000 {
					b := block{a.Realloc(nil, 0, 1000), 1000, 9}
					b.paint()
				}
				if a.IsPristine() {
					t.Fatal("a change was not seen")
				}
				a.Restore()
				kept.check(t, 500)
			}
			if !a.IsPristine() {
				t.Error("not pristine after restore")
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
