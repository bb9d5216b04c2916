package panicguard_test

// This file is a model of the arena: which blocks there are, where, and with what content. It does each operation on a real
// arena, and fails the test where the arena says or holds something else.

import (
	"bytes"
	"cmp"
	"slices"
	"sync"
	"testing"
	"unsafe"

	"github.com/objluad/objluad/panicguard/internal/rig"
)

// grain is what sizes are rounded up to.
const grain = 16

func rounded(n int) int { return (n + grain - 1) &^ (grain - 1) }

// firstBlock is where blocks begin: behind the heap's header, which the first block of an arena follows.
var firstBlock = sync.OnceValue(func() int {
	a, err := rig.NewArena(1 << 16)
	if err != nil {
		panic(err)
	}
	defer a.Free()
	return a.Offset(a.Realloc(nil, 0, 1))
})

// A block of the arena, and what it must hold.
type block struct {
	p    unsafe.Pointer
	at   int // offset in the arena
	size int
	want []byte
}

func (b *block) end() int      { return b.at + rounded(b.size) }
func (b *block) bytes() []byte { return unsafe.Slice((*byte)(b.p), b.size) }

// paint fills the block with bytes of which no two neighbouring ones are alike, so that a shifted copy is seen.
func (b *block) paint(seed byte) {
	b.want = make([]byte, b.size)
	for i := range b.want {
		b.want[i] = seed + byte(i*7) + byte(i>>8)
	}
	copy(b.bytes(), b.want)
}

// state is what an arena has, and what restore brings back.
type state struct {
	blocks    []*block // in order of their offsets
	live      int      // bytes
	peak      int
	exhausted bool
}

func (s *state) clone() state {
	c := *s
	c.blocks = make([]*block, len(s.blocks))
	for i, b := range s.blocks {
		copied := *b
		c.blocks[i] = &copied
	}
	return c
}

type arenaModel struct {
	t     testing.TB
	a     rig.Arena
	end   int // offset behind the last byte
	now   state
	image *state // nil until it is sealed
}

// newArenaModel makes an arena of size bytes, a multiple of a page, and its model.
func newArenaModel(t testing.TB, size int) *arenaModel {
	t.Helper()
	return &arenaModel{t: t, a: newArena(t, size), end: size}
}

// largestRun returns how many bytes the longest run of free ones has.
func (m *arenaModel) largestRun() int {
	largest, from := 0, firstBlock()
	for _, b := range m.now.blocks {
		largest = max(largest, b.at-from)
		from = b.end()
	}
	return max(largest, m.end-from)
}

// alloc allocates size bytes, and returns whether there was room. A refusal is right only if no run is long enough.
func (m *arenaModel) alloc(size int, seed byte) bool {
	m.t.Helper()
	p := m.a.Realloc(nil, 0, size)
	switch {
	case p != nil && size != 0:
		m.insert(&block{p: p, size: size}, seed)
		m.count(rounded(size))
	case p != nil:
		m.t.Fatalf("a block of 0 bytes at %p", p)
	case size != 0:
		m.refused(size)
	}
	m.checkNumbers()
	return p != nil
}

// refused checks that the arena may refuse a block of size bytes; a size that is negative as an int is a huge one.
func (m *arenaModel) refused(size int) {
	m.t.Helper()
	if run := m.largestRun(); size >= 0 && size <= run {
		m.t.Fatalf("%d bytes were refused, with a run of %d that is free", size, run)
	}
	m.now.exhausted = true
}

func (m *arenaModel) count(more int) {
	m.now.live += more
	m.now.peak = max(m.now.peak, m.now.live)
}

// insert takes up a block that the arena has given out, and paints it.
func (m *arenaModel) insert(b *block, seed byte) {
	m.t.Helper()
	b.at = m.a.Offset(b.p)
	if b.at < firstBlock() || b.end() > m.end || b.at%grain != 0 || uintptr(b.p)%grain != 0 {
		m.t.Fatalf("a block of %d bytes at offset %d (%p) of %d..%d", b.size, b.at, b.p, firstBlock(), m.end)
	}
	i, found := m.find(b.at)
	if found || i > 0 && m.now.blocks[i-1].end() > b.at || i < len(m.now.blocks) && b.end() > m.now.blocks[i].at {
		m.t.Fatalf("a block of %d bytes at offset %d overlaps another", b.size, b.at)
	}
	m.now.blocks = slices.Insert(m.now.blocks, i, b)
	b.paint(seed)
}

func (m *arenaModel) find(at int) (int, bool) {
	return slices.BinarySearchFunc(m.now.blocks, at, func(b *block, at int) int { return cmp.Compare(b.at, at) })
}

// remove forgets the i-th block.
func (m *arenaModel) remove(i int) *block {
	b := m.now.blocks[i]
	m.now.blocks = slices.Delete(m.now.blocks, i, i+1)
	return b
}

// resize gives the i-th block another size: not 0, which would free it.
func (m *arenaModel) resize(i, size int, seed byte) {
	m.t.Helper()
	b := m.now.blocks[i]
	m.check(b)
	p := m.a.Realloc(b.p, b.size, size)
	switch {
	case p == nil && size >= 0 && size <= b.size:
		m.t.Fatalf("shrinking from %d to %d bytes failed", b.size, size)
	case p == nil:
		m.refused(size)
		m.check(b)
	default:
		if kept := min(size, b.size); !bytes.Equal(unsafe.Slice((*byte)(p), kept), b.want[:kept]) {
			m.t.Fatalf("of %d bytes at offset %d the first %d changed in becoming %d", b.size, b.at, kept, size)
		}
		m.remove(i)
		if p == b.p {
			m.count(rounded(size) - rounded(b.size))
		} else {
			m.count(rounded(size)) // both blocks are there while the content is copied
			m.count(-rounded(b.size))
		}
		m.insert(&block{p: p, size: size}, seed)
	}
	m.checkNumbers()
}

func (m *arenaModel) free(i int) {
	m.t.Helper()
	b := m.remove(i)
	m.check(b)
	if p := m.a.Realloc(b.p, b.size, 0); p != nil {
		m.t.Fatalf("freeing returned %p", p)
	}
	m.count(-rounded(b.size))
	m.checkNumbers()
}

// seal takes the image, once.
func (m *arenaModel) seal() {
	m.t.Helper()
	if m.image != nil {
		return
	}
	if !m.a.Seal() {
		m.t.Fatal("seal failed")
	}
	m.now.peak, m.now.exhausted = m.now.live, false
	image := m.now.clone()
	m.image = &image
	m.checkRestored()
}

// restore goes back to the image, if there is one.
func (m *arenaModel) restore() {
	m.t.Helper()
	if m.image == nil {
		return
	}
	m.a.Restore()
	m.now = m.image.clone()
	m.checkRestored()
}

func (m *arenaModel) checkRestored() {
	m.t.Helper()
	if !m.a.IsPristine() {
		m.t.Fatal("the arena differs from its image")
	}
	m.checkNumbers()
	m.checkAll()
}

func (m *arenaModel) check(b *block) {
	m.t.Helper()
	if bytes.Equal(b.bytes(), b.want) {
		return
	}
	for i, c := range b.bytes() {
		if c != b.want[i] {
			m.t.Fatalf("the block of %d bytes at offset %d was overwritten at %d: %#x, want %#x", b.size, b.at, i, c, b.want[i])
		}
	}
}

func (m *arenaModel) checkAll() {
	m.t.Helper()
	for _, b := range m.now.blocks {
		m.check(b)
	}
}

func (m *arenaModel) checkNumbers() {
	m.t.Helper()
	got := state{live: m.a.Live(), peak: m.a.Peak(), exhausted: m.a.Exhausted()}
	if got.live != m.now.live || got.peak != m.now.peak || got.exhausted != m.now.exhausted {
		m.t.Fatalf("live %d, peak %d, exhausted %v; want %d, %d, %v",
			got.live, got.peak, got.exhausted, m.now.live, m.now.peak, m.now.exhausted)
	}
}
