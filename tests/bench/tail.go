// This file measures what hostile calls cost the others: how long good calls take, with and without every tenth call being an
// attack.

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

const (
	tailRate    = 200 // calls per second, good and hostile together
	tailSeconds = 20  // of each run
	tailGoal    = 3.0 // p99 with attacks, in p99 without
)

// tail is how long good calls of a kind took, in order, without and with attacks.
type tail struct {
	title         string
	quiet, hunted []time.Duration
}

func (t *tail) ratio() float64 {
	return float64(percentile(t.hunted, 99)) / float64(percentile(t.quiet, 99))
}

func percentile(sorted []time.Duration, p int) time.Duration {
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}

// victim does good calls.
type victim struct {
	title string
	call  func(ctx context.Context, on *client.IOContext, i int) error
}

var victims = []victim{
	{"no-op", func(ctx context.Context, on *client.IOContext, i int) error {
		_, err := on.Exec(ctx, "o", "bench", "noop", nil)
		return err
	}},
	{"durable counter", func(ctx context.Context, on *client.IOContext, i int) error {
		_, err := on.Exec(ctx, "n"+strconv.Itoa(i%1000), "bench", "incr", nil)
		return err
	}},
}

// hostile are attacks that last as long as the server lets them: methods of a class, and scripts that were never seen before.
var hostile = []func(ctx context.Context, on *client.IOContext, i int) error{
	func(ctx context.Context, on *client.IOContext, i int) error {
		_, err := on.Exec(ctx, "o", "hostile", "loop", nil)
		return err
	},
	func(ctx context.Context, on *client.IOContext, i int) error {
		_, err := on.Exec(ctx, "o", "hostile", "pattern", nil)
		return err
	},
	func(ctx context.Context, on *client.IOContext, i int) error {
		_, err := on.Exec(ctx, "o", "hostile", "bomb", nil)
		return err
	},
	func(ctx context.Context, on *client.IOContext, i int) error {
		_, err := on.Eval(ctx, "o", fmt.Appendf(nil, "local n = %d while true do pcall(function() n = n + 1 end) end", i), "", nil)
		return err
	},
}

// hostileClass is the class of hostile's methods.
const hostileClass = `
function loop() while true do pcall(function() while true do end end) end end
function pattern() return (("a"):rep(40):find(("a?"):rep(40) .. ("a"):rep(40))) end
function bomb() local t = {} while true do t[#t + 1] = ("x"):rep(10000) .. #t end end
for _, f in ipairs{loop, pattern, bomb} do objclass.register(f, objclass.RD) end`

// measureTails runs a daemon of its own for each kind of victim.
func measureTails(dir string) ([]tail, error) {
	var tails []tail
	for _, v := range victims {
		t, err := v.measure(dir)
		if err != nil {
			return nil, fmt.Errorf("%s beside attacks: %w", v.title, err)
		}
		tails = append(tails, t)
	}
	return tails, nil
}

func (v victim) measure(dir string) (tail, error) {
	t := tail{title: v.title}
	daemon, err := rig.Start(filepath.Join(dir, strings.ReplaceAll(v.title, " ", "-")), "--quarantine", "0") // or the attacks were refused
	if err != nil {
		return t, err
	}
	defer daemon.Stop()
	if err := fillObjluad(daemon.Addr()); err != nil {
		return t, err
	}
	conn, err := client.Dial(daemon.Addr())
	if err != nil {
		return t, err
	}
	defer conn.Shutdown()
	if _, err := conn.InstallClass(context.Background(), "hostile", []byte(hostileClass)); err != nil {
		return t, err
	}
	on := conn.OpenIOContext("default")
	if _, err := v.load(on, 1, false); err != nil { // opens connections, and makes VMs
		return t, err
	}
	if t.quiet, err = v.load(on, tailSeconds, false); err != nil {
		return t, err
	}
	t.hunted, err = v.load(on, tailSeconds, true)
	return t, err
}

// load sends calls at random moments, whatever becomes of those before, and returns how long the good ones took.
func (v victim) load(on *client.IOContext, seconds int, attacked bool) ([]time.Duration, error) {
	ctx := context.Background()
	var mu sync.Mutex
	var took []time.Duration
	var failed error
	var calls sync.WaitGroup
	random := rand.New(rand.NewPCG(1, 2))
	next := time.Now()
	for i := range seconds * tailRate {
		next = next.Add(time.Duration(random.ExpFloat64() * float64(time.Second) / tailRate))
		time.Sleep(time.Until(next))
		if attacked && i%10 == 9 {
			calls.Go(func() { hostile[i/10%len(hostile)](ctx, on, i) })
			continue
		}
		due := next
		calls.Go(func() {
			err := v.call(ctx, on, i)
			elapsed := time.Since(due)
			mu.Lock()
			defer mu.Unlock()
			took = append(took, elapsed)
			if err != nil {
				failed = err
			}
		})
	}
	calls.Wait()
	slices.Sort(took)
	return took, failed
}
