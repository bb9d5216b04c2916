package archive

// This file imports an archive into a store, many objects at a time.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/objluad/objluad/store"
)

const (
	commitBytes = 32 << 20
	commits     = 64        // that are under way at once
	memory      = 128 << 20 // that their objects have together
	maxSize     = 1<<32 - 1 // bytes of data that an object of RADOS may have, the largest there are
)

// Existing says what an import makes of an object that is there already, and not as the archive has it.
type Existing int

// An object that is as in the archive is left alone in any case, and one that an interrupted import left by half is made whole.
const (
	Refuse  Existing = iota // fail with ErrExists
	Replace                 // replace it as a whole
	Skip                    // leave it as it is
)

// ImportOptions say how an archive is imported.
type ImportOptions struct {
	Existing  Existing
	DryRun    bool                    // change nothing, and count what would be done
	CheckPool func(name string) error // refuses pools by their names; nil refuses none
	// CommitBytes is what one commit has at most, 128 for each run, xattr and pair included; default 32 MiB. A larger object is
	// several commits, and waits for its end in a file of TempDir, by default os.TempDir().
	CommitBytes int64
	TempDir     string
}

// Imported counts objects by what was done with them.
type Imported struct {
	Pools    int64 // that were created
	Created  int64
	Replaced int64
	Skipped  int64 // left though they are not as in the archive; with Skip, without looking
	Same     int64 // were as in the archive already
	Bytes    int64 // of those that were created or replaced, as in Totals
}

// Objects returns how many objects are now as in the archive.
func (i Imported) Objects() int64 { return i.Created + i.Replaced + i.Same }

// Import applies an archive's objects to a store, in no particular order. Each was read and verified as a whole before the
// store is touched. If it fails, the objects that Imported counts are there, and importing the same archive again completes it.
func Import(ctx context.Context, st store.Store, from io.Reader, opts ImportOptions) (Imported, error) {
	r, err := NewReader(from)
	if err != nil {
		return Imported{}, err
	}
	defer r.Close()
	if opts.CommitBytes == 0 {
		opts.CommitBytes = commitBytes
	}
	im := &importer{st: st, opts: opts, memory: semaphore.NewWeighted(memory)}
	if im.pools, err = st.Pools(ctx); err != nil {
		return Imported{}, err
	}
	im.group, im.ctx = errgroup.WithContext(ctx)
	im.group.SetLimit(commits)
	err = im.read(r)
	if applied := im.group.Wait(); applied != nil {
		err = applied
	}
	return im.done, err
}

type importer struct {
	ctx    context.Context
	st     store.Store
	opts   ImportOptions
	pools  []string // that are there
	group  *errgroup.Group
	memory *semaphore.Weighted

	mu   sync.Mutex // guards done
	done Imported
}

// read reads the archive, and begins with each object that is complete.
func (im *importer) read(r *Reader) error {
	var object *pending
	defer func() { object.drop() }()
	for {
		rec, err := r.Next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		switch rec.Kind {
		case KindPool:
			err = im.pool(rec.Ref.Pool)
		case KindObject:
			if err = im.check(rec); err == nil {
				object = &pending{ref: rec.Ref, size: rec.Size, limit: im.opts.CommitBytes, tempDir: im.opts.TempDir}
			}
		case KindEnd:
			err = im.begin(object)
			object = nil
		case KindVoid:
			object.drop()
			object = nil
		case KindTrailer:
		case KindXattr:
			if rec.Key == store.PartialXattr {
				return fmt.Errorf("%w: object %q of pool %q has the xattr %s, which is reserved", store.ErrInvalid, object.ref.OID, object.ref.Pool, rec.Key)
			}
			err = object.add(rec)
		default:
			err = object.add(rec)
		}
		if err != nil {
			return err
		}
	}
}

// check refuses a name or size that no object can have.
func (im *importer) check(r *Record) error {
	if r.Size > maxSize {
		return fmt.Errorf("%w: object %q of pool %q has %d bytes of data; no store takes more than %d",
			store.ErrTooLarge, r.Ref.OID, r.Ref.Pool, r.Size, int64(maxSize))
	}
	ref := r.Ref
	ref.Pool = "any" // it was checked
	return ref.Check()
}

// pool creates a pool unless it is there.
func (im *importer) pool(name string) error {
	if im.opts.CheckPool != nil {
		if err := im.opts.CheckPool(name); err != nil {
			return err
		}
	}
	if slices.Contains(im.pools, name) {
		return nil
	}
	if !im.opts.DryRun {
		err := im.st.CreatePool(im.ctx, name)
		switch {
		case errors.Is(err, store.ErrPoolExists):
			return nil
		case err != nil:
			return fmt.Errorf("pool %q is missing, and cannot be created: %w", name, err)
		}
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	im.done.Pools++
	return nil
}

// begin applies an object aside, when there is memory for it.
func (im *importer) begin(object *pending) error {
	size := min(object.cost, im.opts.CommitBytes, memory)
	if err := im.memory.Acquire(im.ctx, size); err != nil {
		object.drop()
		return err
	}
	im.group.Go(func() error {
		defer im.memory.Release(size)
		defer object.drop()
		err := im.apply(object)
		if err != nil {
			return fmt.Errorf("object %q of pool %q: %w", object.ref.OID, object.ref.Pool, err)
		}
		return nil
	})
	return nil
}

// apply brings an object into the store, and counts what that was.
func (im *importer) apply(object *pending) error {
	what, err := (&application{importer: im, object: object}).run()
	if err != nil {
		return err
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	switch what {
	case created:
		im.done.Created++
	case replaced:
		im.done.Replaced++
	case skipped:
		im.done.Skipped++
	case same:
		im.done.Same++
	}
	if what == created || what == replaced {
		im.done.Bytes += object.content
	}
	return nil
}
