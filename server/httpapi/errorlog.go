// This file is what net/http has to say that it can tell no client.

package httpapi

import (
	"log"
	"log/slog"
	"strings"

	"github.com/objluad/objluad/server/access"
)

// errorLog passes it on as a warning. Handshakes of TLS that failed belong in the audit log, as with the RESP listener; any stranger can
// have as many as he likes.
type errorLog struct {
	log   *slog.Logger
	audit *access.Audit
}

func newErrorLog(to *slog.Logger, audit *access.Audit) *log.Logger {
	return log.New(errorLog{to, audit}, "", 0)
}

func (e errorLog) Write(b []byte) (int, error) {
	line := strings.TrimSuffix(string(b), "\n")
	if failed, ok := strings.CutPrefix(line, "http: TLS handshake error from "); ok {
		peer, err, _ := strings.Cut(failed, ": ")
		e.audit.Warn("TLS handshake failed", "peer", peer, "err", err)
	} else {
		e.log.Warn(line)
	}
	return len(b), nil
}
