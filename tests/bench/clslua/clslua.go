// Package clslua calls Ceph's own cls_lua through librados, as fast as it can.
package clslua

// #cgo LDFLAGS: -lrados
// #include <stdlib.h>
// #include "clslua.h"
import "C"

import (
	"encoding/json"
	"fmt"
	"syscall"
	"time"
	"unsafe"

	"github.com/ceph/go-ceph/rados"
	"golang.org/x/sync/errgroup"
)

// Pool is a pool of a cluster.
type Pool struct {
	conn *rados.Conn
	io   *rados.IOContext
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
	p.io.Destroy()
	p.conn.Shutdown()
}

// Load is calls of a handler of a script, on random objects. It is shared between connections in equal parts.
type Load struct {
	Script   string
	Handler  string
	Input    string
	Output   string // that each call must have; "" when it does not matter
	Prefix   string // of the objects' names
	Objects  int
	InFlight int
	Calls    int
}

// Run makes the calls by eval_json, through connections to one pool, and returns their number per second.
func Run(pools []*Pool, l Load) (float64, error) {
	part := l
	part.InFlight /= len(pools)
	part.Calls /= len(pools)
	var g errgroup.Group
	began := time.Now()
	for _, p := range pools {
		g.Go(func() error { return p.run(part) })
	}
	if err := g.Wait(); err != nil {
		return 0, err
	}
	return float64(part.Calls*len(pools)) / time.Since(began).Seconds(), nil
}

func (p *Pool) run(l Load) error {
	input, err := json.Marshal(map[string]string{"script": l.Script, "handler": l.Handler, "input": l.Input})
	if err != nil {
		return err
	}
	var owned []unsafe.Pointer
	defer func() {
		for _, p := range owned {
			C.free(p)
		}
	}()
	c := func(s string) *C.char {
		text := C.CString(s)
		owned = append(owned, unsafe.Pointer(text))
		return text
	}
	load := C.struct_load{
		io: C.rados_ioctx_t(p.io.Pointer()), cls: c("lua"), method: c("eval_json"),
		input: c(string(input)), input_len: C.size_t(len(input)),
		prefix: c(l.Prefix), objects: C.int(l.Objects), in_flight: C.int(l.InFlight), calls: C.int(l.Calls),
	}
	if l.Output != "" {
		load.want = c(l.Output)
	}
	if r := C.cl_run(&load); r != 0 {
		return fmt.Errorf("cls_lua %s: %w", l.Handler, syscall.Errno(-r))
	}
	return nil
}
