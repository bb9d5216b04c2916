// This file is how a users file is changed: line by line, and as a whole or not at all.

package access

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Edit reads the users file, has change change it, and replaces it at once, so that nobody sees a part of it. A file that does not
// exist is made, with mode 0600. Edits of one file wait for each other.
func Edit(path string, change func(*File) error) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := unix.Flock(int(folder.Fd()), unix.LOCK_EX); err != nil { // the file itself is another one after each edit
		return err
	}
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := ParseFile(old)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := change(f); err != nil {
		return err
	}
	if bytes.Equal(f.Bytes(), old) {
		return nil
	}
	if err := replace(path, f.Bytes()); err != nil {
		return err
	}
	return folder.Sync()
}

// replace writes a file of mode 0600 beside the one at path and puts it there. The owner stays who it was.
func replace(path string, data []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) // unless it was renamed
	if st, err := os.Stat(path); err == nil {
		owner := st.Sys().(*syscall.Stat_t)
		if err := temporary.Chown(int(owner.Uid), int(owner.Gid)); err != nil {
			temporary.Close()
			return err
		}
	}
	_, err = temporary.Write(data)
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}

// Users returns the users in the order of their names.
func (f *File) Users() []*User { return f.table.sorted() }

// Add adds a user who has no credentials, and may do nothing; EEXIST when there is one.
func (f *File) Add(name string) error {
	if err := checkUserName(name); err != nil {
		return err
	}
	if f.table.users[name] != nil {
		return &noUser{name, syscall.EEXIST}
	}
	if n := len(f.lines); n > 0 && f.lines[n-1].text != "" {
		f.lines = append(f.lines, line{})
	}
	f.lines = append(f.lines, line{text: "[" + name + "]", user: name, head: true})
	return f.check()
}

// Remove removes a user with all that it has.
func (f *File) Remove(name string) error {
	return f.edit(name, func() {
		f.lines = slices.DeleteFunc(f.lines, func(l line) bool { return l.user == name && (l.head || l.key != "") })
	})
}

// SetPassword gives a user a password in the place of the one that it had.
func (f *File) SetPassword(name string, password []byte) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	return f.edit(name, func() { f.set(name, keyPassword, newPasswordHash(password, defaultCost).String()) })
}

// SetCaps gives a user other capabilities, which take the place of those that it had.
func (f *File) SetCaps(name string, caps Caps) error {
	return f.edit(name, func() { f.set(name, keyCaps, caps.String()) })
}

// AddCertificate lets certificates of that subject stand for the user.
func (f *File) AddCertificate(name, subject string) error {
	return f.edit(name, func() { f.append(name, keyCertificate, subject) })
}

// RemoveCertificate undoes AddCertificate; ENOENT when the user has none of that subject.
func (f *File) RemoveCertificate(name, subject string) error {
	return f.drop(name, keyCertificate, "certificate "+subject, func(value string) bool { return value == subject })
}

// AddToken gives a user a new token, which is returned and kept nowhere. It expires at that time, or never if that is zero.
func (f *File) AddToken(name string, expires time.Time) (secret string, err error) {
	secret, token := newToken(time.Now(), expires)
	return secret, f.edit(name, func() { f.append(name, keyToken, token.String()) })
}

// RemoveToken removes the token of that ID; ENOENT when the user has none.
func (f *File) RemoveToken(name, id string) error {
	return f.drop(name, keyToken, "token "+id, func(value string) bool {
		token, err := parseToken(value)
		return err == nil && token.ID() == id
	})
}

// edit makes a change of a user's lines, unless it would make the file wrong.
func (f *File) edit(name string, change func()) error {
	if f.table.users[name] == nil {
		return &noUser{name, syscall.ENOENT}
	}
	before := slices.Clone(f.lines)
	change()
	for i := range f.lines { // what was given may hold what a line cannot
		if l, err := parseLine(f.lines[i].text, f.lines[i].user); err != nil || l != f.lines[i] {
			f.lines = before
			return errors.Join(err, fmt.Errorf("this cannot be in a line of a users file"))
		}
	}
	if err := f.check(); err != nil {
		f.lines = before
		return err
	}
	return nil
}

// set gives a key a value in the place of the one that it had.
func (f *File) set(name, key, value string) {
	for i := range f.lines {
		if l := &f.lines[i]; l.user == name && l.key == key {
			*l = newLine(name, key, value)
			return
		}
	}
	f.append(name, key, value)
}

// append adds a line behind the last one that says something of the user.
func (f *File) append(name, key, value string) {
	last := 0
	for i, l := range f.lines {
		if l.user == name && (l.head || l.key != "") {
			last = i
		}
	}
	f.lines = slices.Insert(f.lines, last+1, newLine(name, key, value))
}

func newLine(name, key, value string) line {
	return line{text: key + " = " + value, user: name, key: key, value: value}
}

func (f *File) drop(name, key, what string, is func(value string) bool) error {
	before := len(f.lines)
	err := f.edit(name, func() {
		f.lines = slices.DeleteFunc(f.lines, func(l line) bool { return l.user == name && l.key == key && is(l.value) })
	})
	if err == nil && len(f.lines) == before {
		return fmt.Errorf("user %s has no %s: %w", name, what, syscall.ENOENT)
	}
	return err
}

// noUser is the error of an edit of a user who is not there, or is there already.
type noUser struct {
	name  string
	errno syscall.Errno
}

func (e *noUser) Error() string {
	if e.errno == syscall.EEXIST {
		return "there is a user " + e.name + " already"
	}
	return "there is no user " + e.name
}

func (e *noUser) Unwrap() error { return e.errno }
