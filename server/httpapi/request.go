// This file reads the parts of HTTP requests: names, parameters and bodies, within their bounds.

package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/wire"
	"github.com/objluad/objluad/store"
)

// parameters returns a request's query, which may have the parameters that are known, each once, and has those that are required.
func parameters(r *http.Request, known []parameter) (url.Values, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, wire.InputError("bad query: %v", err)
	}
	for name, values := range query {
		if !slices.ContainsFunc(known, func(p parameter) bool { return p.name == name }) {
			return nil, wire.InputError("unknown parameter %q", wire.Clip([]byte(name)))
		}
		if len(values) > 1 {
			return nil, wire.InputError("parameter %q is given %d times", name, len(values))
		}
	}
	for _, p := range known {
		if p.required && !query.Has(p.name) {
			return nil, wire.InputError("parameter %q is missing: %s", p.name, p.summary)
		}
	}
	return query, nil
}

// escapePath returns the request with its path escaped once more: the mux, which unescapes it, takes a name that is a slash for an end
// of the path.
func escapePath(r *http.Request) *http.Request {
	escaped, u := *r, *r.URL
	u.Path, u.RawPath = r.URL.EscapedPath(), ""
	escaped.URL = &u
	return &escaped
}

// unescapePath unescapes the names of a path that the mux took apart.
func unescapePath(route *route, r *http.Request) error {
	for _, wildcard := range route.wildcards() {
		name, err := url.PathUnescape(r.PathValue(wildcard))
		if err != nil {
			return wire.InputError("bad path: %v", err)
		}
		r.SetPathValue(wildcard, name)
	}
	return nil
}

// ref returns the object that a request's path and parameters name.
func ref(r *http.Request) store.Ref {
	return store.Ref{Pool: r.PathValue("pool"), Namespace: r.Form.Get("namespace"), OID: r.PathValue("oid")}
}

// newCall makes the call that a request's path and parameters ask for.
func newCall(r *http.Request) (call objclass.Call, err error) {
	call.Ref = ref(r)
	if s := r.Form.Get("timeout_ms"); s != "" {
		if call.Timeout, err = wire.ParseTimeout(s); err != nil {
			return call, err
		}
	}
	if call.ReadOnly, err = parseBool(r.Form, "readonly"); err != nil {
		return call, err
	}
	if call.DryRun, err = parseBool(r.Form, "dry_run"); err != nil {
		return call, err
	}
	if call.Capture, err = parseBool(r.Form, "capture"); err != nil {
		return call, err
	}
	call.IdempotencyKey, err = idempotencyKey(r)
	return call, err
}

// idempotencyKey returns the key that a request has, as it is: quotes are a part of it.
func idempotencyKey(r *http.Request) (string, error) {
	switch keys := r.Header.Values("Idempotency-Key"); {
	case len(keys) == 0:
		return "", nil
	case len(keys) > 1:
		return "", wire.InputError("a request has one Idempotency-Key at most")
	case keys[0] == "":
		return "", wire.InputError("an idempotency key has 1 to 255 bytes")
	default:
		return keys[0], nil
	}
}

// parseBool reads a parameter that is true or false; one that is not given is false.
func parseBool(query url.Values, name string) (bool, error) {
	s := query.Get(name)
	if s == "" {
		return false, nil
	}
	b, err := strconv.ParseBool(s)
	if err != nil {
		return false, wire.InputError("%s is true or false, not %q", name, wire.Clip([]byte(s)))
	}
	return b, nil
}
