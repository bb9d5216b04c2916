// This file is idempotency keys: a call that is repeated with the key of an earlier one gets that one's reply, and has no effect.
//
// The reply is stored in a reserved xattr of the object, by the commit that makes the call's effects: either both are there or none,
// whatever happened to the daemon or the connection. So a method that changed nothing stores nothing, and runs again; and
// one that removes its object is refused, since its reply would go with it.

package objclass

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"syscall"
	"time"

	"github.com/objluad/objluad/store"
)

// maxIdempotencyKey is the most bytes of a key.
const maxIdempotencyKey = 255

// checkIdempotencyKey refuses a key that is too long, or makes no sense.
func (x *exec) checkIdempotencyKey() error {
	switch key := x.call.IdempotencyKey; {
	case len(key) > maxIdempotencyKey:
		return Errorf(syscall.EINVAL, KindInput, "the idempotency key has %d bytes, the limit is %d", len(key), maxIdempotencyKey)
	case key != "" && (x.call.DryRun || x.call.Capture):
		return Errorf(syscall.EINVAL, KindInput, "a dry run has no idempotency key: it stores no reply")
	}
	return nil
}

// invokeOnce is invoke of a call with an idempotency key. If the object has the reply of an earlier call with the key, that is the
// result; otherwise the method runs, and its reply becomes a part of what it changed.
func (x *exec) invokeOnce(r *runParts, overlay *store.Overlay, began time.Time) error {
	x.replay = nil
	stored, err := overlay.Replies()
	if err != nil {
		return err
	}
	replies, err := decodeReplies(stored)
	if err != nil {
		return err
	}
	now, request := time.Now(), x.request()
	if reply := replies.find(x.call.IdempotencyKey, now.Add(-x.opts.Replies.Age)); reply != nil {
		if reply.request != request {
			return Errorf(syscall.EINVAL, KindInput, "the idempotency key was used for another call on this object: of another class, method or input")
		}
		x.replay, x.result = reply, Result{Ret: reply.ret, Output: reply.output}
		return nil
	}
	if err := x.invoke(r, began); err != nil || !overlay.Changed() {
		return err
	}
	if !overlay.Exists() {
		return Errorf(syscall.EOPNOTSUPP, KindOp, "the method removes its object, with which its stored reply would go: call it without an idempotency key")
	}
	reply := storedReply{x.call.IdempotencyKey, request, x.unit.Version, now, x.result.Ret, x.result.Output}
	if stored, err = replies.with(reply, &x.opts.Replies); err != nil {
		return err
	}
	return overlay.SetReplies(stored)
}

// request is a hash of what makes a call the same when it is repeated.
func (x *exec) request() (sum [sha256.Size]byte) {
	h := sha256.New()
	fmt.Fprintf(h, "script %v, read-only %v", x.call.Script != nil, x.call.ReadOnly)
	hashField(h, []byte(x.call.Class))
	hashField(h, x.call.Script)
	hashField(h, []byte(x.call.Method))
	hashField(h, x.call.Input)
	h.Sum(sum[:0])
	return sum
}

// hashField adds a field so that no other fields give the same bytes.
func hashField(h hash.Hash, field []byte) {
	h.Write(binary.AppendUvarint(nil, uint64(len(field))))
	h.Write(field)
}

// ReplyLimits bounds the replies that an object keeps for calls with idempotency keys. A zero field means its default. When one more comes
// the oldest make room.
type ReplyLimits struct {
	Count int           // replies; default 256
	Bytes int           // of all replies of an object, with their keys and 100 or so for each; default 64 KiB, the limit of an xattr
	Age   time.Duration // how long a reply is kept; default 24 h
}

func (l ReplyLimits) withDefaults(limits store.Limits) ReplyLimits {
	orDefault(&l.Count, 256)
	orDefault(&l.Bytes, 64<<10)
	orDefault(&l.Age, 24*time.Hour)
	l.Bytes = min(l.Bytes, int(limits.XattrValue))
	return l
}
