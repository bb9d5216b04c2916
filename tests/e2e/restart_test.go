// This file restarts the daemon while clients call it: what was acknowledged is there, once, and nobody is turned away. That it was on
// the disk is not seen here, since a process loses nothing by its end that it has written: TestShutdownWaitsForTheDisk in server/ has
// the machine crash.

package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/tests/rig"
)

// restart has the daemon restart, and returns when it listens again.
func restart(t *testing.T, d *rig.Daemon) {
	t.Helper()
	times := listened(d)
	signal(t, d, syscall.SIGUSR2)
	for end := time.Now().Add(2 * time.Minute); listened(d) == times; time.Sleep(time.Millisecond) {
		if time.Now().After(end) || !d.Running() {
			t.Fatal("the daemon does not listen again")
		}
	}
}

func listened(d *rig.Daemon) int { return strings.Count(d.Stderr(), `"msg":"listening"`) }

func signal(t *testing.T, d *rig.Daemon, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(d.PID(), s); err != nil {
		t.Fatal(err)
	}
}

// restarted is clients of a daemon that is restarted.
type restarted struct {
	t    *testing.T
	d    *rig.Daemon
	stop atomic.Bool
	lost atomic.Int64 // replies that did not come
	busy atomic.Int64 // calls that were refused
	new  atomic.Int64 // connections that were answered

	mu   sync.Mutex
	keys map[string]int // acknowledged calls with a key, by object
	done map[string]int // acknowledged calls without one
	open map[string]int // of those without one, calls of which nothing is known
}

func (r *restarted) count(of map[string]int, oid string, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	of[oid] += n
}

// dial connects; a daemon that restarts lets nobody find its port closed.
func (r *restarted) dial() (net.Conn, *bufio.Reader) {
	conn, err := net.Dial("tcp", r.d.Addr())
	if err != nil {
		r.t.Errorf("a connection was refused: %v", err)
		return nil, nil
	}
	return conn, bufio.NewReader(conn)
}

// reply reads one reply of at most one line and a bulk string. A connection that ended before the reply is an error; one that ended
// within a reply fails the test.
func (r *restarted) reply(from *bufio.Reader) (string, error) {
	line, err := from.ReadString('\n')
	if err == nil && line[0] == '$' {
		var body string
		body, err = from.ReadString('\n')
		line += body
	}
	if err != nil {
		if line != "" {
			r.t.Errorf("a reply ended after %q: %v", line, err)
		}
		r.lost.Add(1)
	}
	return line, err
}

// deposits repeats each call until it is acknowledged.
func (r *restarted) deposits(worker int) {
	oid := fmt.Sprint("keys", worker%4)
	conn, from := r.dial()
	for n := 0; !r.stop.Load() && conn != nil; {
		fmt.Fprintf(conn, "OBJ.EXEC default %s account deposit 1 IDEMPOTENCY %d-%d\r\n", oid, worker, n)
		switch reply, err := r.reply(from); {
		case err != nil:
			conn.Close()
			conn, from = r.dial()
		case reply[0] == '$':
			n++
			r.count(r.keys, oid, 1)
		case strings.Contains(reply, " busy "):
			r.busy.Add(1)
		default:
			r.t.Errorf("the reply is %q", reply)
			return
		}
	}
	if conn != nil {
		conn.Close()
	}
}

// posts is deposits over HTTP.
func (r *restarted) posts(worker int) {
	oid := fmt.Sprint("web", worker)
	var transport http.Transport
	defer transport.CloseIdleConnections()
	for n := 0; !r.stop.Load(); {
		req, err := http.NewRequest("POST", "http://"+r.d.HTTP()+"/v1/pools/default/objects/"+oid+"/exec/account/deposit", strings.NewReader("1"))
		if err != nil {
			r.t.Error(err)
			return
		}
		req.Header.Set("Idempotency-Key", fmt.Sprint(worker, "-", n))
		resp, err := transport.RoundTrip(req)
		switch {
		case errors.Is(err, syscall.ECONNREFUSED):
			r.t.Errorf("a connection was refused: %v", err)
			return
		case err != nil:
			r.lost.Add(1)
			continue
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			r.t.Errorf("a response of %s ended early: %v", resp.Status, err)
		}
		resp.Body.Close()
		switch resp.StatusCode {
		case http.StatusOK:
			n++
			r.count(r.keys, oid, 1)
		case http.StatusServiceUnavailable:
			r.busy.Add(1)
		default:
			r.t.Errorf("the status is %s", resp.Status)
			return
		}
	}
}

// pipelines sends many calls at once, and none again.
func (r *restarted) pipelines(worker int) {
	const depth = 50
	oid := fmt.Sprint("pipeline", worker)
	for !r.stop.Load() {
		conn, from := r.dial()
		if conn == nil {
			return
		}
		var err error
		for err == nil && !r.stop.Load() {
			io.WriteString(conn, strings.Repeat(fmt.Sprintf("OBJ.EXEC default %s account deposit 1\r\n", oid), depth))
			acknowledged, refused := 0, 0
			for range depth {
				var reply string
				if reply, err = r.reply(from); err != nil {
					break
				}
				switch {
				case reply[0] == '$':
					acknowledged++
				case strings.Contains(reply, " busy "):
					refused++
				default:
					r.t.Errorf("the reply is %q", reply)
				}
			}
			r.busy.Add(int64(refused))
			r.count(r.done, oid, acknowledged)
			r.count(r.open, oid, depth-acknowledged-refused)
		}
		conn.Close()
	}
}

// arrives comes again and again, and asks once.
func (r *restarted) arrives() {
	for !r.stop.Load() {
		conn, from := r.dial()
		if conn == nil {
			return
		}
		io.WriteString(conn, "PING\r\n")
		switch reply, err := r.reply(from); {
		case err == nil && reply != "+PONG\r\n" && !strings.Contains(reply, " busy "):
			r.t.Errorf("PING was answered %q", reply)
		case err == nil:
			r.new.Add(1)
		}
		conn.Close()
		time.Sleep(time.Millisecond) // or the ports are used up
	}
}

func TestRestartUnderLoad(t *testing.T) {
	data := t.TempDir()
	r := &restarted{t: t, d: rig.Run(t, data), keys: make(map[string]int), done: make(map[string]int), open: make(map[string]int)}
	r.d.Install(t, "account", accountClass)
	var clients sync.WaitGroup
	for worker := range 8 {
		clients.Go(func() { r.deposits(worker) })
	}
	for worker := range 2 {
		clients.Go(func() { r.posts(worker) })
		clients.Go(func() { r.pipelines(worker) })
		clients.Go(r.arrives)
	}
	const restarts = 3
	for range restarts {
		time.Sleep(500 * time.Millisecond)
		restart(t, r.d)
	}
	time.Sleep(500 * time.Millisecond)
	r.stop.Store(true)
	clients.Wait()

	ioctx := r.d.Dial(t).OpenIOContext("default")
	for oid, n := range r.keys {
		checkBalance(t, ioctx, oid, strconv.Itoa(n))
	}
	for oid, least := range r.done {
		reply, err := ioctx.Exec(t.Context(), oid, "account", "balance", nil)
		if n, _ := strconv.Atoi(string(reply.Output)); err != nil || n < least || n > least+r.open[oid] {
			t.Errorf("%s is %q, %v; %d calls were acknowledged, and of %d nothing is known", oid, reply.Output, err, least, r.open[oid])
		}
	}
	t.Logf("%d restarts; acknowledged with keys %v, without %v, unknown %v; %d replies lost, %d calls refused, %d arrivals answered",
		restarts, r.keys, r.done, r.open, r.lost.Load(), r.busy.Load(), r.new.Load())
	if pid, err := r.d.ProcessID(); err != nil || pid != r.d.PID() {
		t.Errorf("the process is %d, %v; it was %d", pid, err, r.d.PID())
	}
	if log := r.d.Stderr(); strings.Contains(log, `"level":"ERROR"`) || strings.Count(log, `"msg":"restarting"`) != restarts {
		t.Error("the log has errors, or not as many restarts")
	}
	if err := r.d.Stop(); err != nil {
		t.Error(err)
	}
	rig.Check(t, data)
}

// A program that does not take the settings does not replace the one that serves.
func TestRestartIsRefused(t *testing.T) {
	program := filepath.Join(t.TempDir(), "objluad")
	replace := func(with []byte) {
		t.Helper()
		if err := errors.Join(os.WriteFile(program+".new", with, 0o755), os.Rename(program+".new", program)); err != nil {
			t.Fatal(err)
		}
	}
	good, err := os.ReadFile(rig.Binary())
	if err != nil {
		t.Fatal(err)
	}
	replace(good)
	d := rig.RunCommand(t, rig.Command(program, t.TempDir()))
	for i, bad := range []string{"#!/bin/sh\necho no such flag: --data >&2\nexit 1\n", "not a program"} {
		replace([]byte(bad))
		signal(t, d, syscall.SIGUSR2)
		for end := time.Now().Add(time.Minute); strings.Count(d.Stderr(), `"msg":"not restarted"`) <= i; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("nothing was logged")
			}
		}
		if err := d.Dial(t).Ping(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if !strings.Contains(d.Stderr(), "no such flag: --data") {
		t.Error("the log does not have what the program said")
	}
	replace(good)
	restart(t, d)
	if err := d.Dial(t).Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// Whoever started the daemon with sockets has them while no daemon runs, and clients wait in them.
func TestSocketActivation(t *testing.T) {
	var files []*os.File
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		file, err := l.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		files = append(files, file)
	}
	data := t.TempDir()
	command := func(names string) *exec.Cmd {
		serve := rig.Command(rig.Binary(), data)
		cmd := exec.Command("sh", append([]string{"-c", `LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=` + names + ` exec "$0" "$@"`}, serve.Args...)...)
		cmd.SysProcAttr, cmd.ExtraFiles = serve.SysProcAttr, files
		return cmd
	}
	d := rig.RunCommand(t, command("http:resp"))
	d.Install(t, "account", accountClass)
	restart(t, d) // keeps them, too
	if err := d.Stop(); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", d.Addr())
	if err != nil {
		t.Fatalf("while no daemon runs: %v", err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "OBJ.EXEC default o account deposit 7\r\n")
	next := rig.RunCommand(t, command("http:resp"))
	if next.Addr() != d.Addr() || next.HTTP() != d.HTTP() {
		t.Errorf("it listens on %s and %s, and did on %s and %s", next.Addr(), next.HTTP(), d.Addr(), d.HTTP())
	}
	if reply, err := bufio.NewReader(conn).ReadString('\n'); reply != "$1\r\n" || err != nil {
		t.Errorf("who waited got %q, %v", reply, err)
	}
	if _, err := post("http://"+next.HTTP()+"/v1/pools/default/objects/o/exec/account/deposit", "1"); err != nil {
		t.Error(err)
	}
	_, err = rig.StartCommand(command("http:other"))
	var ended *rig.ExitError
	if !errors.As(err, &ended) || !strings.HasPrefix(ended.Stderr, `objluad: EINVAL: a socket "other" was handed over`) {
		t.Errorf("a socket of another name: %v", err)
	}
}
