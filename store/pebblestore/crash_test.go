package pebblestore

// This file crashes machines: it takes away what was not synced, at every moment of a workload, and looks at what is left.

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/objluad/objluad/store"
)

// crashFS is a crashable file system that calls before ahead of each write and sync, and synced after each sync. Both get the
// name of the file.
type crashFS struct {
	*vfs.MemFS
	before func(op, name string)
	synced func(name string)
}

func newCrashFS() *crashFS {
	return &crashFS{MemFS: vfs.NewCrashableMem(), before: func(string, string) {}, synced: func(string) {}}
}

func (f *crashFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.MemFS.Create(name, c)
	return crashFile{file, f, name}, err
}

func (f *crashFS) OpenDir(name string) (vfs.File, error) {
	file, err := f.MemFS.OpenDir(name)
	return crashFile{file, f, name}, err
}

// ReuseForWrite makes a new file: MemFS's own takes a lock twice and may deadlock with CrashClone.
func (f *crashFS) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if err := f.Remove(oldname); err != nil {
		return nil, err
	}
	return f.Create(newname, c)
}

func (f *crashFS) Unwrap() vfs.FS { return nil }

type crashFile struct {
	vfs.File
	fs   *crashFS
	name string
}

func (f crashFile) Write(p []byte) (int, error) {
	f.fs.before("write", f.name)
	return f.File.Write(p)
}

func (f crashFile) SyncData() error { return f.Sync() }

func (f crashFile) Sync() error {
	f.fs.before("sync", f.name)
	err := f.File.Sync()
	f.fs.synced(f.name)
	return err
}

// A crash at any sync while a store is made leaves one that opens.
func TestCrashWhileCreating(t *testing.T) {
	disk := newCrashFS()
	var clones []*vfs.MemFS
	disk.before = func(op, _ string) {
		if op == "sync" {
			clones = append(clones, disk.CrashClone(vfs.CrashCloneCfg{}))
		}
	}
	openMem(t, disk)
	clones = slices.Clone(clones)
	if len(clones) < 5 {
		t.Fatalf("%d clones", len(clones))
	}
	for i, clone := range clones {
		s := openMem(t, clone)
		if pools, err := s.Pools(t.Context()); err != nil || !slices.Equal(pools, []string{"default"}) {
			t.Errorf("clone %d: pools %q, %v", i, pools, err)
		}
		wantClean(t, s)
	}
}

// After a crash at any moment, each object is as its last acknowledged commit left it, or as one that was under way.
func TestCrash(t *testing.T) {
	const objects, rounds = 4, 12
	for round := range rounds {
		disk := vfs.NewCrashableMem()
		s := openMem(t, &crashFS{MemFS: disk, before: func(string, string) {}, synced: func(string) {}})
		var acked, begun [objects]atomic.Int64
		for o := range objects {
			acked[o].Store(-1)
		}
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for o := range objects {
			wg.Go(func() {
				var version uint64
				for i := 0; ctx.Err() == nil; i++ {
					var waits []func() error
					for end := i + o; i <= end; i++ { // some commits are made before the one before them is durable
						begun[o].Store(int64(i))
						v, wait, err := s.CommitUnsynced(context.Background(), store.Ref{Pool: "default", OID: fmt.Sprint(o)}, version, stamped(i))
						if err != nil {
							t.Error(err)
							return
						}
						version, waits = v, append(waits, wait)
					}
					i--
					for _, wait := range waits {
						if err := wait(); err != nil {
							t.Error(err)
							return
						}
					}
					acked[o].Store(int64(i))
				}
			})
		}
		rng := rand.New(rand.NewPCG(uint64(round), 1))
		time.Sleep(time.Duration(5+rng.IntN(60)) * time.Millisecond)
		var low [objects]int64
		for o := range objects {
			low[o] = acked[o].Load()
		}
		clone := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50 * (round % 3), RNG: rng})
		var high [objects]int64
		for o := range objects {
			high[o] = begun[o].Load()
		}
		stop()
		wg.Wait()

		after := openMem(t, clone)
		for o := range objects {
			snap, err := after.Snapshot(t.Context(), store.Ref{Pool: "default", OID: fmt.Sprint(o)})
			if err != nil {
				t.Fatal(err)
			}
			i, err := stampOf(snap)
			if err != nil {
				t.Errorf("round %d, object %d: %v", round, o, err)
			} else if int64(i) < low[o] || int64(i) > high[o] {
				t.Errorf("round %d, object %d: found commit %d; %d was acknowledged, %d begun", round, o, i, low[o], high[o])
			}
			if err := snap.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// step is a part of the workload that ends with everything acknowledged.
type step func(ctx context.Context, s *Store) error

// put commits a write set to an object, whatever its version.
func put(r store.Ref, ws *store.WriteSet) step {
	return func(ctx context.Context, s *Store) error {
		snap, err := s.Snapshot(ctx, r)
		if err != nil {
			return err
		}
		st, _ := snap.Stat()
		if err := snap.Close(); err != nil {
			return err
		}
		_, err = s.Commit(ctx, r, st.Version, ws)
		return err
	}
}

func flush(_ context.Context, s *Store) error { return s.db.Flush() }
func compact(ctx context.Context, s *Store) error {
	return s.db.Compact(ctx, []byte{0}, []byte{0xff}, false)
}
func backup(name string) step {
	return func(ctx context.Context, s *Store) error {
		if err := errors.Join(s.fs.MkdirAll("backups", 0o700), syncDir(s.fs, "")); err != nil {
			return err
		}
		return s.Backup(ctx, "backups/"+name)
	}
}
func syncLate(_ context.Context, s *Store) error {
	if s.late == nil {
		return nil
	}
	return s.late.sync()
}

// workload has commits of all kinds, with flushes, compactions and late syncs among them.
func workload() (steps []step) {
	o := func(oid string) store.Ref { return store.Ref{Pool: "default", OID: oid} }
	inPool := store.Ref{Pool: "p", Namespace: "n", OID: "o"}
	do := func(more ...step) { steps = append(steps, more...) }
	data := func(keep, size, off int64, b string) *store.WriteSet {
		return &store.WriteSet{Data: &store.DataChange{Keep: keep, Size: size, Extents: []store.Extent{{Off: off, Len: int64(len(b)), Bytes: []byte(b)}}}}
	}
	large := strings.Repeat("large", 10_000)
	for round := range 2 {
		do(put(o("small"), stamped(2*round)), put(o("large"), stamped(2*round+1)))
		do(put(o("grows"), data(0, 100, 0, "small")), put(o("grows"), data(100, 60_000, 10_000, large)), syncLate)
		do(put(o("grows"), data(60_000, 60_000, 16_380, "a range over two chunks")), put(o("grows"), data(20_000, 20_000, 0, "")))
		do(put(o("pairs"), &store.WriteSet{Xattrs: map[string][]byte{"a": []byte("1"), "b": []byte(large[:3000])}, Omap: map[string][]byte{"k": []byte("v")}}))
		do(put(o("pairs"), &store.WriteSet{Xattrs: map[string][]byte{"a": nil}, OmapHeader: []byte(large[:2000]), Omap: map[string][]byte{"k": nil, "l": []byte("v")}}))
		do(put(o("pairs"), &store.WriteSet{OmapClear: true}), put(o("empty"), &store.WriteSet{}))
		do(func(ctx context.Context, s *Store) error { return s.CreatePool(ctx, "p") })
		do(put(inPool, stamped(round)), put(inPool, stamped(round+1)), put(inPool, stamped(round+2)))
		do(put(o("removed"), stamped(1)), put(o("removed"), &store.WriteSet{Remove: true}), put(o("removed"), stamped(0)), syncLate)
		do(put(o("removed"), &store.WriteSet{Reset: true, OmapHeader: []byte("h")}), put(o("removed"), &store.WriteSet{Remove: true}))
		do(flush, put(o("large"), &store.WriteSet{Remove: true}), put(o("small"), &store.WriteSet{Remove: true}))
		do(put(o("huge"), data(0, 400_000, 0, strings.Repeat(large, 8)))) // more than a table of recent writes
		do(func(ctx context.Context, s *Store) error { return s.RemovePool(ctx, "p") })
		do(put(o("small"), stamped(0)), backup(fmt.Sprint(round)), put(o("small"), stamped(2)), syncLate)
		if round > 0 {
			do(compact)
		}
	}
	return steps
}

// state is all that a store shows, and the highest versions that names of its default pool ever had.
type state struct {
	shown    string
	versions map[string]uint64
}

// show returns all that a store shows, modification times excepted.
func show(ctx context.Context, s *Store) (string, error) {
	var b strings.Builder
	pools, err := s.Pools(ctx)
	if err != nil {
		return "", err
	}
	for _, pool := range pools {
		for _, namespace := range []string{"", "n"} {
			oids, _, err := s.List(ctx, pool, namespace, "", 1000)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&b, "%s/%s: %d objects\n", pool, namespace, len(oids))
			for _, oid := range oids {
				if err := showObject(ctx, &b, s, store.Ref{Pool: pool, Namespace: namespace, OID: oid}); err != nil {
					return "", fmt.Errorf("%s: %w", oid, err)
				}
			}
		}
	}
	return b.String(), nil
}

func showObject(ctx context.Context, b *strings.Builder, s *Store, r store.Ref) error {
	snap, err := s.Snapshot(ctx, r)
	if err != nil {
		return err
	}
	defer snap.Close()
	st, _ := snap.Stat()
	data := make([]byte, st.Size)
	if err := snap.ReadAt(data, 0); err != nil {
		return err
	}
	digest := func(p []byte) uint32 { return crc32.ChecksumIEEE(p) }
	fmt.Fprintf(b, "  %s: version %d, %d bytes %x", r.OID, st.Version, st.Size, digest(data))
	xattrs, err := snap.Xattrs(1 << 30)
	if err != nil {
		return err
	}
	for _, x := range xattrs {
		fmt.Fprintf(b, ", xattr %s %x", x.Key, digest(x.Value))
	}
	header, err := snap.OmapHeader()
	if err != nil {
		return err
	}
	fmt.Fprintf(b, ", header %x", digest(header))
	it, err := snap.OmapIter("")
	if err != nil {
		return err
	}
	defer it.Close()
	for it.Next() {
		v, err := it.Value()
		if err != nil {
			return err
		}
		fmt.Fprintf(b, ", omap %s %x", it.Key(), digest(v))
	}
	b.WriteByte('\n')
	return it.Err()
}

// observe returns the state after a step that came after the state before.
func observe(ctx context.Context, s *Store, before state) (state, error) {
	after := state{versions: make(map[string]uint64)}
	var err error
	if after.shown, err = show(ctx, s); err != nil {
		return after, err
	}
	for name, v := range before.versions {
		after.versions[name] = v
	}
	oids, _, err := s.List(ctx, "default", "", "", 1000)
	for _, oid := range oids {
		head, err := readHead(s.db, headKey(0, "", oid))
		if err != nil {
			return after, err
		}
		after.versions[oid] = max(after.versions[oid], head.version)
	}
	return after, err
}

func openSmall(fs vfs.FS, fsync Fsync) (*Store, error) {
	return Open("data", Options{FS: fs, Logger: quiet, MemTableSize: 256 << 10, CacheSize: 1 << 20, Fsync: fsync})
}

// statesOf runs the workload and returns the state before it and after each step.
func statesOf(t *testing.T, steps []step) (states []state) {
	t.Helper()
	s, err := openSmall(vfs.NewMem(), FsyncAlways)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	add := func(before state) {
		st, err := observe(t.Context(), s, before)
		if err != nil {
			t.Fatal(err)
		}
		states = append(states, st)
	}
	add(state{})
	for _, do := range steps {
		if err := do(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		add(states[len(states)-1])
	}
	return states
}

// crash is what a crash left, and which steps must and may be in it.
type crash struct {
	disk      *vfs.MemFS
	low, high int64
	when      string
}

// crashes runs the workload and returns what crashes at its moments leave, as take says: it gets the number of the moment
// and what is about to happen, and returns in percent how much of what was not synced stays, or -1 for no crash.
func crashes(t *testing.T, steps []step, fsync Fsync, rng *rand.Rand, take func(k int, op string) int, out chan<- crash) (moments int) {
	t.Helper()
	defer close(out)
	disk := newCrashFS()
	var begun, acked, durable atomic.Int64
	var mu sync.Mutex // the engine writes from several goroutines
	disk.before = func(op, name string) {
		mu.Lock()
		defer mu.Unlock()
		moments++
		percent := take(moments, op)
		if percent > 0 && begun.Load() == 0 {
			percent = 0 // a new manifest counts on a file system that does not lose one name and keep a later one
		}
		if percent < 0 {
			return
		}
		low := acked.Load()
		if fsync != FsyncAlways && percent < 100 { // of 100 it is the process that crashes, not the machine
			low = durable.Load()
		}
		clone := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rng})
		out <- crash{clone, low, begun.Load(), fmt.Sprintf("moment %d, before the %s of %s, %d%% of the rest kept", moments, op, name, percent)}
	}
	s, err := openSmall(disk, fsync)
	if err != nil {
		t.Error(err)
		return
	}
	// Of steps whose commits are in the log, those that were acknowledged before the sync began are durable after it.
	before := disk.before
	var syncing atomic.Int64
	disk.before = func(op, name string) {
		before(op, name)
		if op == "sync" && isLog(name) {
			syncing.Store(acked.Load())
		}
	}
	disk.synced = func(name string) {
		if isLog(name) {
			durable.Store(syncing.Load())
		}
	}
	for i, do := range steps {
		begun.Store(int64(i + 1))
		if err := do(t.Context(), s); err != nil {
			t.Errorf("step %d: %v", i, err)
			break
		}
		acked.Store(int64(i + 1))
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	return moments
}

// isLog reports whether a file is a log of the store, not of a backup.
func isLog(name string) bool { return path.Dir(name) == "data" && path.Ext(name) == ".log" }

// recovered opens what a crash left. It must be clean, and be what one of the possible steps left.
func recovered(ctx context.Context, c crash, states []state, fsync Fsync) error {
	s, err := openSmall(c.disk, fsync)
	if err != nil {
		return err
	}
	defer s.Close()
	var found error
	if err := s.Check(ctx, func(p store.Problem) { found = errors.Join(found, fmt.Errorf("%s: %s", p.Where, p.What)) }); err != nil {
		return err
	}
	shown, err := show(ctx, s)
	if err := errors.Join(err, found); err != nil {
		return err
	}
	if err := backupsWhole(ctx, c, states[:c.high+1]); err != nil {
		return err
	}
	for i := c.low; i <= c.high; i++ {
		if states[i].shown == shown {
			return versionsRise(ctx, s, states[i])
		}
	}
	for i, st := range states {
		if st.shown == shown {
			return fmt.Errorf("found the state after step %d, want one of %d to %d", i, c.low, c.high)
		}
	}
	return fmt.Errorf("found no state that ever was, want one of %d to %d:\n%s", c.low, c.high, shown)
}

// backupsWhole opens the backups that a crash left. Each is clean, and a state that was.
func backupsWhole(ctx context.Context, c crash, states []state) error {
	names, err := c.disk.List("backups")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, name := range names {
		if strings.HasPrefix(name, ".tmp-") {
			continue
		}
		s, err := Open("backups/"+name, Options{FS: c.disk, Logger: quiet})
		if err != nil {
			return err
		}
		defer s.Close()
		shown, err := show(ctx, s)
		if err == nil && !slices.ContainsFunc(states, func(st state) bool { return st.shown == shown }) {
			err = fmt.Errorf("backup %s shows no state that ever was:\n%s", name, shown)
		}
		if err != nil {
			return err
		}
	}
	return err
}

// A crash at any sync while a store recovers from a crash leaves one that recovers to the same.
func TestCrashWhileRecovering(t *testing.T) {
	steps := workload()
	states := statesOf(t, steps)
	found := make(chan crash, 100)
	crashes(t, steps, FsyncAlways, nil, func(k int, _ string) int {
		if k%120 == 60 {
			return 0
		}
		return -1
	}, found)
	again := 0
	for c := range found {
		disk := &crashFS{MemFS: c.disk, synced: func(string) {}}
		var clones []*vfs.MemFS
		disk.before = func(op, _ string) {
			if op == "sync" {
				clones = append(clones, disk.CrashClone(vfs.CrashCloneCfg{}))
			}
		}
		s, err := openSmall(disk, FsyncAlways)
		if err != nil {
			t.Fatal(err)
		}
		shown, err := show(t.Context(), s)
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
		for _, clone := range clones {
			again++
			second := crash{disk: clone, low: c.low, high: c.high}
			if err := recovered(t.Context(), second, states, FsyncAlways); err != nil {
				t.Errorf("%s, then a crash while recovering: %v", c.when, err)
			} else if i := slices.IndexFunc(states, func(st state) bool { return st.shown == shown }); i < 0 {
				t.Errorf("%s: %s", c.when, shown)
			}
		}
	}
	t.Logf("%d crashes while recovering", again)
	if again < 8 {
		t.Error("there were hardly any")
	}
}

// versionsRise creates each object that ever was and is absent: its version must be one that its name never had.
func versionsRise(ctx context.Context, s *Store, st state) error {
	for oid, highest := range st.versions {
		v, err := s.Commit(ctx, store.Ref{Pool: "default", OID: oid}, 0, &store.WriteSet{})
		if err == nil && v <= highest {
			return fmt.Errorf("%s has version %d after %d", oid, v, highest)
		}
		if err != nil && !errors.Is(err, store.ErrConflict) { // it is there
			return err
		}
	}
	return nil
}

// After a crash at any sync of a workload, and at samples of all moments with a random part of what was not synced, the store
// opens, is clean, and shows a state that was: at least what was acknowledged, or, with late syncs, synced.
func TestCrashAtEveryMoment(t *testing.T) { crashAtMoments(t, 50) }

func TestSoakCrashAtEveryMoment(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("takes minutes; run it with SOAK=1")
	}
	crashAtMoments(t, 1)
}

// crashAtMoments crashes at every sync, and otherwise at one of every moments.
func crashAtMoments(t *testing.T, every int) {
	steps := workload()
	states := statesOf(t, steps)
	for _, fsync := range []Fsync{FsyncAlways, FsyncInterval, FsyncNever} {
		t.Run(string(fsync), func(t *testing.T) {
			t.Parallel()
			seed := rand.Uint64()
			rng := rand.New(rand.NewPCG(seed, 0))
			take := func(k int, op string) int {
				switch {
				case k%every == 0:
					return []int{10, 50, 90, 100}[rng.IntN(4)]
				case op == "sync" && (fsync == FsyncAlways || k%8 == 0 || every == 1):
					return 0
				}
				return -1
			}
			found := make(chan crash, 4)
			var wg sync.WaitGroup
			var n atomic.Int64
			for range 2 {
				wg.Go(func() {
					for c := range found {
						n.Add(1)
						if err := recovered(context.Background(), c, states, fsync); err != nil {
							t.Errorf("seed %d, %s: %v", seed, c.when, err)
						}
					}
				})
			}
			moments := crashes(t, steps, fsync, rng, take, found)
			wg.Wait()
			t.Logf("%d moments, %d crashes", moments, n.Load())
			if n.Load() < 5 {
				t.Error("there were hardly any")
			}
		})
	}
}
