// This file is a login that lasts, and what becomes of it when the users change meanwhile.

package access

import "slices"

// Session is a login that lasts: that of a connection. It is not safe for concurrent use.
type Session struct {
	users *Users
	table *table // that user is of
	name  string
	user  *User // nil when it lost what it logged in by
	by    credential
}

// credential is that by which somebody logged in, as a users file has it.
type credential struct{ key, value string }

// User returns the user as it is now, or nil when it is gone, or no longer has the credential by which it logged in. A nil Session
// is nobody's.
func (s *Session) User() *User {
	if s == nil {
		return nil
	}
	if now := s.users.table.Load(); now != s.table {
		s.table, s.user = now, now.users[s.name]
		if s.user != nil && !slices.Contains(s.user.credentials(), s.by) {
			s.user = nil
		}
	}
	return s.user
}

// Name returns the name of who logged in, whether there is such a user now or not.
func (s *Session) Name() string { return s.name }

// credentials returns all by which the user can log in.
func (u *User) credentials() []credential {
	var all []credential
	if u.password != nil {
		all = append(all, credential{keyPassword, u.password.String()})
	}
	for i := range u.tokens {
		all = append(all, credential{keyToken, u.tokens[i].String()})
	}
	for _, subject := range u.certificates {
		all = append(all, credential{keyCertificate, subject})
	}
	return all
}

// same reports whether another reading of the file has the user as it is.
func (u *User) same(other *User) bool {
	return u.Caps.String() == other.Caps.String() && slices.Equal(u.credentials(), other.credentials())
}
