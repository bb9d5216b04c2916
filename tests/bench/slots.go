// This file measures what the daemon takes of the machine, when many classes are called in turn.

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

// crowd is a number of classes that differ in little.
type crowd struct {
	title   string
	classes int
	source  string // with %d for the class's number
}

var crowds = []crowd{
	{"small classes", 1, "function f() return %d end objclass.register(f, objclass.RD)"},
	{"small classes", 100, "function f() return %d end objclass.register(f, objclass.RD)"},
	{"small classes", 10_000, "function f() return %d end objclass.register(f, objclass.RD)"},
	{"images of almost 2 MiB", 400, "local s = {} for i = 1, 14000 do s[i] = ('%%099d'):format(i) end " +
		"function f() return %d * #s * 0 end objclass.register(f, objclass.RD)"},
	{"runs that use 12 MiB each", 400, "function f() local s = ('x'):rep(4 << 20) .. 'x' return %d end objclass.register(f, objclass.RD)"},
}

// footprint is what the daemon had at one time.
type footprint struct {
	address, resident int64 // bytes
	mappings          int
	each              time.Duration // for a call of the last round
}

// crowdResult is what a crowd made of a new daemon.
type crowdResult struct {
	crowd
	before        footprint
	install       time.Duration // for each class
	first, second footprint     // after each class was called once, and again
}

const callers = 8

func (c crowd) measure(dir string) (r crowdResult, err error) {
	daemon, err := rig.Start(dir)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, daemon.Stop()) }()
	r.crowd = c
	if r.before, err = look(daemon, 0); err != nil {
		return r, err
	}
	conn, err := client.Dial(daemon.Addr())
	if err != nil {
		return r, err
	}
	defer conn.Shutdown()
	r.install, err = c.each(func(ctx context.Context, i int) error {
		_, err := conn.InstallClass(ctx, fmt.Sprintf("c%d", i), fmt.Appendf(nil, c.source, i))
		return err
	})
	if err != nil {
		return r, err
	}
	ioctx := conn.OpenIOContext("default")
	call := func(ctx context.Context, i int) error {
		_, err := ioctx.Exec(ctx, "o", fmt.Sprintf("c%d", i), "f", nil, client.Timeout(10*time.Second))
		return err
	}
	for _, after := range []*footprint{&r.first, &r.second} {
		took, err := c.each(call)
		if err != nil {
			return r, err
		}
		if *after, err = look(daemon, took); err != nil {
			return r, err
		}
	}
	return r, nil
}

// each does something with each class, from several callers, and returns how long one took on average.
func (c crowd) each(do func(ctx context.Context, i int) error) (time.Duration, error) {
	began := time.Now()
	var next atomic.Int64
	group, ctx := errgroup.WithContext(context.Background())
	for range min(callers, c.classes) {
		group.Go(func() error {
			for i := int(next.Add(1)); i <= c.classes; i = int(next.Add(1)) {
				if err := do(ctx, i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := group.Wait()
	return time.Since(began) / time.Duration(c.classes), err
}

func look(d *rig.Daemon, each time.Duration) (f footprint, err error) {
	f.each = each
	var errs [3]error
	f.address, errs[0] = d.AddressSpace()
	f.resident, errs[1] = d.Resident()
	f.mappings, errs[2] = d.Mappings()
	return f, errors.Join(errs[:]...)
}

// measureCrowds gives each crowd a daemon of its own.
func measureCrowds(dir string) (results []crowdResult, err error) {
	for i, c := range crowds {
		r, err := c.measure(filepath.Join(dir, fmt.Sprint("crowd", i)))
		if err != nil {
			return nil, fmt.Errorf("%d %s: %w", c.classes, c.title, err)
		}
		results = append(results, r)
	}
	return results, nil
}

// crowdLines is the table of the results.
func crowdLines(results []crowdResult) []string {
	lines := []string{
		"| classes, called in turn | address space | resident | mappings | install | first call | later call |",
		"|---|---:|---:|---:|---:|---:|---:|",
	}
	for i, r := range results {
		if i == 0 {
			lines = append(lines, fmt.Sprintf("| none | %s | %d | | | |", sizes(r.before), r.before.mappings))
		}
		lines = append(lines, fmt.Sprintf("| %d %s | %s | %d | %s | %s | %s |", r.classes, r.title, sizes(r.second),
			r.second.mappings, micros(r.install), micros(r.first.each), micros(r.second.each)))
	}
	return lines
}

func sizes(f footprint) string { return fmt.Sprintf("%d MiB | %d MiB", f.address>>20, f.resident>>20) }

func micros(d time.Duration) string {
	return strings.TrimSpace(fmt.Sprintf("%d µs", d.Microseconds()))
}
