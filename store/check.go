package store

// This file is how an engine verifies itself.

import "context"

// Problem is something that a check found wrong.
type Problem struct {
	Where string // the object, key or file
	What  string // what is wrong there
}

// Checker is a store that can verify all that it keeps: every invariant of its layout, and every checksum.
type Checker interface {
	// Check reports each problem that it finds and goes on. An error is what kept it from looking further.
	Check(ctx context.Context, report func(Problem)) error
}
