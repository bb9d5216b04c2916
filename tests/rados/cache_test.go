package rados

// This file tests what daemons remember of objects that other daemons and programs change.

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/ceph"
	"github.com/objluad/objluad/tests/rig"
)

// An account whose methods refuse, by an error, by a negative number, and without any change.
const accountClass = `
local function balance() return tonumber(objclass.read(0, 0):str()) or 0 end
local function set(n, output)
  local b = bufferlist.new()
  b:append(string.format("%d", n))
  objclass.write_full(b)
  output:append(b)
end

function deposit(input, output) set(balance() + tonumber(input:str()), output) end

function withdraw(input, output)
  local amount = tonumber(input:str())
  if balance() < amount then return -objclass.ERANGE end
  set(balance() - amount, output)
end

function demand(input, output)
  local amount = tonumber(input:str())
  if balance() < amount then error("there are " .. balance()) end
  set(balance() - amount, output)
end

function swap(input, output)
  local old, new = input:str():match("(%d+) (%d+)")
  if balance() ~= tonumber(old) then output:append(tostring(balance())) return 1 end
  set(tonumber(new), output)
end

function show(input, output) output:append(tostring(balance())) end

for _, f in ipairs{deposit, withdraw, demand, swap, show} do objclass.register(f, objclass.RD | objclass.WR) end`

// twoDaemons start over one cluster, which has class account.
func twoDaemons(t *testing.T) (*ceph.Cluster, [2]*rig.Daemon, [2]*client.IOContext) {
	t.Helper()
	cluster := ceph.Start(t, ceph.Options{})
	var daemons [2]*rig.Daemon
	var on [2]*client.IOContext
	for i := range daemons {
		daemons[i] = rig.Run(t, t.TempDir(), "--store", "rados", "--ceph-conf", cluster.Conf())
		on[i] = daemons[i].Dial(t).OpenIOContext("default")
	}
	daemons[0].Install(t, "account", accountClass)
	return cluster, daemons, on
}

// Whatever a daemon remembers of an object, its answers are those of the object as it is. Each object is changed by one daemon,
// then by another one or by the rados command, and then the first is asked.
func TestAnswersAreNotStale(t *testing.T) {
	cluster, daemons, on := twoDaemons(t)
	objects := 0
	call := func(d int, method, input string) string {
		reply, err := on[d].Exec(t.Context(), fmt.Sprint("a", objects), "account", method, []byte(input))
		if err != nil {
			return err.Error()
		}
		return string(reply.Output)
	}
	rados := func(input string, args ...string) {
		if _, err := cluster.Rados([]byte(input), append([]string{"-p", "default"}, args...)...); err != nil {
			t.Fatal(err)
		}
	}
	for this, other := range []int{1, 0} {
		for _, c := range []struct{ otherMethod, otherInput, method, input, want string }{
			{"deposit", "20", "withdraw", "25", "5"},
			{"withdraw", "10", "withdraw", "1", "ERANGE"},
			{"withdraw", "3", "withdraw", "5", "2"},
			{"deposit", "5", "demand", "15", "0"},
			{"deposit", "5", "demand", "16", "there are 15"},
			{"deposit", "5", "show", "", "15"},
			{"deposit", "5", "swap", "10 3", "15"},
			{"deposit", "5", "swap", "15 3", "3"},
			{"put", "100", "show", "", "100"},
			{"rm", "", "show", "", "0"},
			{"rm", "", "withdraw", "10", "ERANGE"},
			{"rm", "", "deposit", "1", "1"},
		} {
			objects++
			if got := call(this, "deposit", "10"); got != "10" {
				t.Fatalf("a deposit gave %q", got)
			}
			switch c.otherMethod {
			case "put":
				rados(c.otherInput, "put", fmt.Sprint("a", objects), "-")
			case "rm":
				rados("", "rm", fmt.Sprint("a", objects))
			default:
				call(other, c.otherMethod, c.otherInput)
			}
			if got := call(this, c.method, c.input); !strings.Contains(got, c.want) {
				t.Errorf("daemon %d: %s %s after another's %s %s gave %q, want %q", this, c.method, c.input, c.otherMethod, c.otherInput, got, c.want)
			}
			if got, again := call(this, "show", ""), call(other, "show", ""); got != again {
				t.Errorf("the daemons show %q and %q", got, again)
			}
		}
	}
	stale := metric(t, daemons[0], "objluad_cache_stale_total")
	t.Logf("the first daemon began %v changes on what it remembered, %v of it stale", metric(t, daemons[0], "objluad_cache_hits_total"), stale)
	if stale < 12 {
		t.Error("too few states were stale: the test does not test much")
	}
}

// metric reads one number of /metrics.
func metric(t *testing.T, d *rig.Daemon, name string) float64 {
	t.Helper()
	response, err := http.Get("http://" + d.HTTP() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("there is no %s", name)
	return 0
}

// No money is lost or made: two daemons move it in and out of one account, whose refusals are right only if it was empty.
func TestNoMoneyIsLost(t *testing.T) {
	_, _, on := twoDaemons(t)
	const workers, each = 8, 30
	var sum, refused, busy atomic.Int64
	var wg sync.WaitGroup
	for w := range workers {
		method, amount := "deposit", int64(1)
		if w >= workers/2 {
			method, amount = "withdraw", -1
		}
		wg.Go(func() {
			for done := 0; done < each; done++ {
				_, err := on[w%2].Exec(t.Context(), "a", "account", method, []byte("1"))
				switch {
				case err == nil:
					sum.Add(amount)
				case errors.Is(err, syscall.ERANGE) && amount < 0:
					refused.Add(1)
				case errors.Is(err, syscall.EAGAIN):
					busy.Add(1)
				default:
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	reply, err := on[0].Exec(t.Context(), "a", "account", "show", nil)
	if err != nil || string(reply.Output) != fmt.Sprint(sum.Load()) {
		t.Errorf("the account has %q, %v; want %d", reply.Output, err, sum.Load())
	}
	t.Logf("%d left, %d refused, %d sent away", sum.Load(), refused.Load(), busy.Load())
}
