// This file is what lists leave out: what their user may not know of.

package access

import (
	"slices"
	"strings"

	"github.com/objluad/objluad/objclass"
)

// VisiblePools returns those in which the user may do anything.
func VisiblePools(user *User, names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		return !Sees(user, Operation{Need: Read | Write | Exec | Eval | Pool, Pool: One(name), Namespace: Some, Class: Some, Method: Some})
	})
}

// VisibleClasses returns those that the user may call or change.
func VisibleClasses(user *User, infos []objclass.ClassInfo) []objclass.ClassInfo {
	return slices.DeleteFunc(infos, func(info objclass.ClassInfo) bool { return !seesClass(user, info.Name) })
}

// VisibleOfClass returns what the user may know of a class that it may call or change: that no others require it but such.
func VisibleOfClass(user *User, info objclass.ClassInfo) objclass.ClassInfo {
	info.RequiredBy = slices.DeleteFunc(slices.Clone(info.RequiredBy), func(spec string) bool {
		name, _, _ := strings.Cut(spec, "@")
		return !seesClass(user, name)
	})
	return info
}

func seesClass(user *User, name string) bool { return Sees(user, OnClass(Class|Exec, name)) }

// VisibleCalls returns the user's own, or all when it may end them.
func VisibleCalls(user *User, infos []objclass.CallInfo) []objclass.CallInfo {
	return slices.DeleteFunc(infos, func(info objclass.CallInfo) bool {
		return !Sees(user, Operation{Need: Admin, Owner: info.User})
	})
}
