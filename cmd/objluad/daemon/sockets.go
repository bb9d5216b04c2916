// This file is the listening sockets that the daemon gets from whoever started it: systemd, or the process that it was before a
// restart.

package daemon

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/coreos/go-systemd/v22/activation"
	"golang.org/x/sys/unix"

	"github.com/objluad/objluad/cmd/objluad/errno"
)

// socketsEnv names the sockets that a restart hands over: "resp=7 http=9" are names and file descriptors. systemd's LISTEN_FDS begins
// at 3, where a running process has other files.
const socketsEnv = "OBJLUAD_SOCKETS"

// sockets are the listeners that were handed over, by the names resp and http. One that is missing is opened as the flags say.
type sockets map[string]net.Listener

// inherit takes what was handed over. Children do not get it again.
func inherit() (sockets, error) {
	files := activation.Files(true)
	for field := range strings.FieldsSeq(os.Getenv(socketsEnv)) {
		name, number, _ := strings.Cut(field, "=")
		fd, err := strconv.Atoi(number)
		if err != nil {
			return nil, errno.Errorf(syscall.EINVAL, "%s in the environment has %q, which is no name and number; unset it", socketsEnv, field)
		}
		unix.CloseOnExec(fd)
		files = append(files, os.NewFile(uintptr(fd), name))
	}
	os.Unsetenv(socketsEnv)
	s := make(sockets)
	for _, file := range files {
		name := file.Name()
		if name != "resp" && name != "http" || s[name] != nil {
			return nil, errno.Errorf(syscall.EINVAL, "a socket %q was handed over; there is one resp and one http, which systemd calls FileDescriptorName", name)
		}
		l, err := net.FileListener(file)
		file.Close()
		if err != nil {
			return nil, fmt.Errorf("the socket %s that was handed over: %w", name, err)
		}
		s[name] = l
	}
	return s, nil
}

// replace sets the address of a socket that was handed over.
func (s sockets) replace(name string, addr *string) {
	if l := s[name]; l != nil {
		*addr = l.Addr().String()
	}
}

// listen opens the sockets that were not handed over.
func (s sockets) listen(name, addr string) (err error) {
	if s[name] == nil {
		s[name], err = net.Listen("tcp", addr)
	}
	return err
}

func (s sockets) close() {
	for _, l := range s {
		if l != nil {
			l.Close()
		}
	}
}
