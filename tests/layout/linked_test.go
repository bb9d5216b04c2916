package layout

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/objluad/objluad/tests/rig"
)

// The program holds no code of the Lua libraries that no script has, so there is none for a script to find.
func TestAbsentLibrariesAreNotLinked(t *testing.T) {
	symbols, err := exec.Command("nm", rig.Binary()).Output()
	if err != nil {
		t.Fatal(err)
	}
	has := func(function string) bool { return strings.Contains(string(symbols), " "+function+"\n") }
	if !has("luaB_print") {
		t.Fatal("the program's static symbols are not to be seen, so nothing can be said of it")
	}
	for _, function := range []string{"os_execute", "io_popen", "db_getinfo", "ll_loadlib"} {
		if has(function) {
			t.Errorf("%s is linked", function)
		}
	}
}
