// This file is what capabilities are compared with: an operation, and what it is done to.

package access

import "strings"

// Permission is a set of things that may be done. Those from Read to Admin are what capabilities grant.
type Permission uint16

const (
	Read  Permission = 1 << iota // read objects, and list them
	Write                        // change objects, without a method
	Exec                         // call methods of installed classes, which read and write their object as they are made to
	Eval                         // run scripts that are sent with a call
	Class                        // install classes, and whatever else changes them
	Pool                         // create and remove pools
	Admin                        // see and end what others do, and back up the store
	Login                        // what everyone may who has logged in
	Open                         // what everyone may

	object = Read | Write | Exec | Eval
	all    = object | Class | Pool | Admin
)

// words are the permissions as capabilities name them, in the order in which String has them.
var words = []struct {
	text   string
	set    Permission
	limits []limit // that a grant of it may have
}{
	{"r", Read, []limit{byPool, byNamespace}},
	{"w", Write, []limit{byPool, byNamespace}},
	{"x", Exec, []limit{byPool, byNamespace, byClass, byMethod}},
	{"eval", Eval, []limit{byPool, byNamespace}},
	{"class", Class, []limit{byClass}},
	{"pool", Pool, []limit{byPool}},
	{"admin", Admin, nil},
}

// limit is one of the things by which a grant is limited.
type limit uint8

const (
	byPool limit = iota
	byNamespace
	byClass
	byMethod
	limits
)

var limitNames = [limits]string{"pool", "namespace", "class", "method"}

// Target is which pools, namespaces, classes or methods an operation concerns. The zero Target is the one that has an empty name.
type Target struct {
	name string
	kind targetKind
}

type targetKind uint8

const (
	oneTarget targetKind = iota
	everyTarget
	someTarget
)

// Every is all of them: only a grant that is not limited covers it.
var Every = Target{kind: everyTarget}

// Some is any of them: each grant covers it, however it is limited.
var Some = Target{kind: someTarget}

// One is the one of that name.
func One(name string) Target { return Target{name: name} }

// Operation is something that a client asks for. The zero Operation is allowed to nobody.
type Operation struct {
	Name string     // "obj.read", "client|list", or "GET /v1/df"
	Need Permission // one of these is needed
	And  Permission // and one of these, on the same pool and namespace; 0 is none

	Pool, Namespace, Class, Method Target

	Owner string // whose it is, who needs no permission for it; "" is nobody's
}

func (op *Operation) target(by limit) Target {
	return [limits]Target{op.Pool, op.Namespace, op.Class, op.Method}[by]
}

// Shown returns the operation's name as people write it: "OBJ.READ", "CLIENT LIST".
func (op *Operation) Shown() string {
	if strings.Contains(op.Name, " ") {
		return op.Name
	}
	return strings.ToUpper(strings.ReplaceAll(op.Name, "|", " "))
}

// On describes what the operation is done to, for people: "pool a, namespace n, class c, method m".
func (op *Operation) On() string {
	var parts []string
	for by := range limits {
		target := op.target(by)
		switch {
		case !concerns(op.Need, by) || target.kind == someTarget:
		case target.kind == everyTarget:
			parts = append(parts, "every "+limitNames[by])
		case target.name != "":
			parts = append(parts, limitNames[by]+" "+shown(target.name))
		}
	}
	return strings.Join(parts, ", ")
}

// needs returns the capabilities that a user lacks who may not do the operation.
func (op *Operation) needs() string {
	text := op.grantOf(op.Need)
	if op.And != 0 {
		text += ", " + op.grantOf(op.And)
	}
	return text
}

// grantOf returns the narrowest grant of a permission that covers the operation.
func (op *Operation) grantOf(need Permission) string {
	text := "allow " + firstWord(need)
	for by := range limits {
		target := op.target(by)
		if target.kind == oneTarget && concerns(need, by) && (by != byNamespace || target.name != "") {
			text += " " + limitNames[by] + "=" + shown(target.name)
		}
	}
	return text
}

// maxShown is the most bytes of a name in errors and in the audit log: those of the longest names that there are. A client may send
// longer ones.
const maxShown = 256

func shown(name string) string {
	if len(name) > maxShown {
		return quote(name[:maxShown]) + "…"
	}
	return quote(name)
}

func firstWord(set Permission) string {
	for _, w := range words {
		if set&w.set != 0 {
			return w.text
		}
	}
	return ""
}

// concerns reports whether grants of a permission can be limited so.
func concerns(set Permission, by limit) bool {
	for _, w := range words {
		if set&w.set == 0 {
			continue
		}
		for _, l := range w.limits {
			if l == by {
				return true
			}
		}
	}
	return false
}
