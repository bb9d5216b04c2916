package archive

// This file brings one object into a store: by one commit, or by several if it is too large for one.

import (
	"errors"
	"fmt"

	"github.com/objluad/objluad/store"
)

// What was done with an object.
type outcome int

const (
	created outcome = iota
	replaced
	skipped
	same
)

// conflictTries is how often an object is looked at again that others change meanwhile.
const conflictTries = 16

// application applies one object. Each of its commits expects the version that the one before has made, so the last can only
// follow on all others: if anybody else changes the object meanwhile, it fails.
type application struct {
	*importer
	object *pending

	what    outcome
	version uint64
	parts   int   // commits that were made
	size    int64 // of the data so far
	ws      *store.WriteSet
	cost    int64
}

// errLeave ends an application whose object stays as it is.
var errLeave = errors.New("the object stays as it is")

func (a *application) run() (outcome, error) {
	if err := a.object.complete(); err != nil {
		return 0, err
	}
	err := a.applyAll()
	if errors.Is(err, errLeave) {
		err = nil
	}
	return a.what, err
}

func (a *application) applyAll() error {
	if a.opts.DryRun {
		if err := a.meet(); err != nil {
			return err
		}
		return errLeave
	}
	a.begin()
	if err := a.object.each(a.add); err != nil {
		return err
	}
	return a.commit(true)
}

func (a *application) begin() {
	a.ws = &store.WriteSet{Data: &store.DataChange{Keep: a.size, Size: a.size}, Xattrs: map[string][]byte{}, Omap: map[string][]byte{}}
	a.cost = 0
}

// add puts a record into the write set, behind a commit of what is in it if there is no room.
func (a *application) add(r *Record) error {
	if a.cost+cost(r) > a.opts.CommitBytes && a.cost > 0 {
		if err := a.commit(false); err != nil {
			return err
		}
		a.begin()
	}
	a.cost += cost(r)
	switch r.Kind {
	case KindData:
		addRun(a.ws.Data, r)
		a.size = r.Off + int64(len(r.Bytes))
	case KindXattr:
		a.ws.Xattrs[r.Key] = r.Bytes
	case KindHeader:
		a.ws.OmapHeader = r.Bytes
	case KindPair:
		a.ws.Omap[r.Key] = r.Bytes
	}
	return nil
}

// addRun adds a run of data, in one extent with the one before if there is nothing between.
func addRun(d *store.DataChange, r *Record) {
	n := int64(len(r.Bytes))
	if i := len(d.Extents) - 1; i >= 0 && d.Extents[i].Off+d.Extents[i].Len == r.Off {
		d.Extents[i].Bytes = append(d.Extents[i].Bytes, r.Bytes...)
		d.Extents[i].Len += n
	} else {
		d.Extents = append(d.Extents, store.Extent{Off: r.Off, Len: n, Bytes: r.Bytes[:n:n]})
	}
	d.Size = r.Off + n
}

// commit commits the write set. All but the last leave the mark.
func (a *application) commit(last bool) error {
	if last {
		a.ws.Data.Size = a.object.size
	}
	if d := a.ws.Data; d.Keep == d.Size && len(d.Extents) == 0 {
		a.ws.Data = nil
	}
	switch {
	case !last:
		a.ws.Xattrs[store.PartialXattr] = []byte{}
	case a.parts > 0:
		a.ws.Xattrs[store.PartialXattr] = nil
	}
	if a.parts == 0 {
		if err := a.commitFirst(); err != nil {
			return err
		}
	} else {
		var err error
		if a.version, err = a.st.Commit(a.ctx, a.object.ref, a.version, a.ws); err != nil {
			return a.interrupted(err)
		}
	}
	a.parts++
	return nil
}

func (a *application) interrupted(err error) error {
	if errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("%w: it was imported by half, and then changed by others; import when nobody does", err)
	}
	return err
}

// commitFirst creates the object. If it is there, it takes its place, as far as that is asked for.
func (a *application) commitFirst() error {
	for try := 0; ; try++ {
		version, err := a.st.Commit(a.ctx, a.object.ref, a.version, a.ws)
		if !errors.Is(err, store.ErrConflict) || try == conflictTries {
			a.version = version
			return err
		}
		if err := a.meet(); err != nil {
			return err
		}
		a.ws.Reset = a.version > 0
	}
}

// meet looks at the object that is there, if any, and decides what is to be done: it returns errLeave if nothing.
func (a *application) meet() (err error) {
	for range conflictTries {
		if err = a.look(); !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return err
}

func (a *application) look() (err error) {
	snap, err := a.st.Snapshot(a.ctx, a.object.ref)
	if a.opts.DryRun && errors.Is(err, store.ErrNoPool) {
		return nil // it would be created
	}
	if err != nil {
		return err
	}
	defer func() {
		if closed := snap.Close(); closed != nil {
			err = closed
		}
	}()
	stat, exists := snap.Stat()
	if !exists {
		a.version, a.what = 0, created
		return nil
	}
	_, partial, err := snap.Xattr(store.PartialXattr)
	switch {
	case err != nil:
		return err
	case partial:
		a.version, a.what = stat.Version, replaced
		return nil
	case a.opts.Existing == Skip:
		a.what = skipped
		return errLeave
	}
	equal, err := equals(snap, a.object)
	switch {
	case err != nil:
		return err
	case equal:
		a.what = same
		return errLeave
	case a.opts.Existing == Refuse:
		return fmt.Errorf("%w, and is not as in the archive", store.ErrExists)
	}
	a.version, a.what = stat.Version, replaced
	return nil
}
