// This file reads capabilities:
//
//	caps       = [ grant { ( "," | ";" ) grant } ]
//	grant      = "allow" permission { permission } { limit }
//	permission = "*" | "eval" | "class" | "pool" | "admin" | one or more of the letters "r", "w", "x"
//	limit      = ( "pool" | "namespace" | "class" | "method" ) "=" value
//	value      = name [ "*" ] | "*"
//	name       = one or more of A-Z a-z 0-9 _ - . : / @ + | a string in " or ', with \ before " ' and \ in it
//
// A value that ends in "*" stands for all names with that beginning.

package access

import (
	"fmt"
	"slices"
	"strings"
)

// maxCaps is the most bytes of a user's capabilities.
const maxCaps = 64 << 10

// CapsError says what is wrong with capabilities, and where.
type CapsError struct {
	Position int // byte, from 1
	Message  string
}

func (e *CapsError) Error() string {
	return fmt.Sprintf("the capabilities are wrong at character %d: %s", e.Position, e.Message)
}

// ParseCaps reads capabilities, as in "allow r pool=a, allow x class=counter method=inc pool=b". An empty text is none. Its errors
// are *CapsError.
func ParseCaps(text string) (Caps, error) {
	if len(text) > maxCaps {
		return Caps{}, &CapsError{maxCaps + 1, fmt.Sprintf("they have %d bytes, the limit is %d", len(text), maxCaps)}
	}
	p := &capsParser{text: text}
	var caps Caps
	for p.space(); p.at < len(p.text) || len(caps.grants) > 0; p.space() {
		g, err := p.grant()
		if err != nil {
			return Caps{}, err
		}
		caps.grants = append(caps.grants, g)
		if p.at == len(p.text) {
			break
		}
		p.at++ // the separator at which the grant ended
	}
	return caps, nil
}

type capsParser struct {
	text string
	at   int
}

func (p *capsParser) fail(at int, format string, args ...any) error {
	return &CapsError{at + 1, fmt.Sprintf(format, args...)}
}

func (p *capsParser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t", p.text[p.at]) >= 0 {
		p.at++
	}
}

// ends reports whether a grant ends here.
func (p *capsParser) ends() bool {
	return p.at == len(p.text) || p.text[p.at] == ',' || p.text[p.at] == ';'
}

// word reads a word, which may be empty.
func (p *capsParser) word() string {
	from := p.at
	for p.at < len(p.text) && isWordByte(p.text[p.at]) {
		p.at++
	}
	return p.text[from:p.at]
}

// rest describes what is at a place, for an error.
func (p *capsParser) rest(at int) string {
	if at == len(p.text) {
		return "the end"
	}
	rest := p.text[at:]
	if i := strings.IndexAny(rest, " \t,;="); i > 0 {
		rest = rest[:i]
	}
	return fmt.Sprintf("%.40q", rest)
}

func (p *capsParser) grant() (grant, error) {
	from := p.at
	if word := p.word(); word != "allow" {
		return grant{}, p.fail(from, `each capability begins with "allow", not with %s`, p.rest(from))
	}
	var g grant
	starAt := -1
	for p.space(); !p.ends(); p.space() {
		at := p.at
		if strings.IndexByte(" \t", p.text[at-1]) < 0 {
			return grant{}, p.fail(at, "a space is missing before %s", p.rest(at))
		}
		if p.text[at] == '*' {
			p.at++
			starAt = at
			continue
		}
		word := p.word()
		if p.at < len(p.text) && p.text[p.at] == '=' {
			p.at++
			if err := p.limit(&g, word, at); err != nil {
				return grant{}, err
			}
			continue
		}
		if at == p.at {
			return grant{}, p.fail(at, "%s is no permission and no limit", p.rest(at))
		}
		if g.limited() {
			return grant{}, p.fail(at, "permissions come before limits, not behind: %s", p.rest(at))
		}
		set, ok := permissions(word)
		if !ok {
			return grant{}, p.fail(at, "%q is no permission: these are *, any of the letters r, w and x, eval, class, pool and admin", word)
		}
		g.set |= set
	}
	return p.complete(g, from, starAt)
}

// complete checks a grant whose parts are all read.
func (p *capsParser) complete(g grant, from, starAt int) (grant, error) {
	switch {
	case starAt >= 0 && g.set != 0:
		return grant{}, p.fail(starAt, "* is all permissions, so it stands alone")
	case starAt >= 0 && (g.limits[byClass] != nil || g.limits[byMethod] != nil):
		return grant{}, p.fail(starAt, "* cannot be limited by class or method: write x")
	case starAt >= 0 && g.limited():
		g.set = object
	case starAt >= 0:
		g.set = all
	case g.set == 0:
		return grant{}, p.fail(p.at, "the capability at character %d grants nothing: name a permission", from+1)
	}
	for _, w := range words {
		for by := range limits {
			if g.set&w.set != 0 && g.limits[by] != nil && !slices.Contains(w.limits, by) {
				return grant{}, p.fail(from, "%s cannot be limited by %s: give it in a capability of its own", w.text, limitNames[by])
			}
		}
	}
	return g, nil
}

func (g *grant) limited() bool { return g.limits != [limits]*pattern{} }

// limit reads the value of a limit into the grant.
func (p *capsParser) limit(g *grant, name string, at int) error {
	by := limit(slices.Index(limitNames[:], name))
	switch {
	case !slices.Contains(limitNames[:], name):
		return p.fail(at, "%q is no limit: these are pool, namespace, class and method", name)
	case g.limits[by] != nil:
		return p.fail(at, "%s is limited twice", name)
	}
	value, err := p.value(name)
	if err != nil {
		return err
	}
	g.limits[by] = value
	return nil
}

func (p *capsParser) value(name string) (*pattern, error) {
	v := &pattern{}
	at, quoted := p.at, p.at < len(p.text) && (p.text[p.at] == '"' || p.text[p.at] == '\'')
	if quoted {
		var err error
		if v.text, err = p.quoted(); err != nil {
			return nil, err
		}
	} else {
		v.text = p.word()
	}
	if p.at < len(p.text) && p.text[p.at] == '*' {
		p.at++
		v.prefix = true
	}
	if v.text == "" && !v.prefix && !(quoted && name == "namespace") {
		return nil, p.fail(at, `%s= is followed by a name, or by the beginning of names and *`, name)
	}
	return v, nil
}

func (p *capsParser) quoted() (string, error) {
	from, quote := p.at, p.text[p.at]
	var b strings.Builder
	for p.at++; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == quote:
			p.at++
			return b.String(), nil
		case c == '\\' && p.at+1 < len(p.text) && strings.IndexByte(`"'\`, p.text[p.at+1]) >= 0:
			p.at++
			b.WriteByte(p.text[p.at])
		case c == '\\':
			return "", p.fail(p.at, `in quotes \ comes before ", ' or \ only`)
		case c < ' ' || c == 0x7f:
			return "", p.fail(p.at, "a name in capabilities has no control characters")
		default:
			b.WriteByte(c)
		}
	}
	return "", p.fail(from, "the quote is not closed")
}

// permissions reads a word such as "rw" or "eval".
func permissions(word string) (set Permission, ok bool) {
	for _, w := range words {
		if w.text == word {
			return w.set, true
		}
	}
	for _, c := range word {
		i := strings.IndexRune("rwx", c)
		if i < 0 {
			return 0, false
		}
		set |= words[i].set
	}
	return set, word != ""
}
