package archive

// This file exports a store's objects, many at a time.

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/objluad/objluad/store"
)

const (
	readers     = 32      // objects that are read at once
	dataAtOnce  = 1 << 20 // bytes of data that are read at once; no run of data crosses a multiple of it
	blockSize   = 4 << 10 // runs of data begin and end at multiples of it, and have no such block of zeros
	exportTries = 20      // of an object that changes while it is read
)

// ExportOptions say what is exported, and how.
type ExportOptions struct {
	Pools    []string
	Compress bool
	Done     func(Totals) // called after each object, if set; by one goroutine at a time
}

// Export writes the objects of pools, of all namespaces, as an archive. Each object is in it as it was at one time, but not all at
// the same time. Objects that come or go meanwhile may be in it. Of pools whose names begin with a dot, which are the daemon's, the
// default namespace is exported: others have what belongs to running daemons.
func Export(ctx context.Context, st store.Store, to io.Writer, opts ExportOptions) (Totals, error) {
	w, err := NewWriter(to, opts.Compress)
	if err != nil {
		return Totals{}, err
	}
	for _, pool := range opts.Pools {
		if err := w.Pool(pool); err != nil {
			return Totals{}, err
		}
	}
	w.done = opts.Done
	for _, pool := range opts.Pools {
		if err := exportPool(ctx, st, w, pool); err != nil {
			return w.totals, err
		}
	}
	return w.Close()
}

func exportPool(ctx context.Context, st store.Store, w *Writer, pool string) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	walked := st.Walk(ctx, pool, func(namespace, oid string) error {
		if namespace != "" && strings.HasPrefix(pool, ".") {
			return nil
		}
		group.Go(func() error { return exportObject(ctx, st, w, store.Ref{Pool: pool, Namespace: namespace, OID: oid}) })
		return ctx.Err()
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if walked != nil {
		return fmt.Errorf("listing pool %q: %w", pool, walked)
	}
	return nil
}

// exportObject writes an object, again when it was changed while it was read.
func exportObject(ctx context.Context, st store.Store, w *Writer, ref store.Ref) error {
	for try := 1; ; try++ {
		err := tryExport(ctx, st, w, ref)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, store.ErrConflict):
			return fmt.Errorf("object %q of pool %q: %w", ref.OID, ref.Pool, err)
		case try == exportTries:
			return fmt.Errorf("object %q of pool %q: %w, each of %d times; export when it is changed less often", ref.OID, ref.Pool, err, try)
		}
		select {
		case <-time.After(rand.N(time.Duration(try) * time.Millisecond)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func tryExport(ctx context.Context, st store.Store, w *Writer, ref store.Ref) (err error) {
	snap, err := st.Snapshot(ctx, ref)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, snap.Close()) }()
	stat, ok := snap.Stat()
	if !ok {
		return nil // removed since it was listed
	}
	if _, partial, err := snap.Xattr(store.PartialXattr); err != nil || partial {
		return cmp.Or(err, errPartial)
	}
	o := w.Begin(ref, stat.Size)
	if err := readObject(snap, o.Add); err != nil {
		return cmp.Or(o.Abort(), err)
	}
	return o.End()
}

var errPartial = fmt.Errorf("%w: it is there by half, since its import was interrupted; repeat the import, or remove it", syscall.EINPROGRESS)

// readObject reads what an object has as records, always the same for the same object.
func readObject(snap store.Snapshot, add func(*Record) error) error {
	if err := readData(snap, add); err != nil {
		return err
	}
	xattrs, err := snap.Xattrs(math.MaxInt64)
	if err != nil {
		return err
	}
	for _, kv := range xattrs {
		if err := add(&Record{Kind: KindXattr, Key: kv.Key, Bytes: kv.Value}); err != nil {
			return err
		}
	}
	header, err := snap.OmapHeader()
	if err != nil {
		return err
	}
	if len(header) > 0 {
		if err := add(&Record{Kind: KindHeader, Bytes: header}); err != nil {
			return err
		}
	}
	return readPairs(snap, add)
}

func readData(snap store.Snapshot, add func(*Record) error) error {
	stat, _ := snap.Stat()
	buf := make([]byte, min(stat.Size, dataAtOnce))
	for off := int64(0); off < stat.Size; off += dataAtOnce {
		p := buf[:min(stat.Size-off, dataAtOnce)]
		if err := snap.ReadAt(p, off); err != nil {
			return err
		}
		if err := runs(p, func(begin, end int) error {
			return add(&Record{Kind: KindData, Off: off + int64(begin), Bytes: p[begin:end]})
		}); err != nil {
			return err
		}
	}
	return nil
}

// runs visits the runs of blocks in p that are not all zeros.
func runs(p []byte, visit func(begin, end int) error) error {
	begin := -1
	for i := 0; i < len(p); i += blockSize {
		switch empty := zeros(p[i:min(i+blockSize, len(p))]); {
		case !empty && begin < 0:
			begin = i
		case empty && begin >= 0:
			if err := visit(begin, i); err != nil {
				return err
			}
			begin = -1
		}
	}
	if begin < 0 {
		return nil
	}
	return visit(begin, len(p))
}

var zeroBlock [blockSize]byte

func zeros(p []byte) bool {
	for len(p) > blockSize {
		if !bytes.Equal(p[:blockSize], zeroBlock[:]) {
			return false
		}
		p = p[blockSize:]
	}
	return bytes.Equal(p, zeroBlock[:len(p)])
}

func readPairs(snap store.Snapshot, add func(*Record) error) error {
	it, err := snap.OmapIter("")
	if err != nil {
		return err
	}
	defer it.Close()
	for it.Next() {
		value, err := it.Value()
		if err != nil {
			return err
		}
		if err := add(&Record{Kind: KindPair, Key: it.Key(), Bytes: value}); err != nil {
			return err
		}
	}
	return it.Err()
}
