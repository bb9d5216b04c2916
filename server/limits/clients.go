// This file is who is connected: connections are counted, refused when there are too many, and cut off when their clients take too
// little of what is sent to them.

package limits

import (
	"cmp"
	"crypto/tls"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/objluad/objluad/objclass"
)

const (
	clientsTick = 250 * time.Millisecond
	waitTicks   = 4                // that a client may take for SlowPart bytes while there is no room for those of others
	cutLogPause = 10 * time.Second // between two lines of the log
)

// Clients are the connections of one kind of listener.
//
// What a client does not take stays with the kernel, and beyond that with the goroutine that writes: nothing is queued. So a client
// that does not read has the daemon hold one reply, and its next command is not run. What all such replies may take is bounded, too.
type Clients struct {
	bounds   Bounds
	tls      *tls.Config // nil: none
	log      *slog.Logger
	accepted atomic.Int64
	refused  atomic.Int64
	cutOff   [CutReasons]atomic.Int64

	clock    atomic.Int64  // ticks of clientsTick, from 1
	unsent   atomic.Int64  // bytes of large replies that clients have not taken
	wanted   atomic.Int64  // bytes of the largest reply that waits for room
	refusing chan struct{} // has one for each connection that is being refused

	watched sync.Once

	mu    sync.Mutex
	conns map[*Conn]struct{}
	peers map[string]int // connections by address

	saidCut [CutReasons]struct { // in the log
		at    time.Time
		total int64
	}
}

// Bounds are what clients may take.
type Bounds struct {
	Connections int           // in all
	PerAddress  int           // connections of one address; 0 is no bound of its own
	Unsent      int64         // bytes of large replies that all together may leave untaken
	SlowTimeout time.Duration // which a client may take for SlowPart bytes, or the rest, of a reply
}

// CutReason says why a client was cut off.
type CutReason int

const (
	CutSlowReader CutReason = iota // it did not take a reply
	CutUnsent                      // it was among the slowest when all together did not take too much
	CutSlowSender                  // it did not finish a command
	CutHandshake                   // it sent no command, or did not log in
	CutIdle                        // it sent no further command
	CutReasons                     // is how many there are
)

var cutReasons = [CutReasons]string{"slow_reader", "unsent", "slow_sender", "handshake", "idle"}

func (why CutReason) String() string { return cutReasons[why] }

// NewClients makes clients of a listener that has TLS, unless config is nil.
func NewClients(bounds Bounds, config *tls.Config, log *slog.Logger) *Clients {
	c := &Clients{
		bounds:   bounds,
		tls:      config,
		log:      log,
		refusing: make(chan struct{}, maxRefusing),
		conns:    make(map[*Conn]struct{}),
		peers:    make(map[string]int),
	}
	c.clock.Store(1)
	return c
}

// MaxConnections returns how many connections there may be.
func (c *Clients) MaxConnections() int { return c.bounds.Connections }

// Accepted returns how many have been accepted.
func (c *Clients) Accepted() int64 { return c.accepted.Load() }

// Refused returns how many have been refused because there were too many.
func (c *Clients) Refused() int64 { return c.refused.Load() }

// Count returns how many are connected.
func (c *Clients) Count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.conns)
}

// admit makes a client of a connection, which it leaves when it is closed; or fails with EBUSY.
func (c *Clients) admit(nc net.Conn) (*Conn, error) {
	conn := &Conn{Conn: nc, of: c, peer: Host(nc.RemoteAddr().String())}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.conns) >= c.MaxConnections() {
		return nil, objclass.Errorf(syscall.EBUSY, objclass.KindBusy, "the server has %d connections, its limit", c.MaxConnections())
	}
	if most := c.bounds.PerAddress; most > 0 && c.peers[conn.peer] >= most {
		return nil, objclass.Errorf(syscall.EBUSY, objclass.KindBusy, "the server has %d connections of your address, its limit", most)
	}
	c.conns[conn] = struct{}{}
	c.peers[conn.peer]++
	c.accepted.Add(1)
	return conn, nil
}

func (c *Clients) leave(conn *Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, in := c.conns[conn]; !in {
		return
	}
	delete(c.conns, conn)
	if c.peers[conn.peer]--; c.peers[conn.peer] == 0 {
		delete(c.peers, conn.peer)
	}
}

// Watch looks at all connections now and then, until stop is closed. It may be called again, and does nothing then.
func (c *Clients) Watch(stop <-chan struct{}) { c.watched.Do(func() { go c.run(stop) }) }

func (c *Clients) run(stop <-chan struct{}) {
	ticker := time.NewTicker(clientsTick)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			c.look(c.clock.Add(1))
		}
	}
}

// reader is a client that takes a part of a reply, as it was when it was looked at. It may have taken it since.
type reader struct {
	conn  *Conn
	began int64
	held  int
}

// look cuts off those that have been too slow, and if there is too much that clients do not take, those that have been slow for
// longest; of those that have not been so for waitTicks, those that leave most.
func (c *Clients) look(now int64) {
	patience := int64(c.bounds.SlowTimeout / clientsTick)
	var slow, taking []reader
	c.mu.Lock()
	for conn := range c.conns {
		r := reader{conn, conn.began.Load(), conn.held()}
		switch {
		case r.began == 0:
		case now-r.began > patience:
			slow = append(slow, r)
		case r.held > 0:
			taking = append(taking, r)
		}
	}
	c.mu.Unlock()
	freed := c.cut(CutSlowReader, slow)

	wanted := c.wanted.Swap(0)
	over := int(c.unsent.Load()+wanted-c.bounds.Unsent) - freed
	if over <= 0 {
		return
	}
	late := func(r reader) int64 { return max(0, now-r.began-waitTicks) }
	if wanted > 0 { // there is not too much yet, so those may go on who take what they get
		taking = slices.DeleteFunc(taking, func(r reader) bool { return now-r.began < waitTicks })
	}
	slices.SortFunc(taking, func(a, b reader) int { // who is not late may be so for want of a processor
		return cmp.Or(cmp.Compare(late(b), late(a)), cmp.Compare(b.held, a.held))
	})
	n := 0
	for ; n < len(taking) && over > 0; n++ {
		over -= taking[n].held
	}
	c.cut(CutUnsent, taking[:n])
}

// cut ends connections at once, with what they were to be sent, but for those that have taken it meanwhile. It returns the bytes that
// are held no more.
func (c *Clients) cut(why CutReason, slow []reader) (freed int) {
	n, last := 0, (*Conn)(nil)
	for _, r := range slow {
		if r.conn.began.Load() != r.began {
			continue
		}
		if tcp, ok := r.conn.Conn.(*net.TCPConn); ok {
			tcp.SetLinger(0) // or the kernel kept the rest
		}
		r.conn.Close()
		freed += r.held
		n, last = n+1, r.conn
	}
	c.NoteCut(why, n, func() string { return last.RemoteAddr().String() })
	return freed
}

// NoteCut counts connections that were cut off, and logs them, but not all the time.
func (c *Clients) NoteCut(why CutReason, n int, example func() string) {
	if n == 0 {
		return
	}
	total := c.cutOff[why].Add(int64(n))
	c.mu.Lock()
	said := &c.saidCut[why]
	quiet := time.Since(said.at) < cutLogPause
	since := total - said.total
	if !quiet {
		said.at, said.total = time.Now(), total
	}
	c.mu.Unlock()
	if !quiet {
		c.log.Warn("clients were cut off", "why", why.String(), "count", since, "one_of_them", example())
	}
}
