// Package layout holds the architecture to its rule: imports go one way.
package layout

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/objluad/objluad/"

// arrows says what the packages of each folder may import of this module, their own folder aside. A folder is the first
// that matches. Tests may import what they test with.
var arrows = []struct {
	folder string
	may    []string
}{
	{"cmd/objluad/errno", []string{"client", "objclass", "store"}},
	{"cmd/objluad/settings", nil},
	{"cmd/objluad/progress", nil},
	{"cmd/objluad/manual", nil},
	{"cmd/objluad/usage", []string{"cmd/objluad/errno"}},
	{"cmd/objluad/top", []string{"client"}},
	{"cmd/objluad/workbench", []string{"classes", "luavm", "objclass", "store", "store/pebblestore"}},
	{"cmd/objluad/storeflags", []string{"cmd/objluad/errno", "cmd/objluad/settings", "store", "store/pebblestore", "store/radosstore"}},
	{"cmd/objluad/daemon", []string{"cmd/objluad/errno", "cmd/objluad/settings", "cmd/objluad/storeflags", "server", "server/access", "server/metrics", "luavm", "objclass", "store"}},
	{"cmd/objluad/cli", []string{"cmd/objluad/errno", "cmd/objluad/progress", "client", "server/access"}},
	{"cmd/objluad/objects", []string{"cmd/objluad/cli", "cmd/objluad/errno", "client"}},
	{"cmd/objluad/class", []string{"cmd/objluad/cli", "cmd/objluad/errno", "cmd/objluad/workbench", "client", "classes", "luavm/api", "objclass"}},
	{"cmd/objluad/offline", []string{"cmd/objluad/cli", "cmd/objluad/errno", "cmd/objluad/progress", "cmd/objluad/storeflags", "objclass", "store", "store/archive", "store/pebblestore"}},
	{"cmd/objluad/complete", []string{"cmd/objluad/class", "cmd/objluad/cli", "cmd/objluad/top", "cmd/objluad/usage", "cmd/objluad/workbench", "client", "classes"}},
	{"cmd/objluad", []string{"server/access", "client", "luavm", "objclass", "store"}},
	{"server/servertest", []string{"server", "server/access", "server/metrics", "objclass", "store", "store/pebblestore"}}, // only for tests
	{"server/access", []string{"server/wire", "objclass"}},
	{"server/wire", []string{"objclass"}},
	{"server/metrics", []string{"objclass"}},
	{"server/limits", []string{"server/metrics", "objclass"}},
	{"server/httpapi", []string{"server/access", "server/limits", "server/metrics", "server/wire", "objclass", "store"}},
	{"server/resp", []string{"server/access", "server/limits", "server/metrics", "server/wire", "objclass", "store"}},
	{"server", []string{"objclass"}},
	{"client", nil},
	{"luavm", []string{"objclass", "panicguard"}},
	{"objclass", []string{"store"}},
	{"panicguard", nil},
	{"store/archive", []string{"store"}},
	{"store/pebblestore", []string{"store"}},
	{"store/radosstore", []string{"store"}},
	{"store/storetest", []string{"store"}},
	{"store", nil},
	{"classes", nil},
	{"tests/move", []string{"client", "store", "store/archive"}}, // makes and reads archives
	{"tests", []string{"client"}},
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []goPackage {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func within(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }

// allowed returns whether a package may import another, and whether it lies in a known folder.
func allowed(from, to string) (ok, known bool) {
	for _, a := range arrows {
		if !within(from, a.folder) {
			continue
		}
		if within(to, a.folder) {
			return true, true
		}
		for _, may := range a.may {
			if to == may {
				return true, true
			}
		}
		return false, true
	}
	return false, false
}

func TestImportsGoOneWay(t *testing.T) {
	all := packages(t)
	if len(all) < len(arrows)-2 {
		t.Fatalf("go list found only %d packages", len(all))
	}
	for _, p := range all {
		from := strings.TrimPrefix(p.ImportPath, module)
		if _, known := allowed(from, from); !known {
			t.Errorf("%s is in no folder that the layout knows", from)
		}
		for _, imported := range p.Imports {
			to, ours := strings.CutPrefix(imported, module)
			if !ours {
				continue
			}
			if ok, _ := allowed(from, to); !ok {
				t.Errorf("%s must not import %s", from, to)
			}
		}
	}
}

// The rule itself can fail: each arrow here is forbidden.
func TestForbiddenArrows(t *testing.T) {
	for from, to := range map[string]string{
		"store":              "objclass",
		"cmd/objluad":        "server",
		"cmd/objluad/cli":    "cmd/objluad/daemon",
		"cmd/objluad/daemon": "client",
		"objclass":           "luavm",
		"panicguard":         "luavm",
		"server":             "luavm",
		"server/access":      "server",
		"server/wire":        "server",
		"server/metrics":     "server",
		"server/limits":      "server",
		"server/httpapi":     "server/resp",
		"server/resp":        "server",
		"client":             "server",
		"store/pebblestore":  "objclass",
		"store/radosstore":   "store/pebblestore",
		"store/archive":      "store/pebblestore",
		"luavm":              "store/pebblestore",
	} {
		if ok, known := allowed(from, to); ok || !known {
			t.Errorf("%s may import %s", from, to)
		}
	}
}

// Without its build tag the program must not build, and must say what to do.
func TestBuildWithoutTag(t *testing.T) {
	cmd := exec.Command("go", "build", "-tags=", module+"luavm")
	cmd.Env = append(cmd.Environ(), "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "go build -tags=lua54") {
		t.Errorf("error %v, output %s", err, out)
	}
}

// The interpreter is part of the program, and the program binds all symbols at its start.
func TestInterpreterIsLinkedStatically(t *testing.T) {
	binary := t.TempDir() + "/objluad"
	if out, err := exec.Command("go", "build", "-tags=lua54", "-o", binary, module+"cmd/objluad").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := exec.Command("readelf", "-d", binary).Output()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(out), "liblua") {
		t.Errorf("liblua is linked dynamically:\n%s", out)
	}
	if !strings.Contains(string(out), "NOW") {
		t.Errorf("symbols are bound lazily:\n%s", out)
	}
}
