// This file tests that no reply tells of a commit that is not durable, and that pipelined commits share the wait for the disk.

package resp_test

import (
	"context"
	"errors"
	"io"
	"path"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

// slowDisk is a file system whose syncs of logs wait while held, and then end with an error if there is one.
type slowDisk struct {
	vfs.FS
	held  atomic.Pointer[chan error]
	syncs atomic.Int64
}

type slowFile struct {
	vfs.File
	disk *slowDisk
}

func (d *slowDisk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.Create(name, c)
	if err != nil || path.Ext(name) != ".log" {
		return f, err
	}
	return slowFile{f, d}, nil
}

func (d *slowDisk) Unwrap() vfs.FS { return nil }

func (f slowFile) Sync() error {
	f.disk.syncs.Add(1)
	if held := f.disk.held.Load(); held != nil {
		if err := <-*held; err != nil {
			return err
		}
	}
	return f.File.Sync()
}

func (f slowFile) SyncData() error { return f.Sync() }

// hold has syncs wait until the function that it returns is called.
func (d *slowDisk) hold() (release func(error)) {
	held := make(chan error)
	d.held.Store(&held)
	return func(err error) {
		if err != nil {
			held <- err // to a sync that may have yet to begin
		}
		d.held.Store(nil)
		close(held)
	}
}

// pipelined sends three commits at once, and returns when all are visible.
func pipelined(t *testing.T, rig *servertest.Rig) *servertest.Peer {
	t.Helper()
	p := servertest.Dial(t, rig.RESP)
	p.Send(strings.Repeat(servertest.Command("OBJ.EXEC", "p", "o", "test", "count", ""), 3))
	reader := servertest.Dial(t, rig.RESP)
	for end := time.Now().Add(time.Minute); ; {
		reader.Send(servertest.Command("OBJ.READ", "p", "o"))
		if reader.Reply() == "$3\r\nxxx\r\n" {
			return p
		}
		if time.Now().After(end) {
			t.Fatal("the commits are not visible while the disk is slow")
		}
	}
}

func TestRepliesWaitForTheDisk(t *testing.T) {
	disk := &slowDisk{FS: vfs.NewMem()}
	rig := servertest.StartOn(t, disk, server.Options{}, objclass.Options{})
	release := disk.hold()
	before := disk.syncs.Load()
	p := pipelined(t, rig)
	p.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if b, err := p.R.Peek(1); err == nil {
		t.Errorf("a reply begins with %q before anything is durable", b)
	}
	p.SetReadDeadline(time.Now().Add(time.Minute))
	release(nil)
	for _, want := range []string{"1", "2", "3"} {
		if got := p.Reply(); got != "$1\r\n"+want+"\r\n" {
			t.Errorf("got %q, want %s", got, want)
		}
	}
	if n := disk.syncs.Load() - before; n > 2 { // one for the first commit, and one for those that came while it was under way
		t.Errorf("%d syncs for three commits at once", n)
	}
}

// What is not known to be durable is not told: the connection ends, and the store has stopped.
func TestNoReplyForALostCommit(t *testing.T) {
	disk := &slowDisk{FS: vfs.NewMem()}
	rig := servertest.StartOn(t, disk, server.Options{}, objclass.Options{})
	release := disk.hold()
	p := pipelined(t, rig)
	release(errors.New("the disk has failed"))
	if b, err := p.R.ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("got %q, %v, want the end of the connection", b, err)
	}
	p = servertest.Dial(t, rig.RESP)
	p.Send(servertest.Command("OBJ.EXEC", "p", "o", "test", "count", ""))
	if got := p.Reply(); !strings.HasPrefix(got, "-EIO op ") || !strings.Contains(got, "the disk has failed") {
		t.Errorf("got %q", got)
	}
}

// What a call tells that may write, and commits nothing, is of a state that is durable: a reply that is told again, or that an
// object exists.
func TestOutcomesWithoutACommitWaitForTheDisk(t *testing.T) {
	for name, calls := range map[string][2]string{
		"replay": {servertest.Command("OBJ.EXEC", "p", "o", "test", "count", "", "IDEMPOTENCY", "key"), "$1\r\n1\r\n"},
		"exists": {servertest.Command("OBJ.EXEC", "p", "o", "test", "once", ""), "-EEXIST op object exists\r\n"},
	} {
		t.Run(name, func(t *testing.T) { outcomeWaits(t, calls[0], calls[1]) })
	}
}

// outcomeWaits makes a call that commits "x", and the same again, of which the second is to have that outcome.
func outcomeWaits(t *testing.T, call, want string) {
	disk := &slowDisk{FS: vfs.NewMem()}
	rig := servertest.StartOn(t, disk, server.Options{}, objclass.Options{})
	release := disk.hold()
	first, again := servertest.Dial(t, rig.RESP), servertest.Dial(t, rig.RESP)
	first.Send(call)
	for reader, end := servertest.Dial(t, rig.RESP), time.Now().Add(time.Minute); ; {
		reader.Send(servertest.Command("OBJ.READ", "p", "o"))
		if reader.Reply() == "$1\r\nx\r\n" {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the commit is not visible while the disk is slow")
		}
	}
	again.Send(call)
	again.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if b, err := again.R.Peek(1); err == nil {
		t.Errorf("a reply begins with %q before anything is durable", b)
	}
	again.SetReadDeadline(time.Now().Add(time.Minute))
	release(nil)
	if got := first.Reply(); got != "$1\r\n1\r\n" {
		t.Errorf("the first got %q", got)
	}
	if got := again.Reply(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A restart of the daemon begins with Shutdown: what it still answers is durable, too, and what waits when the time is over is not answered.
func TestShutdownWaitsForTheDisk(t *testing.T) {
	for name, patient := range map[string]bool{"in time": true, "too late": false} {
		t.Run(name, func(t *testing.T) { shutdownWaits(t, patient) })
	}
}

func shutdownWaits(t *testing.T, patient bool) {
	mem := vfs.NewCrashableMem()
	disk := &slowDisk{FS: mem}
	rig := servertest.StartOn(t, disk, server.Options{}, objclass.Options{})
	release := disk.hold()
	p := pipelined(t, rig)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- rig.Shutdown(ctx) }()
	p.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if b, err := p.R.Peek(1); err == nil {
		t.Errorf("a reply begins with %q before anything is durable", b)
	}
	select {
	case err := <-ended:
		t.Errorf("the server has shut down before anything is durable: %v", err)
	default:
	}
	p.SetReadDeadline(time.Now().Add(time.Minute))
	if !patient {
		cancel()
		if got := p.WantClosed(); got != "" {
			t.Errorf("got %q when nothing is durable", got)
		}
		release(nil)
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Shutdown: %v", err)
		}
		return
	}
	release(nil)
	if got := p.WantClosed(); got != servertest.Bulk("1")+servertest.Bulk("2")+servertest.Bulk("3") {
		t.Errorf("got %q", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	after := servertest.StartOn(t, mem.CrashClone(vfs.CrashCloneCfg{}), server.Options{}, objclass.Options{})
	if got := servertest.Dial(t, after.RESP).Ask("OBJ.READ", "p", "o"); got != servertest.Bulk("xxx") {
		t.Errorf("when the machine crashes then, the object is %q", got)
	}
}
