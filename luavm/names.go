//go:build lua54

// What a source does with global names, told from the code that Lua's compiler makes of it.

package luavm

/*
#include <stdlib.h>
#include "lv.h"
*/
import "C"

import (
	"encoding/binary"
	"errors"
	"unsafe"
)

// Name is a place of a source that reads or sets a global.
type Name struct {
	Global string
	Member string // what is read of the global at once: "stat" of objclass.stat; "" for none
	Set    bool
	Line   int
	Inner  bool // the place is within a function, and not of the chunk itself
}

// Names is what a source does with names.
type Names struct {
	Globals []Name          // in the order of the code
	Fields  map[string]bool // names of fields that are set, of whatever table
	Dynamic bool            // the table of the globals is used as a value, so they may be read and set in other ways
}

// ReadNames compiles a source, and does not run it. In a function with more than 255 constants some names are read in another way: then
// Names is Dynamic.
func ReadNames(source []byte) (*Names, error) {
	var text *C.char
	if len(source) > 0 {
		text = (*C.char)(unsafe.Pointer(unsafe.SliceData(source)))
	}
	var bytes *C.char
	var size C.size_t
	compiled := bool(C.lv_compile(text, C.size_t(len(source)), &bytes, &size))
	defer C.free(unsafe.Pointer(bytes))
	if !compiled {
		return nil, errors.New("the source does not compile")
	}
	code := dumped{left: C.GoBytes(unsafe.Pointer(bytes), C.int(size))}
	names := &Names{Fields: make(map[string]bool)}
	code.take(headerSize)
	code.take(1) // number of upvalues
	code.function(names, false)
	if code.bad {
		return nil, errors.New("the compiled code has another form than that of Lua 5.4")
	}
	return names, nil
}

// headerSize is the bytes before the first function: signature, version, format, data, sizes of three types, and two sample numbers.
const headerSize = 4 + 1 + 1 + 6 + 3 + 8 + 8

// Instructions that have to do with names. Of each the operands are A, B and C (lopcodes.h).
const (
	opGetUpvalue = 9  // A := upvalue B
	opGetTabUp   = 11 // A := upvalue B [constant C]
	opGetField   = 14 // A := B [constant C]
	opSetTabUp   = 15 // upvalue A [constant B] := C
	opSetField   = 18 // A [constant B] := C
)

// dumped is what is left to read of code as lua_dump writes it (ldump.c).
type dumped struct {
	left []byte
	bad  bool
}

func (d *dumped) take(n int) []byte {
	if n < 0 || n > len(d.left) {
		d.bad, d.left = true, nil
		return make([]byte, max(0, min(n, 8)))
	}
	part := d.left[:n]
	d.left = d.left[n:]
	return part
}

func (d *dumped) number() int {
	n := 0
	for !d.bad {
		b := d.take(1)[0]
		n = n<<7 | int(b&0x7f)
		if b&0x80 != 0 {
			break
		}
	}
	return n
}

func (d *dumped) text() string {
	if n := d.number(); n > 0 {
		return string(d.take(n - 1))
	}
	return ""
}

// each calls fn as often as the number that comes next says.
func (d *dumped) each(fn func(i int)) {
	n := d.number()
	for i := 0; i < n && !d.bad; i++ {
		fn(i)
	}
}

// prototype is what is needed of a function.
type prototype struct {
	code      []uint32
	constants []string // "" for what is no string
	lines     []int    // of instructions
	env       int      // upvalue that is the table of the globals; -1 if there is none
}

// function reads a function with those within it.
func (d *dumped) function(names *Names, inner bool) {
	p := prototype{env: -1}
	d.text()
	line := d.number()
	d.number()
	d.take(3) // parameters, variable ones, size of the stack
	d.each(func(int) { p.code = append(p.code, binary.NativeEndian.Uint32(append([]byte(nil), d.take(4)...))) })
	d.each(func(int) { p.constants = append(p.constants, d.constant()) })
	d.each(func(int) { d.take(3) })
	within := &Names{Fields: names.Fields}
	d.each(func(int) { d.function(within, true) })
	d.lines(&p, line)
	d.each(func(int) { d.text(); d.number(); d.number() })
	d.each(func(i int) {
		if d.text() == "_ENV" {
			p.env = i
		}
	})
	if !d.bad {
		p.tell(names, inner)
	}
	names.Globals = append(names.Globals, within.Globals...)
	names.Dynamic = names.Dynamic || within.Dynamic
}

func (d *dumped) constant() string {
	switch d.take(1)[0] {
	case 0x03, 0x13: // integer, float
		d.take(8)
	case 0x04, 0x14: // short and long string
		return d.text()
	}
	return "" // nil, false, true
}

// lines reads the lines of a function that begins at first: as differences, and where these are too large as they are.
func (d *dumped) lines(p *prototype, first int) {
	var differences []int8
	d.each(func(int) { differences = append(differences, int8(d.take(1)[0])) })
	absolute := make(map[int]int)
	d.each(func(int) {
		at := d.number()
		absolute[at] = d.number()
	})
	line := first
	for i, difference := range differences {
		if at, ok := absolute[i]; ok {
			line = at
		} else {
			line += int(difference)
		}
		p.lines = append(p.lines, line)
	}
}

// tell adds what the function itself does with names.
func (p *prototype) tell(names *Names, inner bool) {
	for i, instruction := range p.code {
		a, b, c := int(instruction>>7&0xff), int(instruction>>16&0xff), int(instruction>>24)
		name := Name{Line: p.line(i), Inner: inner}
		switch instruction & 0x7f {
		case opGetTabUp:
			if b != p.env {
				continue
			}
			name.Global, name.Member = p.constant(c), p.memberAfter(i, a)
		case opSetTabUp:
			if a != p.env {
				continue
			}
			name.Global, name.Set = p.constant(b), true
		case opSetField:
			names.Fields[p.constant(b)] = true
			continue
		case opGetUpvalue:
			names.Dynamic = names.Dynamic || b == p.env
			continue
		default:
			continue
		}
		names.Globals = append(names.Globals, name)
	}
}

// memberAfter returns what the instruction behind i reads of register a, if it does.
func (p *prototype) memberAfter(i, a int) string {
	if i+1 == len(p.code) {
		return ""
	}
	next := p.code[i+1]
	if next&0x7f != opGetField || int(next>>16&0xff) != a {
		return ""
	}
	return p.constant(int(next >> 24))
}

func (p *prototype) constant(i int) string {
	if i >= len(p.constants) {
		return ""
	}
	return p.constants[i]
}

func (p *prototype) line(i int) int {
	if i >= len(p.lines) {
		return 0
	}
	return p.lines[i]
}
