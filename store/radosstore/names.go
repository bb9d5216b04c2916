//go:build !norados

package radosstore

// This file makes names of xattrs that librados can carry: not empty, and without a NUL.

import "strings"

// escapedPrefix begins the names that stand for others. All other names stand for themselves.
const escapedPrefix = "objluad:"

// touched is the one name that stands for none of ours: touch removes it, and so it is on no object.
const touched = escapedPrefix + "%"

// escaper writes what follows the prefix. Its output has no NUL, and is told apart from any other's.
var escaper = strings.NewReplacer("\x00", "%00", "%", "%25")

// escapeName returns the name under which RADOS keeps an xattr. Each name of RADOS but touched stands for exactly one of
// ours: one that another program gave is escaped only if it looks as if we had.
func escapeName(name string) string {
	if name != "" && name != touched && strings.IndexByte(name, 0) < 0 && unescapeName(name) == name {
		return name
	}
	return escapedPrefix + escaper.Replace(name)
}

// unescapeName is the reverse of escapeName.
func unescapeName(name string) string {
	rest, ok := strings.CutPrefix(name, escapedPrefix)
	if !ok {
		return name
	}
	original := unescape(rest)
	if escaper.Replace(original) != rest || escapeName(original) != name {
		return name // we would not have written it so
	}
	return original
}

func unescape(s string) string {
	return strings.NewReplacer("%00", "\x00", "%25", "%").Replace(s)
}
