// This file is what the terminal shows, and what keys do to it. It knows no terminal: it takes keys and makes lines.

package top

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rivo/uniseg"
)

// View is a frame as its user looks at it.
type View struct {
	frame    *Frame // nil before the first one
	tables   []table
	focus    int // the table that keys act on
	orders   []order
	selected []string // the id of the selected row of each table; "" is the first row
	filter   string
	paused   bool
	prompt   prompt
	kills    string // id of the call that the prompt is about
	note     string // what came of the last key; shown until the next
	trouble  string // why there is no newer frame
}

// prompt is what the next key answers.
type prompt int

const (
	noPrompt prompt = iota
	filterPrompt
	killPrompt
)

// Key is a key that a user pressed: a rune, or one of those with a name.
type Key struct {
	Rune rune // 0 for those with names
	Name string
}

// Action is what a key asks for beyond the view.
type Action struct {
	Quit bool
	Kill string // id of a call
}

// NewView returns a view without a frame.
func NewView() *View {
	return &View{orders: make([]order, 3), selected: make([]string, 3)}
}

// Show has the view show another frame, unless it is paused.
func (v *View) Show(f *Frame) {
	v.trouble = ""
	if v.paused && v.frame != nil {
		return
	}
	v.frame = f
	v.arrange()
}

// Fail has the view say why there is no newer frame.
func (v *View) Fail(err error) { v.trouble = err.Error() }

// Note has the view tell what came of something.
func (v *View) Note(text string) { v.note = text }

// arrange makes the tables of the frame, filtered and sorted.
func (v *View) arrange() {
	if v.frame == nil {
		return
	}
	v.tables = v.frame.tables()
	for i := range v.tables {
		v.tables[i].filter(v.filter)
		v.tables[i].sort(v.orders[i])
	}
}

// Press does what a key stands for.
func (v *View) Press(key Key) Action {
	v.note = ""
	if key.Name == "ctrl-c" {
		return Action{Quit: true}
	}
	var action Action
	switch v.prompt {
	case filterPrompt:
		v.editFilter(key)
	case killPrompt:
		action = v.answerKill(key)
	default:
		action = v.command(key)
	}
	v.arrange()
	return action
}

func (v *View) command(key Key) Action {
	by := &v.orders[v.focus]
	switch {
	case key.Rune == 'q':
		return Action{Quit: true}
	case key.Name == "tab":
		v.focus = (v.focus + 1) % len(v.orders)
	case key.Rune >= '1' && key.Rune <= '3':
		v.focus = int(key.Rune - '1')
	case key.Rune == 's' && v.tables != nil:
		by.column = (by.column + 1) % (len(v.tables[v.focus].columns) + 1)
	case key.Rune == 'r':
		by.reverse = !by.reverse
	case key.Rune == '/':
		v.prompt = filterPrompt
	case key.Name == "escape":
		v.filter = ""
	case key.Rune == 'p', key.Rune == ' ':
		v.paused = !v.paused
	case key.Rune == 'k':
		v.askKill()
	default:
		v.move(key.Name)
	}
	return Action{}
}

func (v *View) editFilter(key Key) {
	switch {
	case key.Name == "escape":
		v.filter, v.prompt = "", noPrompt
	case key.Name == "enter":
		v.prompt = noPrompt
	case key.Name == "backspace":
		if letters := []rune(v.filter); len(letters) > 0 {
			v.filter = string(letters[:len(letters)-1])
		}
	case key.Rune != 0:
		v.filter += string(key.Rune)
	}
}

// askKill asks about the selected call. The answer is about this one, whatever the frames until then have.
func (v *View) askKill() {
	v.focus = 0
	if v.tables == nil || len(v.tables[0].rows) == 0 {
		v.note = "there is no call to kill"
		return
	}
	v.kills, v.prompt = v.tables[0].rows[v.selectedRow(0)].id, killPrompt
}

func (v *View) answerKill(key Key) Action {
	v.prompt = noPrompt
	if key.Rune != 'y' && key.Rune != 'Y' {
		v.note = "call " + v.kills + " goes on"
		return Action{}
	}
	return Action{Kill: v.kills}
}

// selectedRow returns the place of a table's selected row; of the first one, if the selected one is gone.
func (v *View) selectedRow(table int) int {
	return max(slices.IndexFunc(v.tables[table].rows, func(r row) bool { return r.id == v.selected[table] }), 0)
}

// pageRows is how far a page key moves the selection.
const pageRows = 10

func (v *View) move(name string) {
	if v.tables == nil || len(v.tables[v.focus].rows) == 0 {
		return
	}
	last := len(v.tables[v.focus].rows) - 1
	to := v.selectedRow(v.focus)
	switch name {
	case "up":
		to--
	case "down":
		to++
	case "page-up":
		to -= pageRows
	case "page-down":
		to += pageRows
	case "home":
		to = 0
	case "end":
		to = last
	default:
		return
	}
	v.selected[v.focus] = v.tables[v.focus].rows[min(max(to, 0), last)].id
}

// Style says how a line looks.
type Style int

// The styles of lines.
const (
	Plain Style = iota
	Heading
	Selected
	Alert
)

// Line is a line of the terminal.
type Line struct {
	Text  string
	Style Style
}

// Lines lays the view out: no more lines than rows, and the last one of them says what keys there are. What does not fit is cut off.
func (v *View) Lines(columns, rows int) []Line {
	var lines []Line
	if v.frame == nil {
		lines = append(lines, Line{"asking the daemon", Plain})
	} else {
		for _, text := range v.frame.header() {
			lines = append(lines, Line{text, Plain})
		}
		lines = lines[:min(len(lines), max(rows-4, 1))] // a row of the table is worth more than the last of these
		lines = append(lines, v.tableLines(rows-len(lines)-1)...)
	}
	lines = lines[:min(len(lines), max(rows-1, 0))]
	for len(lines) < rows-1 {
		lines = append(lines, Line{})
	}
	if rows > 0 {
		lines = append(lines, v.status())
	}
	for i := range lines {
		lines[i].Text = cut(lines[i].Text, columns)
	}
	return lines
}

// minTable is the least rows of a table that is not in focus: title, heading and two lines.
const minTable = 4

// tableLines shares rows out: the table in focus gets what the others leave, and on a small terminal it is alone.
func (v *View) tableLines(rows int) []Line {
	if rows < len(v.tables)*minTable {
		return v.section(v.focus, rows)
	}
	share := make([]int, len(v.tables))
	left := rows
	for i, t := range v.tables {
		if i != v.focus {
			share[i] = min(len(t.rows)+3, max(rows/4, minTable))
			left -= share[i]
		}
	}
	share[v.focus] = left
	var lines []Line
	for i := range v.tables {
		section := v.section(i, share[i])
		for len(section) < share[i] && i < len(v.tables)-1 && i != v.focus {
			section = append(section, Line{})
		}
		lines = append(lines, section...)
	}
	return lines
}

// section shows a table in so many rows, with the selected one among them.
func (v *View) section(i, rows int) []Line {
	t := &v.tables[i]
	title := fmt.Sprintf("[%d] %s", i+1, t.title)
	if by := v.orders[i]; by.column > 0 {
		title += ", by " + t.columns[by.column-1].name
	}
	if v.orders[i].reverse {
		title += ", reversed"
	}
	if v.filter != "" {
		title += fmt.Sprintf(", with %q", v.filter)
	}
	if i == v.focus {
		title += " ◂"
	}
	texts := t.lines()
	lines := []Line{{title, Heading}, {texts[0], Heading}}
	room := max(rows-len(lines), 0)
	at := v.selectedRow(i)
	first := max(0, min(at-room/2, len(t.rows)-room))
	for n := first; n < min(first+room, len(t.rows)); n++ {
		style := Plain
		if i == v.focus && n == at {
			style = Selected
		}
		lines = append(lines, Line{texts[n+1], style})
	}
	return lines[:min(len(lines), max(rows, 0))]
}

// status is the last line: a question, what came of a key, trouble, or the keys.
func (v *View) status() Line {
	switch {
	case v.prompt == killPrompt:
		return Line{"kill call " + v.kills + "? y or n", Alert}
	case v.prompt == filterPrompt:
		return Line{"show what contains: " + v.filter + "_", Alert}
	case v.note != "":
		return Line{v.note, Alert}
	case v.trouble != "":
		return Line{v.trouble, Alert}
	}
	keys := "q quit  k kill  p pause  / filter  s sort  r reverse  tab table  ↑↓ select"
	if v.paused {
		keys = "PAUSED  " + keys
	}
	return Line{keys, Plain}
}

// cut returns what of a text fits into so many columns.
func cut(text string, columns int) string {
	if uniseg.StringWidth(text) <= columns {
		return text
	}
	var b strings.Builder
	width := 0
	for g := uniseg.NewGraphemes(text); g.Next(); {
		if width += g.Width(); width > columns {
			break
		}
		b.WriteString(g.Str())
	}
	return b.String()
}
