// This file is the replies that an object keeps for calls with idempotency keys, and how they are stored.
//
// The stored form is a byte that tells the format, and the replies, oldest first: the key; the SHA-256 of the request; the class version;
// the time in ns since 1970; what the method returned; and its output. Texts and bytes come behind their lengths, and numbers are varints
// of package encoding/binary.

package objclass

import (
	"crypto/sha256"
	"encoding/binary"
	"syscall"
	"time"
)

const repliesFormat = 1

// storedReply is what a call with an idempotency key answered.
type storedReply struct {
	key     string
	request [sha256.Size]byte
	version string // of the class or script that ran
	at      time.Time
	ret     int32
	output  []byte
}

// storedReplies are an object's, oldest first.
type storedReplies []storedReply

// find returns the reply of a key that was stored after since, or nil.
func (r storedReplies) find(key string, since time.Time) *storedReply {
	for i := range r {
		if r[i].key == key && r[i].at.After(since) {
			return &r[i]
		}
	}
	return nil
}

// with returns the stored form of the replies and one more. Those that are too old, or for which there is no room, are left out;
// EMSGSIZE when the new one alone is too large.
func (r storedReplies) with(reply storedReply, limits *ReplyLimits) ([]byte, error) {
	size := 1 + len(reply.append(nil))
	if size > limits.Bytes {
		return nil, Errorf(syscall.EMSGSIZE, KindOp, "the output has %d bytes; of a call with an idempotency key, up to about %d are stored",
			len(reply.output), max(limits.Bytes-(size-len(reply.output)), 0))
	}
	first := len(r)
	since := reply.at.Add(-limits.Age)
	for kept := 1; first > 0 && kept < limits.Count; first, kept = first-1, kept+1 {
		old := &r[first-1]
		if size += len(old.append(nil)); size > limits.Bytes || !old.at.After(since) {
			break
		}
	}
	stored := []byte{repliesFormat}
	for i := range r[first:] {
		if old := &r[first+i]; old.key != reply.key { // that was too old to count
			stored = old.append(stored)
		}
	}
	return reply.append(stored), nil
}

func (s *storedReply) append(b []byte) []byte {
	b = appendField(b, []byte(s.key))
	b = append(b, s.request[:]...)
	b = appendField(b, []byte(s.version))
	b = binary.AppendVarint(b, s.at.UnixNano())
	b = binary.AppendVarint(b, int64(s.ret))
	return appendField(b, s.output)
}

func appendField(b, field []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(field))), field...)
}

// decodeReplies reads the stored form; none is that of no replies.
func decodeReplies(b []byte) (storedReplies, error) {
	if len(b) == 0 {
		return nil, nil
	}
	d := replyDecoder{rest: b[1:], ok: b[0] == repliesFormat}
	var replies storedReplies
	for d.ok && len(d.rest) > 0 {
		var s storedReply
		s.key = string(d.field())
		copy(s.request[:], d.bytes(sha256.Size))
		s.version = string(d.field())
		s.at = time.Unix(0, d.int())
		s.ret = int32(d.int())
		s.output = d.field()
		replies = append(replies, s)
	}
	if !d.ok {
		return nil, Errorf(syscall.EIO, KindOp, "the stored replies of the object are damaged: calls with idempotency keys are refused, others are not")
	}
	return replies, nil
}

// replyDecoder reads fields until one is not there as a whole; then ok is false, and it gives zeros.
type replyDecoder struct {
	rest []byte
	ok   bool
}

func (d *replyDecoder) bytes(n uint64) []byte {
	if n > uint64(len(d.rest)) {
		d.ok = false
		d.rest = nil
		return nil
	}
	b := d.rest[:n:n]
	d.rest = d.rest[n:]
	return b
}

func (d *replyDecoder) field() []byte {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 {
		return d.bytes(uint64(len(d.rest)) + 1)
	}
	d.rest = d.rest[size:]
	return d.bytes(n)
}

func (d *replyDecoder) int() int64 {
	n, size := binary.Varint(d.rest)
	if size <= 0 {
		d.bytes(uint64(len(d.rest)) + 1)
		return 0
	}
	d.rest = d.rest[size:]
	return n
}
