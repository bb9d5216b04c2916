package store

// This file verifies the objects of any store, by reading all that they have.

import (
	"context"
	"errors"
	"fmt"
	"math"

	"golang.org/x/sync/errgroup"
)

const (
	checkedAtOnce = 16      // objects
	checkedBytes  = 1 << 20 // of data that are read at once
	checkTries    = 20      // of an object that changes while it is read
)

// CheckObjects reads every object of a pool wholly, reports what cannot be read, is out of order or over the limits, and returns
// what it read. It calls report by several goroutines at once. An error is what kept it from looking further.
func CheckObjects(ctx context.Context, st Store, pool string, limits Limits, report func(Problem)) (Usage, error) {
	c := objectCheck{st: st, limits: limits.WithDefaults(), report: report}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(checkedAtOnce)
	var usage Usage
	sizes := make(chan int64, checkedAtOnce)
	counted := make(chan struct{})
	go func() {
		defer close(counted)
		for size := range sizes {
			usage.Objects++
			usage.Bytes += size
		}
	}()
	err := st.Walk(ctx, pool, func(namespace, oid string) error {
		group.Go(func() error {
			size, err := c.object(ctx, Ref{pool, namespace, oid})
			if size >= 0 {
				sizes <- size
			}
			return err
		})
		return ctx.Err()
	})
	if stopped := group.Wait(); stopped != nil {
		err = stopped
	}
	close(sizes)
	<-counted
	if damaged(err) {
		report(Problem{fmt.Sprintf("pool %q", pool), "its objects cannot be listed: " + err.Error()})
		err = nil
	}
	return usage, err
}

// damaged reports whether an error tells of what is stored, and not of who reads it.
func damaged(err error) bool { return errors.Is(err, ErrIO) || errors.Is(err, ErrTooLarge) }

type objectCheck struct {
	st     Store
	limits Limits
	report func(Problem)
}

// object checks an object, again when it was changed meanwhile, and returns its size, -1 when it is not there any more.
func (c *objectCheck) object(ctx context.Context, ref Ref) (size int64, err error) {
	for range checkTries {
		if size, err = c.read(ctx, ref); !errors.Is(err, ErrConflict) {
			break
		}
	}
	switch {
	case damaged(err):
		c.found(ref, "it cannot be read: %v", err)
	case errors.Is(err, ErrConflict):
		c.found(ref, "it was changed each of %d times that it was read", checkTries)
	default:
		return size, err
	}
	return size, nil
}

func (c *objectCheck) found(ref Ref, format string, args ...any) {
	where := fmt.Sprintf("object %q of pool %q", ref.OID, ref.Pool)
	if ref.Namespace != "" {
		where = fmt.Sprintf("object %q of namespace %q of pool %q", ref.OID, ref.Namespace, ref.Pool)
	}
	c.report(Problem{where, fmt.Sprintf(format, args...)})
}

func (c *objectCheck) read(ctx context.Context, ref Ref) (size int64, err error) {
	snap, err := c.st.Snapshot(ctx, ref)
	if err != nil {
		return 0, err
	}
	defer func() {
		if closed := snap.Close(); closed != nil {
			err = closed
		}
	}()
	stat, ok := snap.Stat()
	if !ok {
		return -1, nil
	}
	for _, part := range []func(context.Context, Ref, Snapshot) error{c.data, c.xattrs, c.omap} {
		if err := part(ctx, ref, snap); err != nil {
			return stat.Size, err
		}
	}
	named := ref
	named.Pool = "any" // whether clients may use the pool does not matter
	if err := named.Check(); err != nil {
		c.found(ref, "%v", err)
	}
	return stat.Size, nil
}

func (c *objectCheck) data(ctx context.Context, ref Ref, snap Snapshot) error {
	stat, _ := snap.Stat()
	if stat.Size > c.limits.ObjectSize {
		c.found(ref, "it has %d bytes of data, the limit is %d", stat.Size, c.limits.ObjectSize)
	}
	p := make([]byte, min(stat.Size, checkedBytes))
	for off := int64(0); off < stat.Size; off += int64(len(p)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		p = p[:min(stat.Size-off, int64(len(p)))]
		if err := snap.ReadAt(p, off); err != nil {
			return fmt.Errorf("%d bytes of data at %d: %w", len(p), off, err)
		}
	}
	return nil
}

func (c *objectCheck) xattrs(_ context.Context, ref Ref, snap Snapshot) error {
	xattrs, err := snap.Xattrs(math.MaxInt64)
	if err != nil {
		return fmt.Errorf("xattrs: %w", err)
	}
	for i, kv := range xattrs {
		if kv.Key == PartialXattr {
			c.found(ref, "it is there by half, since its import was interrupted; repeat the import, or remove it")
		}
		if i > 0 && kv.Key <= xattrs[i-1].Key {
			c.found(ref, "xattr %q is listed behind %q", kv.Key, xattrs[i-1].Key)
		}
		c.within(ref, "xattr", kv.Key, c.limits.XattrName, int64(len(kv.Value)), c.limits.XattrValue)
	}
	return nil
}

func (c *objectCheck) omap(ctx context.Context, ref Ref, snap Snapshot) error {
	header, err := snap.OmapHeader()
	if err != nil {
		return fmt.Errorf("omap header: %w", err)
	}
	if int64(len(header)) > c.limits.OmapValue {
		c.found(ref, "the omap header has %d bytes, the limit is %d", len(header), c.limits.OmapValue)
	}
	it, err := snap.OmapIter("")
	if err != nil {
		return fmt.Errorf("omap: %w", err)
	}
	defer it.Close()
	last := ""
	for first := true; it.Next(); first = false {
		if err := ctx.Err(); err != nil {
			return err
		}
		key := it.Key()
		value, err := it.Value()
		if err != nil {
			return fmt.Errorf("value of omap key %.100q: %w", key, err)
		}
		if !first && key <= last {
			c.found(ref, "omap key %.100q is listed behind %.100q", key, last)
		}
		last = key
		c.within(ref, "omap key", key, c.limits.OmapKey, int64(len(value)), c.limits.OmapValue)
	}
	if err := it.Err(); err != nil {
		return fmt.Errorf("omap behind key %.100q: %w", last, err)
	}
	return nil
}

// within reports a name or value that is over its limit.
func (c *objectCheck) within(ref Ref, what, name string, maxName int, value, maxValue int64) {
	if len(name) > maxName {
		c.found(ref, "%s %.100q has %d bytes, the limit is %d", what, name, len(name), maxName)
	}
	if value > maxValue {
		c.found(ref, "the value of %s %.100q has %d bytes, the limit is %d", what, name, value, maxValue)
	}
}
