// This file is the users file: what its lines say. It is in the manner of a keyring of Ceph:
//
//	# who may do what
//	[alice]
//	password = $argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$…
//	token = 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 created=2026-01-02T15:04:05Z
//	certificate = CN=alice,O=Example
//	caps = allow rw pool=a, allow x class=counter pool=b

package access

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Bounds of a users file.
const (
	maxFile     = 16 << 20 // bytes
	maxUserName = 64       // bytes
)

// FileError says what is wrong with a users file, and where.
type FileError struct {
	Line int // from 1
	Err  error
}

func (e *FileError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *FileError) Unwrap() error { return e.Err }

// File is a users file, of which an edit changes the lines that it is about, and no others.
type File struct {
	lines []line
	table *table // what the lines say
}

// line is a line of a users file, and what it says.
type line struct {
	text       string
	user       string // whose it is; "" above the first user
	head       bool   // "[user]"
	key, value string // of "key = value"; key is "" for any other
}

// Keys of a users file.
const (
	keyPassword    = "password"
	keyToken       = "token"
	keyCertificate = "certificate"
	keyCaps        = "caps"
)

// ParseFile reads a users file. Its errors are *FileError.
func ParseFile(text []byte) (*File, error) {
	if len(text) > maxFile {
		return nil, &FileError{1, fmt.Errorf("the file has %d bytes, the limit is %d", len(text), maxFile)}
	}
	f := &File{}
	if len(text) == 0 {
		return f, f.check()
	}
	user := ""
	for i, row := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		l, err := parseLine(row, user)
		if err != nil {
			return nil, &FileError{i + 1, err}
		}
		user = l.user
		f.lines = append(f.lines, l)
	}
	return f, f.check()
}

func parseLine(text, user string) (line, error) {
	l := line{text: text, user: user}
	s := strings.TrimSpace(text)
	if i := strings.IndexFunc(s, func(r rune) bool { return r != '\t' && unicode.IsControl(r) }); i >= 0 {
		return l, fmt.Errorf("a line has no control characters")
	}
	switch {
	case s == "" || s[0] == '#' || s[0] == ';':
		return l, nil
	case s[0] == '[' && s[len(s)-1] == ']':
		l.user, l.head = strings.TrimSpace(s[1:len(s)-1]), true
		return l, checkUserName(l.user)
	}
	key, value, ok := strings.Cut(s, "=")
	if !ok {
		return l, fmt.Errorf("this is neither [user] nor key = value")
	}
	l.key, l.value = strings.TrimSpace(key), strings.TrimSpace(value)
	switch {
	case !slices.Contains([]string{keyPassword, keyToken, keyCertificate, keyCaps}, l.key):
		return l, fmt.Errorf("%.40q is no key: these are password, token, certificate and caps", l.key)
	case user == "":
		return l, fmt.Errorf("%s comes before the first [user]", l.key)
	}
	return l, nil
}

func checkUserName(name string) error {
	word := name != "" && len(name) <= maxUserName
	for i := range len(name) {
		c := name[i]
		word = word && ('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("_-.@", c) >= 0)
	}
	if !word {
		return fmt.Errorf("a user's name has 1 to %d letters, digits, _ - . and @", maxUserName)
	}
	return nil
}

// check reads what the lines say into the table.
func (f *File) check() error {
	t := newTable()
	for i := range f.lines {
		if err := t.add(&f.lines[i]); err != nil {
			return &FileError{i + 1, err}
		}
	}
	f.table = t
	return nil
}

// Bytes returns the file as it is to be written.
func (f *File) Bytes() []byte {
	var b strings.Builder
	for i := range f.lines {
		b.WriteString(f.lines[i].text + "\n")
	}
	return []byte(b.String())
}
