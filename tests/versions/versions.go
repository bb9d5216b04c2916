// Package versions calls a class from many clients while an operator changes which version they run, and checks that each
// reply is of one version, of one that was to run then, and that none fails.
package versions

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/client"
)

const class = "storm"

// source returns a version of the class. It tells its number from an upvalue, from another function, and from a table that is made
// when it is loaded; and a call leaves the number at three places of the object, and tells what was there.
func source(n int) []byte {
	text := `
local number = "%d"
local made = {}
for i = 1, 10 do made[i] = "%d" end
local function told() return "%d" end

local function get(read, ...)
  local ok, value = pcall(read, ...)
  return ok and value:str() or ""
end

function swap(input, output)
  local seen = {number, told(), made[#made],
    get(objclass.read, 0, 0), get(objclass.getxattr, "n"), get(objclass.map_get_val, "n"), tostring(input:str())}
  for i = 1, 200 do made[i] = made[#made] end
  local value = bufferlist.new()
  value:append(number)
  objclass.write_full(value)
  objclass.setxattr("n", value)
  objclass.map_set_val("n", value)
  output:append(table.concat(seen, " "))
end

function look(input, output)
  output:append(table.concat({number, told(), made[10],
    get(objclass.read, 0, 0), get(objclass.getxattr, "n"), get(objclass.map_get_val, "n"), tostring(input:str())}, " "))
end

objclass.register(swap, objclass.RD | objclass.WR)
objclass.register(look, objclass.RD)`
	return fmt.Appendf(nil, text, n, n, n)
}

// Storm is a class that is called and changed.
type Storm struct {
	t      testing.TB
	random *rand.Rand

	numbers   sync.Map // of versions, by their hashes
	installed int      // versions so far
	versions  []string // that are there
	kept      string   // the one that calls name
	current   state
	states    []state // after each change, the first one after the first installation
	counts    map[string]int

	begun, answered atomic.Int64 // changes
}

// state is what calls may run that name no version.
type state struct{ active, canary string }

// call is what a client got, and between which changes.
type call struct {
	least, most int64 // answered when it began, and begun when it ended
	version     string
	err         error
}

// Run makes so many changes through the operators, while each of the contexts is a client's. It fails the test for each reply that is
// not as it must be.
func Run(t testing.TB, operators []*client.Conn, clients []*client.IOContext, changes int) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	s := &Storm{t: t, random: rand.New(rand.NewPCG(seed, 0)), counts: make(map[string]int)}
	s.install(operators[0].InstallClass)
	s.states = []state{s.current}
	s.kept = s.current.active
	if err := operators[0].KeepClass(t.Context(), class+"@"+s.kept); err != nil {
		t.Fatal(err)
	}

	stop := make(chan struct{})
	results := make([][]call, len(clients))
	var wg sync.WaitGroup
	for i, ioctx := range clients {
		wg.Go(func() { results[i] = s.client(stop, ioctx, i) })
	}
	began := time.Now()
	for i := range changes {
		s.begun.Add(1)
		s.change(operators[i%len(operators)])
		s.states = append(s.states, s.current)
		s.answered.Add(1)
		if t.Failed() {
			break
		}
	}
	elapsed := time.Since(began)
	close(stop)
	wg.Wait()
	calls := 0
	ran := make(map[string]bool)
	for _, result := range results {
		calls += len(result)
		for _, c := range result {
			s.judge(&c)
			ran[c.version] = true
		}
	}
	t.Logf("%d changes %v in %v, %d calls of %d versions meanwhile", changes, s.counts, elapsed.Round(time.Millisecond), calls, len(ran))
	if len(ran) < 2 || calls < len(clients) {
		t.Error("the calls saw nothing of the changes")
	}
}

// judge checks that a call that named no version ran one that was to run at some time between its beginning and its end.
func (s *Storm) judge(c *call) {
	if c.err != nil {
		s.t.Errorf("a call failed between changes %d and %d: %v", c.least, c.most, c.err)
		return
	}
	for _, state := range s.states[min(c.least, int64(len(s.states)-1)):min(c.most+1, int64(len(s.states)))] {
		if c.version == state.active || c.version == state.canary {
			return
		}
	}
	s.t.Errorf("a call between changes %d and %d ran %.8s, which was neither active nor the canary", c.least, c.most, c.version)
}

// client calls until stop is closed, and returns its calls that named no version.
func (s *Storm) client(stop <-chan struct{}, ioctx *client.IOContext, i int) (calls []call) {
	oid := fmt.Sprint("storm ", i)
	for n := 0; ; n++ {
		select {
		case <-stop:
			return calls
		default:
		}
		spec, method := class, "swap"
		if n%4 == 3 {
			method = "look"
		}
		if n%16 == 7 {
			spec += "@" + s.kept[:12]
		}
		c := call{least: s.answered.Load()}
		reply, err := ioctx.Exec(context.Background(), oid, spec, method, fmt.Append(nil, n), client.Timeout(time.Minute))
		c.most, c.version, c.err = s.begun.Load(), reply.ClassVersion, err
		if err == nil {
			c.err = s.whole(&reply, n)
		}
		switch {
		case spec == class || c.err != nil:
			calls = append(calls, c)
		case c.version != s.kept:
			s.t.Errorf("a call of %s ran %s", spec, c.version)
		}
	}
}

// whole checks that all of a reply is of the version that it names, and what the object had of one version.
func (s *Storm) whole(reply *client.Reply, n int) error {
	number, known := s.numbers.Load(reply.ClassVersion)
	told := strings.Split(string(reply.Output), " ")
	if len(told) != 7 || told[0] != told[1] || told[1] != told[2] || known && told[0] != number || told[6] != fmt.Sprint(n) {
		return fmt.Errorf("mixed: %q of version %.8s, number %v", reply.Output, reply.ClassVersion, number)
	}
	if told[3] != told[4] || told[4] != told[5] {
		return fmt.Errorf("the object was left in parts: %q", reply.Output)
	}
	return nil
}

// install installs a version that was not there before.
func (s *Storm) install(install func(context.Context, string, []byte) (string, error)) {
	s.installed++
	version, err := install(s.t.Context(), class, source(s.installed))
	if err != nil {
		s.t.Fatal(err)
	}
	s.numbers.Store(version, fmt.Sprint(s.installed))
	s.versions = append(s.versions, version)
	s.activated(version)
}

func (s *Storm) activated(version string) {
	s.current.active = version
	if s.current.canary == version {
		s.current.canary = ""
	}
}

// change makes one change.
func (s *Storm) change(operator *client.Conn) {
	ctx, current := s.t.Context(), s.current
	any := s.versions[s.random.IntN(len(s.versions))]
	kind := s.random.IntN(100)
	did := func(what string, err error) {
		s.counts[what]++
		if err != nil {
			s.t.Errorf("%s: %v", what, err)
		}
	}
	switch {
	case kind < 25:
		s.install(operator.InstallClass)
		did("install", nil)
	case kind < 50:
		version, err := operator.ActivateClass(ctx, class+"@"+any)
		s.activated(version)
		did("activate", err)
	case kind < 75:
		version, err := operator.RollbackClass(ctx, class)
		if errors.Is(err, syscall.ENOENT) { // all are gone to which it could go back
			did("no rollback", nil)
			return
		}
		s.activated(version)
		did("rollback", err)
	case kind < 85 && any != current.active:
		s.current.canary = any
		did("canary", operator.SetCanary(ctx, class+"@"+any, 50))
	case kind < 90 && current.canary != "":
		version, err := operator.PromoteCanary(ctx, class)
		s.activated(version)
		did("promote", err)
	case kind < 94 && current.canary != "":
		s.current.canary = ""
		did("end", operator.EndCanary(ctx, class))
	case kind < 97 && any != current.active && any != current.canary && any != s.kept:
		s.gone(any)
		did("remove", operator.RemoveClass(ctx, class+"@"+any))
	default:
		specs, err := operator.CollectClasses(ctx, class, 0, false)
		for _, spec := range specs {
			s.gone(strings.TrimPrefix(spec, class+"@"))
		}
		did("collect", err)
	}
}

func (s *Storm) gone(version string) {
	s.versions = slices.DeleteFunc(s.versions, func(v string) bool { return v == version })
}
