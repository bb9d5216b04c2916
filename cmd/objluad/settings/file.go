// This file reads a file of settings: TOML without tables, each line of which is "name = value".

package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/pelletier/go-toml/v2/unstable"
)

// maxFile is the most bytes of a file. It is far above what settings take.
const maxFile = 1 << 20

// Entry is a setting in a file.
type Entry struct {
	Name  string
	Value Value
	Line  int // from 1
}

// Kind is what a value is in a file.
type Kind string

const (
	Text    Kind = "text"
	Integer Kind = "integer"
	Float   Kind = "float"
	Bool    Kind = "bool"
	List    Kind = "list"
)

// Value is a value in a file.
type Value struct {
	Kind Kind
	Text string   // of all but a list; without the quotes of a text, and decimal for an integer
	List []string // of texts
}

// ReadFile reads a file of settings.
func ReadFile(path string) ([]Entry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the file of settings: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the file of settings: %w", err)
	case len(text) > maxFile:
		return nil, fmt.Errorf("%s has more than %d bytes, so it is no file of settings: %w", path, maxFile, syscall.EFBIG)
	}
	return Parse(path, text)
}

// Parse returns the settings in a text, in its order, and an error that joins a Problem for each line that is wrong. file is the
// text's name in these.
func Parse(file string, text []byte) ([]Entry, error) {
	p := &parser{file: file, first: make(map[string]int)}
	if end := bytes.IndexByte(text, 0); end >= 0 {
		p.refuse(1+bytes.Count(text[:end], []byte{'\n'}), "", "a NUL: this is no text")
		return nil, p.err()
	}
	p.toml.Reset(text)
	for p.toml.NextExpression() {
		p.expression(p.toml.Expression())
	}
	var wrong *unstable.ParserError
	switch err := p.toml.Error(); {
	case errors.As(err, &wrong):
		p.refuse(p.lineOf(wrong.Highlight), "", "%s", strings.TrimPrefix(wrong.Message, "toml: "))
	case err != nil:
		p.refuse(1, "", "%v", err)
	}
	return p.entries, p.err()
}

type parser struct {
	file     string
	toml     unstable.Parser
	entries  []Entry
	first    map[string]int // lines of names
	inTable  bool
	problems []error
}

func (p *parser) refuse(line int, setting, format string, args ...any) {
	p.problems = append(p.problems, problemAt(p.file, line, setting, format, args...))
}

func (p *parser) err() error { return errors.Join(p.problems...) }

// lineOf returns the line in which a part of the text begins. The library marks some errors by nothing: by the end of the text.
func (p *parser) lineOf(part []byte) int {
	if cap(part) == 0 {
		return 1 + bytes.Count(bytes.TrimRight(p.toml.Data(), "\n"), []byte{'\n'})
	}
	return p.toml.Shape(p.toml.Range(part)).Start.Line
}

func (p *parser) expression(e *unstable.Node) {
	var names []string
	var line int
	for key := e.Key(); key.Next(); {
		if names = append(names, string(key.Node().Data)); line == 0 {
			line = p.lineOf(p.toml.Raw(key.Node().Raw))
		}
	}
	name := strings.Join(names, ".")
	switch {
	case e.Kind != unstable.KeyValue:
		p.inTable = true
		p.refuse(line, "", "[%s] begins a table, and settings have none: each line is a name and its value", clip(name))
		return
	case p.inTable: // of which was told
		return
	case len(names) > 1:
		p.refuse(line, "", "%s is of a table, and settings have none: a name has no dots", clip(name))
		return
	case p.first[name] > 0:
		p.refuse(line, name, "%s is there twice: in line %d, too", clip(name), p.first[name])
		return
	}
	p.first[name] = line
	value, err := valueOf(e.Value())
	if err != nil {
		p.refuse(line, name, "%s: %v", clip(name), err)
		return
	}
	p.entries = append(p.entries, Entry{name, value, line})
}

func valueOf(n *unstable.Node) (Value, error) {
	switch n.Kind {
	case unstable.String:
		return Value{Kind: Text, Text: string(n.Data)}, nil
	case unstable.Bool:
		return Value{Kind: Bool, Text: string(n.Data)}, nil
	case unstable.Integer:
		i, err := strconv.ParseInt(string(n.Data), 0, 64)
		if err != nil {
			return Value{}, errors.New("no integer of 64 bits")
		}
		return Value{Kind: Integer, Text: strconv.FormatInt(i, 10)}, nil
	case unstable.Float:
		f, err := strconv.ParseFloat(strings.ReplaceAll(string(n.Data), "_", ""), 64)
		if err != nil {
			return Value{}, errors.New("no number")
		}
		return Value{Kind: Float, Text: strconv.FormatFloat(f, 'g', -1, 64)}, nil
	case unstable.Array:
		return listOf(n)
	}
	return Value{}, errors.New("neither a text in quotes, nor a number, true, false, or a list of texts; a time is a text, such as \"10s\"")
}

func listOf(n *unstable.Node) (Value, error) {
	list := Value{Kind: List}
	for elements := n.Children(); elements.Next(); {
		if elements.Node().Kind != unstable.String {
			return Value{}, errors.New("a list is of texts in quotes")
		}
		list.List = append(list.List, string(elements.Node().Data))
	}
	return list, nil
}

// clip shortens what is shown of a text that may be anything.
func clip(s string) string {
	const most = 64
	if len(s) > most {
		s = s[:most] + "…"
	}
	if quoted := strconv.Quote(s); quoted != `"`+s+`"` || s == "" {
		return quoted
	}
	return s
}
