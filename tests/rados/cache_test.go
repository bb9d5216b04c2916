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

// Whatever a daemon remembers of an object, its answers are those of the object as it is: one daemon changes it, and the other
// one is asked, in turns.
func TestAnswersAreNotStale(t *testing.T) {
	cluster, daemons, on := twoDaemons(t)
	call := func(d int, method, input, want string) {
		t.Helper()
		reply, err := on[d].Exec(t.Context(), "a", "account", method, []byte(input))
		got := string(reply.Output)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) || want == "" && err != nil {
			t.Errorf("daemon %d: %s %s gave %q, want %q", d, method, input, got, want)
		}
	}
	for _, other := range []int{1, 0, 1} {
		this := 1 - other
		call(this, "deposit", "10", "10")
		call(this, "withdraw", "5", "5") // on what is remembered
		call(other, "deposit", "20", "25")
		call(this, "withdraw", "20", "5") // it remembers 5
		call(other, "withdraw", "5", "0")
		call(this, "withdraw", "1", "ERANGE") // it remembers 5
		call(other, "deposit", "7", "7")
		call(this, "demand", "7", "0")
		call(other, "deposit", "8", "8")
		call(this, "demand", "9", "there are 8")
		call(other, "deposit", "1", "9")
		call(this, "show", "", "9")
		call(other, "swap", "9 3", "3")
		call(this, "swap", "9 4", "3")
		call(other, "withdraw", "3", "0")
		if _, err := cluster.Rados([]byte("100"), "-p", "default", "put", "a", "-"); err != nil {
			t.Fatal(err)
		}
		call(this, "show", "", "100")
		if _, err := cluster.Rados(nil, "-p", "default", "rm", "a"); err != nil {
			t.Fatal(err)
		}
		call(this, "withdraw", "100", "ERANGE")
		call(other, "show", "", "0")
	}
	hits, stale := metric(t, daemons[0], "objluad_cache_hits_total"), metric(t, daemons[0], "objluad_cache_stale_total")
	t.Logf("the first daemon began %v changes on what it remembered, %v of it stale", hits, stale)
	if stale == 0 || hits <= stale {
		t.Error("of right and stale states, one kind was not used")
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
