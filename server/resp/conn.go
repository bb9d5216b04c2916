// This file is one RESP connection: it runs the commands that arrive in order, and sends their replies when no complete
// command is left.

package resp

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/access"
	"github.com/objluad/objluad/server/limits"
)

// A client that is still sending when its connection is closed would be told so by a reset, and lose the reply that
// says why. So it is listened to for a while.
const lingerTime = time.Second

type conn struct {
	srv     *Server
	nc      net.Conn
	sock    *limits.Conn    // nc, or what is below its TLS
	raw     syscall.RawConn // nil when nc is no socket
	in      *frameReader
	out     *replyWriter
	ctx     *objclass.Caller // ends when the client is gone
	client  string           // its address
	address string           // the same, without the port

	began atomic.Int64 // time of the server's clock at which the command under way began; negative: the last one, which has ended
	waits atomic.Int64 // the bytes that it waits for, as waiting
	late  atomic.Pointer[lateClient]
	part  receiving
	spoke bool // a command was read

	strangeFrom int64 // time of the server's clock from which on it is strange
	closes      bool  // after the replies that are gathered
	muted       muting
	meta        bool // the command under way was given the option META

	expected expectation // of the command under way

	answered int64                      // commands since the last flush
	turn     turn                       // since others could run
	tally    tally                      // of these
	unsynced objclass.Unsynced          // commits whose replies are gathered
	tagged   atomic.Pointer[taggedCall] // that is under way; nil otherwise
	batch    objclass.Batch             // of the calls that have arrived

	session *access.Session // nil when nobody has logged in
	actor   *access.User    // whose the command under way is

	id    int64
	state clientState
	last  struct{ pool, namespace, class, method string } // of the last commands, see reuse
}

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{srv: s, nc: nc, sock: s.connected.ConnOf(nc), id: s.lastID.Add(1), actor: access.Everybody, tally: tally{stats: s.stats}}
	c.in = newFrameReader(received{c}, s.opts.MaxFrame)
	c.in.memory = s.memory
	c.out = newReplyWriter(durableReplies{c}, s.stats.countError)
	c.ctx, c.client = objclass.NewCaller(), nc.RemoteAddr().String()
	c.address = limits.Host(c.client)
	c.state.began = time.Now()
	c.began.Store(-s.clock.Load())
	c.strangeFrom = s.clock.Load()
	if sc, ok := limits.SocketOf(nc).(syscall.Conn); ok {
		c.raw, _ = sc.SyscallConn()
	}
	if s.opts.Users != nil {
		c.in.limit(strangerFrame)
	}
	return c
}

func (c *conn) close() {
	c.ctx.Cancel()
	c.nc.Close()
}

// serve runs commands until the connection ends, and says why it did. A panic ends the connection only: the daemon has
// other clients.
func (c *conn) serve() (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.srv.log.Error("panic in a command", "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
		c.batch.End()
		err = cmp.Or(err, c.unsynced.Wait())
	}()
	if err := c.handshake(); err != nil {
		return err
	}
	for !c.closes {
		args, ok, err := c.in.next()
		switch {
		case err == limits.ErrNoMemory:
			c.refuse(err)
		case err != nil:
			c.out.error(err, false)
			c.flush()
			c.linger()
			return err
		case ok:
			c.do(args)
			if c.answered < int64(c.srv.opts.MaxPipeline) {
				continue
			}
			if err := c.flush(); err != nil {
				return err
			}
		default:
			if err := c.flush(); err != nil {
				return err
			}
			c.letOthersRun()
			if err := c.read(); err != nil {
				return c.takeLeave(err)
			}
		}
	}
	return c.flush()
}

// flush sends the gathered replies.
func (c *conn) flush() error {
	c.srv.stats.answered.Add(c.answered)
	c.turn.commands += c.answered
	c.answered = 0
	c.tally.settle()
	return c.out.flush()
}

// turn is how much a connection has done since others could run.
type turn struct {
	commands int64
	received int64 // bytes that the connection had received then
}

const (
	turnCommands = 64
	turnBytes    = 256 << 10
)

// letOthersRun gives the processor to others now and then. A client that sends without a pause is always there to be read; else it would
// be interrupted after 10 ms only.
func (c *conn) letOthersRun() {
	if c.turn.commands >= turnCommands || c.in.received-c.turn.received >= turnBytes {
		c.turn = turn{received: c.in.received}
		runtime.Gosched()
	}
}

// durableReplies sends replies when what they tell is durable. If that fails, they would not be true: the connection ends, and
// its client knows as little as anyone of what became of its last commands.
type durableReplies struct{ c *conn }

func (d durableReplies) Write(b []byte) (int, error) {
	defer d.c.tally.pause()()
	d.c.batch.End()
	if err := d.c.unsynced.Wait(); err != nil {
		d.c.srv.log.Error("a commit failed after its command; its connection is closed", "client", d.c.client, "err", err)
		return 0, err
	}
	d.c.state.unsent.Store(int64(len(b)))
	n, err := d.c.sock.SendOver(d.c.nc, b)
	d.c.state.unsent.Store(0)
	d.c.srv.stats.sent.Add(int64(n))
	if err != nil {
		d.c.closes = true // before it runs further commands
	}
	return n, err
}

// do runs one command and gathers its reply.
func (c *conn) do(args [][]byte) {
	cmd, args, err := lookup(args)
	c.meta, c.expected = false, expectation{}
	c.spoke, c.part = true, receiving{}
	if err == nil && cmd.prefix {
		cmd, args, err = c.ifVersion(args)
	}
	switch {
	case err == nil:
		c.run(cmd, args)
	case cmd != nil:
		c.srv.stats.commands[cmd].rejected.Add(1)
		fallthrough
	default:
		c.out.error(err, false)
	}
	c.answered++
	c.unmuteAfter()
}

// run runs a command that was found.
func (c *conn) run(cmd *command, args [][]byte) {
	c.tally.begin(cmd)
	if c.state.cmd.Load() != cmd { // a load is cheaper
		c.state.cmd.Store(cmd)
	}
	c.began.Store(c.srv.clock.Load())
	if !cmd.method {
		c.batch.End()
	}
	errors := c.out.errors
	if err := c.perform(cmd, args); err != nil {
		c.out.error(err, c.meta)
	}
	c.sock.Uncount()
	if c.out.errors > errors {
		c.tally.failed++
	}
	c.began.Store(-c.srv.clock.Load())
}

// idle returns for how long no command was run.
func (c *conn) idle() time.Duration {
	if began := c.began.Load(); began < 0 {
		return time.Duration(c.srv.clock.Load() + began)
	}
	return 0
}

// read waits for bytes, and shows what there is of them.
func (c *conn) read() error {
	c.batch.End()
	c.showUnread()
	err := c.fill()
	c.showUnread()
	return err
}

func (c *conn) showUnread() {
	c.state.unread.Store(int64(c.in.w - c.in.r))
	c.state.room.Store(int64(len(c.in.buf)))
}

// refuse answers a command that was dropped.
func (c *conn) refuse(err error) {
	c.spoke, c.part = true, receiving{}
	c.out.error(err, false)
	c.answered++
}

// linger ends the connection so that the client gets to read the last reply.
func (c *conn) linger() { c.lingerOn(c.nc) }

func (c *conn) lingerOn(nc net.Conn) {
	half, ok := nc.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	nc.SetReadDeadline(time.Now().Add(lingerTime))
	io.CopyN(io.Discard, nc, limits.LingerBytes)
}

// maxReused is the most bytes of a name that a connection keeps: no longer one is a pool's, a namespace's or a class's.
const maxReused = 256

// reuse returns b as a string: *last, which it replaces, where they are equal. Clients tend to repeat themselves, and a
// string of its own for each command is garbage. What is too long for a name is not kept.
func reuse(last *string, b []byte) string {
	if len(b) > maxReused {
		return string(b)
	}
	if *last != string(b) {
		*last = string(b)
	}
	return *last
}
