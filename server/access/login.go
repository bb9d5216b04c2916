// This file is logins: from a name and a password, a token or a certificate to a user.

package access

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/objluad/objluad/objclass"
)

// Users are the users of a daemon, as their file has them. They are safe for concurrent use.
type Users struct {
	path      string
	log       *slog.Logger
	table     atomic.Pointer[table]
	reloading sync.Mutex
	gate      *gate
	proofs    *proofs
	unknown   *passwordHash // stands for that of users who have none
}

// OpenUsers reads a users file. It fails with a *FileError for a file that is wrong.
func OpenUsers(path string, log *slog.Logger) (*Users, error) {
	u := &Users{path: path, log: log, gate: newGate(), proofs: newProofs(), unknown: newPasswordHash(nil, defaultCost)}
	_, err := u.Reload()
	return u, err
}

// Path returns the path of the users file.
func (u *Users) Path() string { return u.path }

// Len returns how many users there are.
func (u *Users) Len() int { return len(u.table.Load().users) }

// Has reports whether there is a user of that name.
func (u *Users) Has(name string) bool { return u.table.Load().users[name] != nil }

// Changes are the names of users that a Reload found to be other than before.
type Changes struct{ Added, Removed, Changed []string }

// Reload reads the file again. When that fails, the users stay as they were.
func (u *Users) Reload() (Changes, error) {
	u.reloading.Lock()
	defer u.reloading.Unlock()
	text, err := readPrivate(u.path, u.log)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w; objluad user add makes one", err)
	}
	if err != nil {
		return Changes{}, err
	}
	f, err := ParseFile(text)
	if err != nil {
		return Changes{}, fmt.Errorf("%s: %w", u.path, err)
	}
	return changes(u.table.Swap(f.table), f.table), nil
}

// readPrivate reads a file that nobody else should be able to change or to read.
func readPrivate(path string, log *slog.Logger) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	st, err := file.Stat()
	switch mode := st.Mode(); {
	case err != nil:
		return nil, err
	case !mode.IsRegular():
		return nil, fmt.Errorf("%s is no file: %w", path, syscall.EINVAL)
	case mode&0o002 != 0:
		return nil, fmt.Errorf("%s can be changed by everybody: give it mode 0600: %w", path, syscall.EPERM)
	case mode&0o004 != 0:
		log.Warn("a file with secrets can be read by everybody: give it mode 0600", "path", path, "mode", mode.Perm().String())
	}
	return io.ReadAll(io.LimitReader(file, maxFile+1))
}

func changes(before, after *table) (c Changes) {
	if before == nil {
		before = newTable()
	}
	for _, user := range after.sorted() {
		switch old := before.users[user.Name]; {
		case old == nil:
			c.Added = append(c.Added, user.Name)
		case !old.same(user):
			c.Changed = append(c.Changed, user.Name)
		}
	}
	for _, user := range before.sorted() {
		if after.users[user.Name] == nil {
			c.Removed = append(c.Removed, user.Name)
		}
	}
	return c
}

// Errors of logins.
var (
	// ErrWrong is returned when name and password, or the token, are not those of a user. It tells no more than that.
	ErrWrong = objclass.Errorf(syscall.EACCES, objclass.KindAuth, "wrong user name or password")
	// ErrWrongToken is ErrWrong for tokens.
	ErrWrongToken = objclass.Errorf(syscall.EACCES, objclass.KindAuth, "the token is unknown or has expired")
	// ErrTooMany is returned to a peer that must wait after failed logins, and to all when too many log in at once.
	ErrTooMany = objclass.Errorf(syscall.EBUSY, objclass.KindBusy, "too many logins, or too many failed ones from this address; try again in a few seconds")
)

// Password logs in by a name and a password. Peer is the address from which somebody asks, by which failures are counted. The
// errors are ErrWrong and ErrTooMany, and ctx's.
func (u *Users) Password(ctx context.Context, peer, name string, password []byte) (*Session, error) {
	t := u.table.Load()
	user := t.users[name]
	hash := u.unknown
	if user != nil && user.password != nil {
		hash = user.password
	}
	known := user != nil && user.password != nil
	proof := u.proofs.of(name, hash, password)
	if known && u.proofs.holds(proof) {
		return &Session{u, t, user.Name, user, credential{keyPassword, hash.String()}}, nil
	}
	if err := u.gate.enter(ctx, peer); err != nil {
		return nil, err
	}
	ok := known && u.proofs.holds(proof) || // by now: many connections begin at once
		len(password) <= MaxPassword && hash.matches(password) && known
	u.gate.leave(peer, ok)
	if !ok {
		return nil, ErrWrong
	}
	u.proofs.add(proof)
	return &Session{u, t, user.Name, user, credential{keyPassword, hash.String()}}, nil
}

// Token logs in by a token. The error is ErrWrongToken.
func (u *Users) Token(secret string) (*Session, error) {
	t := u.table.Load()
	hash := sha256.Sum256([]byte(secret))
	user := t.tokens[hash] // that it is found by a hash tells nothing of the token
	if user == nil {
		return nil, ErrWrongToken
	}
	for i := range user.tokens {
		token := &user.tokens[i]
		if subtle.ConstantTimeCompare(token.hash[:], hash[:]) == 1 && !token.expired(time.Now()) {
			return &Session{u, t, user.Name, user, credential{keyToken, token.String()}}, nil
		}
	}
	return nil, ErrWrongToken
}

// Certificate logs in by a client's certificate, which was verified. It returns nil when that stands for no user.
func (u *Users) Certificate(cert *x509.Certificate) *Session {
	t := u.table.Load()
	subject := cert.Subject.String()
	user := t.subjects[subject]
	if user == nil {
		return nil
	}
	return &Session{u, t, user.Name, user, credential{keyCertificate, subject}}
}
