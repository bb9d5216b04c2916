// This file is the restart of the daemon, upon SIGUSR2: when all that runs has ended and the store is closed, the process executes the
// program anew. It keeps its id and the listening sockets, in which clients wait meanwhile.

package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// checkTime is how long the new program gets to say that it takes the settings.
const checkTime = 30 * time.Second

// successor is the program that is to go on with the process.
type successor struct {
	path  string
	files map[string]*os.File // copies of the listening sockets, by their names
}

// newSuccessor makes sure that the program that the daemon was started from, which may be another one by now, takes its settings, and
// keeps the sockets open for it.
func newSuccessor(ctx context.Context, open sockets) (*successor, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	check := exec.CommandContext(ctx, path, append(os.Args[1:len(os.Args):len(os.Args)], "--check")...)
	if out, err := check.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("the program does not take the settings: %w: %s", err, bytes.TrimSpace(out))
	}
	s := &successor{path: path, files: make(map[string]*os.File)}
	for name, l := range open {
		tcp, ok := l.(*net.TCPListener)
		if !ok {
			return nil, errors.Join(fmt.Errorf("the socket %s cannot be handed over", name), s.close())
		}
		if s.files[name], err = tcp.File(); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	return s, nil
}

// close gives the sockets up.
func (s *successor) close() (err error) {
	for _, file := range s.files {
		err = errors.Join(err, file.Close())
	}
	return err
}

// start executes the program. It returns only if that fails.
func (s *successor) start(log *slog.Logger) error {
	var fields []string
	for name, file := range s.files {
		fd := file.Fd()
		if _, err := unix.FcntlInt(fd, unix.F_SETFD, 0); err != nil { // or it is closed now
			return err
		}
		fields = append(fields, fmt.Sprintf("%s=%d", name, fd))
	}
	log.Info("restarting", "program", s.path)
	signal.Ignore(syscall.SIGUSR2) // it would end the new program while that begins
	return fmt.Errorf("restarting %s: %w", s.path, syscall.Exec(s.path, os.Args, append(os.Environ(), socketsEnv+"="+strings.Join(fields, " "))))
}
