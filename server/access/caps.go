// This file is capabilities: what a user was given, and how that is written.

package access

import (
	"strings"
)

// Caps is what a user may do. The zero Caps is nothing but what Login allows.
type Caps struct{ grants []grant }

// grant is one "allow …". A limit that is nil does not limit.
type grant struct {
	set    Permission
	limits [limits]*pattern
}

// pattern is the value of a limit: a name, or what names begin with.
type pattern struct {
	text   string
	prefix bool
}

func (p *pattern) covers(t Target) bool {
	switch {
	case t.kind == someTarget:
		return true
	case t.kind == everyTarget:
		return p.prefix && p.text == ""
	case p.prefix:
		return strings.HasPrefix(t.name, p.text)
	}
	return t.name == p.text
}

// String returns the capabilities as ParseCaps reads them.
func (c Caps) String() string {
	var b strings.Builder
	for i := range c.grants {
		if i > 0 {
			b.WriteString(", ")
		}
		c.grants[i].write(&b)
	}
	return b.String()
}

func (g *grant) write(b *strings.Builder) {
	b.WriteString("allow")
	switch {
	case g.isAll():
		b.WriteString(" *")
	default:
		separator := " "
		for _, w := range words {
			if g.set&w.set == 0 {
				continue
			}
			if len(w.text) > 1 {
				separator = " "
			}
			b.WriteString(separator + w.text)
			separator = ""
		}
	}
	for by, p := range g.limits {
		if p == nil {
			continue
		}
		b.WriteString(" " + limitNames[by] + "=")
		if p.text != "" || !p.prefix {
			b.WriteString(quote(p.text))
		}
		if p.prefix {
			b.WriteByte('*')
		}
	}
}

// isAll reports whether the grant is one that "*" stands for.
func (g *grant) isAll() bool {
	return g.set == all || g.set == object && (g.limits[byPool] != nil || g.limits[byNamespace] != nil)
}

// quote returns a name as capabilities have it: in quotes where it has other characters than a word.
func quote(name string) string {
	word := name != ""
	for i := range len(name) {
		word = word && isWordByte(name[i])
	}
	if word {
		return name
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(name) {
		if name[i] == '"' || name[i] == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(name[i])
	}
	b.WriteByte('"')
	return b.String()
}

func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("_-.:/@+", c) >= 0
}
