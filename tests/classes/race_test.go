// This file has clients race on objects of stock classes, and checks what they saw: there must be an order of the calls, one at a time,
// that gives the same answers.

package classes

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	stock "github.com/objluad/objluad/classes"
	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

// patience is far above what a slow machine needs.
const patience = 2 * time.Minute

// call is what a client asks of an object.
type call struct{ method, input string }

// model is what the methods of a class answer beside one object. States are strings, "" at first.
type model struct {
	class string
	// next returns a call of a client, which may have seen an answer before.
	next func(seen string) call
	// step returns the answer to a call, or the name of an errno, and the state after it.
	step func(state string, c call) (answer, next string)
	// shown returns what of an answer the model foretells; nil is all.
	shown func(answer string) string
}

// porcupine returns the model as the checker takes it. All operations are on one object.
func (m *model) porcupine() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return "" },
		Step: func(state, in, out any) (bool, any) {
			answer, next := m.step(state.(string), in.(call))
			return answer == out.(string), next
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v: %+v", in, out) },
	}
}

// history is the calls of clients on one object.
type history struct {
	began time.Time
	mu    sync.Mutex
	ops   []porcupine.Operation
}

func (h *history) now() int64 { return time.Since(h.began).Nanoseconds() }

// record makes a call and writes it down.
func (h *history) record(client int, c call, do func() string) string {
	op := porcupine.Operation{ClientId: client, Input: c, Call: h.now()}
	answer := do()
	op.Return, op.Output = h.now(), answer
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, op)
	return answer
}

// answerOf is the answer of a call as models have it.
func answerOf(t *testing.T, reply client.Reply, err error) string {
	var failed *client.Error
	switch {
	case errors.As(err, &failed) && failed.Kind == "op":
		return failed.ErrnoName()
	case err != nil:
		t.Error(err)
	}
	return string(reply.Output)
}

func (m *model) exec(t *testing.T, ioctx *client.IOContext, oid string, c call) string {
	reply, err := ioctx.Exec(t.Context(), oid, m.class, c.method, []byte(c.input), client.Timeout(time.Minute))
	answer := answerOf(t, reply, err)
	if m.shown != nil {
		answer = m.shown(answer)
	}
	return answer
}

// race has clients make calls on one object, each on a connection of its own.
func (m *model) race(t *testing.T, d *rig.Daemon, oid string, clients, calls int) *history {
	h := &history{began: time.Now()}
	var wg sync.WaitGroup
	for id := range clients {
		ioctx := d.Dial(t).OpenIOContext("default")
		wg.Go(func() {
			seen := ""
			for range calls {
				c := m.next(seen)
				seen = h.record(id, c, func() string { return m.exec(t, ioctx, oid, c) })
			}
		})
	}
	wg.Wait()
	return h
}

func (h *history) check(t *testing.T, m *model) {
	t.Helper()
	result, info := porcupine.CheckOperationsVerbose(m.porcupine(), h.ops, patience)
	if result == porcupine.Ok {
		return
	}
	t.Errorf("class %s: a history of %d calls is not linearizable: %s", m.class, len(h.ops), result)
	if f, err := os.CreateTemp("", "history*.html"); err == nil {
		defer f.Close()
		if porcupine.Visualize(m.porcupine(), info, f) == nil {
			t.Log("see", f.Name())
		}
	}
}

func install(t *testing.T, d *rig.Daemon, name string) {
	class, ok := stock.Find(name)
	if !ok {
		t.Fatalf("there is no stock class %s", name)
	}
	d.Install(t, name, string(class.Source))
}

func races(t *testing.T, clients, calls, objects int) {
	d := rig.Run(t, t.TempDir(), "--fsync", "never")
	for _, m := range models {
		t.Run(m.class, func(t *testing.T) {
			install(t, d, m.class)
			kinds := make(map[string]int)
			for i := range objects {
				h := m.race(t, d, fmt.Sprint(m.class, i), clients, calls)
				h.check(t, m)
				for _, op := range h.ops {
					kinds[op.Input.(call).method+" "+kindOf(op.Output.(string))]++
				}
			}
			t.Log(kinds)
			if len(kinds) < 4 {
				t.Errorf("the race was none: %v", kinds)
			}
		})
	}
}

// kindOf tells errors apart, and from answers.
func kindOf(answer string) string {
	if len(answer) > 1 && answer[0] == 'E' {
		return answer
	}
	return "ok"
}

func TestRaces(t *testing.T) { races(t, 4, 25, 3) }

func TestSoakRaces(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("the long form of TestRaces; SOAK=1 runs it")
	}
	races(t, 8, 60, 50)
}

// A counter of two calls, one that reads and one that writes, is no counter: two clients that both read before they write lose a
// count. The model sees it.
func TestCounterOfTwoCallsIsRejected(t *testing.T) {
	d := rig.Run(t, t.TempDir(), "--fsync", "never")
	d.Install(t, "torn", `
		function get(_, output) output:append(objclass.read(0, 0)) end
		function put(input) objclass.write_full(input) end
		objclass.register(get, objclass.RD)
		objclass.register(put, objclass.WR)`)
	h := &history{began: time.Now()}
	var bothRead, done sync.WaitGroup
	bothRead.Add(2)
	for id := range 2 {
		ioctx := d.Dial(t).OpenIOContext("default")
		done.Go(func() {
			h.record(id, call{"inc", ""}, func() string {
				reply, err := ioctx.Exec(t.Context(), "torn", "torn", "get", nil)
				n := 0
				fmt.Sscan(answerOf(t, reply, err), &n)
				bothRead.Done()
				bothRead.Wait()
				sum := fmt.Sprint(n + 1)
				reply, err = ioctx.Exec(t.Context(), "torn", "torn", "put", []byte(sum))
				return answerOf(t, reply, err) + sum
			})
		})
	}
	done.Wait()
	if porcupine.CheckOperations(counter.porcupine(), h.ops) {
		t.Errorf("the model takes %v", h.ops)
	}
}

// Each model sees what must not be.
func TestModelsReject(t *testing.T) {
	op := func(client int, begin, end int64, method, input, answer string) porcupine.Operation {
		return porcupine.Operation{ClientId: client, Call: begin, Return: end, Input: call{method, input}, Output: answer}
	}
	const exclusive, other = `{"name": "l", "type": "exclusive", "locker": "a"}`, `{"name": "l", "type": "exclusive", "locker": "b"}`
	const entry = `{"bl_data_vec": ["a"]}`
	listed := func(marker, next string) string {
		return fmt.Sprintf(`{"entries":[{"data":"a","marker":%q}],"is_truncated":false,"next_marker":%q}`, marker, next)
	}
	for what, c := range map[string]struct {
		m       *model
		legal   bool
		history []porcupine.Operation
	}{
		"counted":       {counter, true, []porcupine.Operation{op(0, 0, 3, "inc", "", "2"), op(1, 1, 2, "inc", "", "1")}},
		"counted once":  {counter, false, []porcupine.Operation{op(0, 0, 3, "inc", "", "1"), op(1, 1, 2, "inc", "", "1")}},
		"stale count":   {counter, false, []porcupine.Operation{op(0, 0, 1, "inc", "", "1"), op(1, 2, 3, "get", "", "0")}},
		"versions":      {version, true, []porcupine.Operation{op(0, 0, 3, "inc", "", `{"objv":{"ver":3}}`), op(1, 1, 2, "inc", "", `{"objv":{"ver":2}}`)}},
		"one version":   {version, false, []porcupine.Operation{op(0, 0, 3, "inc", "", `{"objv":{"ver":2}}`), op(1, 1, 2, "inc", "", `{"objv":{"ver":2}}`)}},
		"removed":       {refcount, true, []porcupine.Operation{op(0, 0, 1, "set", `{"refs": ["a"]}`, ""), op(0, 2, 9, "put", `{"tag": "a"}`, ""), op(1, 3, 8, "get", `{"tag": "b"}`, "ENOENT")}},
		"not removed":   {refcount, false, []porcupine.Operation{op(0, 0, 1, "set", `{"refs": ["a"]}`, ""), op(0, 2, 3, "put", `{"tag": "a"}`, ""), op(1, 4, 5, "get", `{"tag": "b"}`, "")}},
		"one holder":    {lock, true, []porcupine.Operation{op(0, 0, 3, "lock", exclusive, ""), op(1, 1, 2, "lock", other, "EBUSY")}},
		"two holders":   {lock, false, []porcupine.Operation{op(0, 0, 3, "lock", exclusive, ""), op(1, 1, 2, "lock", other, "")}},
		"one entry":     {queue, true, []porcupine.Operation{op(0, 0, 1, "queue_init", "", ""), op(0, 2, 3, "queue_enqueue", entry, ""), op(1, 4, 5, "queue_list_entries", "", listed("0/1024", "0/1035"))}},
		"an entry lost": {queue, false, []porcupine.Operation{op(0, 0, 1, "queue_init", "", ""), op(0, 2, 5, "queue_enqueue", entry, ""), op(1, 3, 4, "queue_enqueue", entry, ""), op(1, 6, 7, "queue_list_entries", "", listed("0/1024", "0/1035"))}},
	} {
		if porcupine.CheckOperations(c.m.porcupine(), c.history) != c.legal {
			t.Errorf("%s: legal is not %v", what, c.legal)
		}
	}
}

func pick(list ...string) string { return list[rand.IntN(len(list))] }
