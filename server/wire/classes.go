// This file is how classes are named and shown over both protocols.

package wire

import (
	"context"
	"time"

	"github.com/objluad/objluad/objclass"
)

// AllClasses stands for every class where unused versions are collected. No class can be named so.
const AllClasses = "*"

// Collect collects unused versions of one class or of all.
func Collect(ctx context.Context, classes *objclass.Registry, name string, unused time.Duration, dryRun bool) ([]string, error) {
	if name == AllClasses {
		return classes.CollectAll(ctx, unused, dryRun)
	}
	return classes.Collect(ctx, name, unused, dryRun)
}

// FlagNames returns "RD", "WR", "RD|WR", or "" of a method without flags.
func FlagNames(flags objclass.Flags) string {
	switch flags & (objclass.RD | objclass.WR) {
	case objclass.RD:
		return "RD"
	case objclass.WR:
		return "WR"
	case objclass.RD | objclass.WR:
		return "RD|WR"
	}
	return ""
}
