// This file is tables of a class's source, as an engine hands them over, and how they are read strictly.

package objclass

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Table is a table that a class's source gave. Keys and values are strings, int64, float64, bool, and OtherValue; values may be
// Tables, too.
type Table map[any]any

// OtherValue is a value that means nothing outside of the VM, by the name of its type: "function".
type OtherValue string

// reader reads the value at a place of the table.
type reader func(path string, v any) error

// fields are the keys that a table may have.
type fields map[string]reader

func readTable(path string, v any, known fields) error {
	t, err := table(path, v)
	if err != nil {
		return err
	}
	for _, key := range sortedKeys(t) {
		name, _ := key.(string)
		read, ok := known[name]
		if !ok {
			names := slices.Sorted(maps.Keys(known))
			return fmt.Errorf("%s is unknown; there are %s", at(path, key), strings.Join(names, ", "))
		}
		if err := read(at(path, key), t[key]); err != nil {
			return err
		}
	}
	return nil
}

func table(path string, v any) (Table, error) {
	t, ok := v.(Table)
	if !ok {
		return nil, wrongType(path, v, "a table")
	}
	return t, nil
}

func text(s *string) reader {
	return func(path string, v any) (err error) {
		*s, err = utf8Text(path, v)
		return err
	}
}

func utf8Text(path string, v any) (string, error) {
	s, ok := v.(string)
	switch {
	case !ok:
		return "", wrongType(path, v, "a string")
	case !utf8.ValidString(s):
		return "", fmt.Errorf("%s is not UTF-8", path)
	}
	return s, nil
}

func oneOf(s *string, known []string) reader {
	return func(path string, v any) (err error) {
		if *s, err = utf8Text(path, v); err == nil && !slices.Contains(known, *s) {
			return fmt.Errorf("%s is %.40q; it is one of %s", path, *s, strings.Join(known, ", "))
		}
		return err
	}
}

func boolean(b *bool) reader {
	return func(path string, v any) (err error) {
		var ok bool
		if *b, ok = v.(bool); !ok {
			return wrongType(path, v, "true or false")
		}
		return nil
	}
}

func flags(s *string) reader {
	return func(path string, v any) error {
		n, ok := integer(v)
		if !ok {
			return wrongType(path, v, "flags: objclass.RD, objclass.WR, or both joined by |")
		}
		if n < 1 || n > int64(RD|WR) {
			return fmt.Errorf("%s is %d; flags are objclass.RD, objclass.WR, or both joined by |", path, n)
		}
		*s = Flags(n).String()
		return nil
	}
}

// upTo reads an integer from 1 to the server's limit.
func upTo(n *int64, limit int64) reader {
	return func(path string, v any) error {
		var ok bool
		*n, ok = integer(v)
		switch {
		case !ok:
			return wrongType(path, v, "an integer")
		case *n < 1:
			return fmt.Errorf("%s is %d; the least is 1", path, *n)
		case *n > limit:
			return fmt.Errorf("%s is %d, the server's limit is %d", path, *n, limit)
		}
		return nil
	}
}

// maxPrefixes bounds what each key of a method is compared with.
const maxPrefixes = 64

// prefixes reads true for all names, false for none, or a sequence of prefixes.
func prefixes(p *Prefixes) reader {
	return func(path string, v any) error {
		switch v := v.(type) {
		case bool:
			if v {
				*p = Prefixes{""}
			}
			return nil
		case Table:
			if len(v) > maxPrefixes {
				return fmt.Errorf("%s has %d prefixes; the most are %d", path, len(v), maxPrefixes)
			}
			for i := range int64(len(v)) {
				element, ok := v[i+1]
				if !ok {
					return fmt.Errorf("%s is no sequence: it has %d elements, but no [%d]", path, len(v), i+1)
				}
				prefix, ok := element.(string)
				if !ok {
					return wrongType(at(path, i+1), element, "a string")
				}
				*p = append(*p, Prefix(prefix))
			}
			return nil
		}
		return wrongType(path, v, "true, false, or a list of prefixes")
	}
}

// integer returns an integer, or a float that is one.
func integer(v any) (n int64, ok bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case float64:
		return int64(v), v == math.Trunc(v) && math.Abs(v) < 1<<53
	}
	return 0, false
}

func wrongType(path string, v any, want string) error {
	if path == "" {
		path = "it"
	}
	return fmt.Errorf("%s is %s, not %s", path, kindOf(v), want)
}

// kindOf names a value for an error message: a number is best shown.
func kindOf(v any) string {
	switch v := v.(type) {
	case string:
		return "a string"
	case bool:
		return fmt.Sprint(v)
	case Table:
		return "a table"
	case OtherValue:
		return "a " + string(v)
	}
	return fmt.Sprint(v)
}

// at returns the path of a field, as Lua would write it.
func at(path string, key any) string {
	name, ok := key.(string)
	switch {
	case ok && isName(name) && path == "":
		return name
	case ok && isName(name):
		return path + "." + name
	case ok:
		return fmt.Sprintf("%s[%.80q]", path, name)
	}
	return fmt.Sprintf("%s[%v]", path, key)
}

func isName(s string) bool {
	return s != "" && len(s) <= 80 && !('0' <= s[0] && s[0] <= '9') &&
		strings.IndexFunc(s, func(c rune) bool { return c != '_' && !(c < 0x80 && isLetterOrDigit(byte(c))) }) < 0
}

// sortedKeys returns the keys in an order that depends on nothing else, so that of several errors always the same is told.
func sortedKeys(t Table) []any {
	return slices.SortedFunc(maps.Keys(t), func(a, b any) int {
		x, xOK := integer(a)
		y, yOK := integer(b)
		if xOK && yOK {
			return cmp.Compare(x, y)
		}
		return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
	})
}
