// This file has the bodies of HTTP requests arrive in time.

package httpapi

import (
	"io"
	"net/http"
	"os"
	"time"

	"github.com/objluad/objluad/server/limits"
)

// paced returns a handler of requests whose bodies are cut off unless each part arrives within patience. A large body may take as long as
// it needs, and nobody holds a connection by a byte now and then.
func paced(next http.Handler, patience time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil && r.Body != http.NoBody {
			body := &pacedBody{ReadCloser: r.Body, deadline: http.NewResponseController(w).SetReadDeadline, patience: patience}
			body.nextPart()
			r = r.WithContext(r.Context()) // net/http looks at its own when it decides whether the rest is worth reading
			r.Body = body
		}
		next.ServeHTTP(w, r)
	})
}

// pacedBody is a body with a deadline for each part.
type pacedBody struct {
	io.ReadCloser
	deadline func(time.Time) error
	patience time.Duration
	left     int // bytes of the part
}

func (b *pacedBody) nextPart() {
	b.left = limits.SlowPart
	_ = b.deadline(time.Now().Add(b.patience)) // on a connection that is broken there is nothing to wait for
}

// Read sets no deadline behind the body: net/http has removed it by then, and watches the connection for its end, for which it would take
// a deadline that passes.
func (b *pacedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if os.IsTimeout(err) {
		err = limits.TooLate("the request's body did not arrive: a client has %v for each MiB, or the rest of it", b.patience)
	}
	if b.left -= n; b.left <= 0 && err == nil {
		b.nextPart()
	}
	return n, err
}
