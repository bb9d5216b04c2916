// This file is the values that clients send in words, and what they may be.

package wire

import (
	"math"
	"strconv"
	"time"
)

const (
	ListLimit    = 1000  // object ids of a page when a client names no limit
	MaxListLimit = 10000 // object ids of a page at most
)

// Clip shortens what a client sent for an error message.
func Clip(b []byte) []byte {
	const limit = 64
	return b[:min(len(b), limit)]
}

// ParseCount reads a number that is not negative.
func ParseCount(what string, arg []byte) (int64, error) {
	n, err := strconv.ParseInt(string(arg), 10, 64)
	if err != nil || n < 0 {
		return 0, InputError("%s is a number from 0, not %q", what, Clip(arg))
	}
	return n, nil
}

// ParseTimeout reads a number of milliseconds from 1. What is too long for a call is the Service's to say.
func ParseTimeout(s string) (time.Duration, error) {
	ms, err := strconv.ParseInt(s, 10, 64)
	if err != nil || ms < 1 {
		return 0, InputError("a timeout is a number of milliseconds from 1, not %q", Clip([]byte(s)))
	}
	return time.Duration(min(ms, math.MaxInt64/int64(time.Millisecond))) * time.Millisecond, nil
}

// ParseCallID reads the id of a call.
func ParseCallID(s string) (uint64, error) {
	id, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, InputError("a call's id is a number, not %q", Clip([]byte(s)))
	}
	return id, nil
}

// ParsePercent reads a number of percent. Which ones can be a share is the Registry's to say.
func ParsePercent(s string) (float64, error) {
	percent, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, InputError("a share is a number of percent from 0 to 100, not %q", s)
	}
	return percent, nil
}

// ParseUnused reads a number of seconds from 0.
func ParseUnused(s string) (time.Duration, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0, InputError("a time without use is a number of seconds from 0 to %d, not %q", uint32(math.MaxUint32), s)
	}
	return time.Duration(n) * time.Second, nil
}
