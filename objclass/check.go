// This file verifies the classes that a store has.

package objclass

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/objluad/objluad/store"
)

// ClassPool is the pool of the classes. Each is an object of its default namespace; the other namespaces are the daemons'.
const ClassPool = classPool

// CheckClasses reads every class of a store, reports what would keep it from being called, and returns how many there are.
// An error is what kept it from looking further. Objects that cannot be read are not reported: store.CheckObjects does that.
func CheckClasses(ctx context.Context, st store.Store, report func(store.Problem)) (classes int, err error) {
	err = st.Walk(ctx, classPool, func(namespace, name string) error {
		if namespace != "" {
			return nil
		}
		classes++
		return checkClass(ctx, st, name, func(format string, args ...any) {
			report(store.Problem{Where: fmt.Sprintf("class %q", name), What: fmt.Sprintf(format, args...)})
		})
	})
	if errors.Is(err, store.ErrNoPool) || errors.Is(err, store.ErrIO) {
		err = nil
	}
	return classes, err
}

func checkClass(ctx context.Context, st store.Store, name string, found func(format string, args ...any)) error {
	snap, err := st.Snapshot(ctx, classRef(name))
	if err != nil {
		return err
	}
	defer snap.Close()
	if _, ok := snap.Stat(); !ok {
		return nil // removed since it was listed
	}
	if err := checkClassName(name); err != nil {
		found("%v", err)
	}
	records, err := checkVersions(snap, found)
	if err == nil {
		err = checkRequirements(ctx, st, records, found)
	}
	if err != nil {
		if errors.Is(err, store.ErrIO) || errors.Is(err, store.ErrConflict) { // damaged, or just changed by a daemon
			return nil
		}
		return err
	}
	active, ok, err := snap.Xattr(activeXattr)
	_, installed := records[string(active)]
	switch {
	case err != nil:
		return err
	case !ok:
		found("no version is active")
	case !installed:
		found("version %.80q is active, but not installed", active)
	}
	return checkState(snap, string(active), slices.Collect(maps.Keys(records)), found)
}

// checkVersions checks that each version has a record and a source, and that the source is the version's.
func checkVersions(snap store.Snapshot, found func(format string, args ...any)) (records map[string]versionRecord, err error) {
	records = make(map[string]versionRecord)
	err = eachPair(snap, metaPrefix, func(version string, meta []byte) {
		var record versionRecord
		if err := json.Unmarshal(meta, &record); err != nil {
			found("the record of version %.80q does not decode: %v", version, err)
		}
		records[version] = record
	})
	if err != nil {
		return nil, err
	}
	without := maps.Clone(records)
	err = eachPair(snap, sourcePrefix, func(version string, source []byte) {
		record, ok := records[version]
		if !ok {
			found("version %.80q has a source, but no record", version)
			return
		}
		if versionOf(source, record.Requires...) != version {
			found("the source of version %.80q, or what it requires, is not the one that was installed", version)
		}
		if record.Size != int64(len(source)) {
			found("version %.80q has %d bytes of source, its record says %d", version, len(source), record.Size)
		}
		delete(without, version)
	})
	for version := range without {
		found("version %.80q has a record, but no source", version)
	}
	return records, err
}

// eachPair calls fn for each omap pair whose key begins with prefix, with what follows that.
func eachPair(snap store.Snapshot, prefix string, fn func(name string, value []byte)) error {
	it, err := snap.OmapIter(prefix)
	if err != nil {
		return err
	}
	defer it.Close()
	for it.Next() && strings.HasPrefix(it.Key(), prefix) {
		value, err := it.Value()
		if err != nil {
			return err
		}
		fn(strings.TrimPrefix(it.Key(), prefix), value)
	}
	return it.Err()
}

// checkRequirements checks that the versions are there which others require.
func checkRequirements(ctx context.Context, st store.Store, records map[string]versionRecord, found func(format string, args ...any)) error {
	for version, record := range records {
		for _, q := range record.Requires {
			ok, err := isInstalled(ctx, st, q)
			if err != nil {
				return err
			}
			if !ok {
				found("version %.80q requires %.150s, which is not installed", version, q.Module())
			}
		}
	}
	return nil
}

func isInstalled(ctx context.Context, st store.Store, q Requirement) (bool, error) {
	snap, err := st.Snapshot(ctx, classRef(q.Class))
	if err != nil {
		return false, err
	}
	defer snap.Close()
	_, ok, err := snap.OmapValue(sourcePrefix + q.Version)
	return ok, err
}
