// This file is the daemon's own certificate, and the authorities of its clients': read from files, and read again as they change.

package access

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
)

// CertificateFiles are paths of PEM files.
type CertificateFiles struct {
	Cert     string // of the daemon, with those between it and its authority
	Key      string // of Cert
	ClientCA string // authorities of clients' certificates; "" when clients are asked for none
	Optional bool   // a client may have no certificate
}

// Certificates are what the daemon proves by who it is, and verifies clients by. They are safe for concurrent use.
type Certificates struct {
	files   CertificateFiles
	log     *slog.Logger
	current atomic.Pointer[tls.Config]
}

// OpenCertificates reads the files. It fails for what is no certificate, no key of it, or has expired.
func OpenCertificates(files CertificateFiles, log *slog.Logger) (*Certificates, error) {
	c := &Certificates{files: files, log: log}
	return c, c.Reload()
}

// Config returns a configuration for listeners, which has what is read later, too. Connections keep what they were made with.
func (c *Certificates) Config() *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return c.current.Load(), nil },
	}
}

// Reload reads the files again. When that fails, all is as it was.
func (c *Certificates) Reload() error {
	cert, err := c.readPair()
	if err != nil {
		return err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}}
	if c.files.ClientCA != "" {
		if config.ClientCAs, err = readAuthorities(c.files.ClientCA); err != nil {
			return err
		}
		config.ClientAuth = tls.RequireAndVerifyClientCert
		if c.files.Optional {
			config.ClientAuth = tls.VerifyClientCertIfGiven
		}
	}
	c.current.Store(config)
	return nil
}

func (c *Certificates) readPair() (pair tls.Certificate, err error) {
	cert, err := os.ReadFile(c.files.Cert)
	if err != nil {
		return pair, err
	}
	key, err := readPrivate(c.files.Key, c.log)
	if err != nil {
		return pair, err
	}
	if pair, err = tls.X509KeyPair(cert, key); err != nil {
		return pair, fmt.Errorf("%s with %s: %w", c.files.Cert, c.files.Key, err)
	}
	if until := pair.Leaf.NotAfter; time.Now().After(until) {
		return pair, fmt.Errorf("%s: the certificate expired at %s", c.files.Cert, until.Format(time.RFC3339))
	}
	return pair, nil
}

func readAuthorities(path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s: there is no certificate in PEM", path)
	}
	return pool, nil
}
