// This file is the users of one reading of the file, by all that they are found by.

package access

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
)

// table does not change once it is complete.
type table struct {
	users    map[string]*User
	tokens   map[[sha256.Size]byte]*User
	subjects map[string]*User
	caps     map[string]bool // users whose caps were read
}

func newTable() *table {
	return &table{map[string]*User{}, map[[sha256.Size]byte]*User{}, map[string]*User{}, map[string]bool{}}
}

// sorted returns the users in the order of their names.
func (t *table) sorted() []*User {
	var users []*User
	for _, name := range slices.Sorted(maps.Keys(t.users)) {
		users = append(users, t.users[name])
	}
	return users
}

// add takes what a line says.
func (t *table) add(l *line) error {
	u := t.users[l.user]
	switch {
	case l.head && u != nil:
		return fmt.Errorf("user %s is here twice", l.user)
	case l.head:
		t.users[l.user] = &User{Name: l.user}
	case l.key == keyPassword:
		return t.addPassword(u, l.value)
	case l.key == keyToken:
		return t.addToken(u, l.value)
	case l.key == keyCertificate:
		return t.addCertificate(u, l.value)
	case l.key == keyCaps:
		return t.addCaps(u, l.value)
	}
	return nil
}

func (t *table) addPassword(u *User, text string) (err error) {
	if u.password != nil {
		return fmt.Errorf("user %s has two passwords", u.Name)
	}
	u.password, err = parsePasswordHash(text)
	return err
}

func (t *table) addToken(u *User, text string) error {
	token, err := parseToken(text)
	if err != nil {
		return err
	}
	if t.tokens[token.hash] != nil {
		return fmt.Errorf("token %s is here twice", token.ID())
	}
	t.tokens[token.hash] = u
	u.tokens = append(u.tokens, token)
	return nil
}

func (t *table) addCertificate(u *User, subject string) error {
	switch other := t.subjects[subject]; {
	case subject == "":
		return fmt.Errorf("certificate is a subject, such as CN=alice,O=Example")
	case other != nil:
		return fmt.Errorf("certificate %.80q belongs to user %s already", subject, other.Name)
	}
	t.subjects[subject] = u
	u.certificates = append(u.certificates, subject)
	return nil
}

func (t *table) addCaps(u *User, text string) (err error) {
	if t.caps[u.Name] {
		return fmt.Errorf("user %s has caps twice: join them by a comma", u.Name)
	}
	t.caps[u.Name] = true
	u.Caps, err = ParseCaps(text)
	return err
}

// Tokens returns what is known of the user's tokens.
func (u *User) Tokens() []Token { return slices.Clone(u.tokens) }

// Certificates returns the subjects of the certificates that stand for the user.
func (u *User) Certificates() []string { return slices.Clone(u.certificates) }

// HasPassword reports whether the user can log in by a password.
func (u *User) HasPassword() bool { return u.password != nil }
