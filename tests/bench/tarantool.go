// This file measures objluad beside Tarantool, whose protocol redis-benchmark does not speak: both are loaded by the same code here.

package main

import (
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

//go:embed tarantool.lua
var tarantoolMethods string

// tarantoolContest is calls of one method. There is no goal: Tarantool compiles its functions, and guards nothing.
type tarantoolContest struct {
	title       string
	method      string
	object      func() string
	connections int
	pipeline    int
	calls       int
}

func anyCounter() string { return fmt.Sprintf("n%012d", rand.IntN(1000)) }

var tarantoolContests = []tarantoolContest{
	{"no-op, 50 connections", "noop", func() string { return "o" }, 50, 1, 100000},
	{"no-op, 50 connections, pipeline 16", "noop", func() string { return "o" }, 50, 16, 1000000},
	{"durable counter, 50 connections, 1000 objects", "incr", anyCounter, 50, 1, 100000},
	{"scan of 64 KiB, byte by byte, 50 connections", "scan", func() string { return "text" }, 50, 1, 1000},
}

func (c *tarantoolContest) measure(objluad, tarantool string, pairs int) (result, error) {
	r := result{contest: contest{title: c.title}}
	once := func(rates *[]float64, port string, wire wire) error {
		rate, err := load(port, wire, c)
		*rates = append(*rates, rate)
		return err
	}
	return r, alternate(pairs,
		func() error { return once(&r.ours, objluad, respWire{}) },
		func() error { return once(&r.theirs, tarantool, iprotoWire{}) })
}

// measureTarantool runs all contests on a Tarantool of their own.
func measureTarantool(dir, objluad string, pairs int) (results []result, version string, err error) {
	t, err := startTarantool(filepath.Join(dir, "tarantool"))
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, t.stop()) }()
	for _, c := range tarantoolContests {
		fmt.Fprintf(os.Stderr, "%s, beside Tarantool …\n", c.title)
		r, err := c.measure(objluad, t.port, pairs)
		if err != nil {
			return nil, "", fmt.Errorf("%s: %w", c.title, err)
		}
		results = append(results, r)
	}
	return results, t.version, nil
}

func startTarantool(dir string) (*server, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "methods.lua"), []byte(tarantoolMethods), 0o600); err != nil {
		return nil, err
	}
	version, err := exec.Command("tarantool", "--version").Output()
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("tarantool", "methods.lua", port)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(scanned)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	first, _, _ := strings.Cut(string(version), "\n")
	s := &server{port: port, version: strings.TrimPrefix(first, "Tarantool "), stop: func() error {
		return errors.Join(cmd.Process.Signal(syscall.SIGKILL), ignoreKilled(cmd.Wait()))
	}}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		nc, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			return s, nc.Close()
		}
		if time.Now().After(end) {
			return nil, errors.Join(fmt.Errorf("tarantool does not listen: %w", err), s.stop())
		}
	}
}

// ignoreKilled takes the end of a process that was killed for what was wanted.
func ignoreKilled(err error) error {
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return nil
	}
	return err
}
