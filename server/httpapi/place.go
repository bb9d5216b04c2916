// This file reads where in an object an HTTP request writes.

package httpapi

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/objluad/objluad/server/wire"
)

// place is where a body is written.
type place struct {
	offset int64
	length int64 // that the body must have; -1 where it is not said
}

// writePlace returns the place that a request names by the parameter offset or the header Content-Range, nil when it names none.
func writePlace(r *http.Request) (*place, error) {
	contentRange := r.Header.Get("Content-Range")
	if !r.Form.Has("offset") {
		if contentRange == "" {
			return nil, nil
		}
		return parseContentRange(contentRange)
	}
	if contentRange != "" {
		return nil, wire.InputError("a request has the parameter offset or the header Content-Range, not both")
	}
	offset, err := wire.ParseCount("offset", []byte(r.Form.Get("offset")))
	if err != nil {
		return nil, err
	}
	return &place{offset, -1}, nil
}

// parseContentRange reads "bytes first-last/size" (RFC 9110, section 14.4). The size that a client thinks the object gets in the end
// may be "*", and is not applied: parts may come in any order.
func parseContentRange(s string) (*place, error) {
	bad := wire.InputError("Content-Range is `bytes first-last/*`, not %q", wire.Clip([]byte(s)))
	rest, ok := strings.CutPrefix(s, "bytes ")
	if !ok {
		return nil, bad
	}
	ends, total, ok := strings.Cut(rest, "/")
	if !ok {
		return nil, bad
	}
	first, last, ok := strings.Cut(ends, "-")
	if !ok {
		return nil, bad
	}
	from, err1 := strconv.ParseInt(first, 10, 64)
	to, err2 := strconv.ParseInt(last, 10, 64)
	if err1 != nil || err2 != nil || from < 0 || to < from || to-from+1 < 0 {
		return nil, bad
	}
	if total != "*" {
		if size, err := strconv.ParseInt(total, 10, 64); err != nil || size <= to {
			return nil, bad
		}
	}
	return &place{from, to - from + 1}, nil
}
