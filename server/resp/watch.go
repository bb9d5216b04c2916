// This file looks at all RESP connections now and then. It cancels calls whose client went away. A call that ends soon pays one store to
// memory for it: no goroutine reads ahead, and only a call that has run for a while has its connection looked at.

package resp

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/objluad/objluad/server/limits"
)

const (
	watchInterval = 50 * time.Millisecond
	watchAfter    = 2 * watchInterval // how long a command may run unwatched
)

// watch looks at all connections now and then, until stop is closed.
func (s *Server) watch(stop <-chan struct{}) {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
		now := time.Since(s.started).Nanoseconds()
		s.clock.Store(now)
		var late [limits.CutReasons][]*conn
		s.mu.Lock()
		for c := range s.conns {
			if cut := c.overdue(now); cut != nil {
				late[cut.why] = append(late[cut.why], c)
			}
			if began := c.began.Load(); began > 0 && now-began >= int64(watchAfter) && clientGone(c.raw) {
				c.ctx.Cancel()
			}
		}
		s.mu.Unlock()
		for why, conns := range late {
			s.connected.NoteCut(limits.CutReason(why), len(conns), func() string { return conns[0].client })
		}
	}
}

// clientGone reports whether the other side closed the connection, or its sending half: as net/http, it takes the latter
// for a client that went away. It takes no bytes from the connection.
func clientGone(raw syscall.RawConn) bool {
	if raw == nil {
		return false
	}
	gone := false
	raw.Control(func(fd uintptr) {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
		n, err := unix.Poll(fds, 0)
		gone = err == nil && n > 0
	})
	return gone
}
