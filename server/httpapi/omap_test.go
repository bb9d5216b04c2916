// This file tests what HTTP does with xattrs, omaps and lists of objects, whatever bytes are in their names.

package httpapi_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

// names are names that paths, queries or JSON could spoil, in byte order.
var names = []string{"\x00", " ", "%2F", "+", ".", "..", "/", "//", "a", "a\x00", "a b&c=d?#", "b", "ünï", "\uFFFD", "\xff", "\xff\xfe"}

// escape is a name as a segment of a path.
func escape(name string) string {
	if name == "." || name == ".." { // which a client would resolve
		return strings.ReplaceAll(name, ".", "%2E")
	}
	return url.PathEscape(name)
}

// entry has the fields of a listing's entries, and of its end.
type entry map[string]any

// field returns the bytes of a field of text or of base64.
func (e entry) field(t *testing.T, name string) (value string, ok bool) {
	t.Helper()
	if text, ok := e[name].(string); ok {
		return text, true
	}
	encoded, ok := e[name+"_base64"].(string)
	if !ok {
		return "", false
	}
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(decoded) == 0 {
		t.Errorf("%s_base64 %q: %v", name, encoded, err)
	}
	return string(decoded), true
}

// listing asks for a listing, page by page, and returns a field of each entry.
func listing(w servertest.Web, path, list, name string) (values []string) {
	w.T.Helper()
	after := ""
	for range 100 {
		resp := w.Do("GET", path+after, "")
		var page entry
		if err := json.Unmarshal([]byte(resp.Text), &page); err != nil || resp.StatusCode != 200 {
			w.T.Fatalf("%s: %d %s, %v", path+after, resp.StatusCode, resp.Text, err)
		}
		for _, e := range page[list].([]any) {
			value, ok := entry(e.(map[string]any)).field(w.T, name)
			if !ok {
				w.T.Errorf("%s: %v has no %s", path, e, name)
			}
			values = append(values, value)
		}
		next, more := page.field(w.T, "next")
		if !more {
			return values
		}
		after = "&after=" + url.QueryEscape(next)
	}
	w.T.Fatalf("%s has no end", path)
	return nil
}

// wantValue checks what GET returns, byte by byte.
func wantValue(w servertest.Web, path, want string) {
	w.T.Helper()
	if got := w.Do("GET", path, ""); got.StatusCode != 200 || got.Text != want {
		w.T.Errorf("%s: %d %q, want %q", path, got.StatusCode, got.Text, want)
	}
}

func TestHTTPXattrs(t *testing.T) {
	w, _ := servertest.StartWeb(t, server.Options{})
	const x = servertest.Objects + "o/xattrs"
	w.WantProblem(w.Do("GET", x, ""), 404, "ENOENT", "op", "")
	w.WantProblem(w.Do("GET", x+"/a", ""), 404, "ENOENT", "op", "")
	w.WantProblem(w.Do("DELETE", x+"/a", ""), 404, "ENOENT", "op", "")
	tag := w.Want(w.Do("PUT", x+"/a", "first", "If-None-Match", "*"), 201, "").Header.Get("ETag")
	if got := w.Want(w.Do("GET", x+"/a", ""), 200, "first"); got.Header.Get("ETag") != tag || got.Header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("header %v", got.Header)
	}
	w.Want(w.Do("PUT", x+"/a", "second", "If-Match", tag), 204, "")
	w.WantProblem(w.Do("PUT", x+"/a", "third", "If-Match", tag), 412, "ECANCELED", "op", "")
	w.Want(w.Do("GET", x+"/a", "", "Range", "bytes=-3"), 206, "ond")
	w.WantProblem(w.Do("GET", x+"/none", ""), 404, "ENODATA", "op", "")
	w.WantProblem(w.Do("DELETE", x+"/none", ""), 404, "ENODATA", "op", "")
	w.WantProblem(w.Do("PUT", x+"/objluad.partial", ""), 400, "EINVAL", "op", "reserved")
	w.WantProblem(w.Do("PUT", x+"/"+strings.Repeat("n", 101), ""), 400, "ENAMETOOLONG", "op", "")
	w.WantProblem(w.Do("PUT", x+"/large", strings.Repeat("v", 64<<10+1)), 413, "EFBIG", "op", "")
	for _, name := range names {
		w.Want(w.Do("PUT", x+"/"+escape(name), "of "+name), 204, "")
		wantValue(w, x+"/"+escape(name), "of "+name)
	}
	if got := listing(w, x+"?", "xattrs", "name"); !slices.Equal(got, names) {
		t.Errorf("names %q", got)
	}
	if got := listing(w, x+"?", "xattrs", "value"); got[len(got)-1] != "of \xff\xfe" {
		t.Errorf("values %q", got)
	}
	resp := w.Do("GET", x, "")
	w.Want(w.Do("GET", x, "", "If-None-Match", resp.Header.Get("ETag")), 304, "")
	w.Want(w.Do("DELETE", x+"/a", ""), 204, "")
	w.WantProblem(w.Do("GET", x+"/a", ""), 404, "ENODATA", "op", "")
	w.Want(w.Do("PUT", x+"/empty", ""), 204, "")
	w.Want(w.Do("GET", x+"/empty", ""), 200, "")
}

func TestHTTPOmap(t *testing.T) {
	w, _ := servertest.StartWeb(t, server.Options{})
	const o, m = servertest.Objects + "o", servertest.Objects + "o/omap"
	w.WantProblem(w.Do("GET", m, ""), 404, "ENOENT", "op", "")
	w.WantProblem(w.Do("DELETE", m, ""), 404, "ENOENT", "op", "")
	w.WantProblem(w.Do("POST", m, `{"remove":[{"key":"a"}]}`), 404, "ENOENT", "op", "")
	w.WantProblem(w.Do("PUT", servertest.Objects+"o/omap-header", strings.Repeat("x", 16<<20+1)), 413, "EMSGSIZE", "input", "")
	tag := w.Want(w.Do("POST", m, `{}`), 201, "").Header.Get("ETag")
	w.Want(w.Do("GET", m, ""), 200, `\{"pairs":\[\]\}\n`)
	w.Want(w.Do("POST", m, `{"set":[{"key":"","value":"of none"},{"key":"z","value":"1"},{"key_base64":"//8=","value_base64":"/w=="}]}`, "If-Match", tag), 204, "")
	w.Want(w.Do("GET", m, ""), 200, `\{"pairs":\[\{"key":"","value":"of none"\},\{"key":"z","value":"1"\},\{"key_base64":"//8=","value_base64":"/w=="\}\]\}\n`)
	if got := listing(w, m+"?limit=1", "pairs", "key"); !slices.Equal(got, []string{"", "z", "\xff\xff"}) {
		t.Errorf("one by one: %q", got)
	}
	w.WantProblem(w.Do("POST", m, `{"set":[{"key":"no","value":""}],"remove":[{"key":"z"}]}`, "If-Match", tag), 412, "ECANCELED", "op", "")
	for _, body := range []string{"", "[]", `{"set":[{"key":"a"}]}`, `{"set":[{"value":"a"}]}`, `{"set":[{"key":"a","key_base64":"YQ==","value":"1"}]}`,
		`{"set":[{"key":"a","value":"` + "\xff" + `"}]}`, `{"set":[{"key":"a","value":"\ud800"}]}`, `{"set":[{"key":"a","value":1}]}`, `{"sets":[]}`,
		`{"remove":[{"key":"a","value":"1"}]}`, `{"remove":["a"]}`, `{} {}`, `{"set":[{"key":"good","value":"1"},{"key_base64":"?","value":"1"}]}`} {
		w.WantProblem(w.Do("POST", m, body), 400, "EINVAL", "input", "")
	}
	w.Want(w.Do("POST", m, `{"set":[{"key":"y","value":"2"}],"remove":[{"key":"z"},{"key_base64":"//8="},{"key":""},{"key":"none"}]}`), 204, "")
	w.Want(w.Do("GET", m, ""), 200, `\{"pairs":\[\{"key":"y","value":"2"\}\]\}\n`)
	w.Want(w.Do("DELETE", m+"/y", ""), 204, "")
	w.WantProblem(w.Do("DELETE", m+"/y", ""), 404, "ENOENT", "op", "")

	for _, key := range names {
		w.Want(w.Do("PUT", m+"/"+escape(key), "of "+key), 204, "")
		wantValue(w, m+"/"+escape(key), "of "+key)
	}
	for _, query := range []string{"", "limit=1", "limit=3", "prefix=&limit=7"} {
		if got := listing(w, m+"?"+query, "pairs", "key"); !slices.Equal(got, names) {
			t.Errorf("%s: keys %q", query, got)
		}
	}
	if got := listing(w, m+"?limit=1&prefix=a", "pairs", "key"); !slices.Equal(got, []string{"a", "a\x00", "a b&c=d?#"}) {
		t.Errorf("keys %q", got)
	}
	w.Want(w.Do("GET", m+"/a", "", "Range", "bytes=3-"), 206, "a")
	for _, limit := range []string{"0", "10001", "x", "-1", ""} {
		w.WantProblem(w.Do("GET", m+"?limit="+limit, ""), 400, "EINVAL", "input", "limit")
	}

	w.Want(w.Do("GET", o+"/omap-header", ""), 200, "")
	w.Want(w.Do("PUT", o+"/omap-header", "head\xff"), 204, "")
	wantValue(w, o+"/omap-header", "head\xff")
	w.Want(w.Do("DELETE", m, ""), 204, "")
	w.Want(w.Do("GET", m, ""), 200, `\{"pairs":\[\]\}\n`)
	w.Want(w.Do("GET", o+"/omap-header", ""), 200, "")
	w.Want(w.Do("PUT", servertest.Objects+"h/omap-header", "h"), 201, "")
}

// A page is bounded in bytes, whatever the limit is.
func TestHTTPOmapPageBytes(t *testing.T) {
	w, _ := servertest.StartWeb(t, server.Options{})
	value := strings.Repeat("v", 1<<20)
	for i := range 9 {
		w.Do("PUT", fmt.Sprintf("%so/omap/%d", servertest.Objects, i), value)
	}
	first := w.Do("GET", servertest.Objects+"o/omap", "")
	if len(first.Text) > 6<<20 {
		t.Errorf("a page of %d bytes", len(first.Text))
	}
	if got := listing(w, servertest.Objects+"o/omap?", "pairs", "key"); len(got) != 9 {
		t.Errorf("%d keys", len(got))
	}
}

func TestHTTPList(t *testing.T) {
	w, _ := servertest.StartWeb(t, server.Options{})
	w.Want(w.Do("GET", "/v1/pools/p/objects", ""), 200, `\{"objects":\[\]\}\n`)
	for _, name := range names {
		w.Want(w.Do("PUT", servertest.Objects+escape(name), ""), 201, "")
	}
	w.Want(w.Do("PUT", servertest.Objects+"elsewhere?namespace=n", ""), 201, "")
	const list = "/v1/pools/p/objects?"
	for _, query := range []string{"", "limit=1", "limit=5"} {
		if got := listing(w, list+query, "objects", "oid"); !slices.Equal(got, names) {
			t.Errorf("%s: %q", query, got)
		}
	}
	if got := listing(w, list+"namespace=n", "objects", "oid"); !slices.Equal(got, []string{"elsewhere"}) {
		t.Errorf("namespace n: %q", got)
	}
	for _, prefix := range append(names, "", "none", "a\xff", strings.Repeat("a", 2048)) {
		var want []string
		for _, name := range names {
			if strings.HasPrefix(name, prefix) {
				want = append(want, name)
			}
		}
		for _, limit := range []string{"1", "100"} {
			if got := listing(w, list+"limit="+limit+"&prefix="+url.QueryEscape(prefix), "objects", "oid"); !slices.Equal(got, want) {
				t.Errorf("prefix %q by %s: %q, want %q", prefix, limit, got, want)
			}
		}
	}
	w.WantProblem(w.Do("GET", list+"prefix="+strings.Repeat("a", 2049), ""), 400, "ENAMETOOLONG", "input", "")
	w.WantProblem(w.Do("GET", list+"limit=0", ""), 400, "EINVAL", "input", "limit")
	w.WantProblem(w.Do("GET", "/v1/pools/nosuch/objects", ""), 404, "ENOENT", "op", "nosuch")
	w.WantProblem(w.Do("GET", "/v1/pools/.objluad/objects", ""), 400, "EINVAL", "input", "reserved")
}
