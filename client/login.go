// This file is the errors of connections that could not be made because of who is at either end.

package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
)

// loginError returns the *Error of a line in which the daemon says, in Redis's words, that somebody has to log in, or failed to; nil
// for any other line.
func loginError(line string) *Error {
	message := ""
	switch word, _, _ := strings.Cut(line, " "); word {
	case "NOAUTH":
		message = "the daemon has users: log in by a name and a password, or by a certificate"
	case "WRONGPASS":
		message = "wrong user name or password"
	default:
		return nil
	}
	return &Error{Errno: syscall.EACCES, Kind: "auth", Message: message, name: "EACCES"}
}

// dialError says what is wrong at either end of TLS. Of other errors it is callError.
func dialError(addr string, secured bool, err error) error {
	var plain tls.RecordHeaderError
	var remote *net.OpError
	var untrusted *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.Is(err, io.EOF) && !secured: // what it may have said before is lost with the other replies
		return fmt.Errorf("the daemon at %s closed the connection at once, as one does that speaks TLS only: %w", addr, syscall.ECONNRESET)
	case errors.As(err, &plain):
		return fmt.Errorf("the daemon at %s does not speak TLS: %w", addr, syscall.EPROTO)
	case errors.As(err, &remote) && remote.Op == "remote error": // an alert of TLS, as crypto/tls gives it
		return fmt.Errorf("the daemon at %s refuses this client's certificate, or that it has none: %v: %w", addr, remote.Err, syscall.EACCES)
	case errors.As(err, &untrusted) && errors.As(err, &unknown):
		return fmt.Errorf("the daemon at %s has a certificate of an authority that is not known here: %w", addr, syscall.EACCES)
	case errors.As(err, &untrusted):
		return fmt.Errorf("the daemon at %s has a certificate that is wrong: %v: %w", addr, untrusted.Err, syscall.EACCES)
	}
	return callError(err)
}
