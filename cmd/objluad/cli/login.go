// This file is as whom the command line logs in, and how it reaches the daemon. A password is never an argument, which all users of
// the machine can see.

package cli

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"os"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/server/access"
)

// loginEnv are the names in the environment that are about it.
var loginEnv = []string{"OBJLUAD_USER", "OBJLUAD_PASSWORD", "OBJLUAD_PASSWORD_FILE", "OBJLUAD_TLS", "OBJLUAD_CA", "OBJLUAD_CERT", "OBJLUAD_KEY"}

// loginFlags are the global flags about that.
type loginFlags struct {
	user         string
	passwordFile string
	tls          bool
	ca           string
	cert, key    string
}

func (l *loginFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&l.user, "user", os.Getenv("OBJLUAD_USER"), "`name` of the user; OBJLUAD_USER in the environment, and the password in OBJLUAD_PASSWORD")
	flags.StringVar(&l.passwordFile, "password-file", os.Getenv("OBJLUAD_PASSWORD_FILE"), "`file` whose first line is the password; OBJLUAD_PASSWORD_FILE in the environment")
	flags.BoolVar(&l.tls, "tls", os.Getenv("OBJLUAD_TLS") == "1", "connect by TLS, as --ca and --cert do, too; OBJLUAD_TLS=1 in the environment")
	flags.StringVar(&l.ca, "ca", os.Getenv("OBJLUAD_CA"), "`file` of the authority of the daemon's certificate, in PEM; default the machine's; OBJLUAD_CA in the environment")
	flags.StringVar(&l.cert, "cert", os.Getenv("OBJLUAD_CERT"), "`file` of this client's certificate, in PEM; OBJLUAD_CERT in the environment")
	flags.StringVar(&l.key, "key", os.Getenv("OBJLUAD_KEY"), "`file` of the certificate's key, in PEM; OBJLUAD_KEY in the environment")
}

// into has a connection log in so.
func (l *loginFlags) into(opts *client.Options) (err error) {
	if opts.TLS, err = l.config(); err != nil {
		return err
	}
	opts.User, opts.Password = l.user, os.Getenv("OBJLUAD_PASSWORD")
	if l.passwordFile != "" {
		file, err := os.Open(l.passwordFile)
		if err != nil {
			return err
		}
		defer file.Close()
		password, err := ReadSecret(file)
		if err != nil {
			return err
		}
		opts.Password = string(password)
	}
	if opts.User != "" && opts.Password == "" && l.cert == "" {
		return errno.Errorf(syscall.EINVAL, "user %s has a password: put it into OBJLUAD_PASSWORD, or give --password-file", opts.User)
	}
	return nil
}

// config returns the TLS to connect by, or nil for none.
func (l *loginFlags) config() (*tls.Config, error) {
	switch {
	case (l.cert == "") != (l.key == ""):
		return nil, errno.Errorf(syscall.EINVAL, "--cert and --key are given together or not at all")
	case !l.tls && l.ca == "" && l.cert == "":
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if l.ca != "" {
		text, err := os.ReadFile(l.ca)
		if err != nil {
			return nil, err
		}
		if config.RootCAs = x509.NewCertPool(); !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, errno.Errorf(syscall.EINVAL, "%s: there is no certificate in PEM", l.ca)
		}
	}
	if l.cert != "" {
		pair, err := tls.LoadX509KeyPair(l.cert, l.key)
		if err != nil {
			return nil, errno.Errorf(syscall.EINVAL, "%s with %s: %v", l.cert, l.key, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// ReadSecret returns a secret: the first line, without its end.
func ReadSecret(in io.Reader) ([]byte, error) {
	line, err := bufio.NewReader(io.LimitReader(in, access.MaxPassword+2)).ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return bytes.TrimRight(line, "\r\n"), nil
}
