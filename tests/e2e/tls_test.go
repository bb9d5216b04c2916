// This file is TLS, certificates of clients, and what is renewed while a daemon serves.

package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

// authority signs certificates.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	a.key = a.newKey()
	template := &x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(time.Hour), SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.write("ca.pem", "CERTIFICATE", der)
	return a
}

func (a *authority) newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	return key
}

func (a *authority) path(name string) string { return filepath.Join(a.dir, name) }

// write replaces a PEM file at once.
func (a *authority) write(name, kind string, der []byte) {
	a.t.Helper()
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	if err := os.WriteFile(a.path(name)+".new", text, 0o600); err != nil {
		a.t.Fatal(err)
	}
	if err := os.Rename(a.path(name)+".new", a.path(name)); err != nil {
		a.t.Fatal(err)
	}
}

// issue writes NAME.pem and NAME.key: a certificate for the loopback address and for clients, good from a time on for a day.
func (a *authority) issue(name string, from time.Time) {
	a.t.Helper()
	key := a.newKey()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		a.t.Fatal(err)
	}
	template := &x509.Certificate{Subject: pkix.Name{CommonName: name, Organization: []string{"Example"}}, SerialNumber: serial,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: from, NotAfter: from.Add(24 * time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	a.write(name+".key", "PRIVATE KEY", raw)
	a.write(name+".pem", "CERTIFICATE", der)
}

// client returns the TLS of a client that trusts the authority, and shows the certificate of that name of another one, if there is one.
func (a *authority) client(of *authority, name string) *tls.Config {
	a.t.Helper()
	config := &tls.Config{RootCAs: x509.NewCertPool()}
	config.RootCAs.AddCert(a.cert)
	if of != nil {
		pair, err := tls.LoadX509KeyPair(of.path(name+".pem"), of.path(name+".key"))
		if err != nil {
			a.t.Fatal(err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config
}

const tlsUsers = "[alice]\ncaps = allow *\ncertificate = CN=alice,O=Example\n[bob]\ncertificate = CN=bob,O=Example\n"

// tlsDaemon starts a daemon with TLS, whose own certificate is that of the name daemon.
func tlsDaemon(t *testing.T, a *authority, args ...string) (d *rig.Daemon, users string) {
	t.Helper()
	a.issue("daemon", time.Now().Add(-time.Hour))
	users = filepath.Join(a.dir, "users")
	if err := os.WriteFile(users, []byte(tlsUsers), 0o600); err != nil {
		t.Fatal(err)
	}
	args = append(args, "--users", users, "--tls-cert", a.path("daemon.pem"), "--tls-key", a.path("daemon.key"))
	return rig.Run(t, t.TempDir(), args...), users
}

// overTLS makes a request, and returns its status, or the error of the connection.
func overTLS(t *testing.T, d *rig.Daemon, config *tls.Config) (int, error) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: config}
	defer transport.CloseIdleConnections()
	res, err := (&http.Client{Transport: transport}).Get("https://" + d.HTTP() + "/v1/df")
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	io.Copy(io.Discard, res.Body)
	return res.StatusCode, nil
}

// dialTLS connects, and returns the first error.
func dialTLS(t *testing.T, d *rig.Daemon, config *tls.Config) error {
	t.Helper()
	conn, err := client.DialOptions(d.Addr(), client.Options{TLS: config})
	if err != nil {
		return err
	}
	defer conn.Shutdown()
	_, err = conn.GetClusterStats(t.Context())
	return err
}

func wantErrorWith(t *testing.T, what string, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error, want %q", what, words)
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v, want %q", what, err, word)
		}
	}
}

// A client's certificate is its login; one that is of another authority, has expired, or is nobody's, is none.
func TestMutualTLS(t *testing.T) {
	a, other := newAuthority(t, "ours"), newAuthority(t, "theirs")
	now := time.Now().Add(-time.Hour)
	a.issue("alice", now)
	a.issue("bob", now)
	a.issue("carol", now)
	other.issue("alice", now)
	d, _ := tlsDaemon(t, a, "--tls-client-ca", a.path("ca.pem"))
	for _, test := range []struct {
		what   string
		config *tls.Config
		status int    // of HTTP; 0 is no connection
		err    string // of RESP
	}{
		{"alice", a.client(a, "alice"), 200, ""},
		{"who may not", a.client(a, "bob"), 403, "user bob may not use POOL.DF"},
		{"nobody's", a.client(a, "carol"), 401, "the daemon has users: log in"},
		{"of another authority", a.client(other, "alice"), 0, "refuses this client's certificate"},
		{"none", a.client(nil, ""), 0, "certificate required"},
		{"a daemon of another authority", other.client(other, "alice"), 0, "has a certificate of an authority that is not known here"},
	} {
		status, err := overTLS(t, d, test.config)
		if status != test.status || (err != nil) != (test.status == 0) {
			t.Errorf("HTTP, %s: %d, %v; want %d", test.what, status, err, test.status)
		}
		if err := dialTLS(t, d, test.config); test.err == "" && err != nil {
			t.Errorf("RESP, %s: %v", test.what, err)
		} else if test.err != "" {
			wantErrorWith(t, "RESP, "+test.what, err, test.err)
		}
	}
	a.issue("alice", time.Now().Add(-25*time.Hour))
	wantErrorWith(t, "an expired certificate", dialTLS(t, d, a.client(a, "alice")), "refuses this client's certificate", "expired certificate")
	old := a.client(a, "bob")
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	wantErrorWith(t, "TLS 1.1", dialTLS(t, d, old), "protocol version")
}

// Who takes one for the other is told.
func TestWrongTLS(t *testing.T) {
	a := newAuthority(t, "ours")
	secured, _ := tlsDaemon(t, a)
	plain := rig.Run(t, t.TempDir())
	wantErrorWith(t, "TLS to a plain port", dialTLS(t, plain, a.client(nil, "")), "does not speak TLS")
	conn, err := client.Dial(secured.Addr())
	if err == nil {
		conn.Shutdown()
	}
	wantErrorWith(t, "plain to a TLS port", err, "closed the connection at once, as one does that speaks TLS only")
	if reply := inline(t, secured, "PING"); reply != "-EPROTO input this port speaks TLS: connect with it, as in redis-cli --tls and objluad --tls\r\n" {
		t.Errorf("plain to a TLS port: %q", reply)
	}
	res, err := http.Get("http://" + secured.HTTP() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if res.StatusCode != http.StatusBadRequest || !strings.Contains(string(answer), "HTTP request to an HTTPS server") {
		t.Errorf("HTTP to HTTPS: %d %s", res.StatusCode, answer)
	}
	if _, err := overTLS(t, plain, a.client(nil, "")); err == nil || !strings.Contains(err.Error(), "HTTP response to HTTPS client") {
		t.Errorf("HTTPS to HTTP: %v", err)
	}
	// A client that connects and says nothing keeps nobody waiting.
	for range 20 {
		nc, err := net.Dial("tcp", secured.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
	}
	wantErrorWith(t, "another one", dialTLS(t, secured, a.client(nil, "")), "log in")
	if err := secured.Stop(); err != nil {
		t.Error(err)
	}
	for _, why := range []string{"the client does not speak TLS", "client sent an HTTP request to an HTTPS server"} {
		if !regexp.MustCompile(`"msg":"TLS handshake failed","audit":true,"peer":"127.0.0.1:\d+","err":"` + why).MatchString(secured.Stderr()) {
			t.Errorf("the audit log lacks: %s", why)
		}
	}
}

// What cannot be served with is refused at the start.
func TestCertificatesAreChecked(t *testing.T) {
	a := newAuthority(t, "ours")
	a.issue("old", time.Now().Add(-25*time.Hour))
	a.issue("other", time.Now())
	for _, test := range []struct {
		cert, key, ca string
		want          string
	}{
		{"old.pem", "old.key", "", "EINVAL: " + a.path("old.pem") + ": the certificate expired at"},
		{"other.pem", "old.key", "", "EINVAL: .*private key does not match"},
		{"none.pem", "old.key", "", "ENOENT: "},
		{"other.pem", "other.key", "other.key", "EINVAL: .*there is no certificate in PEM"},
	} {
		args := []string{"--tls-cert", a.path(test.cert), "--tls-key", a.path(test.key)}
		if test.ca != "" {
			args = append(args, "--tls-client-ca", a.path(test.ca))
		}
		d, err := rig.Start(t.TempDir(), args...)
		if err == nil {
			t.Errorf("%+v: it serves", test)
			d.Stop()
			continue
		}
		for _, word := range strings.Split(test.want, ".*") {
			wantErrorWith(t, fmt.Sprintf("%+v", test), err, word)
		}
	}
}

// Certificates and users are renewed by a change of their files, and by SIGHUP; what is wrong with a file changes nothing.
func TestRenewal(t *testing.T) {
	a := newAuthority(t, "ours")
	a.issue("alice", time.Now().Add(-time.Hour))
	d, users := tlsDaemon(t, a, "--tls-client-ca", a.path("ca.pem"))
	alice := a.client(a, "alice")
	serial := func() string {
		conn, err := tls.Dial("tcp", d.HTTP(), alice)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.String()
	}
	eventually := func(what string, holds func() bool) {
		t.Helper()
		for end := time.Now().Add(2 * time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("does not happen: %s", what)
			}
		}
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(users, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old := serial()
	a.issue("daemon", time.Now().Add(-time.Minute))
	eventually("another certificate", func() bool { return serial() != old })
	if err := dialTLS(t, d, alice); err != nil {
		t.Error(err)
	}
	write(strings.Replace(tlsUsers, "allow *", "allow w", 1))
	eventually("fewer capabilities", func() bool {
		err := dialTLS(t, d, alice)
		return err != nil && strings.Contains(err.Error(), "may not use POOL.DF")
	})
	write("[alice\n")
	eventually("a message", func() bool {
		return strings.Contains(d.Stderr(), "users: line 1: this is neither [user] nor key = value")
	})
	wantErrorWith(t, "all as before", dialTLS(t, d, alice), "user alice may not use POOL.DF")
	write(tlsUsers)
	if err := syscall.Kill(d.PID(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually("all capabilities", func() bool { return dialTLS(t, d, alice) == nil })
	for _, line := range []string{`"msg":"users changed","audit":true`, `"changed":["alice"]`, `"msg":"reloaded","what":"users"`, `"what":"certificates"`} {
		if !strings.Contains(d.Stderr(), line) {
			t.Errorf("the log has no %s", line)
		}
	}
}

// redis-cli, curl and the command line come in, all with the means that they have.
func TestClientsWithTLS(t *testing.T) {
	a := newAuthority(t, "ours")
	d, users := tlsDaemon(t, a, "--tls-client-ca", a.path("ca.pem"), "--tls-client-auth", "optional")
	a.issue("alice", time.Now().Add(-time.Hour))
	add := exec.Command(rig.Binary(), "user", "passwd", "alice", "--users", users)
	add.Stdin = strings.NewReader("open sesame")
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	token, err := exec.Command(rig.Binary(), "user", "token", "alice", "--users", users).Output()
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(d.Addr())
	curl := "https://" + d.HTTP() + "/v1/pools"
	bearer := "Authorization: Bearer " + strings.TrimSpace(string(token))
	ca, cert, key := a.path("ca.pem"), a.path("alice.pem"), a.path("alice.key")
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"redis-cli", "-h", host, "-p", port, "--tls", "--cacert", ca, "--user", "alice", "POOL.LIST"}, "default\n"},
		{[]string{"redis-cli", "-h", host, "-p", port, "--tls", "--cacert", ca, "--cert", cert, "--key", key, "-3", "POOL.LIST"}, "default\n"},
		{[]string{"curl", "-sS", "--cacert", ca, "-u", "alice:open sesame", curl}, `{"pools":["default"]}` + "\n"},
		{[]string{"curl", "-sS", "--cacert", ca, "-H", bearer, curl}, `{"pools":["default"]}` + "\n"},
		{[]string{"curl", "-sS", "--cacert", ca, "--cert", cert, "--key", key, curl}, `{"pools":["default"]}` + "\n"},
		{[]string{rig.Binary(), "--addr", d.Addr(), "--ca", ca, "--user", "alice", "lspools"}, "default\n"},
		{[]string{rig.Binary(), "--addr", d.Addr(), "--ca", ca, "--cert", cert, "--key", key, "lspools"}, "default\n"},
	} {
		cmd := exec.CommandContext(t.Context(), test.args[0], test.args[1:]...)
		if strings.Contains(strings.Join(test.args, " "), "--user") {
			cmd.Env = append(os.Environ(), "REDISCLI_AUTH=open sesame", "OBJLUAD_PASSWORD=open sesame")
		}
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		// The daemon may not yet have read what was changed last.
		var out []byte
		for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			again := *cmd
			if out, err = again.Output(); string(out) == test.want {
				break
			}
		}
		if string(out) != test.want {
			t.Errorf("%q: %q, %v, %s", test.args, out, err, stderr.String())
		}
	}
}
