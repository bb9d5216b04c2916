// This file is the daemon's settings of who may use it, and how they reach it.

package daemon

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/netip"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/access"
)

// securityFlags are the settings, as they are given.
type securityFlags struct {
	users      string
	certs      access.CertificateFiles
	clientAuth string
	plain      bool // beyond loopback
	audit      string
}

func (s *securityFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&s.users, "users", "", "`file` of the users, which objluad user makes; default none: everybody may do all")
	flags.StringVar(&s.certs.Cert, "tls-cert", "", "`file` of the daemon's certificate, in PEM; default none: no TLS")
	flags.StringVar(&s.certs.Key, "tls-key", "", "`file` of the certificate's key, in PEM")
	flags.StringVar(&s.certs.ClientCA, "tls-client-ca", "", "`file` of authorities, in PEM, whose certificates clients are to have")
	flags.StringVar(&s.clientAuth, "tls-client-auth", "required", "whether a client's certificate is required or optional")
	flags.BoolVar(&s.plain, "insecure-no-tls", false, "listen beyond loopback without TLS: passwords and data can be read on the way")
	flags.StringVar(&s.audit, "audit-log", "", "`file` for denials, failed logins and administration; default the log")
}

// check refuses settings that contradict each other.
func (s *securityFlags) check() error {
	switch c := s.certs; {
	case (c.Cert == "") != (c.Key == ""):
		return errno.Errorf(syscall.EINVAL, "--tls-cert and --tls-key are given together or not at all")
	case c.ClientCA != "" && c.Cert == "":
		return errno.Errorf(syscall.EINVAL, "--tls-client-ca takes --tls-cert and --tls-key")
	case s.clientAuth != "required" && s.clientAuth != "optional":
		return errno.Errorf(syscall.EINVAL, "--tls-client-auth is required or optional, not %q", s.clientAuth)
	case s.clientAuth == "optional" && c.ClientCA == "":
		return errno.Errorf(syscall.EINVAL, "--tls-client-auth takes --tls-client-ca")
	case s.plain && c.Cert != "":
		return errno.Errorf(syscall.EINVAL, "--insecure-no-tls and --tls-cert contradict each other")
	case s.plain && s.users == "":
		return errno.Errorf(syscall.EINVAL, "--insecure-no-tls takes --users")
	case s.audit != "" && s.users == "":
		return errno.Errorf(syscall.EINVAL, "--audit-log takes --users")
	}
	s.certs.Optional = s.clientAuth == "optional"
	return nil
}

// checkAddress refuses an address that other machines can reach, unless the daemon knows who they are, and nobody can listen to what they
// send.
func (s *securityFlags) checkAddress(flag, addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return errno.Errorf(syscall.EINVAL, "%s %s: %v", flag, addr, err)
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case host == "localhost" || err == nil && ip.IsLoopback():
		return nil
	case s.users == "":
		return errno.Errorf(syscall.EPERM, "%s %s: without users the daemon listens on loopback addresses only, since whoever reaches it may do all; "+
			"objluad user add makes users, and docs/security.md says the rest", flag, addr)
	case s.certs.Cert == "" && !s.plain:
		return errno.Errorf(syscall.EPERM, "%s %s: without TLS passwords and data could be read on the way: give --tls-cert and --tls-key, "+
			"or --insecure-no-tls where the network itself is safe", flag, addr)
	}
	return nil
}

// security is what the settings made.
type security struct {
	users *access.Users
	tls   *tls.Config
	audit *slog.Logger
}

// open reads the files that the settings name, and has them read again on SIGHUP, and when they change.
func (s *securityFlags) open(ctx context.Context, hangups *hangups, log *slog.Logger) (made security, err error) {
	var watched []watchedFile
	if s.audit != "" {
		file, err := openAuditLog(s.audit)
		if err != nil {
			return made, err
		}
		made.audit = slog.New(slog.NewJSONHandler(file, nil))
		hangups.add("audit log", file.reopen)
	}
	if s.users != "" {
		if made.users, err = access.OpenUsers(s.users, log); err != nil {
			return made, err
		}
		if made.users.Len() == 0 {
			log.Warn("there are no users, so nobody can log in", "file", s.users)
		}
		audit := log
		if made.audit != nil {
			audit = made.audit
		}
		reload := func() error { return reloadUsers(made.users, audit) }
		hangups.add("users", reload)
		watched = append(watched, watchedFile{s.users, "users", reload})
	}
	if s.certs.Cert != "" {
		certificates, err := access.OpenCertificates(s.certs, log)
		if err != nil {
			return made, err
		}
		made.tls = certificates.Config()
		hangups.add("certificates", certificates.Reload)
		for _, path := range []string{s.certs.Cert, s.certs.Key, s.certs.ClientCA} {
			watched = append(watched, watchedFile{path, "certificates", certificates.Reload})
		}
	}
	if len(watched) == 0 {
		return made, nil
	}
	return made, watchFiles(ctx, watched, log)
}

// into has a server use it.
func (s *security) into(opts *server.Options) {
	opts.Users, opts.TLS, opts.Audit = s.users, s.tls, s.audit
}

func reloadUsers(users *access.Users, audit *slog.Logger) error {
	changes, err := users.Reload()
	if err != nil {
		return err
	}
	if len(changes.Added)+len(changes.Removed)+len(changes.Changed) > 0 {
		audit.Info("users changed", "audit", true, "added", changes.Added, "removed", changes.Removed, "changed", changes.Changed)
	}
	return nil
}
