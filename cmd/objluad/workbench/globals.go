// This file finds what a class does with global names that can hardly be meant.

package workbench

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/objluad/objluad/luavm"
	"github.com/objluad/objluad/objclass"
)

//go:embed globals.lua
var globalsScript []byte

// knownGlobals returns the globals that each script has, with their members where they are tables.
func (w *Workbench) knownGlobals(ctx context.Context) (map[string]map[string]bool, error) {
	reply, err := w.Exec(ctx, "globals", objclass.Call{Script: globalsScript, Method: "globals"})
	if err != nil {
		return nil, err
	}
	var known map[string]map[string]bool
	err = json.Unmarshal(reply.Output, &known)
	return known, err
}

// nameReader looks at what a class does with names.
type nameReader struct {
	known      map[string]map[string]bool
	names      *luavm.Names
	registered map[string]bool
	set, read  map[string]bool
	told       map[string]bool
	warnings   []string
}

// globalWarnings says what of a class's globals can hardly be meant, in order of their lines.
func (w *Workbench) globalWarnings(ctx context.Context, class objclass.ClassInfo, source []byte) ([]string, error) {
	known, err := w.knownGlobals(ctx)
	if err != nil {
		return nil, err
	}
	names, err := luavm.ReadNames(source)
	if err != nil {
		return nil, err
	}
	r := &nameReader{known: known, names: names, registered: map[string]bool{}, set: map[string]bool{}, read: map[string]bool{}, told: map[string]bool{}}
	for _, m := range class.Methods {
		r.registered[m.Name] = true
	}
	for _, n := range names.Globals {
		if n.Set {
			r.set[n.Global] = true
		} else {
			r.read[n.Global] = true
		}
	}
	slices.SortStableFunc(names.Globals, func(a, b luavm.Name) int { return a.Line - b.Line })
	for _, n := range names.Globals {
		r.look(n)
	}
	return r.warnings, nil
}

func (r *nameReader) look(n luavm.Name) {
	dynamic := r.names.Dynamic || r.read["_G"] || r.read["load"] // then names are no evidence of what is unused or unknown
	members, known := r.known[n.Global]
	switch {
	case n.Set && n.Inner:
		r.warn(n, "sets the global %s, which is as before in the next call: is local missing?", n.Global)
	case n.Set && !r.read[n.Global] && !r.registered[n.Global] && !known && !dynamic:
		r.warn(n, "sets the global %s, which is neither registered nor used", n.Global)
	case !n.Set && !known && !r.set[n.Global] && !dynamic:
		r.warn(n, "reads the global %s, which nothing sets%s", n.Global, nearest(n.Global, maps.Keys(r.known), maps.Keys(r.set)))
	case n.Member != "" && len(members) > 0 && !r.set[n.Global] && !members[n.Member] && !r.names.Fields[n.Member]:
		r.warn(n, "reads %s.%s, which there is not%s", n.Global, n.Member, nearest(n.Member, maps.Keys(members)))
	}
}

// warn adds a warning, unless the same was told of an earlier line.
func (r *nameReader) warn(n luavm.Name, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !r.told[text] {
		r.told[text] = true
		r.warnings = append(r.warnings, fmt.Sprintf("line %d %s", n.Line, text))
	}
}

// nearest suggests a name that differs from a wrong one by two letters at most, if there is one.
func nearest(wrong string, names ...iter.Seq[string]) string {
	best, least := "", min(3, len(wrong))
	for _, some := range names {
		for name := range some {
			if d := distance(wrong, name); d < least || d == least && name < best {
				best, least = name, d
			}
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// distance returns how many letters must be added, removed, replaced, or swapped with the next one, to make b of a.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replace := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			rows[i][j] = min(replace, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
