// This file is calls that are repeated with an idempotency key: after a reply was lost, at once, over the death of the daemon, and over
// the move of an object.

package e2e

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

const accountClass = `
function deposit(input, output)
	local n = (tonumber(objclass.read(0, 0):str()) or 0) + tonumber(input:str())
	local b = bufferlist.new()
	b:append(string.format("%d", n))
	objclass.write_full(b)
	output:append(b)
	return 1
end
function balance(input, output) output:append(objclass.read(0, 0)) end
function xattrs(input, output) for name in pairs(objclass.getxattrs()) do output:append(name) end end
objclass.register(deposit)
objclass.register(balance, objclass.RD)
objclass.register(xattrs, objclass.RD)`

func deposit(t *testing.T, ioctx *client.IOContext, oid, amount, key string) (client.Reply, error) {
	return ioctx.Exec(t.Context(), oid, "account", "deposit", []byte(amount), client.IdempotencyKey(key))
}

func checkBalance(t *testing.T, ioctx *client.IOContext, oid, want string) {
	t.Helper()
	reply, err := ioctx.Exec(t.Context(), oid, "account", "balance", nil)
	if err != nil || string(reply.Output) != want {
		t.Errorf("the balance of %s is %q, %v; want %s", oid, reply.Output, err, want)
	}
}

// checkLost fails unless the error is that of a reply that did not come.
func checkLost(t *testing.T, err error) {
	t.Helper()
	var answer *client.Error
	if err == nil || errors.As(err, &answer) {
		t.Errorf("the reply was to be lost, and the error is %v", err)
	}
}

// A client that lost the reply repeats the call: it gets the reply, and the effect is there once.
func TestRetryAfterALostReply(t *testing.T) {
	data := t.TempDir()
	d := rig.Run(t, data)
	d.Install(t, "account", accountClass)
	direct := d.Dial(t).OpenIOContext("default")
	network := rig.NewLossy(t, d)
	conn, err := client.DialOptions(network.Addr(), client.Options{Retries: -1}) // the test repeats by itself
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Shutdown()
	ioctx := conn.OpenIOContext("default")
	for i := range 5 {
		oid := fmt.Sprint("o", i)
		network.LoseReply("OBJ.EXEC", func() {})
		_, err := deposit(t, ioctx, oid, "7", "key")
		checkLost(t, err)
		checkBalance(t, direct, oid, "7")
		reply, err := deposit(t, ioctx, oid, "7", "key")
		if err != nil || !reply.Replayed || string(reply.Output) != "7" || reply.Ret != 1 || len(reply.ClassVersion) != 64 {
			t.Errorf("retry: %+v, %v", reply, err)
		}
		checkBalance(t, direct, oid, "7")
	}

	// The same, with the daemon killed before the reply.
	network.LoseReply("OBJ.EXEC", func() {
		if err := d.Kill(); err != nil {
			t.Error(err)
		}
	})
	_, err = deposit(t, ioctx, "o0", "1", "another key")
	checkLost(t, err)
	direct = rig.Run(t, data).Dial(t).OpenIOContext("default")
	reply, err := deposit(t, direct, "o0", "1", "another key")
	if err != nil || !reply.Replayed || string(reply.Output) != "8" {
		t.Errorf("retry at the next daemon: %+v, %v", reply, err)
	}
	_, err = deposit(t, direct, "o0", "2", "another key")
	checkError(t, err, "EINVAL", "input", "used for another call")
	checkBalance(t, direct, "o0", "8")
}

// Clients repeat each call until it succeeds, several of them the same one, while the daemon is killed and started again at any
// time. Each key has one effect.
func TestRepeatsOverTheDeathOfTheDaemon(t *testing.T) {
	data := t.TempDir()
	var current atomic.Pointer[client.Conn]
	d := rig.Run(t, data)
	d.Install(t, "account", accountClass)
	current.Store(d.Dial(t))
	const clients, calls, times = 4, 40, 3
	var wg sync.WaitGroup
	var replays atomic.Int64
	until := func(oid, key string) {
		for end := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
			reply, err := deposit(t, current.Load().OpenIOContext("default"), oid, "1", key)
			if err == nil {
				if reply.Replayed {
					replays.Add(1)
				}
				return
			}
			var answer *client.Error
			if errors.As(err, &answer) && !errors.Is(err, syscall.ESHUTDOWN) || time.Now().After(end) {
				t.Errorf("%s: %v", key, err)
				return
			}
		}
	}
	for c := range clients {
		for range times {
			wg.Go(func() {
				for i := range calls {
					until(fmt.Sprint("account", i%2), fmt.Sprint("client ", c, " call ", i))
				}
			})
		}
	}
	ended := make(chan struct{})
	go func() { wg.Wait(); close(ended) }()
	for kills := 0; ; {
		select {
		case <-ended:
			t.Logf("%d kills, %d replays", kills, replays.Load())
			ioctx := current.Load().OpenIOContext("default")
			checkBalance(t, ioctx, "account0", fmt.Sprint(clients*calls/2))
			checkBalance(t, ioctx, "account1", fmt.Sprint(clients*calls/2))
			if kills == 0 || replays.Load() < clients*calls*(times-1) {
				t.Error("the test shows little")
			}
			return
		case <-time.After(time.Duration(rand.Int64N(int64(60 * time.Millisecond)))):
		}
		if kills < 6 {
			kills++
			if err := d.Kill(); err != nil {
				t.Fatal(err)
			}
			d = rig.Run(t, data)
			current.Store(d.Dial(t))
		}
	}
}

// Replies are of the object: they go with it into an archive, and nothing shows them.
func TestRepliesMove(t *testing.T) {
	data, other := t.TempDir(), t.TempDir()
	d := rig.Run(t, data)
	d.Install(t, "account", accountClass)
	if _, err := deposit(t, d.Dial(t).OpenIOContext("default"), "o", "5", "key"); err != nil {
		t.Fatal(err)
	}
	if err := d.Stop(); err != nil {
		t.Fatal(err)
	}
	archive := filepath.Join(t.TempDir(), "archive")
	for _, args := range [][]string{{"check", "--data", data}, {"export", archive, "--data", data}, {"import", archive, "--data", other}, {"check", "--data", other}} {
		if out, err := exec.Command(rig.Binary(), args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", args, err, out)
		}
	}
	ioctx := rig.Run(t, other).Dial(t).OpenIOContext("default")
	if reply, err := deposit(t, ioctx, "o", "5", "key"); err != nil || !reply.Replayed || string(reply.Output) != "5" {
		t.Errorf("%+v, %v", reply, err)
	}
	if reply, err := ioctx.Exec(t.Context(), "o", "account", "xattrs", nil); err != nil || len(reply.Output) != 0 {
		t.Errorf("a method sees the xattrs %q, %v", reply.Output, err)
	}
	checkBalance(t, ioctx, "o", "5")
}

// HTTP and the command line have keys, too, and all refuse what is none.
func TestIdempotencyKeysOnEveryWire(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	d.Install(t, "account", accountClass)
	post := func(keys ...string) (status int, replayed string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+d.HTTP()+"/v1/pools/default/objects/o/exec/account/deposit", strings.NewReader("3"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header["Idempotency-Key"] = keys
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode, resp.Header.Get("Objluad-Replayed")
	}
	if status, replayed := post("key"); status != 200 || replayed != "" {
		t.Error(status, replayed)
	}
	if status, replayed := post("key"); status != 200 || replayed != "true" {
		t.Error(status, replayed)
	}
	for _, keys := range [][]string{{""}, {"a", "b"}, {strings.Repeat("k", 256)}} {
		if status, _ := post(keys...); status != 400 {
			t.Errorf("keys %.20q: status %d", keys, status)
		}
	}
	if got := cli(t, d, "exec", "--idempotency-key", "key", "--json", "o", "account", "deposit", "3"); !strings.Contains(got, `"replayed":true`) || !strings.Contains(got, `"output":"3"`) {
		t.Errorf("command line: %s", got)
	}
	if got := cli(t, d, "exec", "--idempotency-key", "", "o", "account", "deposit", "3"); got != "objluad: EINVAL: an idempotency key has 1 to 255 bytes\n" {
		t.Errorf("no key: %s", got)
	}
	for command, want := range map[string]string{
		"IDEMPOTENCY":              "-EINVAL input IDEMPOTENCY is followed by a key",
		"IDEMPOTENCY key":          "$1\r\n3",
		"IDEMPOTENCY key META":     "*14\r\n",
		"IDEMPOTENCY other DRYRUN": "-EINVAL input a dry run has no idempotency key",
	} {
		if got := inline(t, d, "OBJ.EXEC default o account deposit 3 "+command); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q", command, got)
		}
	}
	checkBalance(t, d.Dial(t).OpenIOContext("default"), "o", "3")
}
