// This file measures objluad beside Ceph's cls_lua: on one cluster, whose objects both change, and on the embedded store.

package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/bench/clslua"
	"github.com/objluad/objluad/tests/ceph"
	"github.com/objluad/objluad/tests/rig"
)

// radosMethods are echo and incr, the same text for both sides. objluad has it as a class, since that is how methods are
// called; cls_lua gets it with each call, since it knows no other way.
//
//go:embed rados.lua
var radosMethods string

// echoed is what echo is given.
const echoed = "0123456789abcdef"

// radosContest is calls of one method through one of the two daemons, and through cls_lua.
type radosContest struct {
	title    string
	goal     float64 // what objluad's rate should be, in cls_lua's
	embedded bool    // objluad's objects are in its own store
	eval     bool    // objluad gets the script with each call, too
	method   string
	clients  int // connections of objluad's load
	pipeline int // calls in flight on each of them; 0 is 1
	calls    int
	librados int // connections of cls_lua's load, with as many calls in flight in all; 0 is 1
}

var radosContests = []radosContest{
	{title: "counter on RADOS, 50 in flight, 1000 objects", goal: 1, method: "incr", clients: 50, calls: 20000},
	{title: "counter on RADOS, 1 in flight, 1000 objects", goal: 1, method: "incr", clients: 1, calls: 3000},
	{title: "counter on RADOS by a script sent with each call, 50 in flight", goal: 1, eval: true, method: "incr", clients: 50, calls: 20000},
	{title: "echo on RADOS, 50 in flight", goal: 1, method: "echo", clients: 50, calls: 20000},
	// librados sends all that is in flight on its one connection to the OSD.
	{title: "echo, embedded, 50 in flight on one connection", goal: 10, embedded: true, method: "echo", clients: 1, pipeline: 50, calls: 100000},
	{title: "echo, embedded, 50 connections", goal: 10, embedded: true, method: "echo", clients: 50, calls: 20000},
	{title: "durable counter, embedded, 1000 objects, 50 in flight on one connection", goal: 5, embedded: true, method: "incr", clients: 1, pipeline: 50, calls: 50000},
	{title: "durable counter, embedded, 1000 objects, 50 in flight on two connections", goal: 5, embedded: true, method: "incr", clients: 2, pipeline: 25, calls: 100000, librados: 2},
	{title: "durable counter, embedded, 1000 objects, 50 connections", goal: 5, embedded: true, method: "incr", clients: 50, calls: 20000},
}

// radosHouse is a cluster with what runs on it, and a daemon with a store of its own.
type radosHouse struct {
	pools           []*clslua.Pool // one, by two connections
	rados, embedded *rig.Daemon
	close           func() error
}

// startRados starts all that is compared.
func startRados(dir string) (h *radosHouse, err error) {
	h = &radosHouse{}
	var ends []func() error
	h.close = func() error {
		var errs []error
		for i := len(ends) - 1; i >= 0; i-- {
			errs = append(errs, ends[i]())
		}
		return errors.Join(errs...)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close())
		}
	}()
	cluster, err := ceph.New(ceph.Options{})
	if err != nil {
		return nil, err
	}
	ends = append(ends, cluster.Stop)
	start := func(name string, args ...string) (*rig.Daemon, error) {
		d, err := rig.Start(filepath.Join(dir, name), args...)
		if err != nil {
			return nil, err
		}
		ends = append(ends, d.Stop)
		return d, installMethods(d.Addr())
	}
	if h.rados, err = start("rados", "--store", "rados", "--ceph-conf", cluster.Conf()); err != nil {
		return nil, err
	}
	if h.embedded, err = start("embedded"); err != nil {
		return nil, err
	}
	for range 2 {
		pool, err := clslua.Open(cluster.Conf(), "default")
		if err != nil {
			return nil, err
		}
		ends = append(ends, func() error { pool.Close(); return nil })
		h.pools = append(h.pools, pool)
	}
	return h, nil
}

func installMethods(addr string) error {
	conn, err := client.Dial(addr)
	if err != nil {
		return err
	}
	defer conn.Shutdown()
	_, err = conn.InstallClass(context.Background(), "bench", []byte(radosMethods))
	return err
}

// measureRados runs all contests.
func measureRados(dir string, pairs int) (results []result, err error) {
	h, err := startRados(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	for _, c := range radosContests {
		fmt.Fprintf(os.Stderr, "%s …\n", c.title)
		r, err := c.measure(h, pairs)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.title, err)
		}
		results = append(results, r)
	}
	return results, nil
}

func (c radosContest) measure(h *radosHouse, pairs int) (result, error) {
	daemon := h.rados
	if c.embedded {
		daemon = h.embedded
	}
	_, port, err := net.SplitHostPort(daemon.Addr())
	if err != nil {
		return result{}, err
	}
	r := result{contest: contest{title: c.title, goal: c.goal, options: c.options(), objluad: c.command()}}
	return r, alternate(pairs,
		func() error { return r.once(&r.ours, port, r.objluad) },
		func() error {
			rate, err := clslua.Run(h.pools[:max(c.librados, 1)], c.load())
			r.theirs = append(r.theirs, rate)
			return err
		})
}

const radosObjects = 1000

// options and command are redis-benchmark's, which loads objluad.
func (c radosContest) options() []string {
	options := []string{"-c", strconv.Itoa(c.clients)}
	if c.pipeline > 1 {
		options = append(options, "-P", strconv.Itoa(c.pipeline))
	}
	return append(options, "-r", strconv.Itoa(radosObjects), "-n", strconv.Itoa(c.calls))
}

func (c radosContest) command() []string {
	if c.eval {
		return []string{"OBJ.EVAL", "default", "n__rand_int__", radosMethods, c.method, c.input()}
	}
	return []string{"OBJ.EXEC", "default", "n__rand_int__", "bench", c.method, c.input()}
}

// load is the same for cls_lua, on other objects.
func (c radosContest) load() clslua.Load {
	l := clslua.Load{Script: radosMethods, Handler: c.method, Input: c.input(), Prefix: "cls", Objects: radosObjects, InFlight: c.clients * max(c.pipeline, 1), Calls: min(c.calls, 20000)}
	if c.method == "echo" { // RADOS drops the output of calls that write
		l.Output = echoed
	}
	return l
}

func (c radosContest) input() string {
	if c.method == "echo" {
		return echoed
	}
	return ""
}

// radosCommands tell how objluad was loaded.
func radosCommands(results []result) string {
	var b strings.Builder
	for _, r := range results {
		shown := r.objluad
		if shown[0] == "OBJ.EVAL" {
			shown = append([]string{shown[0], shown[1], shown[2], "SCRIPT"}, shown[4:]...)
		}
		fmt.Fprintf(&b, "    redis-benchmark -p PORT %s %s\n", strings.Join(r.options, " "), quoted(shown))
	}
	return b.String()
}
