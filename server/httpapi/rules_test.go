package httpapi

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/objluad/objluad/server/access"
)

func TestEveryRouteHasARule(t *testing.T) {
	s := &Server{}
	ids := map[string]bool{}
	for _, route := range routes() {
		ids[route.id] = true
		if route.id == "killCall" {
			continue // asks the service
		}
		op := s.operation(&route, httptest.NewRequest(route.method, route.path, nil))
		if op.Need == 0 {
			t.Errorf("%s is of a kind of work without a rule, and has none in rules.go: with users, nobody can use it", op.Name)
		}
		if route.method != "GET" && op.Need&(access.Read|access.Login|access.Open) != 0 {
			t.Errorf("%s changes something, and is allowed to those who may read or have no permission", op.Name)
		}
		if route.does != opOpen && op.Need&access.Open != 0 {
			t.Errorf("%s is open to everyone", op.Name)
		}
		if slices.Contains(route.wildcards(), "pool") && op.Need&(access.Read|access.Write|access.Exec|access.Eval|access.Pool) == 0 {
			t.Errorf("%s concerns a pool, and needs no permission for one", op.Name)
		}
	}
	for id := range routeRules {
		if !ids[id] {
			t.Errorf("there is a rule for %s, which is no route", id)
		}
	}
}

// A route that is in no table is refused to a user who may do all.
func TestRoutesWithoutARule(t *testing.T) {
	op := (&Server{}).operation(&route{method: "GET", path: "/forgotten", id: "forgotten", does: opInspect}, nil)
	if err := access.Allowed(access.Everybody, &op); err == nil || !strings.Contains(err.Error(), "GET /forgotten is in no capability") {
		t.Errorf("a request without a rule: %v", err)
	}
}
