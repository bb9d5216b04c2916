// This file is the conditions of HTTP requests on the object's version (RFC 9110, section 13).

package httpapi

import (
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/store"
)

// codings are the content codings in which answers may come. The entity tag of each is that of the version with its name behind it.
var codings = []string{"gzip", "zstd"}

// checkConditions fails unless the object is as a request that changes it says it must be.
func checkConditions(r *http.Request, overlay *store.Overlay) error {
	if want, ok := entityTags(r, "If-Match"); ok {
		if strongTag(want, overlay) == "" {
			return refused(overlay, "is not as If-Match says")
		}
	} else if isModified(r, overlay) {
		return refused(overlay, "was modified after the time of If-Unmodified-Since")
	}
	if avoid, ok := entityTags(r, "If-None-Match"); ok && weakTag(avoid, overlay) != "" {
		return refused(overlay, "is as If-None-Match excludes")
	}
	return nil
}

// checkReadConditions is checkConditions for a request that reads an object that exists. Where the client has the version already, it
// returns the entity tag by which the client knows it.
func checkReadConditions(r *http.Request, overlay *store.Overlay) (known string, err error) {
	if avoid, ok := entityTags(r, "If-None-Match"); ok {
		known = weakTag(avoid, overlay)
		r = withoutHeader(r, "If-None-Match")
	}
	return known, checkConditions(r, overlay)
}

func refused(overlay *store.Overlay, why string) error {
	if !overlay.Exists() {
		return objclass.Errorf(syscall.ECANCELED, objclass.KindOp, "the object %s: it does not exist", why)
	}
	return objclass.Errorf(syscall.ECANCELED, objclass.KindOp, "the object %s: it has version %d", why, overlay.Version())
}

// entityTags returns a list of entity tags that a request has.
func entityTags(r *http.Request, name string) (list string, ok bool) {
	values := r.Header.Values(name)
	return strings.Join(values, ","), len(values) > 0
}

// isModified reports whether the object is newer than If-Unmodified-Since, which has whole seconds. What is no time is ignored.
func isModified(r *http.Request, overlay *store.Overlay) bool {
	since, err := http.ParseTime(r.Header.Get("If-Unmodified-Since"))
	if err != nil {
		return false
	}
	st, err := overlay.Stat()
	return err == nil && st.MTime.Truncate(time.Second).After(since)
}

// strongTag returns the first tag of a list that is one of the object's, or "*", as far as they say that all bytes are the same;
// "" is none.
func strongTag(list string, overlay *store.Overlay) string {
	if !overlay.Exists() {
		return ""
	}
	for tag := range strings.SplitSeq(list, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || isTagOf(tag, overlay.Version()) {
			return tag
		}
	}
	return ""
}

// weakTag is strongTag that takes weak tags, too.
func weakTag(list string, overlay *store.Overlay) string {
	return strongTag(strings.ReplaceAll(list, "W/", ""), overlay)
}

// isTagOf reports whether tag is that of a version, in whatever content coding.
func isTagOf(tag string, version uint64) bool {
	for _, coding := range codings {
		if plain, ok := strings.CutSuffix(tag, "-"+coding+`"`); ok {
			tag = plain + `"`
			break
		}
	}
	return tag == etag(version)
}

func etag(version uint64) string { return `"` + strconv.FormatUint(version, 10) + `"` }

// setVersion tells the object's version, unless the object is absent.
func setVersion(w http.ResponseWriter, version uint64) {
	if version == 0 {
		return
	}
	w.Header().Set("ETag", etag(version))
	w.Header().Set("Objluad-Version", strconv.FormatUint(version, 10))
}

// withoutHeader returns the request without some fields of its header.
func withoutHeader(r *http.Request, names ...string) *http.Request {
	without := *r
	without.Header = r.Header.Clone()
	for _, name := range names {
		without.Header.Del(name)
	}
	return &without
}
