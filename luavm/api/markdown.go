// This file writes the reference as Markdown.

package api

import (
	"fmt"
	"strings"
)

const notice = "<!-- made from luavm/api/objclass.lua by make generate -->\n"

// Markdown returns the reference. Prose before the first heading is for readers of the source.
func Markdown(items []Item) string {
	w := &writer{}
	w.WriteString(notice)
	for len(items) > 0 && !strings.HasPrefix(items[0].Prose, "#") {
		items = items[1:]
	}
	for _, it := range items {
		w.item(it)
	}
	return strings.TrimRight(w.String(), "\n") + "\n"
}

type writer struct {
	strings.Builder
	rows bool // the rows of a table of constants are being written
}

func (w *writer) item(it Item) {
	constant := it.Value != "" && it.Type == ""
	if w.rows && !constant {
		w.rows = false
		w.WriteString("\n")
	}
	switch {
	case it.Name == "":
		w.line(it.Prose)
	case constant:
		w.constant(it)
	case it.Class && len(it.Fields) == 0: // a library: its functions follow
	default:
		w.section(it)
	}
}

// line writes a line, but not a second empty one.
func (w *writer) line(text string) {
	if text != "" || !strings.HasSuffix(w.String(), "\n\n") {
		w.WriteString(text + "\n")
	}
}

func (w *writer) constant(it Item) {
	if !w.rows {
		w.rows = true
		w.line("| | | |\n|---|---|---|")
	}
	_, name, _ := strings.Cut(it.Name, ".")
	w.line(fmt.Sprintf("| `%s` | %s | %s |", name, it.Value, strings.Join(it.Doc, " ")))
}

func (w *writer) section(it Item) {
	w.line("### " + title(it))
	w.line("")
	for _, line := range it.Doc {
		w.line(line)
	}
	w.line("")
	w.values(it)
	w.line("")
}

// title shows a function with its arguments.
func title(it Item) string {
	if !it.Func {
		return "`" + it.Name + "`"
	}
	return "`" + it.Name + "(" + arguments(it.Args) + ")`"
}

// arguments lists arguments, those that may be left out in brackets: "a [, b]" or "[a,] b".
func arguments(args []Value) string {
	list := ""
	for i := len(args) - 1; i >= 0; i-- {
		switch arg := args[i]; {
		case arg.Optional && i+1 < len(args) && !args[i+1].Optional:
			list = "[" + arg.Name + ",] " + list
		case arg.Optional && i > 0:
			list = " [, " + arg.Name + list + "]"
		case arg.Optional:
			list = "[" + arg.Name + list + "]"
		case list == "" || list[0] == ' ':
			list = arg.Name + list
		default:
			list = arg.Name + ", " + list
		}
	}
	return list
}

func (w *writer) values(it Item) {
	if len(it.Args)+len(it.Returns)+len(it.Fields) == 0 {
		return
	}
	w.line("| | | |\n|---|---|---|")
	for _, v := range it.Fields {
		w.value("`"+v.Name+"`", v)
	}
	for _, v := range it.Args {
		w.value("`"+v.Name+"`", v)
	}
	for _, v := range it.Returns {
		w.value("→ `"+v.Name+"`", v)
	}
}

func (w *writer) value(name string, v Value) {
	typ := v.Type
	if v.Optional && !strings.HasSuffix(typ, "?") {
		typ += "?"
	}
	w.line(fmt.Sprintf("| %s | `%s` | %s |", name, strings.ReplaceAll(typ, "|", `\|`), v.Doc))
}
