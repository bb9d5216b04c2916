// This file is the table of what each request does, to be compared with capabilities. What is not in it is allowed to nobody, where there
// are users.

package httpapi

import (
	"net/http"
	"strconv"

	"github.com/objluad/objluad/server/access"
	"github.com/objluad/objluad/server/wire"
)

// A routeRule says what a request does, for which there is a route.
type routeRule func(s *Server, r *http.Request) access.Operation

// workRules has the rules of requests by the kind of their work. It is never changed.
var workRules = map[operation]routeRule{
	opOpen:       plainRoute(access.Open),
	opRead:       objectRoute(access.Read),
	opWrite:      objectRoute(access.Write),
	opClassAdmin: classRoute(access.Class),
	opPoolAdmin:  poolRoute(access.Pool),
	opAdmin:      plainRoute(access.Admin),
}

// routeRules has those that differ from it, or whose kind says too little, by the ids of the routes. It is never changed.
var routeRules = map[string]routeRule{
	"exec":           execRoute,
	"eval":           evalRoute,
	"listPools":      plainRoute(access.Login),
	"showPool":       poolRoute(access.Read),
	"diskUsage":      everyPoolRoute,
	"listClasses":    plainRoute(access.Login),
	"showClass":      classRoute(access.Class | access.Exec),
	"collectClasses": everyClassRoute,
	"listCalls":      plainRoute(access.Login),
	"killCall":       killRoute,
	"metrics":        plainRoute(access.Login),
}

func plainRoute(need access.Permission) routeRule {
	return func(*Server, *http.Request) access.Operation { return access.Operation{Need: need} }
}

func objectRoute(need access.Permission) routeRule {
	return func(_ *Server, r *http.Request) access.Operation {
		return access.Operation{Need: need, Pool: access.One(r.PathValue("pool")), Namespace: access.One(r.URL.Query().Get("namespace"))}
	}
}

func execRoute(s *Server, r *http.Request) access.Operation {
	op := objectRoute(access.Exec)(s, r)
	op.And = access.AlsoReads(isSet(r, "dry_run") || isSet(r, "capture"))
	return access.OfMethod(op, r.PathValue("class"), r.PathValue("method"))
}

func evalRoute(s *Server, r *http.Request) access.Operation {
	op := objectRoute(access.Eval)(s, r)
	op.And = access.AlsoReads(isSet(r, "dry_run") || isSet(r, "capture"))
	return op
}

// isSet reports whether a parameter may be true.
func isSet(r *http.Request, name string) bool {
	for _, value := range r.URL.Query()[name] {
		if set, err := strconv.ParseBool(value); set || err != nil && value != "" {
			return true
		}
	}
	return false
}

func poolRoute(need access.Permission) routeRule {
	return func(_ *Server, r *http.Request) access.Operation { return access.OnPool(need, r.PathValue("pool")) }
}

func everyPoolRoute(*Server, *http.Request) access.Operation { return access.OnEveryPool() }

func classRoute(need access.Permission) routeRule {
	return func(_ *Server, r *http.Request) access.Operation {
		return access.OnClass(need, r.PathValue("name"))
	}
}

func everyClassRoute(*Server, *http.Request) access.Operation {
	return access.OnClass(access.Class, wire.AllClasses)
}

func killRoute(s *Server, r *http.Request) access.Operation {
	return access.OnCall(s.service, r.PathValue("id"))
}
