// This file is what net/http has to say that it can tell no client.

package httpapi

import (
	"bytes"
	"context"
	"log"
	"log/slog"
)

// errorLog passes it on as a warning. That a handshake of TLS failed is one for debugging, as with the RESP listener: any stranger can
// have it said.
type errorLog struct{ log *slog.Logger }

func newErrorLog(to *slog.Logger) *log.Logger { return log.New(errorLog{to}, "", 0) }

func (e errorLog) Write(line []byte) (int, error) {
	level := slog.LevelWarn
	if bytes.HasPrefix(line, []byte("http: TLS handshake error ")) {
		level = slog.LevelDebug
	}
	e.log.Log(context.Background(), level, string(bytes.TrimSuffix(line, []byte("\n"))))
	return len(line), nil
}
