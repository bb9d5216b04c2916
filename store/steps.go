package store

// This file lets long loops end with the context of what they are done for.

import "context"

// stepsPerLook is how many steps are taken between two looks at the context: so few that they take less than a millisecond,
// and so many that a look costs nothing beside them.
const stepsPerLook = 1024

// steps counts what the operations of one overlay do in loops whose length a method can choose. A host call cannot be
// interrupted, so an operation that is as long must find out by itself that the call is over.
type steps struct {
	ctx  context.Context
	left int // to the next look
}

// take counts a step, and returns the context's error now and then if it has ended.
func (s *steps) take() error { return s.takeMany(1) }

func (s *steps) takeMany(n int) error {
	if s.left -= n; s.left > 0 {
		return nil
	}
	s.left = stepsPerLook
	return s.ctx.Err()
}
