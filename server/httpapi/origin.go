// This file keeps web pages from using the HTTP listener through the browser of somebody who can reach it. Where there are no
// users, being able to reach the listener is the only permission; where there are, a browser may send the credentials by itself.

package httpapi

import (
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/wire"
)

// checkOrigin refuses changes asked for by a page of another origin, and requests for a host name that may be anybody's: a
// page can point a name of its own at a loopback address, and would then count as of the same origin.
func (s *Server) checkOrigin(r *http.Request) error {
	if err := s.origins.Check(r); err != nil {
		return objclass.Errorf(syscall.EPERM, objclass.KindAuth, "%w", err)
	}
	if s.opts.Users != nil {
		return nil // a page has no credentials for a name of its own
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if host != "" && host != "localhost" && net.ParseIP(host) == nil {
		return objclass.Errorf(syscall.EPERM, objclass.KindAuth,
			"the request names host %q; this listener answers to localhost and IP addresses only", wire.Clip([]byte(host)))
	}
	return nil
}
