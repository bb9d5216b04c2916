// This file is the HTTP request that lists the objects of a pool.

package httpapi

import (
	"context"
	"net/http"
	"strings"
	"syscall"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/wire"
	"github.com/objluad/objluad/store"
)

// oidJSON is an object's id.
type oidJSON struct {
	OID       *string `json:"oid,omitempty"`
	OIDBase64 []byte  `json:"oid_base64,omitempty"`
}

func (s *Server) listObjects(w http.ResponseWriter, r *http.Request) error {
	limit, err := pageLimit(r)
	if err != nil {
		return err
	}
	after, prefix := r.Form.Get("after"), r.Form.Get("prefix")
	oids, more, err := s.list(r.Context(), r.PathValue("pool"), r.Form.Get("namespace"), after, prefix, int(limit))
	if err != nil {
		return err
	}
	page := struct {
		Objects []oidJSON `json:"objects"`
		nextJSON
	}{Objects: make([]oidJSON, 0, len(oids))}
	for _, oid := range oids {
		text, base64 := textJSON([]byte(oid))
		page.Objects = append(page.Objects, oidJSON{text, base64})
		page.nextJSON = newNextJSON(more, oid)
	}
	return writeJSON(w, page)
}

// pageLimit reads how much a page may have.
func pageLimit(r *http.Request) (int64, error) {
	if !r.Form.Has("limit") {
		return wire.ListLimit, nil
	}
	limit, err := wire.ParseCount("limit", []byte(r.Form.Get("limit")))
	if err == nil && (limit == 0 || limit > wire.MaxListLimit) {
		err = wire.InputError("limit is 1 to %d", wire.MaxListLimit)
	}
	return limit, err
}

// list returns up to limit object ids > after that begin with prefix, in byte order, and whether there are more.
func (s *Server) list(ctx context.Context, pool, namespace, after, prefix string, limit int) (oids []string, more bool, err error) {
	if len(prefix) > store.MaxOID {
		return nil, false, objclass.Errorf(syscall.ENAMETOOLONG, objclass.KindInput, "the prefix has %d bytes, and an object id %d at most", len(prefix), store.MaxOID)
	}
	if before := justBefore(prefix); after < before {
		after = before
	}
	oids, more, err = s.service.List(ctx, pool, namespace, after, limit)
	for i, oid := range oids {
		if !strings.HasPrefix(oid, prefix) {
			return oids[:i], false, err // the neighbours that have it lie before
		}
	}
	return oids, more, err
}

// justBefore returns the last object id before all that begin with prefix.
func justBefore(prefix string) string {
	if prefix == "" {
		return ""
	}
	head, last := prefix[:len(prefix)-1], prefix[len(prefix)-1]
	if last == 0 {
		return head
	}
	return head + string([]byte{last - 1}) + strings.Repeat("\xff", store.MaxOID-len(prefix))
}
