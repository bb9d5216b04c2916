// This file is tokens: random secrets that programs send in the place of a name and a password.

package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"time"
)

// tokenPrefix lets people and scanners see what they have found.
const tokenPrefix = "objluad_"

// tokenIDDigits of a token's hash name it.
const tokenIDDigits = 8

// Token is what is known of a token: its hash, which needs no salt and no cost, since the token is 256 random bits.
type Token struct {
	hash    [sha256.Size]byte
	Created time.Time
	Expires time.Time // zero for one that does not
}

// ID names the token: the first digits of its hash in hex.
func (t *Token) ID() string { return hex.EncodeToString(t.hash[:])[:tokenIDDigits] }

func (t *Token) expired(now time.Time) bool { return !t.Expires.IsZero() && !now.Before(t.Expires) }

// newToken draws a token. The secret is nowhere else.
func newToken(created, expires time.Time) (secret string, t Token) {
	var random [32]byte
	rand.Read(random[:]) // never fails
	secret = tokenPrefix + base64.RawURLEncoding.EncodeToString(random[:])
	return secret, Token{hash: sha256.Sum256([]byte(secret)), Created: created.UTC().Truncate(time.Second), Expires: expires.UTC().Truncate(time.Second)}
}

// String returns the token as a users file has it: its hash in hex, and times.
func (t *Token) String() string {
	text := hex.EncodeToString(t.hash[:]) + " created=" + t.Created.Format(time.RFC3339)
	if !t.Expires.IsZero() {
		text += " expires=" + t.Expires.Format(time.RFC3339)
	}
	return text
}

var errToken = errors.New("a token is a SHA-256 in hex, created=TIME and, if it expires, expires=TIME; use objluad user token")

func parseToken(text string) (t Token, err error) {
	fields := strings.Fields(text)
	if len(fields) < 2 || len(fields) > 3 || hex.DecodedLen(len(fields[0])) != len(t.hash) {
		return t, errToken
	}
	if _, err := hex.Decode(t.hash[:], []byte(fields[0])); err != nil {
		return t, errToken
	}
	for i, into := range []*time.Time{&t.Created, &t.Expires}[:len(fields)-1] {
		value, ok := strings.CutPrefix(fields[i+1], []string{"created=", "expires="}[i])
		if !ok {
			return t, errToken
		}
		if *into, err = time.Parse(time.RFC3339, value); err != nil {
			return t, errToken
		}
	}
	return t, nil
}
