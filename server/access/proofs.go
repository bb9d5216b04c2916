// This file remembers for a moment which passwords were right, since each verification takes milliseconds and megabytes, and
// some clients send their password with each request.

package access

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"
)

const (
	proofLife = time.Minute // after the verification; a proof that is used lasts no longer
	maxProofs = 1024
)

// proof is that a password was right: an HMAC of the user's name, of the hash that the file has, and of the password, by a key that
// only this process has. With another password in the file, or of another user, it is another one.
type proof [sha256.Size]byte

type proofs struct {
	key [32]byte

	mu    sync.Mutex
	until map[proof]time.Time
}

func newProofs() *proofs {
	p := &proofs{until: make(map[proof]time.Time)}
	rand.Read(p.key[:]) // never fails
	return p
}

func (p *proofs) of(name string, hash *passwordHash, password []byte) (made proof) {
	mac := hmac.New(sha256.New, p.key[:])
	for _, part := range [][]byte{[]byte(name), hash.salt, hash.sum} { // the password is what remains
		mac.Write([]byte{byte(len(part) >> 8), byte(len(part))})
		mac.Write(part)
	}
	mac.Write(password)
	mac.Sum(made[:0])
	return made
}

func (p *proofs) holds(made proof) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Before(p.until[made])
}

func (p *proofs) add(made proof) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if len(p.until) >= maxProofs {
		for other, until := range p.until {
			if len(p.until) > maxProofs/2 || !now.Before(until) { // whose passwords are then verified again
				delete(p.until, other)
			}
		}
	}
	p.until[made] = now.Add(proofLife)
}
