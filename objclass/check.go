// This file verifies the classes that a store has.

package objclass

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	versions, err := checkVersions(snap, found)
	if err != nil {
		if errors.Is(err, store.ErrIO) || errors.Is(err, store.ErrConflict) { // damaged, or just changed by a daemon
			return nil
		}
		return err
	}
	active, ok, err := snap.Xattr(activeXattr)
	switch {
	case err != nil:
		return err
	case !ok:
		found("no version is active")
	case !slices.Contains(versions, string(active)):
		found("version %.80q is active, but not installed", active)
	}
	return checkState(snap, string(active), versions, found)
}

// checkVersions checks that each version has a record and a source, and that the source is the version's.
func checkVersions(snap store.Snapshot, found func(format string, args ...any)) (versions []string, err error) {
	it, err := snap.OmapIter("")
	if err != nil {
		return nil, err
	}
	defer it.Close()
	sources := make(map[string]int64)
	for it.Next() {
		value, err := it.Value()
		if err != nil {
			return nil, err
		}
		if version, ok := strings.CutPrefix(it.Key(), sourcePrefix); ok {
			sources[version] = int64(len(value))
			if versionOf(value) != version {
				found("the source of version %.80q is not the one that was installed", version)
			}
		}
	}
	if err := it.Err(); err != nil {
		return nil, err
	}
	records, err := snap.OmapIter(metaPrefix)
	if err != nil {
		return nil, err
	}
	defer records.Close()
	for records.Next() && strings.HasPrefix(records.Key(), metaPrefix) {
		version := strings.TrimPrefix(records.Key(), metaPrefix)
		value, err := records.Value()
		if err != nil {
			return nil, err
		}
		versions = append(versions, version)
		checkRecord(version, value, sources, found)
		delete(sources, version)
	}
	for version := range sources {
		found("version %.80q has a source, but no record", version)
	}
	return versions, records.Err()
}

func checkRecord(version string, meta []byte, sources map[string]int64, found func(format string, args ...any)) {
	var record versionRecord
	size, ok := sources[version]
	switch err := json.Unmarshal(meta, &record); {
	case err != nil:
		found("the record of version %.80q does not decode: %v", version, err)
	case !ok:
		found("version %.80q has a record, but no source", version)
	case record.Size != size:
		found("version %.80q has %d bytes of source, its record says %d", version, size, record.Size)
	}
}
