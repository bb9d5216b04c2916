// This file is the RESP commands that say which version of a class calls run, and which versions stay.

package resp

import (
	"context"
	"strconv"
	"time"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/wire"
)

func (c *conn) classActivate(args [][]byte) error {
	return c.classChange(args, c.srv.service.Classes().Activate)
}

func (c *conn) classRollback(args [][]byte) error {
	return c.classChange(args, c.srv.service.Classes().Rollback)
}

func (c *conn) classKeep(args [][]byte) error {
	return c.classChange(args, c.srv.service.Classes().Keep)
}

func (c *conn) classRelease(args [][]byte) error {
	return c.classChange(args, c.srv.service.Classes().Release)
}

func (c *conn) classRemove(args [][]byte) error {
	if err := c.srv.service.Classes().Remove(c.ctx, string(args[0])); err != nil {
		return err
	}
	c.out.ok()
	return nil
}

func (c *conn) classCanarySet(args [][]byte) error {
	percent, err := wire.ParsePercent(string(wire.Clip(args[1])))
	if err != nil {
		return err
	}
	return c.classChange(args, func(ctx context.Context, spec string) (objclass.ClassInfo, error) {
		return c.srv.service.Classes().SetCanary(ctx, spec, percent)
	})
}

func (c *conn) classCanaryPromote(args [][]byte) error {
	return c.classChange(args, c.srv.service.Classes().PromoteCanary)
}

func (c *conn) classCanaryEnd(args [][]byte) error {
	return c.classChange(args, c.srv.service.Classes().EndCanary)
}

// classChange changes the class or version that the first argument names, and answers the version.
func (c *conn) classChange(args [][]byte, change func(context.Context, string) (objclass.ClassInfo, error)) error {
	info, err := change(c.ctx, string(args[0]))
	if err != nil {
		return err
	}
	c.out.bulkString(info.Version)
	return nil
}

func (c *conn) classGC(args [][]byte) error {
	name, unused, dryRun := string(args[0]), objclass.UnusedFor, false
	for opts := args[1:]; len(opts) > 0; opts = opts[1:] {
		switch {
		case is(opts[0], "DRYRUN"):
			dryRun = true
		case is(opts[0], "UNUSED") && len(opts) > 1:
			var err error
			if unused, err = wire.ParseUnused(string(wire.Clip(opts[1]))); err != nil {
				return err
			}
			opts = opts[1:]
		case is(opts[0], "UNUSED"):
			return wire.InputError("UNUSED is followed by a number of seconds")
		default:
			return unknownOption(opts[0])
		}
	}
	specs, err := wire.Collect(c.ctx, c.srv.service.Classes(), name, unused, dryRun)
	if err != nil {
		return err
	}
	c.out.array(len(specs))
	for _, spec := range specs {
		c.out.bulkString(spec)
	}
	return nil
}

const stateFields = 5 // pairs that classState writes

// classState writes what becomes of a class's versions, as pairs of a map.
func (c *conn) classState(info *objclass.ClassInfo) {
	state := &info.State
	c.out.bulkString("active_version")
	c.out.bulkString(info.ActiveVersion)
	c.out.bulkString("since_ns")
	c.out.int(unixNano(state.Since))
	c.out.bulkString("history")
	c.out.array(len(state.History))
	for _, a := range state.History {
		c.out.mapping(2)
		c.out.bulkString("version")
		c.out.bulkString(a.Version)
		c.out.bulkString("since_ns")
		c.out.int(unixNano(a.Since))
	}
	c.out.bulkString("canary")
	if canary := state.Canary; canary != nil {
		c.out.mapping(3)
		c.out.bulkString("version")
		c.out.bulkString(canary.Version)
		c.out.bulkString("percent")
		c.out.bulkString(strconv.FormatFloat(canary.Percent, 'g', -1, 64))
		c.out.bulkString("since_ns")
		c.out.int(unixNano(canary.Since))
	} else {
		c.out.mapping(0)
	}
	c.out.bulkString("kept")
	c.out.array(len(state.Kept))
	for _, version := range state.Kept {
		c.out.bulkString(version)
	}
}

// unixNano is t in nanoseconds, 0 for a time that is not known.
func unixNano(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}
