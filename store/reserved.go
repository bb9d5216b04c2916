package store

// This file is the xattrs that are not a client's: no method can set or remove them.

import (
	"fmt"
	"slices"
)

const (
	// PartialXattr is the xattr of an object that an import has begun, and not completed. No other object may have it.
	PartialXattr = "objluad.partial"
	// RepliesXattr has the replies that an object keeps for calls that are repeated. An overlay does not show it.
	RepliesXattr = "objluad.replies"
)

// checkReserved keeps methods from marking an object, which the next import would replace, from passing half an object for a whole one,
// and from making up replies.
func checkReserved(name string) error {
	if name == PartialXattr || name == RepliesXattr {
		return fmt.Errorf("%w: the xattr %s is reserved", ErrInvalid, name)
	}
	return nil
}

// Replies returns what the object keeps for calls that are repeated, whatever was done to it in this overlay; nothing if it was absent.
func (o *Overlay) Replies() ([]byte, error) {
	value, _, err := o.snap.Xattr(RepliesXattr)
	return value, err
}

// SetReplies replaces what the object keeps for calls that are repeated. The object must exist.
func (o *Overlay) SetReplies(value []byte) error {
	if int64(len(value)) > o.limits.XattrValue {
		return fmt.Errorf("%w: stored replies of %d bytes exceed the limit of %d", ErrTooLarge, len(value), o.limits.XattrValue)
	}
	return o.putXattr(RepliesXattr, notNil(value))
}

// withoutReplies returns a listing of xattrs without the one that is not shown.
func withoutReplies(xattrs []KeyValue) []KeyValue {
	return slices.DeleteFunc(xattrs, func(kv KeyValue) bool { return kv.Key == RepliesXattr })
}
