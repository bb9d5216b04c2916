package settings

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// FuzzParse reads texts as files of settings. What is read is what the TOML library itself reads, and what is refused has a line of
// the text.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "# c\nqueue = 1\n", "timeout = '1s'\r\nloud = true", "a = [\"x\",\n 'y']", "a = 1\na = 2", "[t]\na = 1", "a.b = 1", "\"q r\" = \"\"\"x\ny\"\"\"",
		"a = 0x10\nb = 1_0.5e3\nc = inf\nd = -nan", "a = 1979-05-27T07:32:00Z", "a = {b = 1, c = [1]}", "a =", "=", "a = 1 b = 2", "[[x]]", "\xff = 1", "a = \"\\u0000\"",
		"a = 017", "a = +0x10", "a = -0", "a = 0b1\nb = 0o7", "a = 1__0", "a = 1e400", "a = \"\xff\"", "a = [[\"x\"]]", "a = 1\na.b = 2", "'a.b' = 1", "a = [",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		entries, err := Parse("f", text)
		lines := 1 + bytes.Count(text, []byte{'\n'})
		for _, problem := range Problems(err) {
			var p *Problem
			if !errors.As(problem, &p) || p.line < 1 || p.line > lines || p.Message == "" {
				t.Errorf("%d lines, and the problem %#v", lines, problem)
			}
		}
		for i, e := range entries {
			if e.Line < 1 || e.Line > lines || i > 0 && e.Line < entries[i-1].Line {
				t.Errorf("%d lines, and the entry %+v", lines, e)
			}
		}
		var document map[string]any
		wrong := toml.Unmarshal(text, &document)
		if err != nil {
			return
		}
		if wrong != nil {
			t.Fatalf("the library refuses what was read as %+v: %v", entries, wrong)
		}
		if len(document) != len(entries) {
			t.Fatalf("the library reads %d values, %d were read", len(document), len(entries))
		}
		for _, e := range entries {
			if value := document[e.Name]; !same(e.Value, value) {
				t.Errorf("%+v, and the library reads %#v", e, value)
			}
		}
	})
}

func same(v Value, of any) bool {
	switch of := of.(type) {
	case string:
		return v.Kind == Text && v.Text == of
	case int64:
		return v.Kind == Integer && v.Text == strconv.FormatInt(of, 10)
	case bool:
		return v.Kind == Bool && v.Text == strconv.FormatBool(of)
	case float64:
		got, err := strconv.ParseFloat(v.Text, 64)
		return v.Kind == Float && err == nil && (got == of || math.IsNaN(got) && math.IsNaN(of))
	case []any:
		return v.Kind == List && fmt.Sprint(v.List) == fmt.Sprint(of)
	}
	return false
}
