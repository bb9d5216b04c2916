// This file reads the usage of a command, as "pool oid [offset length]", into what COMMAND DOCS tells of its arguments.

package resp

import (
	"strings"
	"unicode"
)

// usageArg is an argument of a command, in the terms of COMMAND DOCS.
type usageArg struct {
	name               string
	token              string // the word that stands before its value, or is all of it
	kind               string // string, integer, double, pure-token, oneof of args, or block of args
	optional, multiple bool
	args               []usageArg
}

func (a *usageArg) flags() (flags []string) {
	if a.optional {
		flags = append(flags, "optional")
	}
	if a.multiple {
		flags = append(flags, "multiple")
	}
	return flags
}

// usageKinds are the kinds of values that are no strings.
var usageKinds = map[string]string{
	"offset": "integer", "length": "integer", "size": "integer", "count": "integer", "milliseconds": "integer", "seconds": "integer",
	"id": "integer", "index": "integer", "protover": "integer", "percent": "double",
}

// parseUsage reads a usage:
//
//	name            a value
//	TOKEN a b       a word to be written as it is, and its values
//	ON|OFF          one of these words
//	[a b]           may be left out
//	[a b ...]       may be repeated
//	a b | c d       one or the other
func parseUsage(usage string) []usageArg {
	p := usageParser{left: usage}
	return p.alternatives()
}

type usageParser struct{ left string }

// peek returns the next word, bracket or bar; "" is the end.
func (p *usageParser) peek() string {
	p.left = strings.TrimLeft(p.left, " ")
	depth := 0 // of brackets within the word, as in name[@version]
	for i, c := range p.left {
		switch {
		case i == 0 && (c == '[' || c == ']'):
			return p.left[:1]
		case c == '[':
			depth++
		case c == ']' && depth > 0:
			depth--
		case c == ']' || c == ' ':
			return p.left[:i]
		}
	}
	return p.left
}

func (p *usageParser) next() string {
	word := p.peek()
	p.left = p.left[len(word):]
	return word
}

// alternatives reads to the closing bracket, or the end.
func (p *usageParser) alternatives() []usageArg {
	first := p.sequence()
	if p.peek() != "|" {
		return first
	}
	oneOf := usageArg{name: first[0].name, kind: "oneof", args: []usageArg{group(first)}}
	for p.peek() == "|" {
		p.next()
		oneOf.args = append(oneOf.args, group(p.sequence()))
	}
	return []usageArg{oneOf}
}

func (p *usageParser) sequence() (args []usageArg) {
	for {
		switch word := p.peek(); {
		case word == "" || word == "]" || word == "|":
			return args
		case word == "[":
			p.next()
			arg := group(p.alternatives())
			p.next()
			arg.optional = true
			args = append(args, arg)
		case word == "...":
			p.next()
			all := group(args)
			all.multiple = true
			args = []usageArg{all}
		case isToken(word):
			p.next()
			args = append(args, p.token(word))
		default:
			p.next()
			args = append(args, value(word))
		}
	}
}

// token reads the values behind a token. One that is several words with bars between them has none.
func (p *usageParser) token(word string) usageArg {
	if choices := strings.Split(word, "|"); len(choices) > 1 {
		oneOf := usageArg{name: strings.ToLower(choices[0]), kind: "oneof"}
		for _, choice := range choices {
			oneOf.args = append(oneOf.args, pureToken(choice))
		}
		return oneOf
	}
	var values []usageArg
	for next := p.peek(); isName(next); next = p.peek() {
		values = append(values, value(p.next()))
	}
	if len(values) == 0 {
		return pureToken(word)
	}
	arg := group(values)
	arg.token = word
	return arg
}

// group returns one argument for several in their order.
func group(args []usageArg) usageArg {
	if len(args) == 1 {
		return args[0]
	}
	return usageArg{name: args[0].name, kind: "block", args: args}
}

func pureToken(word string) usageArg {
	return usageArg{name: strings.ToLower(word), token: word, kind: "pure-token"}
}

func value(name string) usageArg {
	kind := usageKinds[name]
	if kind == "" {
		kind = "string"
	}
	return usageArg{name: name, kind: kind}
}

func isToken(word string) bool {
	return strings.ContainsFunc(word, unicode.IsUpper) && !strings.ContainsFunc(word, unicode.IsLower)
}

func isName(word string) bool { return strings.ContainsFunc(word, unicode.IsLower) }
