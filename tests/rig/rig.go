// Package rig starts and stops daemons for programs that look at them from the outside: through their ports, by signals,
// and through /proc. A daemon is stopped by its process id, by the program that started it, and dies with that program.
package rig

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Daemon is a process that serves, or did.
type Daemon struct {
	cmd    *exec.Cmd
	at     listening
	stderr *stderr
	ended  chan struct{} // closed when the process was waited for
}

// ExitError is a daemon that ended by itself, or otherwise than it was told to.
type ExitError struct {
	Status int // exit status; -1 after a signal
	Stderr string
}

func (e *ExitError) Error() string {
	return fmt.Sprintf("the daemon ended with status %d and wrote:\n%s", e.Status, e.Stderr)
}

// startTimeout and stopTimeout are far above what a slow machine needs: they only keep a program from hanging.
const (
	startTimeout = time.Minute
	stopTimeout  = 2 * time.Minute
)

// Start runs "objluad serve" on the data folder, on ports that the kernel chooses, and returns when it listens. A daemon that
// ends instead is an *ExitError.
func Start(data string, args ...string) (*Daemon, error) {
	return StartCommand(Command(Binary(), data, args...))
}

// Command returns the command that Start runs, for callers that need to change it.
func Command(binary, data string, args ...string) *exec.Cmd {
	serve := []string{"serve", "--data", data, "--resp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--log-format", "json"}
	cmd := exec.Command(binary, append(serve, args...)...)
	// The kernel ends the daemon with the thread that started it; Go's runtime keeps its threads while the program lives.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// StartCommand is Start of a command that Command returned.
func StartCommand(cmd *exec.Cmd) (*Daemon, error) {
	d := &Daemon{cmd: cmd, stderr: &stderr{listening: make(chan listening, 1)}, ended: make(chan struct{})}
	cmd.Stderr = d.stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		cmd.Wait() // how it ended is in ProcessState
		close(d.ended)
	}()
	select {
	case d.at = <-d.stderr.listening:
		return d, nil
	case <-d.ended:
		return nil, d.exitError()
	case <-time.After(startTimeout):
		return nil, errors.Join(fmt.Errorf("the daemon does not listen; it wrote:\n%s", d.Stderr()), d.Kill())
	}
}

// Addr returns the address of the RESP listener.
func (d *Daemon) Addr() string { return d.at.RESP }

// HTTP returns the address of the HTTP listener.
func (d *Daemon) HTTP() string { return d.at.HTTP }

// PID returns the id of the process that was started.
func (d *Daemon) PID() int { return d.cmd.Process.Pid }

// Kill ends the daemon as a crash does, with SIGKILL, and waits for its end.
func (d *Daemon) Kill() error {
	if err := d.cmd.Process.Kill(); err != nil {
		return err
	}
	return d.wait()
}

// Stop is Terminate and Wait.
func (d *Daemon) Stop() error {
	if err := d.Terminate(); err != nil {
		return err
	}
	return d.Wait()
}

// Terminate sends SIGTERM, upon which the daemon ends in its own time.
func (d *Daemon) Terminate() error { return d.cmd.Process.Signal(syscall.SIGTERM) }

// Wait waits for the daemon's end, which must be with status 0.
func (d *Daemon) Wait() error {
	if err := d.wait(); err != nil {
		return err
	}
	if d.cmd.ProcessState.ExitCode() != 0 {
		return d.exitError()
	}
	return nil
}

func (d *Daemon) wait() error {
	select {
	case <-d.ended:
		return nil
	case <-time.After(stopTimeout):
		return fmt.Errorf("the daemon does not end; it wrote:\n%s", d.Stderr())
	}
}

// Running reports whether the process has not ended.
func (d *Daemon) Running() bool {
	select {
	case <-d.ended:
		return false
	default:
		return true
	}
}

// Stderr returns what the daemon wrote so far: its log, and what a dying Go program says.
func (d *Daemon) Stderr() string { return d.stderr.String() }

func (d *Daemon) exitError() error {
	return &ExitError{Status: d.cmd.ProcessState.ExitCode(), Stderr: d.Stderr()}
}

// listening is the log line by which a daemon tells where it listens.
type listening struct {
	Msg  string `json:"msg"`
	RESP string `json:"resp"`
	HTTP string `json:"http"`
}

// stderr gathers what a daemon writes, and finds the line that says where it listens.
type stderr struct {
	listening chan listening

	mu   sync.Mutex
	text bytes.Buffer
	line []byte // what followed the last line feed; nil once the line was found
	done bool
}

func (s *stderr) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(p)
	if s.done {
		return len(p), nil
	}
	s.line = append(s.line, p...)
	for {
		line, rest, whole := bytes.Cut(s.line, []byte{'\n'})
		if !whole {
			return len(p), nil
		}
		s.line = rest
		var l listening
		if json.Unmarshal(line, &l) == nil && l.Msg == "listening" {
			s.listening <- l
			s.done, s.line = true, nil
			return len(p), nil
		}
	}
}

func (s *stderr) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}
