// This file holds the differences to their table, and looks at what harms an OSD.

package clslua

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/objluad/objluad/tests/bench/clslua"
	"github.com/objluad/objluad/tests/ceph"
)

// A row of the table begins with the name of a difference.
var row = regexp.MustCompile("(?m)^\\| `([a-z0-9.-]+)` \\|")

// The guide's table has each difference that a case shows, and no other.
func TestGuideHasTheDifferences(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "cls_lua.md"))
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, match := range row.FindAllSubmatch(guide, -1) {
		listed = append(listed, string(match[1]))
	}
	slices.Sort(listed)
	shown := make(map[string]bool)
	for _, c := range allCases() {
		shown[c.differs] = true
	}
	for _, p := range payloads {
		shown[p.differs] = true
	}
	delete(shown, "")
	if have := slices.Sorted(maps.Keys(shown)); !slices.Equal(listed, have) {
		t.Errorf("the guide lists %q\ncases show     %q", listed, have)
	}
}

// What differs says what cls_lua gives, unless that is harm, and then it is something else; names are not used twice.
func TestCasesAreWhole(t *testing.T) {
	names := make(map[string]bool)
	check := func(name, differs string, want outcome, there *outcome, kills bool) {
		if names[name] {
			t.Errorf("%s: there are two of this name", name)
		}
		names[name] = true
		if (differs != "") != (there != nil || kills) {
			t.Errorf("%s: a difference has a name and tells what cls_lua gives", name)
		}
		if there != nil && there.full() == want.full() {
			t.Errorf("%s: what cls_lua gives is the same", name)
		}
	}
	for _, c := range allCases() {
		check(c.name, c.differs, c.want, c.there, c.kills)
		if c.run != "" && c.script+c.handler != "" {
			t.Errorf("%s: it has a script or what a handler does, not both", c.name)
		}
	}
	for _, p := range payloads {
		check(p.method+"/"+p.name, p.differs, p.want, p.there, p.kills)
	}
}

// Each function and constant of cls_lua is in a script.
func TestCasesCallEachFunction(t *testing.T) {
	var all []byte
	for _, c := range allCases() {
		all = append(all, c.before+c.run+c.script...)
	}
	for _, function := range []string{
		"register", "log", "create", "remove", "stat", "read", "write", "write_full", "getxattr", "getxattrs", "setxattr", "map_clear",
		"map_get_keys", "map_get_vals", "map_read_header", "map_write_header", "map_get_val", "map_set_val", "map_set_vals", "map_remove_key",
		"current_version", "current_subop_num", "current_subop_version",
	} {
		if !regexp.MustCompile(`objclass\.` + function + `\b`).Match(all) {
			t.Errorf("no case calls objclass.%s", function)
		}
	}
}

// What is said to harm an OSD does: afterwards the object cannot be read.
func TestSoakHarm(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("SOAK is not set")
	}
	for _, c := range allCases() {
		if !c.kills {
			continue
		}
		harm(t, c.name, func(t *testing.T, pool *clslua.Pool) {
			s := osdSystems(pool)[1]
			if c.before != "" {
				s.eval(t, "o", call{script: handlerOf(c.before), handler: "run"})
			}
			script, handler := c.source()
			s.eval(t, "o", call{script: script, handler: handler, input: c.input})
		})
	}
	for _, p := range payloads {
		if p.kills {
			harm(t, p.method+"/"+p.name, func(_ *testing.T, pool *clslua.Pool) { pool.Exec("o", p.method, []byte(p.input)) })
		}
	}
}

// harm gives what does harm a cluster of its own.
func harm(t *testing.T, name string, do func(*testing.T, *clslua.Pool)) {
	t.Run(name, func(t *testing.T) {
		cluster, err := ceph.New(ceph.Options{Conf: "rados osd op timeout = 15"})
		if err != nil {
			t.Fatal(err)
		}
		defer cluster.Stop()
		if _, err := cluster.Command("osd", "pool", "create", "default"); err != nil {
			t.Fatal(err)
		}
		pool, err := clslua.Open(cluster.Conf(), "default")
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		do(t, pool)
		if got := osdSystems(pool)[1].eval(t, "o", call{script: dump, handler: "dump"}); got.errno == "" {
			t.Errorf("the object can be read: %v", got)
		}
	})
}
