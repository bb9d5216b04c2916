// This file runs the scripts, and compares.

package radoscli

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestVerbs runs each script by rados alone, by objluad alone, and by both in turns, from an empty place on: each step has the same
// outcome, and leaves the same objects, unless it shows a difference that docs/rados.md names.
func TestVerbs(t *testing.T) {
	h := newHouse(t)
	t.Run("scripts", func(t *testing.T) {
		for _, s := range scripts {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				h.compare(t, s)
			})
		}
	})
}

func (h *house) compare(t *testing.T, s script) {
	reference := h.play(t, s, h.rados, h.rados)
	differs := false
	for i, got := range h.play(t, s, h.ours, h.ours) {
		step, want := s.steps[i], reference[i]
		if step.differs != "" {
			differs = true
			if want.outcome == got.outcome && want.left == got.left {
				t.Errorf("%q: there is no difference %q any more", step.args, step.differs)
			}
			want.outcome = step.want(want.outcome)
			want.left = got.left
		}
		want.check(t, "objluad", step, got)
	}
	if differs {
		return // what is there may differ from here on
	}
	for i, got := range h.play(t, s, h.rados, h.ours) {
		reference[i].check(t, "objluad and rados in turns", s.steps[i], got)
	}
}

// result is what came of a step.
type result struct {
	outcome
	left string // the objects after it
}

func (want result) check(t *testing.T, who string, s step, got result) {
	t.Helper()
	if want.outcome.Errno == "" { // rados does not always tell
		got.outcome.Errno = ""
	}
	if got.outcome != want.outcome {
		t.Errorf("%q: %s: %s\nwant %s", s.args, who, got.outcome, want.outcome)
	}
	if got.left != want.left {
		t.Errorf("%q: %s left\n%s\nwant\n%s", s.args, who, got.left, want.left)
	}
}

// play runs a script from an empty place on, its steps by both programs in turns.
func (h *house) play(t *testing.T, s script, even, odd *program) []result {
	t.Helper()
	h.clear(t, s.namespace)
	dir := t.TempDir()
	results := make([]result, len(s.steps))
	for i, step := range s.steps {
		who := even
		if i%2 == 1 {
			who = odd
		}
		results[i] = result{who.run(t, h.files, dir, s.place(), step), h.contents(t, s.namespace)}
	}
	return results
}

const reservedPools = "reserved-pools" // the difference that TestPools shows

// TestPools compares lspools. The cluster makes a pool for itself some time after its start, so rados is asked before and after.
func TestPools(t *testing.T) {
	h := newHouse(t)
	lspools := step{args: "lspools"}
	for {
		before := h.rados.run(t, h.files, t.TempDir(), nil, lspools)
		got := h.ours.run(t, h.files, t.TempDir(), nil, lspools)
		if want := h.rados.run(t, h.files, t.TempDir(), nil, lspools); want == before {
			names := strings.SplitAfter(want.Stdout, "\n")
			reserved := func(name string) bool { return strings.HasPrefix(name, ".") }
			if !slices.ContainsFunc(names, reserved) {
				t.Errorf("rados lists %q: there is no difference %q any more", names, reservedPools)
			}
			want.Stdout = strings.Join(slices.DeleteFunc(names, reserved), "")
			if got != want {
				t.Errorf("objluad: %s\nwant %s", got, want)
			}
			return
		}
	}
}

// A row of the guide's table begins with the name of a difference.
var row = regexp.MustCompile("(?m)^\\| `([a-z0-9.-]+)` \\|")

// The guide's table has each difference that a step shows, and no other.
func TestGuideHasTheDifferences(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "rados.md"))
	must(t, err)
	var listed []string
	for _, match := range row.FindAllSubmatch(guide, -1) {
		listed = append(listed, string(match[1]))
	}
	slices.Sort(listed)
	shown := map[string]bool{reservedPools: true}
	for _, s := range scripts {
		for _, step := range s.steps {
			shown[step.differs] = true
		}
	}
	delete(shown, "")
	if have := slices.Sorted(maps.Keys(shown)); !slices.Equal(listed, have) {
		t.Errorf("the guide lists %q\nsteps show      %q", listed, have)
	}
}

// Every verb of docs/rados.md is in a step.
func TestAllVerbsAreCompared(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "rados.md"))
	must(t, err)
	_, list, _ := strings.Cut(string(guide), "<!-- verbs -->")
	list, _, ok := strings.Cut(list, "<!-- end of verbs -->")
	if !ok {
		t.Fatal("the guide has no list of verbs")
	}
	compared := make(map[string]bool)
	for _, s := range scripts {
		for _, step := range s.steps {
			verb, _, _ := strings.Cut(step.args, " ")
			compared[verb] = compared[verb] || step.differs == ""
		}
	}
	for _, match := range regexp.MustCompile("`([a-z]+)[^`]*`").FindAllStringSubmatch(list, -1) {
		if !compared[match[1]] {
			t.Errorf("%s is not compared", match[1])
		}
	}
}
