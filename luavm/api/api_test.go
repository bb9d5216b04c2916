package api

import (
	"os"
	"strings"
	"testing"
)

func parsed(t *testing.T) []Item {
	t.Helper()
	items, err := Parse(Source)
	if err != nil {
		t.Fatal(err)
	}
	return items
}

func TestReferenceIsMadeFromTheSource(t *testing.T) {
	const file = "../../docs/lua-api.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != Markdown(parsed(t)) {
		t.Errorf("%s is not what objclass.lua says: run make generate", file)
	}
}

// Each function says what it does, and each that acts on the object how it fails and whose semantics it has; none names an errno
// that scripts do not have.
func TestSourceIsWhole(t *testing.T) {
	errnos := map[string]bool{}
	for _, it := range parsed(t) {
		if name, ok := strings.CutPrefix(it.Name, "objclass.E"); ok && it.Value != "" {
			errnos["E"+name] = true
		}
	}
	if len(errnos) < 30 {
		t.Fatalf("found only %d errnos", len(errnos))
	}
	own := map[string]bool{}
	for _, name := range strings.Fields("manifest fail now random_bytes object caller map_pairs") {
		own["objclass."+name] = true
	}
	for _, it := range parsed(t) {
		doc := strings.Join(it.Doc, "\n")
		if it.Func && doc == "" {
			t.Errorf("%s says nothing", it.Name)
		}
		if it.Func && strings.HasPrefix(it.Name, "objclass.") {
			if !strings.Contains("\n"+doc, "\nErrors: ") {
				t.Errorf("%s does not say how it fails", it.Name)
			}
			if !strings.Contains(doc, "\nAs ") && !own[it.Name] {
				t.Errorf("%s does not say whose semantics it has", it.Name)
			}
		}
		for i, word := range strings.Split(doc, "`") {
			if i%2 == 1 && strings.HasPrefix(word, "E") && strings.ToUpper(word) == word && !errnos[word] {
				t.Errorf("%s names %s, which is no errno of scripts", it.Name, word)
			}
		}
	}
}

func TestParse(t *testing.T) {
	items, err := Parse(`---@meta x

-- # Title
--
---What it does.
---@param f fun(a: integer, b: string): integer?, string? what is called
---@param level? table<string, integer[]>
---@param ... any
---@return (string|number)[] all of them
function x.call(f, level, ...) end

x.E = 5 -- five`)
	if err != nil {
		t.Fatal(err)
	}
	const want = notice + `# Title

### ` + "`x.call(f, [level,] ...)`" + `

What it does.

| | | |
|---|---|---|
| ` + "`f` | `fun(a: integer, b: string): integer?, string?`" + ` | what is called |
| ` + "`level` | `table<string, integer[]>?`" + ` |  |
| ` + "`...` | `any`" + ` |  |
| → ` + "`all` | `(string\\|number)[]`" + ` | of them |

| | | |
|---|---|---|
| ` + "`E`" + ` | 5 | five |
`
	if got := Markdown(items); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for source, message := range map[string]string{
		"---@parm a integer\nfunction f(a) end":  "line 1: unknown annotation @parm",
		"---@param b integer\nfunction f(a) end": "line 2: the arguments [a] are annotated as [b]",
		"function f(a, b) end":                   "line 1: the arguments [a b] are annotated as []",
		"function f() return 1 end":              "line 1: unknown declaration",
		"---Says something.\n\nfunction f() end": "line 2: comments of nothing",
		"x.y.z = 5":                              "line 1: unknown declaration",
	} {
		_, err := Parse(source)
		if err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%q: %v, want %s", source, err, message)
		}
	}
}

func TestArguments(t *testing.T) {
	a, b, c := Value{Name: "a"}, Value{Name: "b"}, Value{Name: "c"}
	maybe := func(v Value) Value { v.Optional = true; return v }
	for want, args := range map[string][]Value{
		"":              nil,
		"a, b, c":       {a, b, c},
		"a, b [, c]":    {a, b, maybe(c)},
		"a [, b [, c]]": {a, maybe(b), maybe(c)},
		"[a [, b]]":     {maybe(a), maybe(b)},
		"[a]":           {maybe(a)},
		"[a,] b, c":     {maybe(a), b, c},
		"a, [b,] c":     {a, maybe(b), c},
	} {
		if got := arguments(args); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
