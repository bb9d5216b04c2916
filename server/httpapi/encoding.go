// This file compresses what HTTP answers, where the client takes it and it is worth it, and decompresses the bodies of requests.

package httpapi

import (
	"io"
	"net/http"
	"strings"
	"syscall"

	"github.com/klauspost/compress"
	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/wire"
)

const (
	minCompressed = 1 << 10  // bytes of an answer that is compressed
	fastest       = 1        // of the levels: the daemon has better uses for its time
	sample        = 64 << 10 // bytes by which an answer is judged
	compressible  = 0.1      // by compress.Estimate

	zstdWindow   = 8 << 20 // that a body may ask for (RFC 9659)
	codedSurplus = 64 << 10
)

// compressed returns a handler whose answers may be compressed. Ranges are not: they are of the bytes that the object has.
func compressed(next http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.MinSize(minCompressed),
		gzhttp.CompressionLevel(fastest),
		gzhttp.ContentTypeFilter(gzhttp.CompressAllContentTypeFilter),
		gzhttp.SuffixETag("-gzip"), // "-zstd" where it is that
	)
	if err != nil {
		panic(err) // of options that are constants
	}
	zipped := wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&judgedWriter{ResponseWriter: w}, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") == "" || r.Header.Get("Range") != "" {
			w.Header().Add("Vary", "Accept-Encoding")
			next.ServeHTTP(w, r)
			return
		}
		zipped.ServeHTTP(w, r)
	})
}

// judgedWriter keeps an answer from being compressed whose beginning gets no shorter by it.
type judgedWriter struct {
	http.ResponseWriter
	judged bool
}

func (w *judgedWriter) Write(p []byte) (int, error) {
	if !w.judged {
		w.judged = true
		if compress.Estimate(p[:min(len(p), sample)]) < compressible {
			w.Header().Set(gzhttp.HeaderNoCompression, "true")
		}
	}
	return w.ResponseWriter.Write(p)
}

func (w *judgedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// body is what a request carries, decompressed.
type body struct {
	io.ReadCloser
	size int64 // that was announced, negative where it is not known
}

// openBody returns a request's body, which fails with *http.MaxBytesError behind limit bytes. It refuses a longer one before it reads it,
// if the client said how long it is.
func openBody(w http.ResponseWriter, r *http.Request, what string, limit int64) (*body, error) {
	decode, err := decoderOf(r)
	if err != nil {
		return nil, err
	}
	if decode == nil {
		if r.ContentLength > limit {
			return nil, tooLarge(what, limit)
		}
		return &body{http.MaxBytesReader(w, r.Body, limit), r.ContentLength}, nil
	}
	if r.ContentLength > limit+codedSurplus {
		return nil, tooLarge(what, limit)
	}
	plain, err := decode(http.MaxBytesReader(w, r.Body, limit+codedSurplus))
	if err != nil {
		return nil, bodyError(err, what, limit)
	}
	return &body{http.MaxBytesReader(w, plain, limit), -1}, nil
}

// decoderOf returns what decompresses a request's body, nil where it is not compressed.
func decoderOf(r *http.Request) (func(io.Reader) (io.ReadCloser, error), error) {
	switch coding := strings.Join(r.Header.Values("Content-Encoding"), ","); strings.ToLower(coding) {
	case "", "identity":
		return nil, nil
	case "gzip", "x-gzip":
		return func(src io.Reader) (io.ReadCloser, error) { return gzip.NewReader(src) }, nil
	case "zstd":
		return newZstdReader, nil
	default:
		return nil, objclass.Errorf(syscall.EOPNOTSUPP, objclass.KindInput, "Content-Encoding is gzip or zstd, not %q", wire.Clip([]byte(coding)))
	}
}

func newZstdReader(src io.Reader) (io.ReadCloser, error) {
	decoder, err := zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(zstdWindow))
	if err != nil {
		return nil, err
	}
	return decoder.IOReadCloser(), nil
}
