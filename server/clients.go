// This file is who is connected: connections are counted, refused when there are too many, and cut off when their clients take too
// little of what is sent to them.

package server

import (
	"cmp"
	"context"
	"io"
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
	slowPart    = 1 << 20 // bytes that a client has Options.SlowTimeout for
	waitTicks   = 4       // that a client may take for them while another one's reply waits for room

	maxRefusing = 128 // connections that are told at once that there is no room
	refusalTime = time.Second

	cutLogPause = 10 * time.Second // between two lines of the log
)

// clients are the connections of one kind of listener.
//
// What a client does not take stays with the kernel, and beyond that with the goroutine that writes: nothing is queued. So a client
// that does not read has the daemon hold one reply, and its next command is not run. What all such replies may take is bounded, too.
type clients struct {
	opts     Options
	most     int // connections
	log      *slog.Logger
	accepted atomic.Int64
	refused  atomic.Int64
	cutOff   [len(cutReasons)]atomic.Int64

	clock    atomic.Int64  // ticks of clientsTick, from 1
	unsent   atomic.Int64  // bytes of large replies that clients have not taken
	wanted   atomic.Int64  // bytes of the largest reply that waits for room
	refusing chan struct{} // has one for each connection that is being refused

	watched sync.Once

	mu    sync.Mutex
	conns map[*clientConn]struct{}
	peers map[string]int // connections by address

	saidCut [len(cutReasons)]struct { // in the log
		at    time.Time
		total int64
	}
}

// cutReason says why a client was cut off.
type cutReason int

const (
	cutSlowReader cutReason = iota // it did not take a reply
	cutUnsent                      // it was among the slowest when all together did not take too much
	cutSlowSender                  // it did not finish a command
	cutHandshake                   // it sent no command
	cutIdle                        // it sent no further command
)

var cutReasons = [...]string{"slow_reader", "unsent", "slow_sender", "handshake", "idle"}

func newClients(opts Options, most int, log *slog.Logger) *clients {
	c := &clients{
		opts:     opts,
		most:     most,
		log:      log,
		refusing: make(chan struct{}, maxRefusing),
		conns:    make(map[*clientConn]struct{}),
		peers:    make(map[string]int),
	}
	c.clock.Store(1)
	return c
}

// count returns how many are connected.
func (c *clients) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.conns)
}

// admit makes a client of a connection, which it leaves when it is closed; or fails with EBUSY.
func (c *clients) admit(nc net.Conn) (*clientConn, error) {
	conn := &clientConn{Conn: nc, of: c, peer: host(nc.RemoteAddr().String())}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.conns) >= c.most {
		return nil, objclass.Errorf(syscall.EBUSY, objclass.KindBusy, "the server has %d connections, its limit", c.most)
	}
	if most := c.opts.MaxPeerConnections; most > 0 && c.peers[conn.peer] >= most {
		return nil, objclass.Errorf(syscall.EBUSY, objclass.KindBusy, "the server has %d connections of your address, its limit", most)
	}
	c.conns[conn] = struct{}{}
	c.peers[conn.peer]++
	c.accepted.Add(1)
	return conn, nil
}

func (c *clients) leave(conn *clientConn) {
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

// refuse tells a connection why it is closed. A client that is sending by then would be told by a reset, and lose the reason, so it
// is listened to for a moment; in a flood of connections not each is.
func (c *clients) refuse(nc net.Conn, reason []byte) {
	c.refused.Add(1)
	if c.opts.TLS != nil { // it would not understand
		nc.Close()
		return
	}
	select {
	case c.refusing <- struct{}{}:
	default:
		nc.Close()
		return
	}
	go func() {
		defer func() { nc.Close(); <-c.refusing }()
		nc.SetDeadline(time.Now().Add(refusalTime))
		if _, err := nc.Write(reason); err != nil {
			return
		}
		if half, ok := nc.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
			io.CopyN(io.Discard, nc, lingerBytes)
		}
	}()
}

// watch looks at all connections now and then, until stop is closed. It may be called again, and does nothing then.
func (c *clients) watch(stop <-chan struct{}) { c.watched.Do(func() { go c.run(stop) }) }

func (c *clients) run(stop <-chan struct{}) {
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

// look cuts off those that have been too slow, and if there is too much that clients do not take, those that have been slow for
// longest.
func (c *clients) look(now int64) {
	patience := int64(c.opts.SlowTimeout / clientsTick)
	var slow, sending []*clientConn
	c.mu.Lock()
	for conn := range c.conns {
		switch began := conn.began.Load(); {
		case began == 0:
		case now-began > patience:
			slow = append(slow, conn)
		case conn.held() > 0:
			sending = append(sending, conn)
		}
	}
	c.mu.Unlock()
	c.cut(cutSlowReader, slow)

	wanted := c.wanted.Swap(0)
	over := int(c.unsent.Load() + wanted - c.opts.MaxUnsent)
	for _, conn := range slow {
		over -= conn.held()
	}
	if over <= 0 {
		return
	}
	if wanted > 0 { // there is not too much yet, so those may go on who take what they get
		sending = slices.DeleteFunc(sending, func(conn *clientConn) bool { return now-conn.began.Load() < waitTicks })
	}
	slices.SortFunc(sending, func(a, b *clientConn) int { return cmp.Compare(a.began.Load(), b.began.Load()) })
	n := 0
	for ; n < len(sending) && over > 0; n++ {
		over -= sending[n].held()
	}
	c.cut(cutUnsent, sending[:n])
}

// cut ends connections at once, with what they were to be sent.
func (c *clients) cut(why cutReason, conns []*clientConn) {
	for _, conn := range conns {
		if tcp, ok := conn.Conn.(*net.TCPConn); ok {
			tcp.SetLinger(0) // or the kernel kept the rest
		}
		conn.Close()
	}
	c.noteCut(why, len(conns), func() string { return conns[0].RemoteAddr().String() })
}

// noteCut counts connections that were cut off, and logs them, but not all the time.
func (c *clients) noteCut(why cutReason, n int, example func() string) {
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
		c.log.Warn("clients were cut off", "why", cutReasons[why], "count", since, "one_of_them", example())
	}
}

// limit returns a listener of whose connections those are accepted that become clients. The others are told why by what refusal makes
// of the error. What encrypts a connection goes over the listener that limit returns.
func (c *clients) limit(l net.Listener, refusal func(error) []byte) net.Listener {
	return &limitedListener{l, c, refusal}
}

type limitedListener struct {
	net.Listener
	clients *clients
	refusal func(error) []byte
}

func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		nc, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		conn, err := l.clients.admit(nc)
		if err == nil {
			return conn, nil
		}
		l.clients.refuse(nc, l.refusal(err))
	}
}

// clientConn is the connection of a client.
type clientConn struct {
	net.Conn
	of   *clients
	peer string // its address, without a port

	inSend  atomic.Bool // what is written is a part, maybe encrypted
	counted atomic.Bool // the reply under way is, as a whole

	began  atomic.Int64 // tick at which the sending of a part began; 0 while nothing is sent
	unsent atomic.Int64 // bytes of a large reply that the client has not taken
}

// Write sends what is not sent by send.
func (c *clientConn) Write(b []byte) (sent int, err error) {
	if c.inSend.Load() {
		return c.Conn.Write(b)
	}
	return c.send(c.Conn, b)
}

// send writes b to w, the connection or what encrypts it, in parts, each of which has a time to be taken.
func (c *clientConn) send(w io.Writer, b []byte) (sent int, err error) {
	c.inSend.Store(true)
	defer c.inSend.Store(false)
	if len(b) > replyBuffer && !c.counted.Load() {
		c.hold(len(b))
		defer c.hold(-len(b))
	}
	defer c.began.Store(0)
	for {
		part := b[sent:min(len(b), sent+slowPart)]
		c.began.Store(c.of.clock.Load())
		n, err := w.Write(part)
		sent += n
		if err != nil || sent == len(b) {
			return sent, err
		}
	}
}

// connOf returns the client's connection that nc is, or encrypts.
func (c *clients) connOf(nc net.Conn) *clientConn {
	if conn, ok := socketOf(nc).(*clientConn); ok {
		return conn
	}
	return &clientConn{Conn: nc, of: c} // a listener of no clients
}

// sendOver is send over nc, which is the connection itself or encrypts it.
func (c *clientConn) sendOver(nc net.Conn, b []byte) (int, error) {
	if nc == net.Conn(c) {
		return c.send(c.Conn, b)
	}
	return c.send(nc, b)
}

// count has the reply under way counted as n bytes, whatever parts it is sent in, until count(0).
func (c *clientConn) count(n int) {
	c.counted.Store(n > 0)
	c.hold(n - c.held())
}

// makeRoom waits until there is room for a reply of n bytes that is about to be read, and counts it. If there is none, those are cut off
// meanwhile who keep others waiting. A reply that is too large for all the room needs half of it.
func (c *clientConn) makeRoom(ctx context.Context, n int) error {
	c.count(0)
	most := max(c.of.opts.MaxUnsent, int64(n)+c.of.opts.MaxUnsent/2)
	for {
		if c.of.unsent.Add(int64(n)) <= most {
			c.counted.Store(true)
			c.unsent.Add(int64(n))
			return nil
		}
		c.of.unsent.Add(int64(-n))
		if c.of.wanted.Load() < int64(n) {
			c.of.wanted.Store(min(int64(n), c.of.opts.MaxUnsent))
		}
		select {
		case <-time.After(clientsTick):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (c *clientConn) held() int { return int(c.unsent.Load()) }

func (c *clientConn) hold(n int) {
	c.unsent.Add(int64(n))
	c.of.unsent.Add(int64(n))
}

func (c *clientConn) Close() error {
	c.of.leave(c)
	return c.Conn.Close()
}

// CloseWrite closes the sending half.
func (c *clientConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return syscall.EOPNOTSUPP
}

// SyscallConn returns the socket.
func (c *clientConn) SyscallConn() (syscall.RawConn, error) {
	if socket, ok := c.Conn.(syscall.Conn); ok {
		return socket.SyscallConn()
	}
	return nil, syscall.EOPNOTSUPP
}

// host returns an address without its port.
func host(addr string) string {
	h, _, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	return h
}
