// This file starts and ends the processes of a cluster.

package ceph

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The kernel ends a process with the thread that started it; Go's runtime keeps its threads while the program lives.
var dieWithParent = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}

type daemon struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process was waited for
}

// start starts a daemon in the foreground of its own process.
func (c *Cluster) start(name string, args ...string) (*daemon, error) {
	path := filepath.Join(c.dir, strings.Join(append([]string{name}, args...), "")+".stderr")
	stderr, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer stderr.Close()
	cmd := exec.Command(name, append(args, "-f", "-c", c.Conf())...)
	cmd.Stdout, cmd.Stderr = stderr, stderr
	cmd.SysProcAttr = dieWithParent
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	d := &daemon{cmd: cmd, ended: make(chan struct{})}
	go func() {
		cmd.Wait() // how it ended is in ProcessState
		close(d.ended)
	}()
	return d, nil
}

// stop has the daemon end in its own time, and waits for it.
func (d *daemon) stop() error {
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-d.ended:
		return nil
	case <-time.After(upTimeout):
		d.kill()
		return fmt.Errorf("%s does not end on SIGTERM", d.cmd.Path)
	}
}

// kill ends the daemon at once, paused or not, and waits for it. There may be none.
func (d *daemon) kill() {
	if d == nil {
		return
	}
	d.cmd.Process.Kill() // it may have ended
	<-d.ended
}

// pause returns when all threads of the daemon have stopped.
func (d *daemon) pause() error {
	if err := d.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	for {
		err := unix.Waitid(unix.P_PID, d.cmd.Process.Pid, nil, unix.WSTOPPED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return err
		}
	}
}

func (d *daemon) resume() error { return d.cmd.Process.Signal(syscall.SIGCONT) }
