// This file lays a frame out as tables of text.

package top

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// table is a titled table. Its rows can be sorted by any column, and filtered.
type table struct {
	title   string
	columns []column
	rows    []row
}

type column struct {
	name   string
	number bool // aligned to the right, and sorted with the largest first
}

type row struct {
	id    string // of what it shows, in this frame and in others
	cells []cell
}

type cell struct {
	text   string
	number float64 // what a column of numbers is sorted by
}

// order says how a table is sorted: as the frame has it, or by a column.
type order struct {
	column  int // from 1; 0 is the frame's order
	reverse bool
}

// tables returns the frame's tables.
func (f *Frame) tables() []table {
	calls := table{title: "calls under way", columns: []column{
		{"ID", true}, {"AGE", true}, {"RAN", true}, {"STATE", false}, {"POOL", false}, {"OID", false}, {"CLASS", false}, {"METHOD", false}, {"CLIENT", false}}}
	for _, c := range f.Calls {
		id := strconv.FormatUint(c.ID, 10)
		calls.rows = append(calls.rows, row{id, []cell{
			{id, float64(c.ID)}, duration(c.Age), duration(c.Ran), text(c.State), text(Word(c.Target())), text(Word(c.OID)),
			text(Word(c.Class)), text(Word(c.Method)), text(c.Client)}})
	}
	classes := table{title: "classes by cost", columns: append([]column{{"CLASS", false}}, costColumns...)}
	for _, c := range f.Classes {
		classes.rows = append(classes.rows, row{c.Class, append([]cell{text(className(c.Class))}, costCells(c)...)})
	}
	methods := table{title: "slowest methods", columns: append([]column{{"CLASS", false}, {"METHOD", false}}, costColumns...)}
	for _, c := range f.Methods {
		methods.rows = append(methods.rows, row{c.Class + " " + c.Method,
			append([]cell{text(className(c.Class)), text(Word(c.Method))}, costCells(c)...)})
	}
	return []table{calls, classes, methods}
}

var costColumns = []column{{"CALLS/S", true}, {"CPU%", true}, {"MEAN", true}, {"P99", true}, {"CPU/CALL", true}, {"FAILED/S", true}, {"TRAPS/S", true}}

func costCells(c Cost) []cell {
	seconds := float64(c.Calls) / c.Rate // of the frame; a cost that is shown has calls
	return []cell{
		rate(c.Rate), {fmt.Sprintf("%.1f", c.CPU), c.CPU}, duration(micros(c.Mean)), duration(micros(c.P99)),
		duration(micros(c.CPUs / int64(c.Calls))), rate(float64(c.Failed) / seconds), rate(float64(c.Traps) / seconds),
	}
}

// className names what the metrics have without a name.
func className(class string) string {
	if class == "" {
		return "(none)"
	}
	return Word(class)
}

func text(s string) cell { return cell{text: s} }

func rate(perSecond float64) cell {
	digits := 1
	if perSecond >= 100 || perSecond == 0 {
		digits = 0
	}
	return cell{strconv.FormatFloat(perSecond, 'f', digits, 64), perSecond}
}

func micros(us int64) time.Duration { return time.Duration(us) * time.Microsecond }

// duration has three digits at least: 12.3ms, 1.23s, 12m3s.
func duration(d time.Duration) cell {
	shown := d.Round(time.Second).String()
	switch {
	case d < time.Millisecond:
		shown = strconv.FormatInt(d.Microseconds(), 10) + "µs"
	case d < time.Second:
		shown = fmt.Sprintf("%.3gms", min(float64(d)/float64(time.Millisecond), 999))
	case d < time.Minute:
		shown = fmt.Sprintf("%.3gs", d.Seconds())
	}
	return cell{shown, float64(d)}
}

// Word returns what a client chose as one word of a table: quoted, unless it is one that needs no quotes.
func Word(s string) string {
	for _, r := range s {
		if r == ' ' || r == '"' || r == '\\' || !strconv.IsPrint(r) || r == utf8.RuneError {
			return strconv.Quote(s)
		}
	}
	if s == "" {
		return `""`
	}
	return s
}

// filter keeps the rows in which a cell contains the text, in whatever case.
func (t *table) filter(what string) {
	if what == "" {
		return
	}
	what = strings.ToLower(what)
	t.rows = slices.DeleteFunc(t.rows, func(r row) bool {
		return !slices.ContainsFunc(r.cells, func(c cell) bool { return strings.Contains(strings.ToLower(c.text), what) })
	})
}

func (t *table) sort(by order) {
	if i := by.column - 1; i >= 0 {
		slices.SortStableFunc(t.rows, func(a, b row) int {
			if t.columns[i].number {
				return cmp.Compare(b.cells[i].number, a.cells[i].number)
			}
			return strings.Compare(a.cells[i].text, b.cells[i].text)
		})
	}
	if by.reverse {
		slices.Reverse(t.rows)
	}
}

// lines returns the heading and a line for each row, with the columns aligned.
func (t *table) lines() []string {
	widths := make([]int, len(t.columns))
	for i, c := range t.columns {
		widths[i] = len(c.name)
		for _, r := range t.rows {
			widths[i] = max(widths[i], uniseg.StringWidth(r.cells[i].text))
		}
	}
	line := func(cell func(int) string) string {
		var b strings.Builder
		for i, c := range t.columns {
			text := cell(i)
			space := strings.Repeat(" ", widths[i]-uniseg.StringWidth(text))
			if c.number {
				text = space + text
			} else {
				text += space
			}
			b.WriteString(text + "  ")
		}
		return strings.TrimRight(b.String(), " ")
	}
	lines := []string{line(func(i int) string { return t.columns[i].name })}
	for _, r := range t.rows {
		lines = append(lines, line(func(i int) string { return r.cells[i].text }))
	}
	return lines
}
