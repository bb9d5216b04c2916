// This file is what lists leave out: what their user may not know of.

package access

import (
	"slices"

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
	return slices.DeleteFunc(infos, func(info objclass.ClassInfo) bool {
		return !Sees(user, OnClass(Class|Exec, info.Name))
	})
}

// VisibleCalls returns the user's own, or all when it may end them.
func VisibleCalls(user *User, infos []objclass.CallInfo) []objclass.CallInfo {
	return slices.DeleteFunc(infos, func(info objclass.CallInfo) bool {
		return !Sees(user, Operation{Need: Admin, Owner: info.User})
	})
}
