// This file is passwords: their salted hashes, Argon2id in the PHC string format.

package access

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Bytes that a password has.
const (
	MinPassword = 8
	MaxPassword = 1024
)

const (
	saltBytes = 16
	hashBytes = 32
)

// passwordHash is a password's hash, and what it was made with.
type passwordHash struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
	salt    []byte
	sum     []byte
}

// OWASP's parameters for Argon2id: a login takes that much memory, and some 20 ms of one core.
var defaultCost = passwordHash{memory: 19 << 10, passes: 2, threads: 1}

// What is taken from a file is bounded: each login pays for it.
const (
	maxMemory  = 1 << 20 // KiB
	maxPasses  = 64
	maxThreads = 64
)

// newPasswordHash hashes a password with a new salt.
func newPasswordHash(password []byte, cost passwordHash) *passwordHash {
	h := &passwordHash{memory: cost.memory, passes: cost.passes, threads: cost.threads, salt: make([]byte, saltBytes)}
	rand.Read(h.salt) // never fails
	h.sum = h.of(password, hashBytes)
	return h
}

func (h *passwordHash) of(password []byte, size int) []byte {
	return argon2.IDKey(password, h.salt, h.passes, h.memory, h.threads, uint32(size))
}

// matches reports whether it is the hash of that password, in a time that does not depend on the answer.
func (h *passwordHash) matches(password []byte) bool {
	return subtle.ConstantTimeCompare(h.of(password, len(h.sum)), h.sum) == 1
}

func (h *passwordHash) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.passes, h.threads, b64.EncodeToString(h.salt), b64.EncodeToString(h.sum))
}

var errPasswordHash = errors.New("a password's hash is $argon2id$v=19$m=…,t=…,p=…$salt$hash; use objluad user passwd")

func parsePasswordHash(text string) (*passwordHash, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return nil, errPasswordHash
	}
	h := &passwordHash{}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.passes, &h.threads); n != 3 || err != nil {
		return nil, errPasswordHash
	}
	var saltErr, sumErr error
	h.salt, saltErr = base64.RawStdEncoding.Strict().DecodeString(parts[4])
	h.sum, sumErr = base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if saltErr != nil || sumErr != nil || len(h.salt) < 8 || len(h.sum) < 16 || h.String() != text {
		return nil, errPasswordHash
	}
	if h.passes < 1 || h.passes > maxPasses || h.threads < 1 || h.threads > maxThreads || h.memory < 8 || h.memory > maxMemory {
		return nil, fmt.Errorf("a password's hash takes 8 KiB to 1 GiB of memory, 1 to %d passes and 1 to %d threads", maxPasses, maxThreads)
	}
	return h, nil
}

// checkPassword refuses what cannot be a new password.
func checkPassword(password []byte) error {
	if len(password) < MinPassword || len(password) > MaxPassword {
		return fmt.Errorf("a password has %d to %d bytes", MinPassword, MaxPassword)
	}
	return nil
}
