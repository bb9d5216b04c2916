// This file is what lists leave out: what their user may not know of.

package server

import (
	"slices"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/access"
)

// visiblePools returns those in which the user may do anything.
func visiblePools(user *access.User, names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		return !access.Sees(user, access.Operation{Need: access.Read | access.Write | access.Exec | access.Eval | access.Pool,
			Pool: access.One(name), Namespace: access.Some, Class: access.Some, Method: access.Some})
	})
}

// visibleClasses returns those that the user may call or change.
func visibleClasses(user *access.User, infos []objclass.ClassInfo) []objclass.ClassInfo {
	return slices.DeleteFunc(infos, func(info objclass.ClassInfo) bool {
		return !access.Sees(user, onClass(access.Class|access.Exec, info.Name))
	})
}

// visibleCalls returns the user's own, or all when it may end them.
func visibleCalls(user *access.User, infos []objclass.CallInfo) []objclass.CallInfo {
	return slices.DeleteFunc(infos, func(info objclass.CallInfo) bool {
		return !access.Sees(user, access.Operation{Need: access.Admin, Owner: info.User})
	})
}
