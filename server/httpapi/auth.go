// This file is as whom an HTTP request comes, and whether that user may do what it asks for.

package httpapi

import (
	"context"
	"net/http"
	"strings"
	"syscall"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/access"
)

// challenges are the ways to log in, as a client is told them that has to.
var challenges = []string{`Basic realm="objluad", charset="UTF-8"`, `Bearer realm="objluad"`}

// userKey finds a request's user in its context.
type userKey struct{}

// userOf returns the user of a request that perform let pass.
func userOf(r *http.Request) *access.User {
	if user, ok := r.Context().Value(userKey{}).(*access.User); ok {
		return user
	}
	return access.Everybody
}

// perform answers a request of that route if its user may ask for it.
func (s *Server) perform(route *route, w http.ResponseWriter, r *http.Request) error {
	if s.opts.Users == nil {
		return route.answer(s, w, r)
	}
	op := s.operation(route, r)
	var user *access.User
	if op.Need&access.Open == 0 {
		var err error
		if user, err = s.login(r); err != nil {
			return err
		}
	}
	if err := s.audit.Allowed(user, &op, r.RemoteAddr); err != nil {
		return err
	}
	err := route.answer(s, w, r.WithContext(context.WithValue(r.Context(), userKey{}, user)))
	if access.Administers(&op) {
		s.audit.Administered(user, &op, r.RemoteAddr, err)
	}
	return err
}

// operation returns what a request does.
func (s *Server) operation(route *route, r *http.Request) (op access.Operation) {
	rule := routeRules[route.id]
	if rule == nil {
		rule = workRules[route.does]
	}
	if rule != nil {
		op = rule(s, r)
	}
	op.Name = route.method + " " + route.path
	return op
}

// login returns the user whose credentials a request has, or nil when it has none.
func (s *Server) login(r *http.Request) (*access.User, error) {
	users := s.opts.Users
	headers := r.Header.Values("Authorization")
	if len(headers) == 0 {
		if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
			return nil, nil
		}
		return users.Certificate(r.TLS.PeerCertificates[0]).User(), nil
	}
	scheme, rest, _ := strings.Cut(headers[0], " ")
	name, password, basic := r.BasicAuth()
	var session *access.Session
	var err error
	switch {
	case len(headers) > 1:
		return nil, badCredentials("there are %d of them", len(headers))
	case basic:
		session, err = users.Password(r.Context(), r.RemoteAddr, name, []byte(password))
	case strings.EqualFold(scheme, "Bearer"):
		session, err = users.Token(strings.TrimSpace(rest))
	default:
		return nil, badCredentials("it is neither Basic with name:password in base64, nor Bearer with a token")
	}
	if err != nil {
		s.audit.LoginFailed(users, name, strings.ToLower(scheme), r.RemoteAddr, err)
		return nil, err
	}
	return session.User(), nil
}

// badCredentials is the error of a request whose header Authorization cannot be read. It tells nothing of what is in there.
func badCredentials(format string, args ...any) error {
	return objclass.Errorf(syscall.EACCES, objclass.KindAuth, "the header Authorization is wrong: "+format, args...)
}
