// This file makes the users of tests, and logs them in.

package servertest

import (
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/objluad/objluad/server/access"
)

// Salt is in each password.
var Salt = rand.Text()

// SecretOf is the password of a user of tests. It is another one in each run, so that it is in no file by chance.
func SecretOf(name string) string { return "secret-" + name + "-" + Salt }

// NewUsers makes users who have those capabilities, a password each, and a token each.
func NewUsers(t *testing.T, caps map[string]string) (users *access.Users, tokens map[string]string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users")
	tokens = map[string]string{}
	err := access.Edit(path, func(f *access.File) error {
		for name, text := range caps {
			parsed, err := access.ParseCaps(text)
			if err != nil {
				return err
			}
			for _, step := range []func() error{
				func() error { return f.Add(name) },
				func() error { return f.SetCaps(name, parsed) },
				func() error { return f.SetPassword(name, []byte(SecretOf(name))) },
				func() error { tokens[name], err = f.AddToken(name, time.Time{}); return err },
			} {
				if err := step(); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if users, err = access.OpenUsers(path, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return users, tokens
}

// Login logs in with the password of a user that NewUsers made.
func (p *Peer) Login(name string) *Peer {
	p.t.Helper()
	if got := p.Ask("AUTH", name, SecretOf(name)); got != "+OK\r\n" {
		p.t.Fatalf("AUTH %s: %q", name, got)
	}
	return p
}
