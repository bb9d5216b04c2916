package panicguard_test

// This file holds the arena against its model for operations that a fuzzer makes up.

import (
	"math"
	"testing"
)

// An operation is four bytes: what to do and how its size is meant, which block, and a number for the size.
const operationBytes = 4

// maxOperations is how many one input may have, so that each is tried in little time.
const maxOperations = 512

// arenaSizes are small, where exhaustion is near, and beyond what restore clears by writing zeros.
var arenaSizes = []int{16 << 10, 16 << 10, 20 << 10, 64 << 10, 64 << 10, 128 << 10, 300 << 10, 1 << 20}

// sizeOf makes a size of an operation's bytes: from the whole range, and often from near a border.
func (m *arenaModel) sizeOf(form byte, v int) int {
	near := v%37 - 18
	switch form % 16 {
	case 0:
		return v % 129
	case 1:
		return v % 2049
	case 2:
		return v
	case 3: // where lists of one size end, and those of a range begin
		return max(1024+near, 0)
	case 4:
		return max(1024<<(v>>8%8)+near, 0) // where a list of a range ends
	case 5:
		return max(1536<<(v>>8%8)+near, 0)
	case 6:
		return max(4096*(v>>8)+near, 0) // pages
	case 7, 8, 9: // what is just to be had, or just not
		return max(m.largestRun()+near, 0)
	case 10:
		return m.largestRun() * (v%64 + 1) / 64
	case 11:
		return max(m.end-v, 0)
	case 12:
		return grain * (v % 80)
	case 13:
		return (v % 5) * grain
	case 14:
		return []int{0, 1, 15, 16, 17, 31, 32, 33}[v%8]
	default: // more than any arena has
		return []int{m.end, m.end + 1, 1 << 40, 1 << 62, math.MaxInt, math.MinInt, -1, -16, -17, -33}[v%10]
	}
}

// operate does one operation.
func (m *arenaModel) operate(op []byte) {
	v := int(op[2]) | int(op[3])<<8
	form, blocks := op[0]>>4, len(m.now.blocks)
	i := 0
	if blocks > 0 {
		i = int(op[1]) * blocks / 256 // a byte stands for about the same place whatever was inserted before
	}
	switch what := op[0] % 16; {
	case what < 5:
		m.alloc(m.sizeOf(form, v), op[1])
	case what == 5:
		for range 1 + v>>8%64 { // many of one size
			if size := m.sizeOf(form%4, v); !m.alloc(size, op[1]) {
				break
			}
		}
	case what == 6: // all that there is
		for size := max(m.end/1024, m.sizeOf(form, v)); size > 0 && size < m.end; {
			if !m.alloc(size, op[1]) {
				size = min(size-1, m.largestRun())
			}
		}
	case what == 14:
		m.seal()
	case what == 15:
		m.restore()
	case blocks == 0:
	case what < 10:
		m.free(i)
	case what == 10: // many, with a stride
		for stride := 1 + v%7; i < len(m.now.blocks); i += stride {
			m.free(i)
		}
	case what < 13:
		if size := m.sizeOf(form, v); size != 0 {
			m.resize(i, size, op[2])
		}
	default:
		m.now.blocks[i].paint(op[2])
	}
}

// FuzzArena checks for any sequence of operations that blocks keep apart, are aligned and keep their content, that numbers
// are right, that no request is refused for which there is room, and that a restored arena is its image.
func FuzzArena(f *testing.F) {
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) == 0 || len(in) > maxOperations*operationBytes {
			return
		}
		m := newArenaModel(t, arenaSizes[int(in[0])%len(arenaSizes)])
		for in = in[1:]; len(in) >= operationBytes; in = in[operationBytes:] {
			m.operate(in[:operationBytes])
		}
		m.checkAll()
		m.seal()
		m.restore()
	})
}
