// This file tests how HTTP compresses answers and decompresses bodies.

package httpapi_test

import (
	"bytes"
	"crypto/rand"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

func zip(t *testing.T, coding, text string) string {
	var b bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&b)
	if coding == "zstd" {
		var err error
		if w, err = zstd.NewWriter(&b); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func unzip(t *testing.T, coding, text string) string {
	t.Helper()
	var r io.Reader = strings.NewReader(text)
	var err error
	switch coding {
	case "gzip":
		r, err = gzip.NewReader(r)
	case "zstd":
		r, err = zstd.NewReader(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}

func TestHTTPCompressedAnswers(t *testing.T) {
	w, _ := servertest.StartWeb(t, server.Options{})
	noise := make([]byte, 3<<20)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	data := map[string]string{"short": "too short", "text": strings.Repeat("all work and no play ", 100), "large": strings.Repeat("0123456789abcdef", 3<<16), "noise": string(noise)}
	tags := map[string]string{}
	for name, body := range data {
		tags[name] = w.Want(w.Do("PUT", servertest.Objects+name, body), 201, "").Header.Get("ETag")
	}
	for _, test := range []struct{ oid, accept, coding string }{
		{"text", "gzip", "gzip"},
		{"text", "zstd", "zstd"},
		{"text", "gzip, deflate, br, zstd", "zstd"},
		{"text", "zstd;q=0.5, gzip;q=0.8", "gzip"},
		{"text", "gzip;q=0", ""},
		{"text", "identity", ""},
		{"text", "br", ""},
		{"text", "", ""},
		{"large", "gzip", "gzip"},
		{"large", "zstd", "zstd"},
		{"short", "gzip", ""},
		{"noise", "gzip", ""},
		{"noise", "zstd", ""},
	} {
		var header []string
		if test.accept != "" {
			header = []string{"Accept-Encoding", test.accept}
		}
		got := w.Do("GET", servertest.Objects+test.oid, "", header...)
		if coding := got.Header.Get("Content-Encoding"); coding != test.coding || got.StatusCode != 200 {
			t.Errorf("%s for %q comes as %q, %s", test.oid, test.accept, coding, got.Status)
			continue
		}
		tag := tags[test.oid]
		if test.coding != "" {
			tag = strings.TrimSuffix(tag, `"`) + "-" + test.coding + `"`
			if len(got.Text) >= len(data[test.oid]) {
				t.Errorf("%s for %q has %d bytes", test.oid, test.accept, len(got.Text))
			}
		} else if got.ContentLength != int64(len(data[test.oid])) {
			t.Errorf("%s for %q: Content-Length %d", test.oid, test.accept, got.ContentLength)
		}
		if unzip(t, test.coding, got.Text) != data[test.oid] {
			t.Errorf("%s for %q is not what was written", test.oid, test.accept)
		}
		if h := got.Header; h.Get("ETag") != tag || h.Get("Vary") != "Accept-Encoding" || h.Get("No-Gzip-Compression") != "" {
			t.Errorf("%s for %q: %v, want ETag %s", test.oid, test.accept, h, tag)
		}
		again := w.Want(w.Do("GET", servertest.Objects+test.oid, "", append(header, "If-None-Match", tag)...), 304, "")
		if again.Header.Get("ETag") != tag {
			t.Errorf("%s is not modified, by tag %s, not %s", test.oid, again.Header.Get("ETag"), tag)
		}
		part := w.Want(w.Do("GET", servertest.Objects+test.oid, "", append(header, "Range", "bytes=0-1999")...), 206, ".*")
		if part.Header.Get("Content-Encoding") != "" || part.Header.Get("ETag") != tags[test.oid] || !strings.HasPrefix(data[test.oid], part.Text) {
			t.Errorf("a range of %s: %v", test.oid, part.Header)
		}
		// A range of a compressed answer would be none of these bytes.
		whole := w.Do("GET", servertest.Objects+test.oid, "", append(header, "Range", "bytes=0-9", "If-Range", tag)...)
		if want := map[bool]int{true: 206, false: 200}[test.coding == ""]; whole.StatusCode != want {
			t.Errorf("If-Range of %s: %d, want %d", tag, whole.StatusCode, want)
		}
		several := w.Do("GET", servertest.Objects+test.oid, "", append(header, "Range", "bytes=0-1,2-3")...)
		if several.StatusCode != 206 || several.Header.Get("Content-Encoding") != "" {
			t.Errorf("ranges of %s: %s %v", test.oid, several.Status, several.Header)
		}
		head := w.Want(w.Do("HEAD", servertest.Objects+test.oid, "", header...), 200, "")
		if head.ContentLength != int64(len(data[test.oid])) || head.Header.Get("ETag") != tags[test.oid] {
			t.Errorf("HEAD of %s: %v", test.oid, head.Header)
		}
		w.Want(w.Do("PUT", servertest.Objects+test.oid, data[test.oid], "If-Match", tag), 204, "")
		tags[test.oid] = w.Do("HEAD", servertest.Objects+test.oid, "").Header.Get("ETag")
	}
	w.Do("PUT", servertest.Objects+"o/omap/key", data["text"])
	for path, has := range map[string]string{"/metrics": "objluad_", servertest.Objects + "o/omap": "no play"} {
		if got := w.Do("GET", path, "", "Accept-Encoding", "gzip"); got.Header.Get("Content-Encoding") != "gzip" || !strings.Contains(unzip(t, "gzip", got.Text), has) {
			t.Errorf("%s: %v", path, got.Header)
		}
	}
	got := w.Do("POST", servertest.Objects+"o/exec/test/echo", data["text"], "Accept-Encoding", "zstd")
	if got.Header.Get("Content-Encoding") != "zstd" || got.Header.Get("Objluad-Ret") != "0" || unzip(t, "zstd", got.Text) != data["text"] {
		t.Errorf("an output: %v", got.Header)
	}
	w.WantProblem(w.Do("GET", servertest.Objects+"none", "", "Accept-Encoding", "gzip"), 404, "ENOENT", "op", "")
}

func TestHTTPCompressedBodies(t *testing.T) {
	w, _ := servertest.StartWeb(t, server.Options{MaxObject: 1 << 20, MaxInput: 1 << 20})
	text := strings.Repeat("all work and no play ", 1000)
	for _, coding := range []string{"gzip", "zstd", "GZIP", "x-gzip"} {
		body := zip(t, strings.ToLower(coding), text)
		w.Do("PUT", servertest.Objects+"o", body, "Content-Encoding", coding)
		wantValue(w, servertest.Objects+"o", text)
		w.Want(w.Do("POST", servertest.Objects+"o/exec/test/echo", body, "Content-Encoding", coding), 200, text)
		w.Do("PUT", servertest.Objects+"o/xattrs/x", body, "Content-Encoding", coding)
		wantValue(w, servertest.Objects+"o/xattrs/x", text)

		cut := w.Do("PUT", servertest.Objects+"o", body[:len(body)-5], "Content-Encoding", coding)
		w.WantProblem(cut, 400, "EINVAL", "input", "")
		w.WantProblem(w.Do("PUT", servertest.Objects+"o", "not compressed at all", "Content-Encoding", coding), 400, "EINVAL", "input", "")
		wantValue(w, servertest.Objects+"o", text)
	}
	w.Want(w.Do("PUT", servertest.Objects+"o", "as it is", "Content-Encoding", "identity"), 204, "")
	for _, coding := range []string{"br", "gzip, gzip", "gzip, zstd", "aws-chunked"} {
		resp := w.Do("PUT", servertest.Objects+"o", "x", "Content-Encoding", coding)
		w.WantProblem(resp, 415, "EOPNOTSUPP", "input", "gzip or zstd")
		if got := resp.Header.Get("Accept-Encoding"); got != "gzip, zstd" {
			t.Errorf("Accept-Encoding %q", got)
		}
	}
	wantValue(w, servertest.Objects+"o", "as it is")
}

// What a compressed body becomes is bounded, not only what it is.
func TestHTTPBombs(t *testing.T) {
	w, _ := servertest.StartWeb(t, server.Options{MaxObject: 8 << 20, MaxInput: 1 << 20, MaxSource: 1 << 20})
	zeros := strings.Repeat("\x00", 64<<20)
	gzipped, zstded := zip(t, "gzip", zeros), zip(t, "zstd", zeros)
	zeros = ""
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for coding, bomb := range map[string]string{"gzip": gzipped, "zstd": zstded} {
		w.WantProblem(w.Do("PUT", servertest.Objects+"o", bomb, "Content-Encoding", coding), 413, "EMSGSIZE", "input", "8388608")
		w.WantProblem(w.Do("POST", servertest.Objects+"o/exec/test/echo", bomb, "Content-Encoding", coding), 413, "EMSGSIZE", "input", "1048576")
		w.WantProblem(w.Do("PUT", "/v1/classes/c", bomb, "Content-Encoding", coding), 413, "EMSGSIZE", "input", "1048576")
		w.WantProblem(w.Do("PUT", servertest.Objects+"o/xattrs/x", bomb, "Content-Encoding", coding), 413, "EMSGSIZE", "input", "")
	}
	runtime.ReadMemStats(&after)
	if grew := (after.TotalAlloc - before.TotalAlloc) >> 20; grew > 256 {
		t.Errorf("8 bombs of 64 MiB took %d MiB", grew)
	}
	w.WantProblem(w.Do("GET", servertest.Objects+"o", ""), 404, "ENOENT", "op", "")
	// Members without content are endless, too.
	empty := strings.Repeat(zip(t, "gzip", ""), 20_000)
	w.WantProblem(w.Do("PUT", "/v1/classes/c", strings.Repeat(empty, 3), "Content-Encoding", "gzip"), 413, "EMSGSIZE", "input", "")
	// A window is memory that a few bytes ask for.
	large := "\x28\xb5\x2f\xfd" + "\x00" + "\xa0" + "\x01\x00\x00" // a frame whose window is 1 GiB
	w.WantProblem(w.Do("PUT", servertest.Objects+"o", large, "Content-Encoding", "zstd"), 400, "EINVAL", "input", "window")
}
