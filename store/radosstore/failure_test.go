//go:build !norados

package radosstore

// This file is what goes wrong: settings, permissions, and clusters that do not answer or have no room.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/tests/ceph"
)

func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// fails checks an error of Open, by its errno and by what it says.
func fails(t *testing.T, err error, errno syscall.Errno, says ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("it opened")
	}
	if got := store.Errno(err); got != errno && !errors.Is(err, errno) {
		t.Errorf("errno %v, want %v: %v", got, errno, err)
	}
	for _, s := range says {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("%q does not say %q", err, s)
		}
	}
}

func TestWrongConf(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "ceph.conf")
	_, err := Open(Options{Conf: missing})
	fails(t, err, syscall.ENOENT, missing, "name the cluster's ceph.conf")

	folder := t.TempDir()
	_, err = Open(Options{Conf: folder})
	fails(t, err, syscall.EINVAL, folder)

	_, err = Open(Options{Conf: writeFile(t, "no section\n= nonsense [")})
	fails(t, err, syscall.EINVAL, "ceph.conf")

	_, err = Open(Options{Conf: writeFile(t, "[global]\nauth client required = none\n"), Timeout: time.Second})
	fails(t, err, syscall.EINVAL, "mon_host")

	// Nobody listens on the port discard.
	began := time.Now()
	_, err = Open(Options{Conf: writeFile(t, "[global]\nmon host = [v2:127.0.0.1:9/0]\nauth client required = none\n"), Timeout: time.Second})
	fails(t, err, syscall.ETIMEDOUT, "127.0.0.1:9", "1s")
	t.Logf("gave up after %v of 1s", time.Since(began))
}

// openAs opens a store as a new user with these caps.
func openAs(t *testing.T, c *ceph.Cluster, name, mon, osd string) *Store {
	t.Helper()
	key, err := c.Command("auth", "get-or-create", "client."+name, "mon", mon, "osd", osd)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(c.Conf())
	if err != nil {
		t.Fatal(err)
	}
	conf := writeFile(t, strings.ReplaceAll(string(text), c.Keyring(), writeFile(t, string(key))))
	return open(t, Options{Conf: conf, User: "client." + name, Timeout: 30 * time.Second})
}

func TestCephx(t *testing.T) {
	c := ceph.Start(t, ceph.Options{Cephx: true})
	admin := open(t, Options{Conf: c.Conf()})
	if err := admin.CreatePool(t.Context(), "p"); err != nil {
		t.Fatal(err)
	}
	r := store.Ref{Pool: "p", OID: "o"}
	v, err := admin.Commit(t.Context(), r, 0, full("data"))
	if err != nil {
		t.Fatal(err)
	}

	_, err = Open(Options{Conf: c.Conf(), User: "nobody", Timeout: 10 * time.Second})
	fails(t, err, syscall.EACCES, "client.nobody", c.Keyring(), "ceph auth get")

	text, err := os.ReadFile(c.Conf())
	if err != nil {
		t.Fatal(err)
	}
	gone := filepath.Join(t.TempDir(), "keyring")
	_, err = Open(Options{Conf: writeFile(t, strings.ReplaceAll(string(text), c.Keyring(), gone)), Timeout: 10 * time.Second})
	fails(t, err, syscall.ENOENT, "client.admin", gone)

	wrong := writeFile(t, "[client.admin]\nkey = AQCvhEBlAAAAABAAq5xK1LVWQ5RYRXfg8r9yYw==\n")
	_, err = Open(Options{Conf: writeFile(t, strings.ReplaceAll(string(text), c.Keyring(), wrong)), Timeout: 10 * time.Second})
	fails(t, err, syscall.EACCES, "client.admin", wrong)

	reader := openAs(t, c, "reader", "allow r", "allow r")
	if data, _ := read(t, reader, r); data != "data" {
		t.Errorf("read %q", data)
	}
	_, err = reader.Commit(t.Context(), r, v, full("changed"))
	fails(t, err, syscall.EACCES, "caps")
	fails(t, reader.CreatePool(t.Context(), "q"), syscall.EACCES, "q", "caps")
	if err := reader.CreatePool(t.Context(), "p"); !errors.Is(err, store.ErrPoolExists) {
		t.Errorf("a pool that is there: %v", err)
	}
	fails(t, reader.RemovePool(t.Context(), "p"), syscall.EACCES)
	fails(t, startListening(reader, r).state(t), syscall.EACCES, "caps")
	if data, _ := read(t, admin, r); data != "data" {
		t.Errorf("the object is %q", data)
	}

	// What docs/stores.md says a daemon needs.
	daemon := openAs(t, c, "daemon", "allow r", "allow rw pool=.objluad, allow rw pool=p")
	ws := full("of a daemon")
	ws.Reset, ws.Xattrs, ws.Omap, ws.OmapHeader = true, map[string][]byte{"x": {}}, map[string][]byte{"k": {}}, []byte("h")
	if v, err = daemon.Commit(t.Context(), r, v, ws); err != nil {
		t.Error(err)
	}
	watched := store.Ref{Pool: "p", Namespace: "n", OID: "watched"}
	l := listen(t, daemon, watched)
	l.hears(t, daemon, watched)
	l.hears(t, admin, watched)
	if oids, _, err := daemon.List(t.Context(), "p", "", "", 10); err != nil || len(oids) != 1 {
		t.Errorf("listed %q, %v", oids, err)
	}
	if _, err := daemon.Commit(t.Context(), r, v, &store.WriteSet{Remove: true}); err != nil {
		t.Error(err)
	}
	if err := openAs(t, c, "creator", "allow rw", "allow rw").CreatePool(t.Context(), "q"); err != nil {
		t.Error(err)
	}
}

func TestPoolRemovalRefused(t *testing.T) {
	c := ceph.Start(t, ceph.Options{Conf: "mon allow pool delete = false"})
	s, pool := openPool(t, c)
	fails(t, s.RemovePool(t.Context(), pool), syscall.EACCES, "mon_allow_pool_delete")
	if _, err := s.Snapshot(t.Context(), store.Ref{Pool: pool, OID: "o"}); err != nil {
		t.Error(err)
	}
}

// A cluster that stands still: operations end with their contexts, or with the timeout, and all is well when it goes on.
func TestClusterStandsStill(t *testing.T) {
	c := ceph.Start(t, ceph.Options{})
	const timeout = 2 * time.Second
	s := open(t, Options{Conf: c.Conf(), Timeout: timeout})
	if err := s.CreatePool(t.Context(), "p"); err != nil {
		t.Fatal(err)
	}
	r := store.Ref{Pool: "p", OID: "o"}
	v := commitPatiently(t, s, r, 0, full("data"))

	still := func(what string, ctx context.Context, want error, do func(ctx context.Context) error) {
		t.Helper()
		began := time.Now()
		if err := do(ctx); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
		t.Logf("%s: ended after %v", what, time.Since(began))
	}
	snapshot := func(ctx context.Context) error { _, err := s.Snapshot(ctx, r); return err }
	commit := func(ctx context.Context) error { _, err := s.Commit(ctx, r, v, full("changed")); return err }
	list := func(ctx context.Context) error { _, _, err := s.List(ctx, "p", "", "", 10); return err }
	create := func(ctx context.Context) error { return s.CreatePool(ctx, "q") }
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()

	if err := c.PauseOSD(0); err != nil {
		t.Fatal(err)
	}
	still("snapshot", t.Context(), store.ErrTimedOut, snapshot)
	still("commit", t.Context(), store.ErrTimedOut, commit)
	still("list", t.Context(), store.ErrTimedOut, list)
	still("snapshot with a context", short, context.DeadlineExceeded, snapshot)
	if err := c.PauseMon(); err != nil {
		t.Fatal(err)
	}
	still("create pool", t.Context(), store.ErrTimedOut, create)
	still("pools", t.Context(), store.ErrTimedOut, func(ctx context.Context) error { _, err := s.Pools(ctx); return err })

	other := open2(t, c, timeout)
	if other != nil {
		t.Error("a store was opened")
	}
	for _, resume := range []func() error{c.ResumeMon, func() error { return c.ResumeOSD(0) }} {
		if err := resume(); err != nil {
			t.Fatal(err)
		}
	}
	data, v := readPatiently(t, s, r)
	if data != "data" && data != "changed" {
		t.Errorf("the object is %q", data)
	}
	commitPatiently(t, s, r, v, full("again"))
	if data, _ := readPatiently(t, s, r); data != "again" {
		t.Errorf("the object is %q", data)
	}
}

func open2(t *testing.T, c *ceph.Cluster, timeout time.Duration) *Store {
	s, err := Open(Options{Conf: c.Conf(), Timeout: timeout})
	if err != nil {
		fails(t, err, syscall.ETIMEDOUT, "no monitor")
	}
	return s
}

// commitPatiently and readPatiently try until the cluster, which may just have come back, answers.
func commitPatiently(t *testing.T, s *Store, r store.Ref, expected uint64, ws *store.WriteSet) uint64 {
	t.Helper()
	for {
		v, err := s.Commit(t.Context(), r, expected, ws)
		if err == nil {
			return v
		}
		if !errors.Is(err, store.ErrTimedOut) && !errors.Is(err, store.ErrConflict) {
			t.Fatal(err)
		}
		_, expected = readPatiently(t, s, r)
	}
}

func readPatiently(t *testing.T, s *Store, r store.Ref) (string, uint64) {
	t.Helper()
	for {
		snap, err := s.Snapshot(t.Context(), r)
		if err == nil {
			snap.Close()
			return read(t, s, r)
		}
		if !errors.Is(err, store.ErrTimedOut) {
			t.Fatal(err)
		}
	}
}

// A commit whose context ended may have been made; Close waits until the cluster has decided, or given up.
func TestCloseWaits(t *testing.T) {
	c := ceph.Start(t, ceph.Options{})
	s := open(t, Options{Conf: c.Conf(), Timeout: time.Minute})
	if err := s.CreatePool(t.Context(), "p"); err != nil {
		t.Fatal(err)
	}
	r := store.Ref{Pool: "p", OID: "o"}
	v := commitPatiently(t, s, r, 0, full("data"))
	if err := c.PauseOSD(0); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	committed := make(chan error)
	go func() {
		_, err := s.Commit(ctx, r, v, full("changed"))
		committed <- err
	}()
	time.Sleep(100 * time.Millisecond) // the commit is under way by then, or fails right away
	cancel()
	if err := <-committed; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	var resumed atomic.Bool
	closed := make(chan bool)
	go func() {
		s.Close()
		closed <- resumed.Load()
	}()
	time.Sleep(100 * time.Millisecond)
	resumed.Store(true)
	if err := c.ResumeOSD(0); err != nil {
		t.Fatal(err)
	}
	if !<-closed {
		t.Error("closed while a commit was under way")
	}
	if _, err := s.Snapshot(t.Context(), r); !errors.Is(err, store.ErrClosed) {
		t.Error(err)
	}
}

// OSDs that stop and start under load: each increment that was acknowledged is there once, and of the others those that were
// made.
func TestOSDRestartsUnderLoad(t *testing.T) {
	c := ceph.Start(t, ceph.Options{OSDs: 3, Conf: "osd pool default size = 2\nosd pool default min size = 1"})
	s, pool := openPool(t, c)
	const workers = 8
	var acked, unknown atomic.Int64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	ref := func(w int) store.Ref { return store.Ref{Pool: pool, OID: fmt.Sprint(w % 4)} }
	for w := range workers {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				data, v := readPatiently(t, s, ref(w))
				n, _ := strconv.Atoi(data) // 0 at first
				_, err := s.Commit(t.Context(), ref(w), v, full(fmt.Sprint(n+1)))
				switch {
				case err == nil:
					acked.Add(1)
				case errors.Is(err, store.ErrTimedOut):
					unknown.Add(1)
				case !errors.Is(err, store.ErrConflict):
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 3 {
		before := acked.Load()
		if err := c.StopOSD(i); err != nil {
			t.Error(err)
		}
		for acked.Load() == before && !t.Failed() {
			time.Sleep(10 * time.Millisecond)
		}
		if err := c.StartOSD(i); err != nil {
			t.Error(err)
		}
		if err := c.WaitUp(3); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	wg.Wait()
	var sum int64
	for w := range 4 {
		data, _ := readPatiently(t, s, ref(w))
		n, err := strconv.Atoi(data)
		if err != nil {
			t.Error(err)
		}
		sum += int64(n)
	}
	t.Logf("%d acknowledged, %d unknown, %d counted", acked.Load(), unknown.Load(), sum)
	if sum < acked.Load() || sum > acked.Load()+unknown.Load() || acked.Load() == 0 {
		t.Errorf("counted to %d: %d were acknowledged, %d of unknown end", sum, acked.Load(), unknown.Load())
	}
}

// A full cluster says so at once to what would grow, and lets objects be removed.
func TestNoSpace(t *testing.T) {
	c := ceph.Start(t, ceph.Options{})
	s, pool := openPool(t, c)
	r := store.Ref{Pool: pool, OID: "o"}
	if _, err := c.Command("tell", "osd.0", "injectfull", "full"); err != nil {
		t.Fatal(err)
	}
	var v uint64
	var data string
	for { // until the OSD has told the monitor
		next, err := s.Commit(t.Context(), r, v, full(data+"more"))
		if err != nil {
			if !errors.Is(err, store.ErrNoSpace) {
				t.Fatal(err)
			}
			break
		}
		v, data = next, data+"more"
		time.Sleep(10 * time.Millisecond)
	}
	if now, version := read(t, s, r); now != data || version != v {
		t.Errorf("the object has %d bytes and version %d, want %d and %d", len(now), version, len(data), v)
	}
	if _, err := s.Commit(t.Context(), r, v, &store.WriteSet{Remove: true}); err != nil {
		t.Errorf("removal: %v", err)
	}
}

// An erasure-coded pool has no omap; data, as a whole, and xattrs it has.
func TestErasureCodedPool(t *testing.T) {
	c := ceph.Start(t, ceph.Options{OSDs: 3})
	for _, command := range []string{
		"osd erasure-code-profile set two k=2 m=1 crush-failure-domain=osd",
		"osd pool create ec 8 8 erasure two",
	} {
		if _, err := c.Command(strings.Fields(command)...); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, Options{Conf: c.Conf()})
	r := store.Ref{Pool: "ec", OID: "o"}
	ws := full("data")
	ws.Xattrs = map[string][]byte{"x": []byte("value")}
	v, err := s.Commit(t.Context(), r, 0, ws)
	if err != nil {
		t.Fatal(err)
	}
	if data, _ := read(t, s, r); data != "data" {
		t.Errorf("data is %q", data)
	}
	for what, ws := range map[string]*store.WriteSet{
		"omap":   {Omap: map[string][]byte{"k": []byte("v")}},
		"header": {OmapHeader: []byte("h")},
		"a part": {Data: &store.DataChange{Keep: 4, Size: 4, Extents: []store.Extent{{Off: 1, Len: 1, Bytes: []byte("x")}}}},
	} {
		_, err := s.Commit(t.Context(), r, v, ws)
		if !errors.Is(err, store.ErrUnsupported) || !strings.Contains(err.Error(), "erasure-coded") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if v, err = s.Commit(t.Context(), r, v, &store.WriteSet{}); err != nil {
		t.Error(err)
	}
	if v, err = s.Commit(t.Context(), r, v, full("new")); err != nil {
		t.Error(err)
	}
	if v, err = s.Commit(t.Context(), r, v, &store.WriteSet{Xattrs: map[string][]byte{"x": nil}}); err != nil {
		t.Error(err)
	}
	if _, err = s.Commit(t.Context(), r, v, &store.WriteSet{Remove: true}); err != nil {
		t.Error(err)
	}
}
