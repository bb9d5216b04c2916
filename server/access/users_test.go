// This file tests users files, and logins by what they have.

package access

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// cheap is a cost for tests that hash a lot.
var cheap = passwordHash{memory: 8, passes: 1, threads: 1}

func passwordLine(password string) string {
	return "password = " + newPasswordHash([]byte(password), cheap).String() + "\n"
}

func usersFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func openUsers(t *testing.T, text string) *Users {
	t.Helper()
	u, err := OpenUsers(usersFile(t, text), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func rewrite(t *testing.T, u *Users, text string) Changes {
	t.Helper()
	if err := os.WriteFile(u.Path(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := u.Reload()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWrongFiles(t *testing.T) {
	hash := passwordLine("x")
	sum := strings.Repeat("ab", 32)
	for text, want := range map[string]string{
		"caps = allow r":                    "line 1: caps comes before the first [user]",
		"# fine\n\n[a]\nnonsense":           "line 4: this is neither [user] nor key = value",
		"[a]\npasword = x":                  `line 2: "pasword" is no key`,
		"[a b]":                             "line 1: a user's name has 1 to 64 letters",
		"[]":                                "line 1: a user's name",
		"[" + strings.Repeat("a", 65) + "]": "line 1: a user's name",
		"[a]\n[b]\n[a]":                     "line 3: user a is here twice",
		"[a]\n" + hash + hash:               "line 3: user a has two passwords",
		"[a]\npassword = secret":            "line 2: a password's hash is $argon2id$",
		"[a]\npassword = $argon2id$v=19$m=4000000,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$c2FsdHNhbHRzYWx0c2FsdA": "line 2: a password's hash takes 8 KiB to 1 GiB",
		"[a]\npassword = $argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$":                             "line 2: a password's hash is",
		"[a]\ntoken = objluad_secret":                "line 2: a token is a SHA-256 in hex",
		"[a]\ntoken = " + sum + " created=yesterday": "line 2: a token is",
		"[a]\ntoken = " + sum + " created=2026-01-02T15:04:05Z\n[b]\ntoken = " + sum + " created=2026-01-02T15:04:05Z": "line 4: token abababab is here twice",
		"[a]\ncertificate =": "line 2: certificate is a subject",
		"[a]\ncertificate = CN=a\n[b]\ncertificate = CN=a": `line 4: certificate "CN=a" belongs to user a`,
		"[a]\ncaps = allow r\ncaps = allow w":              "line 3: user a has caps twice",
		"[a]\ncaps = allow r pool=":                        "line 2: the capabilities are wrong at character 14: pool= is followed by a name",
		"[a]\ncaps = allow\x00":                            "line 2: a line has no control characters",
		strings.Repeat("\n", maxFile+1):                    "line 1: the file has 16777217 bytes",
	} {
		_, err := ParseFile([]byte(text))
		var wrong *FileError
		if !errors.As(err, &wrong) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.60q: %v, want %s", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%.60q: the error tells what was in the place of a hash: %v", text, err)
		}
	}
}

// An edit leaves alone what it is not about, and makes a file that only its owner may read.
func TestEdit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users")
	var secret string
	steps := []func(f *File) error{
		func(f *File) error { return f.Add("alice") },
		func(f *File) error { return f.Add("bob") },
		func(f *File) error { return f.SetPassword("alice", []byte("correct horse")) },
		func(f *File) error { return f.SetCaps("alice", mustParse(t, "allow  r pool=a")) },
		func(f *File) error { return f.AddCertificate("bob", "CN=bob,O=Example") },
		func(f *File) (err error) {
			secret, err = f.AddToken("alice", time.Time{})
			return err
		},
		func(f *File) error { return f.SetCaps("alice", mustParse(t, "allow rw pool=a")) },
	}
	for i, step := range steps {
		if err := Edit(path, step); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		if i == 1 { // somebody adds remarks by hand
			text, _ := os.ReadFile(path)
			if err := os.WriteFile(path, append([]byte("# remark\n"), text...), 0o640); err != nil {
				t.Fatal(err)
			}
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	for i, want := range []string{"# remark", "[alice]", "password = $argon2id$v=19$m=19456,t=2,p=1$", "caps = allow rw pool=a", "token = ", "", "[bob]", "certificate = CN=bob,O=Example", ""} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) || want == "" && lines[i] != "" {
			t.Fatalf("line %d is not %q:\n%s", i+1, want, text)
		}
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the mode is %v, %v", st.Mode(), err)
	}
	if strings.Contains(string(text), "horse") || strings.Contains(string(text), secret) {
		t.Errorf("a secret is in the file:\n%s", text)
	}

	for what, step := range map[string]struct {
		edit func(f *File) error
		want string
	}{
		"there":             {func(f *File) error { return f.Add("alice") }, "there is a user alice already"},
		"nobody":            {func(f *File) error { return f.Remove("carol") }, "there is no user carol"},
		"short":             {func(f *File) error { return f.SetPassword("bob", []byte("short")) }, "a password has 8 to 1024 bytes"},
		"name":              {func(f *File) error { return f.Add("a:b") }, "a user's name has"},
		"break":             {func(f *File) error { return f.AddCertificate("bob", "CN=x\ncaps = allow *") }, "cannot be in a line"},
		"blank":             {func(f *File) error { return f.AddCertificate("bob", "CN=x ") }, "cannot be in a line"},
		"taken":             {func(f *File) error { return f.AddCertificate("alice", "CN=bob,O=Example") }, "belongs to user"},
		"no such token":     {func(f *File) error { return f.RemoveToken("alice", "00000000") }, "user alice has no token 00000000"},
		"no such subject":   {func(f *File) error { return f.RemoveCertificate("bob", "CN=bob") }, "user bob has no certificate CN=bob"},
		"token of somebody": {func(f *File) error { return f.RemoveToken("bob", f.Users()[0].Tokens()[0].ID()) }, "user bob has no token"},
	} {
		if err := Edit(path, step.edit); err == nil || !strings.Contains(err.Error(), step.want) {
			t.Errorf("%s: %v, want %s", what, err, step.want)
		}
	}
	if now, err := os.ReadFile(path); err != nil || string(now) != string(text) {
		t.Errorf("a refused edit changed the file to %s, %v", now, err)
	}

	u, err := OpenUsers(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	session, err := u.Token(secret)
	if err != nil || session.User().Name != "alice" {
		t.Errorf("the token is %v, %v", session, err)
	}
	id := session.User().Tokens()[0].ID()
	if err := Edit(path, func(f *File) error { return errors.Join(f.RemoveToken("alice", id), f.Remove("bob")) }); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(path); strings.Contains(string(text), "token") || strings.Contains(string(text), "bob") || !strings.Contains(string(text), "# remark") {
		t.Errorf("after the removals there is\n%s", text)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("edits left %v", entries)
	}
}

// Edits at once all happen.
func TestEditsWaitForEachOther(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users")
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if err := Edit(path, func(f *File) error { return f.Add(fmt.Sprint("user", i)) }); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if u, err := OpenUsers(path, slog.New(slog.DiscardHandler)); err != nil || u.Len() != 20 {
		t.Errorf("%d users, %v", u.Len(), err)
	}
}

func TestFilesThatOthersMayChange(t *testing.T) {
	path := usersFile(t, "[a]\n")
	for mode, want := range map[os.FileMode]error{0o600: nil, 0o644: nil, 0o602: syscall.EPERM, 0o666: syscall.EPERM} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		var told strings.Builder
		_, err := OpenUsers(path, slog.New(slog.NewTextHandler(&told, nil)))
		if !errors.Is(err, want) || mode == 0o644 && !strings.Contains(told.String(), "can be read by everybody") {
			t.Errorf("mode %o: %v, %s", mode, err, told.String())
		}
	}
	if _, err := OpenUsers(filepath.Dir(path), slog.New(slog.DiscardHandler)); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("a folder: %v", err)
	}
	if _, err := OpenUsers(path+"x", slog.New(slog.DiscardHandler)); !errors.Is(err, syscall.ENOENT) || !strings.Contains(err.Error(), "objluad user add") {
		t.Errorf("no file: %v", err)
	}
}

func TestLogins(t *testing.T) {
	u := openUsers(t, "[alice]\n"+passwordLine("of alice")+"certificate = CN=alice,O=Example\n[bob]\ncaps = allow r\n")
	for _, attempt := range []struct {
		name, password string
		ok             bool
	}{
		{"alice", "of alice", true},
		{"alice", "of alicf", false},
		{"alice", "", false},
		{"Alice", "of alice", false},
		{"bob", "", false},
		{"bob", "of alice", false},
		{"carol", "", false},
		{"", "", false},
		{"alice", strings.Repeat("x", MaxPassword+1), false},
		{"alice", "of alice", true},
	} {
		u.gate = newGate()
		s, err := u.Password(t.Context(), "127.0.0.1:1", attempt.name, []byte(attempt.password))
		if (err == nil) != attempt.ok || err != nil && err != error(ErrWrong) || err == nil && s.User().Name != attempt.name {
			t.Errorf("%+v: %v", attempt, err)
		}
	}
	subject := func(name pkix.Name) *x509.Certificate { return &x509.Certificate{Subject: name} }
	if s := u.Certificate(subject(pkix.Name{CommonName: "alice", Organization: []string{"Example"}})); s.User() == nil || s.User().Name != "alice" {
		t.Errorf("the certificate stands for %v", s.User())
	}
	if s := u.Certificate(subject(pkix.Name{CommonName: "alice"})); s.User() != nil {
		t.Errorf("another certificate stands for %s", s.User().Name)
	}
}

func TestTokensExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "users")
		var secret string
		if err := Edit(path, func(f *File) (err error) {
			if err = f.Add("a"); err == nil {
				secret, err = f.AddToken("a", time.Now().Add(time.Hour))
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		u, err := OpenUsers(path, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := u.Token(secret); err != nil {
			t.Error(err)
		}
		if _, err := u.Token(secret + "x"); err != error(ErrWrongToken) {
			t.Error(err)
		}
		time.Sleep(time.Hour)
		if _, err := u.Token(secret); err != error(ErrWrongToken) {
			t.Errorf("an hour later: %v", err)
		}
	})
}

// A login ends when what it was made by is gone, and gets and loses capabilities as it lasts.
func TestSessionsFollowTheFile(t *testing.T) {
	line := passwordLine("of alice")
	u := openUsers(t, "[alice]\n"+line+"[bob]\n")
	s, err := u.Password(t.Context(), "", "alice", []byte("of alice"))
	if err != nil {
		t.Fatal(err)
	}
	op := &Operation{Need: Read}
	if Allowed(s.User(), op) == nil {
		t.Error("alice may read")
	}
	c := rewrite(t, u, "[alice]\n"+line+"caps = allow r\n[carol]\n")
	if got := fmt.Sprint(c); got != "{[carol] [bob] [alice]}" {
		t.Errorf("the changes are %s", got)
	}
	if err := Allowed(s.User(), op); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(u.Path(), []byte("[alice"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := u.Reload(); err == nil || Allowed(s.User(), op) != nil {
		t.Errorf("a file that is wrong: %v, %v", err, Allowed(s.User(), op))
	}
	rewrite(t, u, "[alice]\n"+passwordLine("of alice")+"caps = allow r\n") // the same password, but another salt
	if s.Name() != "alice" {
		t.Errorf("the session of a user who is gone is %q's", s.Name())
	}
	if err := Allowed(s.User(), op); err != error(ErrNoLogin) {
		t.Errorf("after a change of the password alice is %v", err)
	}
	if _, err := u.Password(t.Context(), "", "alice", []byte("of alice")); err != nil {
		t.Error(err)
	}
	rewrite(t, u, "")
	if _, err := u.Password(t.Context(), "", "alice", []byte("of alice")); err != error(ErrWrong) {
		t.Errorf("after alice was removed: %v", err)
	}
}

// A password that was right is not verified again for a minute; one that was wrong is.
func TestProofs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProofs()
		hash := newPasswordHash([]byte("secret"), cheap)
		made := p.of("a", hash, []byte("secret"))
		p.add(made)
		for name, other := range map[string]proof{
			"user": p.of("b", hash, []byte("secret")), "password": p.of("a", hash, []byte("secrets")),
			"salt": p.of("a", newPasswordHash([]byte("secret"), cheap), []byte("secret")),
			"key":  newProofs().of("a", hash, []byte("secret")),
		} {
			if p.holds(other) {
				t.Errorf("another %s is taken for proven", name)
			}
		}
		time.Sleep(proofLife - time.Nanosecond)
		if !p.holds(made) {
			t.Error("it was forgotten too early")
		}
		time.Sleep(time.Nanosecond)
		if p.holds(made) {
			t.Error("it was not forgotten")
		}
		for i := range 3 * maxProofs {
			p.add(p.of(fmt.Sprint(i), hash, nil))
		}
		if len(p.until) > maxProofs {
			t.Errorf("%d proofs are kept", len(p.until))
		}
	})
}

// A password that was proven is not hashed again: here no hash can be computed any more.
func TestProvenPasswords(t *testing.T) {
	u := openUsers(t, "[alice]\n"+passwordLine("secret")+"caps = allow *\n")
	if _, err := u.Password(t.Context(), "127.0.0.1:1", "alice", []byte("secret")); err != nil {
		t.Fatal(err)
	}
	u.gate.free = 0
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := u.Password(ended, "127.0.0.1:1", "alice", []byte("secret")); err != nil {
		t.Errorf("a proven password: %v", err)
	}
	if _, err := u.Password(ended, "127.0.0.1:1", "alice", []byte("secrets")); !errors.Is(err, context.Canceled) {
		t.Errorf("another password: %v", err)
	}
}

// An address that makes many attempts at once, before the first has failed, leaves others their turn and a place in line.
func TestAddressesTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const hashing = 40 * time.Millisecond
		g := newGate()
		g.free = 1
		login := func(ctx context.Context, peer string) (time.Duration, error) {
			began := time.Now()
			err := g.enter(ctx, peer)
			if err == nil {
				time.Sleep(hashing)
				g.leave(peer, false)
			}
			return time.Since(began), err
		}
		var wg sync.WaitGroup
		gone, leave := context.WithCancel(t.Context())
		for i := range 2 * maxWaiting {
			ctx := t.Context()
			if i%2 == 0 {
				ctx = gone
			}
			wg.Go(func() { login(ctx, "192.0.2.1:1") })
		}
		synctest.Wait()
		for _, peer := range []string{"192.0.2.2:1", "192.0.2.3:1"} {
			if took, err := login(t.Context(), peer); err != nil || took > 3*hashing {
				t.Errorf("%s waited for %v, %v", peer, took, err)
			}
		}
		leave()
		wg.Wait()
		if g.free != 1 || g.waiting != 0 || len(g.places)+len(g.line)+len(g.inLine) != 0 {
			t.Errorf("the gate has %+v left", g)
		}
	})
}

// Who guesses is slowed down; others, and those whose password was proven a moment ago, are not.
func TestGuessing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		guess := func(peer string) (time.Duration, error) {
			began := time.Now()
			err := g.enter(t.Context(), peer)
			if err == nil {
				g.leave(peer, false)
			}
			return time.Since(began), err
		}
		var total time.Duration
		for range 20 {
			took, err := guess("192.0.2.1:1")
			if err != nil {
				t.Fatal(err)
			}
			if took > longestDelay {
				t.Errorf("one guess took %v", took)
			}
			total += took
		}
		if total < 20*time.Second {
			t.Errorf("20 guesses took %v", total)
		}
		for _, peer := range []string{"192.0.2.2:1", "[2001:db8::1]:1"} {
			if took, err := guess(peer); err != nil || took > 0 {
				t.Errorf("another address waits for %v, %v", took, err)
			}
		}
		if peerKey("[2001:db8::1]:1") != peerKey("[2001:db8::2]:2") || peerKey("[2001:db8::1]:1") == peerKey("[2001:db8:0:1::1]:1") {
			t.Error("one /64 network is not one peer")
		}
		var wg sync.WaitGroup
		refused := 0
		var mu sync.Mutex
		began := time.Now()
		for range 100 {
			wg.Go(func() {
				if _, err := guess("192.0.2.1:1"); err == error(ErrTooMany) {
					mu.Lock()
					refused++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if took := time.Since(began); refused < 95 || took > 2*longestWait {
			t.Errorf("of 100 guesses at once %d were refused, the others took %v", refused, took)
		}
		if err := g.enter(t.Context(), "192.0.2.1:1"); err != nil {
			t.Fatal(err)
		}
		g.leave("192.0.2.1:1", true)
		if took, err := guess("192.0.2.1:1"); err != nil || took > 0 {
			t.Errorf("after a login the address waits for %v, %v", took, err)
		}
		for i := range 2 * maxPeers {
			guess(fmt.Sprintf("10.%d.%d.1:1", i/256, i%256))
		}
		if len(g.peers) > maxPeers {
			t.Errorf("%d addresses are remembered", len(g.peers))
		}
		ctx, cancel := context.WithCancel(t.Context())
		for range freeFailures + 1 {
			guess("192.0.2.9:1")
		}
		cancel()
		if err := g.enter(ctx, "192.0.2.9:1"); !errors.Is(err, context.Canceled) || g.waiting != 0 {
			t.Errorf("a client that is gone gets %v, %d wait", err, g.waiting)
		}
	})
}
