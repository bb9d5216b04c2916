package pebblestore

// This file changes bits of stored files: what is read then is an error, or what was written, and nothing else.

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/objluad/objluad/store"
)

// flip changes one bit of a file.
func flip(t *testing.T, fs *vfs.MemFS, name string, bit int) {
	t.Helper()
	content := contentOf(t, fs, name)
	content[bit/8] ^= 1 << (bit % 8)
	f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// errMixed is a store that is in a state that never was.
var errMixed = errors.New("found no state that ever was")

// outcome is what came of a changed bit: "refused", "read errors", "older" or "harmless"; or an error if what was read is wrong.
func outcome(disk *vfs.MemFS, states []state) (string, error) {
	ctx := context.Background()
	s, err := openSmall(disk, FsyncAlways)
	if err != nil {
		if !errors.Is(err, store.ErrIO) && !errors.Is(err, store.ErrFormat) || !strings.Contains(err.Error(), "data") {
			return "", fmt.Errorf("the error is not clear: %v", err)
		}
		return "refused", nil
	}
	defer s.Close()
	last := states[len(states)-1]
	shown, err := show(ctx, s)
	if err == nil {
		if shown == last.shown {
			return "harmless", nil
		}
		if slices.ContainsFunc(states, func(st state) bool { return st.shown == shown }) {
			return "older", nil
		}
		return "", fmt.Errorf("%w:\n%s", errMixed, shown)
	}
	if !errors.Is(err, store.ErrIO) {
		return "", err
	}
	for oid := range last.versions { // each by itself
		var line strings.Builder
		r := store.Ref{Pool: "default", OID: oid}
		snap, err := s.Snapshot(ctx, r)
		if err == nil {
			_, ok := snap.Stat()
			if err = snap.Close(); err == nil && ok {
				err = showObject(ctx, &line, s, r)
			} else if err == nil && strings.Contains(last.shown, " "+oid+": version") {
				return "", fmt.Errorf("%s is lost", oid)
			}
		}
		if err == nil && !strings.Contains(last.shown, line.String()) {
			return "", fmt.Errorf("wrong data: %s", line.String())
		}
		if err != nil && !errors.Is(err, store.ErrIO) {
			return "", err
		}
	}
	return "read errors", nil
}

// atEnd reports whether a byte is where damage looks like what a crash tears off: in the length of the manifest's last record, or the
// last log.
func atEnd(t *testing.T, disk *vfs.MemFS, name string, at int, files []string) bool {
	content := contentOf(t, disk, name)
	if path.Ext(name) == ".log" {
		return name == slices.Max(files)
	}
	last := 0
	for p := 0; p < len(content) && len(content) < manifestBlock; last, p = p, p+max(1, chunkSizeAt(content[p:])) {
		continue
	}
	return strings.Contains(name, "MANIFEST") && (at == last+4 || at == last+5)
}

// A changed bit is an error or does no harm. At the end of the last log it may also be taken for the end that a crash tore off, and
// what was committed there is lost, but nothing else is. Where it makes the manifest's last record look torn, what that told of is lost.
func TestBitFlips(t *testing.T) { flipBits(t, 6) }

func TestSoakBitFlips(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("takes minutes; run it with SOAK=1")
	}
	flipBits(t, 150)
}

// flipBits changes so many bits of each kind of file, one at a time.
func flipBits(t *testing.T, flips int) {
	steps := workload()
	steps = steps[:len(steps)-10]
	states := statesOf(t, steps)
	disk := vfs.NewCrashableMem()
	s, err := openSmall(&crashFS{MemFS: disk, before: func(string, string) {}, synced: func(string) {}}, FsyncAlways)
	if err != nil {
		t.Fatal(err)
	}
	for _, do := range steps {
		if err := do(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	left := disk.CrashClone(vfs.CrashCloneCfg{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	files := map[string][]string{} // by kind
	for _, name := range list(t, left) {
		kind := strings.TrimPrefix(path.Ext(name), ".")
		if kind == "" || strings.HasPrefix(name, "marker") {
			kind, _, _ = strings.Cut(strings.ReplaceAll(name, ".", "-"), "-")
		}
		if len(contentOf(t, left, "data/"+name)) > 0 {
			files[kind] = append(files[kind], "data/"+name)
		}
	}
	for _, kind := range []string{"sst", "log", "MANIFEST", "OPTIONS"} {
		if len(files[kind]) == 0 {
			t.Fatalf("no %s among %v", kind, files)
		}
		outcomes := map[string]int{}
		for range flips {
			name := files[kind][rng.IntN(len(files[kind]))]
			bit := rng.IntN(8 * len(contentOf(t, left, name)))
			changed := left.CrashClone(vfs.CrashCloneCfg{})
			flip(t, changed, name, bit)
			what, err := outcome(changed, states)
			end := atEnd(t, left, name, bit/8, files[kind])
			switch {
			case end && kind == "MANIFEST" && errors.Is(err, errMixed):
				what = "mixed" // the logs of what the record told of are gone
			case err != nil:
				t.Errorf("seed %d, bit %d of %s: %v", seed, bit, name, err)
			case what == "older" && !end:
				t.Errorf("seed %d, bit %d of %s: the store is older than the damage", seed, bit, name)
			}
			outcomes[what]++
		}
		t.Logf("%s: %v", kind, outcomes)
	}
}
