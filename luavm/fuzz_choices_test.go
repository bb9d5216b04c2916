//go:build lua54

// Choices are how a fuzzer's bytes become a script.

package luavm

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// choices are bytes that are used up one by one. Where there are none left each choice is the first, so a generator puts
// there what ends soonest.
type choices []byte

func (c *choices) next() byte {
	if len(*c) == 0 {
		return 0
	}
	b := (*c)[0]
	*c = (*c)[1:]
	return b
}

// of returns one of a list.
func (c *choices) of(list []string) string { return list[int(c.next())%len(list)] }

// libraryFunctions asks the sandbox itself what functions there are, so that one which is added is fuzzed too.
func libraryFunctions(t testing.TB, libraries ...string) []string {
	e := newEngine(t, Options{})
	got, err := runScript(t, e, `
		function f(i, o)
			for library in i:str():gmatch("%S+") do
				for name, value in pairs(library == "_G" and _G or _G[library]) do
					if type(value) == "function" and name ~= "f" then
						o:append((library == "_G" and "" or library .. ".") .. name .. "\n")
					end
				end
			end
		end
		objclass.register(f)`, "f", strings.Join(libraries, " "))
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Fields(string(got.Output))
	slices.Sort(names)
	return names
}

// addRandom adds n inputs of random bytes, the same in each run: the fuzzer sees no coverage of C, so it would not find out
// that long inputs are worth more than short ones.
func addRandom(f *testing.F, n int) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		in := make([]byte, 30+i*30)
		for i := range in {
			in[i] = byte(r.Uint32())
		}
		f.Add(in)
	}
}
