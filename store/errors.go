package store

import (
	"errors"
	"syscall"
)

// Error is an error of the object model. Each carries the errno that RADOS gives for the same condition.
type Error struct {
	Errno syscall.Errno
	text  string
}

func (e *Error) Error() string { return e.text }

// The errors of the object model; engines and the overlay wrap them with what they know of the case.
var (
	// ErrNotFound is returned when an operation needs an object that is absent.
	ErrNotFound = &Error{syscall.ENOENT, "object does not exist"}
	// ErrNoPool is returned when the pool of a Ref does not exist.
	ErrNoPool = &Error{syscall.ENOENT, "pool does not exist"}
	// ErrNoKey is returned when an omap key of an existing object is absent.
	ErrNoKey = &Error{syscall.ENOENT, "omap key does not exist"}
	// ErrNoXattr is returned when an xattr of an existing object is absent.
	ErrNoXattr = &Error{syscall.ENODATA, "xattr does not exist"}
	// ErrExists is returned by an exclusive create of an object that exists.
	ErrExists = &Error{syscall.EEXIST, "object exists"}
	// ErrPoolExists is returned when a pool of that name is there already.
	ErrPoolExists = &Error{syscall.EEXIST, "pool exists"}
	// ErrBackupExists is returned when there is something of a backup's name.
	ErrBackupExists = &Error{syscall.EEXIST, "backup exists"}
	// ErrConflict is returned by Commit when the object's version is not the expected one.
	ErrConflict = &Error{syscall.EAGAIN, "object was changed by another commit"}
	// ErrInvalid is returned for an argument that no object can have, such as an empty object id.
	ErrInvalid = &Error{syscall.EINVAL, "invalid argument"}
	// ErrNameTooLong is returned for a name or key above its limit.
	ErrNameTooLong = &Error{syscall.ENAMETOOLONG, "name too long"}
	// ErrTooLarge is returned when an offset is negative or data, a value or a write set would exceed its limit.
	ErrTooLarge = &Error{syscall.EFBIG, "too large"}
	// ErrNoSpace is returned when the engine has no room for a commit.
	ErrNoSpace = &Error{syscall.ENOSPC, "no space left"}
	// ErrReadOnly is returned when the engine cannot be written to.
	ErrReadOnly = &Error{syscall.EROFS, "store is read-only"}
	// ErrIO is returned when stored data cannot be read or does not match its checksum.
	ErrIO = &Error{syscall.EIO, "input/output error"}
	// ErrLocked is returned when another process has the store open.
	ErrLocked = &Error{syscall.EBUSY, "store is in use by another process"}
	// ErrFormat is returned when a store was written in a format that this program does not know.
	ErrFormat = &Error{syscall.ENOTSUP, "unknown store format"}
	// ErrTimedOut is returned when a remote engine did not answer in time. Whether a commit was made is then not known.
	ErrTimedOut = &Error{syscall.ETIMEDOUT, "the store does not answer"}
	// ErrDenied is returned when a remote engine does not let this program do what was asked.
	ErrDenied = &Error{syscall.EACCES, "access denied by the store"}
	// ErrUnsupported is returned when the pool cannot keep what was asked, as an erasure-coded one cannot keep an omap.
	ErrUnsupported = &Error{syscall.EOPNOTSUPP, "not supported by the pool"}
	// ErrClosed is returned by operations on a store that was closed.
	ErrClosed = &Error{syscall.ESHUTDOWN, "store is closed"}
)

// Errno returns the errno of an error of the object model, or 0 when err is none.
func Errno(err error) syscall.Errno {
	var e *Error
	if errors.As(err, &e) {
		return e.Errno
	}
	return 0
}
