// This file tests what frames and views make of a daemon's numbers and of keys.

package top

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rivo/uniseg"

	"github.com/objluad/objluad/client"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// sampleAt returns a sample that was taken so many seconds after the daemon's start.
func sampleAt(seconds int, methods ...client.MethodStats) *Sample {
	return &Sample{
		at:      start.Add(time.Duration(seconds) * time.Second),
		methods: methods,
		info:    map[string]string{"process_id": "7", "uptime_in_seconds": fmt.Sprint(seconds), "connected_clients": "3"},
	}
}

// stats are those of a method that took 1 ms for each call, and 100 µs of CPU time.
func stats(class, method string, ok, traps uint64) client.MethodStats {
	calls := ok + traps
	return client.MethodStats{
		Class: class, Method: method, Calls: calls,
		CPU: time.Duration(calls) * 100 * time.Microsecond, Elapsed: time.Duration(calls) * time.Millisecond,
		Outcomes:  map[string]uint64{"ok": ok, "trap:deadline": traps},
		Durations: []client.DurationBucket{{Most: 500 * time.Microsecond}, {Most: 2 * time.Millisecond, Calls: calls}},
	}
}

func TestFrame(t *testing.T) {
	first := sampleAt(10, stats("a", "f", 100, 0), stats("b", "g", 10, 0))
	f := NewFrame(nil, first)
	if !f.SinceStart || f.Seconds != 10 || f.Total.Rate != 11 || f.Daemon.Connections != 3 || f.Daemon.Memory != -1 {
		t.Errorf("the first frame: %+v", f)
	}
	second := sampleAt(12, stats("a", "f", 120, 10), stats("b", "g", 10, 0), stats("c", "h", 100, 0))
	f = NewFrame(first, second)
	if f.SinceStart || f.Seconds != 2 || f.Total.Calls != 130 || f.Total.Rate != 65 {
		t.Errorf("the second frame: %+v", f)
	}
	if len(f.Classes) != 2 || f.Classes[0].Class != "c" || f.Classes[1].Class != "a" {
		t.Fatalf("classes: %+v", f.Classes)
	}
	a := f.Classes[1]
	if a.Calls != 30 || a.Rate != 15 || a.Failed != 10 || a.Traps != 10 || a.Mean != 1000 || a.CPUs != 3000 || math.Abs(a.CPU-0.15) > 1e-9 {
		t.Errorf("class a: %+v", a)
	}
	if a.P99 < 500 || a.P99 > 2000 {
		t.Errorf("p99 of class a: %d", a.P99)
	}
	if want := []Errors{{Kind: "trap:deadline", Calls: 10, Rate: 5, Total: 10}}; !slices.Equal(f.Errors, want) {
		t.Errorf("errors: %+v", f.Errors)
	}
}

// The counters of another process are not compared with those of the one before.
func TestFrameOfARestartedDaemon(t *testing.T) {
	before := sampleAt(1000, stats("a", "f", 100, 50))
	after := sampleAt(10, stats("a", "f", 20, 0))
	after.info["process_id"] = "8"
	if f := NewFrame(before, after); !f.SinceStart || f.Total.Calls != 20 || f.Total.Rate != 2 || f.Total.Traps != 0 {
		t.Errorf("%+v", f)
	}
}

func TestQuantile(t *testing.T) {
	buckets := []client.DurationBucket{{Most: 10, Calls: 0}, {Most: 20, Calls: 50}, {Most: 40, Calls: 100}}
	for q, want := range map[float64]time.Duration{0.25: 15, 0.5: 20, 0.75: 30, 1: 40} {
		if got := quantile(buckets, 100, q); got != want {
			t.Errorf("%v: %v, want %v", q, got, want)
		}
	}
	if got := quantile(buckets, 200, 0.99); got != 40 { // most calls took longer than any bucket
		t.Errorf("beyond the buckets: %v", got)
	}
}

func TestPrint(t *testing.T) {
	f := NewFrame(sampleAt(10), sampleAt(12, stats("a", "f", 20, 10), stats("", "", 4, 0)))
	f.Calls = []client.CallInfo{{ID: 12, State: "running", Age: 90 * time.Second, Pool: "p", Namespace: "n", OID: "an\x1b[2Jobject", Class: "a", Method: "f", Client: "127.0.0.1:1"}}
	var b strings.Builder
	if err := f.Print(&b); err != nil {
		t.Fatal(err)
	}
	want := `03:04:17  objluad , up 12s, 3 connections, ? of memory
calls: ? running, ? in progress; 17.0/s in the last 2.0 s, mean 1ms, p99 1.98ms, CPU 0.2 %; VMs: ?, ? busy
errors: trap:deadline 5.0/s (10 in all)

calls under way:
ID    AGE  RAN  STATE    POOL  OID                CLASS  METHOD  CLIENT
12  1m30s  0µs  running  p/n   "an\x1b[2Jobject"  a      f       127.0.0.1:1

classes by cost:
CLASS   CALLS/S  CPU%  MEAN     P99  CPU/CALL  FAILED/S  TRAPS/S
a          15.0   0.1   1ms  1.99ms     100µs       5.0      5.0
(none)      2.0   0.0   1ms  1.99ms     100µs         0        0

slowest methods:
CLASS   METHOD  CALLS/S  CPU%  MEAN     P99  CPU/CALL  FAILED/S  TRAPS/S
a       f          15.0   0.1   1ms  1.99ms     100µs       5.0      5.0
(none)  ""          2.0   0.0   1ms  1.99ms     100µs         0        0

`
	if b.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", b.String(), want)
	}
}

// busyView returns a view of n calls, and of methods of as many classes.
func busyView(n int) *View {
	v := NewView()
	v.Show(busyFrame(n))
	return v
}

func busyFrame(n int) *Frame {
	var methods []client.MethodStats
	for i := range n {
		methods = append(methods, stats(fmt.Sprint("class", i), "méthode", uint64(i+1), 0))
	}
	f := NewFrame(nil, sampleAt(10, methods...))
	for i := range n {
		f.Calls = append(f.Calls, client.CallInfo{ID: uint64(100 + i), State: "running", OID: "日本語", Class: fmt.Sprint("class", i), Method: "m", Age: time.Minute})
	}
	return &f
}

func press(v *View, keys ...any) (last Action) {
	for _, key := range keys {
		switch key := key.(type) {
		case rune:
			last = v.Press(Key{Rune: key})
		case string:
			last = v.Press(Key{Name: key})
		}
	}
	return last
}

func shown(v *View, columns, rows int) string {
	var all []string
	for _, line := range v.Lines(columns, rows) {
		all = append(all, line.Text)
	}
	return strings.Join(all, "\n")
}

// On a terminal of any size the view has as many lines as there is room for, and none that is too long.
func TestViewFitsAnyTerminal(t *testing.T) {
	for _, v := range []*View{NewView(), busyView(0), busyView(1), busyView(40)} {
		for _, keys := range [][]any{nil, {"tab"}, {'3'}, {'k'}, {'n', '/', 'x'}} {
			press(v, keys...)
			for rows := range 40 {
				for columns := 0; columns < 90; columns += 1 + columns/8 {
					lines := v.Lines(columns, rows)
					if len(lines) != rows {
						t.Fatalf("%d lines on %d rows", len(lines), rows)
					}
					for _, line := range lines {
						if uniseg.StringWidth(line.Text) > columns {
							t.Fatalf("%q on %d columns", line.Text, columns)
						}
					}
				}
			}
		}
	}
}

// The selected row is always to be seen.
func TestViewScrolls(t *testing.T) {
	v := busyView(100)
	for i := range 100 {
		text := shown(v, 120, 12)
		if !strings.Contains(text, fmt.Sprintf("\n%d ", 100+i)) {
			t.Fatalf("call %d is selected; shown:\n%s", 100+i, text)
		}
		press(v, "down")
	}
	press(v, "home", "page-down", "up")
	if at := v.selectedRow(0); at != pageRows-1 {
		t.Errorf("row %d is selected", at)
	}
}

func TestViewKills(t *testing.T) {
	v := busyView(3)
	press(v, "down", 'k')
	if text := shown(v, 80, 24); !strings.Contains(text, "kill call 101? y or n") {
		t.Errorf("shown:\n%s", text)
	}
	if a := press(v, 'n'); a.Kill != "" {
		t.Errorf("n: %+v", a)
	}
	press(v, 'k')
	fewer := busyFrame(3)
	fewer.Calls = fewer.Calls[2:] // the call of the question ends before the answer
	v.Show(fewer)
	if a := press(v, 'y'); a.Kill != "101" {
		t.Errorf("y: %+v; another call would be killed than was asked about", a)
	}
	if a := press(busyView(0), 'k', 'y'); a.Kill != "" {
		t.Errorf("without calls: %+v", a)
	}
}

func TestViewKeys(t *testing.T) {
	v := busyView(12)
	press(v, '/', 'C', 'L', 'A', 'S', 'S', '1', '2', "backspace", "enter")
	if got := len(v.tables[0].rows); got != 3 { // class1, class10, class11
		t.Errorf("%d calls contain class1", got)
	}
	press(v, "escape", 's', 's', 's', 's', 's', 's', 's') // by CLASS
	if rows := v.tables[0].rows; len(rows) != 12 || rows[2].id != "110" {
		t.Errorf("by class: %v", rows)
	}
	press(v, 'r')
	if rows := v.tables[0].rows; rows[0].id != "109" {
		t.Errorf("reversed: %v", rows)
	}
	press(v, 'p')
	v.Show(busyFrame(1))
	if len(v.tables[0].rows) != 12 || !strings.Contains(shown(v, 80, 24), "PAUSED") {
		t.Error("a paused view shows another frame")
	}
	press(v, 'p')
	v.Show(busyFrame(1))
	if len(v.tables[0].rows) != 1 {
		t.Error("the view is paused still")
	}
	v.Fail(errors.New("the daemon does not answer"))
	if !strings.Contains(shown(v, 80, 24), "does not answer") {
		t.Error("the view does not tell of trouble")
	}
	if !press(v, 'q').Quit || !press(v, '/', "ctrl-c").Quit {
		t.Error("the view does not quit")
	}
}
