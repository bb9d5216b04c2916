// This file is what can be wrong with settings.

package settings

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"syscall"
)

// Problem is something that is wrong with a setting, and where it was made.
type Problem struct {
	Where   string // "FILE:LINE", or "env NAME"
	Message string
	line    int    // in the file; 0 for the environment
	setting string // whose value it is; "" where the text is wrong, so that nobody knows what is in it
}

func (p *Problem) Error() string { return p.Where + ": " + p.Message }

// Unwrap gives errors.Is the errno.
func (p *Problem) Unwrap() error { return syscall.EINVAL }

func problemAt(file string, line int, setting, format string, args ...any) *Problem {
	return &Problem{fmt.Sprintf("%s:%d", file, line), fmt.Sprintf(format, args...), line, setting}
}

// inOrder sorts problems by their lines. What is wrong elsewhere stays where it is, behind them.
func inOrder(problems []error) []error {
	line := func(err error) int {
		var p *Problem
		if errors.As(err, &p) && p.line > 0 {
			return p.line
		}
		return math.MaxInt
	}
	slices.SortStableFunc(problems, func(a, b error) int { return cmp.Compare(line(a), line(b)) })
	return problems
}

// Problems lists the errors that errors.Join made one of.
func Problems(err error) []error {
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		if err == nil {
			return nil
		}
		return []error{err}
	}
	var all []error
	for _, err := range joined.Unwrap() {
		all = append(all, Problems(err)...)
	}
	return all
}

// FirstProblem returns the first of joined errors, and says how many there are.
func FirstProblem(err error) error {
	problems := Problems(err)
	switch len(problems) {
	case 0:
		return nil
	case 1:
		return problems[0]
	}
	return fmt.Errorf("%w (and %d more: objluad config check lists them)", problems[0], len(problems)-1)
}
