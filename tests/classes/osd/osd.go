// Package osd calls methods of Ceph's own object classes, which run in an OSD, and writes what they take and give.
package osd

// #cgo LDFLAGS: -lrados
// #include <rados/librados.h>
// #include <stdlib.h>
import "C"

import (
	"encoding/binary"
	"syscall"
	"unsafe"

	"github.com/ceph/go-ceph/rados"
)

// Pool is a pool of a cluster.
type Pool struct {
	conn *rados.Conn
	*rados.IOContext
}

// Open connects to a pool.
func Open(conf, pool string) (*Pool, error) {
	conn, err := rados.NewConn()
	if err != nil {
		return nil, err
	}
	if err := conn.ReadConfigFile(conf); err != nil {
		return nil, err
	}
	if err := conn.Connect(); err != nil {
		return nil, err
	}
	io, err := conn.OpenIOContext(pool)
	if err != nil {
		conn.Shutdown()
		return nil, err
	}
	return &Pool{conn, io}, nil
}

// Close disconnects.
func (p *Pool) Close() {
	p.Destroy()
	p.conn.Shutdown()
}

// Client returns the number by which the cluster knows this client.
func (p *Pool) Client() uint64 { return p.conn.GetInstanceID() }

// maxOutput is the most that a method may give here.
const maxOutput = 64 << 10

// Call runs a method of an object class, and returns its output or the errno.
func (p *Pool) Call(oid, class, method string, input []byte) ([]byte, error) {
	c := func(s string) *C.char { return C.CString(s) }
	id, cls, name, in := c(oid), c(class), c(method), C.CBytes(input)
	out := C.malloc(maxOutput)
	defer func() {
		for _, block := range []unsafe.Pointer{unsafe.Pointer(id), unsafe.Pointer(cls), unsafe.Pointer(name), in, out} {
			C.free(block)
		}
	}()
	n := C.rados_exec(C.rados_ioctx_t(p.Pointer()), id, cls, name, (*C.char)(in), C.size_t(len(input)), (*C.char)(out), maxOutput)
	if n < 0 {
		return nil, syscall.Errno(-n)
	}
	return C.GoBytes(out, n), nil
}

// Encoder writes Ceph's encoding.
type Encoder []byte

// U8, U32 and U64 write integers.
func (e Encoder) U8(v uint8) Encoder   { return append(e, v) }
func (e Encoder) U32(v uint32) Encoder { return binary.LittleEndian.AppendUint32(e, v) }
func (e Encoder) U64(v uint64) Encoder { return binary.LittleEndian.AppendUint64(e, v) }

// String writes a string, or a bufferlist.
func (e Encoder) String(s string) Encoder { return append(e.U32(uint32(len(s))), s...) }

// Strings writes a list of strings.
func (e Encoder) Strings(list []string) Encoder {
	e = e.U32(uint32(len(list)))
	for _, s := range list {
		e = e.String(s)
	}
	return e
}

// Struct writes a structure of version 1.
func (e Encoder) Struct(body Encoder) Encoder {
	return append(e.U8(1).U8(1).U32(uint32(len(body))), body...)
}

// Decoder reads Ceph's encoding, and panics where it ends too soon.
type Decoder []byte

func (d *Decoder) take(n int) []byte {
	b := (*d)[:n]
	*d = (*d)[n:]
	return b
}

// U8, U32 and U64 read integers.
func (d *Decoder) U8() uint8   { return d.take(1)[0] }
func (d *Decoder) U32() uint32 { return binary.LittleEndian.Uint32(d.take(4)) }
func (d *Decoder) U64() uint64 { return binary.LittleEndian.Uint64(d.take(8)) }

// String reads a string, or a bufferlist.
func (d *Decoder) String() string { return string(d.take(int(d.U32()))) }

// Struct reads a structure, of which it returns the body.
func (d *Decoder) Struct() Decoder {
	d.take(2)
	return d.take(int(d.U32()))
}
