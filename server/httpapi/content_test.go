// This file tests what clients see of data that cannot be read to its end.

package httpapi

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/store"
)

// brittle is content that cannot be read from a byte on.
type brittle struct {
	*bytes.Reader
	from int64
	err  error
}

func (b *brittle) Read(p []byte) (int, error) {
	at, _ := b.Seek(0, io.SeekCurrent)
	if at >= b.from {
		b.err = store.ErrConflict
		return 0, b.err
	}
	return b.Reader.Read(p[:min(int64(len(p)), b.from-at)])
}

func (b *brittle) failed() error { return b.err }

// What fails before the first byte is told; what fails later breaks the connection, however the answer is compressed.
func TestBrittleContent(t *testing.T) {
	const size = 4 << 20
	data := bytes.Repeat([]byte("0123456789abcdef"), size/16)
	for _, header := range []http.Header{{}, {"Range": {"bytes=0-3000000"}}, {"Range": {"bytes=0-1000000,2000000-4000000"}},
		{"Accept-Encoding": {"gzip"}}, {"Accept-Encoding": {"zstd"}}} {
		for _, from := range []int64{0, 1 << 20} {
			told := make(chan error, 1)
			s := httptest.NewServer(compressed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				err := serveContent(w, r, store.Stat{Size: size, MTime: time.Now()}, &brittle{Reader: bytes.NewReader(data), from: from})
				told <- err
				if err != nil {
					writeProblem(w, err)
				}
			})))
			req, err := http.NewRequest("GET", s.URL, strings.NewReader(""))
			if err != nil {
				t.Fatal(err)
			}
			req.Header = header
			resp, err := http.DefaultTransport.RoundTrip(req)
			if from > 0 {
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
				if err == nil {
					t.Errorf("%v: data that cannot be read comes to an end", header)
				}
				s.Close()
				continue
			}
			// Several ranges begin with the words that are between them.
			several := strings.Contains(header.Get("Range"), ",")
			switch {
			case several && err == nil:
				if _, err := io.Copy(io.Discard, resp.Body); err == nil {
					t.Errorf("%v: data that cannot be read comes to an end", header)
				}
			case several:
			case err != nil:
				t.Errorf("%v: %v", header, err)
			case !errors.Is(<-told, store.ErrConflict) || resp.StatusCode != http.StatusConflict || resp.Header.Get("Content-Range") != "":
				t.Errorf("%v: what fails at once is told by %s %v", header, resp.Status, resp.Header)
			}
			if err == nil {
				resp.Body.Close()
			}
			s.Close()
		}
	}
}
