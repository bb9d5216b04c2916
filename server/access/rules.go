// This file is the operations that both protocols have, as their rules put them together.

package access

import (
	"strconv"
	"strings"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/wire"
)

// OnPool is what is done to a whole pool.
func OnPool(need Permission, pool string) Operation {
	return Operation{Need: need, Pool: One(pool), Namespace: Every}
}

// OnEveryPool is what tells of all pools.
func OnEveryPool() Operation {
	return Operation{Need: Read, Pool: Every, Namespace: Every}
}

// OnClass is what is done to a class, wherever it is called.
func OnClass(need Permission, spec string) Operation {
	op := Operation{Need: need, Pool: Some, Namespace: Some, Class: One(className(spec)), Method: Some}
	if spec == wire.AllClasses {
		op.Class = Every
	}
	return op
}

// className returns the name of "name" or "name@version".
func className(spec string) string {
	name, _, _ := strings.Cut(spec, "@")
	return name
}

// OnCall is what is done to the call of that id.
func OnCall(service *objclass.Service, text string) Operation {
	op := Operation{Need: Admin}
	if id, err := strconv.ParseUint(text, 10, 64); err == nil {
		op.Owner = service.CallUser(id)
	}
	return op
}

// OfMethod completes the operation of a call. One that brings its script in its input is an eval, whatever it is called.
func OfMethod(op Operation, class, method string) Operation {
	if objclass.EvaluatesInput(class) {
		op.Need = Eval
		return op
	}
	op.Class, op.Method = One(className(class)), One(method)
	return op
}

// AlsoReads is the further permission of a call whose reply shows the object, or what would become of it.
func AlsoReads(shows bool) Permission {
	if shows {
		return Read
	}
	return 0
}
