// This file starts the two servers, with the same methods and data.

package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

// The methods as each side has them: noop, incr and scan. Both counters answer the new value, and both scans count line feeds
// with the same loop.
var (
	//go:embed objluad.lua
	objluadMethods string
	//go:embed redis.lua
	redisMethods string
)

// scanned is what scan reads: 64 KiB.
var scanned = strings.Repeat("0123456789abcde\n", 4<<10)

// checkPrograms says what to install if something is missing.
func checkPrograms() error {
	for _, program := range []string{"redis-server", "redis-benchmark", "redis-cli", "tarantool"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("%s is missing; install it with: apt-get install redis-server redis-tools tarantool", program)
		}
	}
	return nil
}

// server is one of the two.
type server struct {
	port    string
	version string
	stop    func() error
}

func startObjluad(dir string) (*server, error) {
	daemon, err := rig.Start(dir)
	if err != nil {
		return nil, err
	}
	s := &server{stop: daemon.Stop}
	if _, s.port, err = net.SplitHostPort(daemon.Addr()); err == nil {
		err = fillObjluad(daemon.Addr())
	}
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

func fillObjluad(addr string) error {
	conn, err := client.Dial(addr)
	if err != nil {
		return err
	}
	defer conn.Shutdown()
	ctx, ioctx := context.Background(), conn.OpenIOContext("default")
	if _, err := conn.InstallClass(ctx, "bench", []byte(objluadMethods)); err != nil {
		return err
	}
	_, err = ioctx.WriteFull(ctx, "text", []byte(scanned))
	return err
}

// durable are the options by which Redis syncs each change before it answers, as objluad does, and makes no snapshots besides.
var durable = []string{"--appendonly", "yes", "--appendfsync", "always", "--save", ""}

func startRedis(dir string) (*server, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	args := append([]string{"--port", port, "--bind", "127.0.0.1", "--dir", dir, "--logfile", filepath.Join(dir, "log")}, durable...)
	cmd := exec.Command("redis-server", args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{port: port, stop: func() error {
		return errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait())
	}}
	if err := s.fillRedis(); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

func (s *server) fillRedis() error {
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		pong, err := redisCLI(s.port, "PING")
		if pong == "PONG" && err == nil {
			break
		}
		if time.Now().After(end) {
			return fmt.Errorf("redis-server does not answer: %s %w", pong, err)
		}
	}
	if _, err := redisCLI(s.port, "FUNCTION", "LOAD", redisMethods); err != nil {
		return err
	}
	if _, err := redisCLI(s.port, "SET", "text", scanned); err != nil {
		return err
	}
	info, err := redisCLI(s.port, "INFO", "server")
	_, after, _ := strings.Cut(info, "redis_version:")
	s.version, _, _ = strings.Cut(after, "\r\n")
	return err
}

// redisCLI sends a command and returns the reply as text.
func redisCLI(port string, args ...string) (string, error) {
	out, err := exec.Command("redis-cli", append([]string{"-e", "-p", port}, args...)...).CombinedOutput()
	text := strings.TrimSpace(string(out))
	if err != nil {
		return text, fmt.Errorf("redis-cli %s: %w: %s", args[0], err, text)
	}
	return text, nil
}

// freePort returns a port at which nobody listens.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
