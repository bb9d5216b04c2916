// This file reads annotated Lua: lines of prose, and declarations with the comments before them.

package api

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Item is a declaration, or a line of prose when its Name is empty.
type Item struct {
	Prose   string
	Name    string // "objclass.read", "b:str", or of a class its type
	Doc     []string
	Args    []Value // of a function
	Returns []Value
	Fields  []Value // of a class
	Type    string  // of a field
	Value   string  // of a field, as Lua writes it
	Func    bool
	Class   bool
}

// Value is an argument, a result or a field.
type Value struct {
	Name     string
	Optional bool
	Type     string
	Doc      string
}

var (
	function = regexp.MustCompile(`^function ([\w.:]+)\((.*)\) end$`)
	field    = regexp.MustCompile(`^([\w]+\.[\w]+) = (\S+)(?: -- (.*))?$`)
	table    = regexp.MustCompile(`^(?:local )?\w+ = \{\}$`)
)

// Parse reads the whole of an annotated source. It knows the annotations that objclass.lua has, and no others.
func Parse(source string) ([]Item, error) {
	var items []Item
	var next Item // what the comments before a declaration have said
	for n, line := range strings.Split(strings.TrimSuffix(source, "\n"), "\n") {
		var err error
		switch {
		case strings.HasPrefix(line, "---@"):
			err = next.annotate(line[len("---@"):])
		case strings.HasPrefix(line, "---"):
			next.Doc = append(next.Doc, line[len("---"):])
		case line == "--" || strings.HasPrefix(line, "-- "):
			items = append(items, Item{Prose: strings.TrimPrefix(line[len("--"):], " ")})
		default:
			err = next.declare(line)
			if next.Name != "" {
				items = append(items, next)
			} else if line == "" {
				items = append(items, Item{})
			}
			next = Item{}
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w: %s", n+1, err, line)
		}
	}
	return items, nil
}

// annotate takes what an annotation says, which is given without its sign.
func (it *Item) annotate(text string) error {
	tag, rest, _ := strings.Cut(text, " ")
	switch tag {
	case "param":
		it.Args = append(it.Args, named(rest))
	case "field":
		it.Fields = append(it.Fields, named(rest))
	case "return":
		it.Returns = append(it.Returns, result(rest))
	case "type":
		it.Type = rest
	case "class":
		it.Name, it.Class = rest, true
	case "meta", "operator", "overload", "generic":
	default:
		return fmt.Errorf("unknown annotation @%s", tag)
	}
	return nil
}

// declare takes what is declared in a line behind the comments; an empty one ends them.
func (it *Item) declare(line string) error {
	switch {
	case line == "" && it.Class, table.MatchString(line):
		return nil
	case line == "":
		if len(it.Doc)+len(it.Args)+len(it.Returns) > 0 {
			return fmt.Errorf("comments of nothing")
		}
		return nil
	}
	if m := function.FindStringSubmatch(line); m != nil {
		it.Name, it.Func = m[1], true
		return it.checkArgs(m[2])
	}
	if m := field.FindStringSubmatch(line); m != nil {
		it.Name, it.Value = m[1], m[2]
		if m[3] != "" {
			it.Doc = append(it.Doc, m[3])
		}
		return nil
	}
	return fmt.Errorf("unknown declaration")
}

// checkArgs fails unless each argument of a function is annotated, in order.
func (it *Item) checkArgs(list string) error {
	var declared, annotated []string
	if list != "" {
		declared = strings.Split(list, ", ")
	}
	for _, arg := range it.Args {
		annotated = append(annotated, arg.Name)
	}
	if !slices.Equal(declared, annotated) {
		return fmt.Errorf("the arguments %v are annotated as %v", declared, annotated)
	}
	return nil
}

// named reads "name type text"; a name that may be left out ends with a question mark.
func named(text string) Value {
	name, rest, _ := strings.Cut(text, " ")
	v := Value{}
	v.Name, v.Optional = strings.CutSuffix(name, "?")
	v.Type, v.Doc = cutType(rest)
	return v
}

// result reads "type name text".
func result(text string) Value {
	v := Value{}
	v.Type, text = cutType(text)
	v.Name, v.Doc, _ = strings.Cut(text, " ")
	return v
}

// cutType cuts a type off: it ends at a space that is outside of brackets, and behind neither a colon nor a comma.
func cutType(text string) (typ, rest string) {
	depth := 0
	for i, c := range text {
		switch {
		case strings.ContainsRune("(<{", c):
			depth++
		case strings.ContainsRune(")>}", c):
			depth--
		case c == ' ' && depth == 0 && text[i-1] != ':' && text[i-1] != ',':
			return text[:i], text[i+1:]
		}
	}
	return text, ""
}
