//go:build lua54

package luavm

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestReadNames(t *testing.T) {
	source := `
a = 1
function b(x)
  c = a
  local y = function()
    return x, objclass.stat(),
      string.format
  end
  local t = {f = 1}
  t.g = d
end
local print = print
print(1)
` + strings.Repeat("\n", 1000) + "local far = e\n" + strings.Repeat("local _ = 1.5\n", 100)
	names, err := ReadNames([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range names.Globals {
		got = append(got, fmt.Sprint(n.Global, " ", n.Member, " ", n.Set, " ", n.Inner, " ", n.Line))
	}
	want := []string{
		"a  true false 2", "b  true false 3", "print  false false 12", "e  false false 1014",
		"a  false true 4", "c  true true 4", "d  false true 10",
		"objclass stat false true 6", "string format false true 7",
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || names.Dynamic || !names.Fields["g"] {
		t.Errorf("got\n%s\nwant\n%s\n%+v", strings.Join(got, "\n"), strings.Join(want, "\n"), names)
	}
}

func TestReadNamesOfOddSources(t *testing.T) {
	for source, dynamic := range map[string]bool{
		"":                             false,
		"local _ENV = {} x = 1":        false,
		"for k in pairs(_ENV) do end":  true,
		"function f() return _ENV end": true,
		"x = '" + strings.Repeat("y", 9999) + "'": false,
	} {
		names, err := ReadNames([]byte(source))
		if err != nil || names.Dynamic != dynamic {
			t.Errorf("%.60q: %+v, %v", source, names, err)
		}
	}
	if _, err := ReadNames([]byte("function")); err == nil {
		t.Errorf("what does not compile: %v", err)
	}
}
