package objclass

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/objluad/objluad/store"
)

func install(t *testing.T, h *house, name, source string) ClassInfo {
	t.Helper()
	info, err := h.Classes().Install(t.Context(), name, []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// version1 and version2 are sources of one class; both have method "m".
const (
	version1 = "m RD"
	version2 = "m RD|WR\nn WR"
)

func TestInstallListShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Options{}, nil)
		first := install(t, h, "counter", version1)
		installed := time.Now().UTC()
		time.Sleep(time.Hour)
		second := install(t, h, "counter", version2)
		install(t, h, "alpha", version1)

		if first.Version == second.Version || !second.Active || second.Size != int64(len(version2)) ||
			!slices.Equal(second.Methods, []Method{{"m", RD | WR}, {"n", WR}}) ||
			!slices.Equal(second.Versions, []string{first.Version, second.Version}) {
			t.Errorf("installed %+v", second)
		}
		infos, err := h.Classes().List(t.Context())
		if err != nil || len(infos) != 2 || infos[0].Name != "alpha" || infos[1].Name != "counter" ||
			infos[1].Version != second.Version || infos[1].Source != nil {
			t.Errorf("list is %+v, %v", infos, err)
		}
		show, err := h.Classes().Show(t.Context(), "counter")
		if err != nil || show.Version != second.Version || string(show.Source) != version2 {
			t.Errorf("shown %+v, %v", show, err)
		}
		show, err = h.Classes().Show(t.Context(), "counter@"+first.Version[:4])
		if err != nil || show.Version != first.Version || show.Active || string(show.Source) != version1 ||
			!show.Installed.Equal(installed) {
			t.Errorf("shown %+v, %v", show, err)
		}
		_, err = h.Classes().Show(t.Context(), "beta")
		wantError(t, err, syscall.EOPNOTSUPP, KindClass, "installed: alpha, counter")
	})
}

func TestInstallIsIdempotent(t *testing.T) {
	tight := store.Limits{OmapKey: 1, OmapValue: 1, WriteSet: 1} // bounds objects of clients only
	h := newHouse(t, Options{Limits: tight}, nil)
	first := install(t, h, "c", version1)
	_, _, before := h.store.counts()
	if again := install(t, h, "c", version1); again.Version != first.Version || !again.Installed.Equal(first.Installed) {
		t.Errorf("installed again: %+v, want %+v", again, first)
	}
	if _, _, after := h.store.counts(); after != before {
		t.Error("installing the active version made a commit")
	}
	install(t, h, "c", version2)
	back := install(t, h, "c", version1)
	if !back.Active || back.Version != first.Version || len(back.Versions) != 2 || !back.Installed.Equal(first.Installed) {
		t.Errorf("went back to %+v", back)
	}
}

func TestInstallRefuses(t *testing.T) {
	h := newHouse(t, Options{MaxSource: 100}, nil)
	for _, c := range []struct {
		class, source string
		errno         syscall.Errno
		kind          Kind
		text          string
	}{
		{"", version1, syscall.EINVAL, KindClass, "no class name"},
		{"-a", version1, syscall.EINVAL, KindClass, "no class name"},
		{"a@b", version1, syscall.EINVAL, KindClass, "no class name"},
		{"a/b", version1, syscall.EINVAL, KindClass, "no class name"},
		{strings.Repeat("a", 65), version1, syscall.EINVAL, KindClass, "no class name"},
		{"c", "\x1bLua", syscall.EINVAL, KindClass, "bytecode"},
		{"c", strings.Repeat("x", 101), syscall.EMSGSIZE, KindClass, "101 bytes"},
		{"c", "-- nothing", syscall.EINVAL, KindClass, "objclass.register"},
		{"c", "", syscall.EINVAL, KindClass, "objclass.register"},
		{"c", "m RD\noops", syscall.EIO, KindScript, `c.lua does not load: c.lua:2: syntax error near "oops"`},
		{"c", "\xff RD", syscall.EINVAL, KindClass, "not UTF-8"},
	} {
		_, err := h.Classes().Install(t.Context(), c.class, []byte(c.source))
		wantError(t, err, c.errno, c.kind, c.text)
	}
	if infos, err := h.Classes().List(t.Context()); err != nil || len(infos) != 0 {
		t.Errorf("installed %+v, %v", infos, err)
	}
	install(t, h, strings.Repeat("a", 64), version1)
	install(t, h, "Az_.-9", version1)
}

func TestClassesOutliveTheService(t *testing.T) {
	methods := map[string]testMethod{"m": onObject(increment)}
	h := newHouse(t, Options{}, methods)
	class := install(t, h, "c", "m WR")
	pinned := install(t, h, "c", version1)
	install(t, h, "c", version2)

	next := &house{store: h.store, engine: &testEngine{methods: methods}}
	var err error
	if next.Service, err = NewService(next.store, next.engine, Options{}); err != nil {
		t.Fatal(err)
	}
	reply, err := next.Exec(t.Context(), Call{Ref: ref("o"), Class: "c@" + class.Version[:6], Method: "m"})
	if err != nil || reply.ClassVersion != class.Version {
		t.Errorf("the first version: %+v, %v", reply, err)
	}
	_, err = next.Exec(t.Context(), Call{Ref: ref("o"), Class: "c@" + pinned.Version, Method: "m"})
	if e := wantError(t, err, syscall.EPERM, KindOp, ""); e.ClassVersion != pinned.Version {
		t.Errorf("version %s ran, want %s: an RD method", e.ClassVersion, pinned.Version)
	}
	if show, err := next.Classes().Show(t.Context(), "c"); err != nil || string(show.Source) != version2 || len(show.Versions) != 3 {
		t.Errorf("after reopening: %+v, %v", show, err)
	}
}

func TestCallReadsNoClassFromTheStore(t *testing.T) {
	h := newHouse(t, Options{}, map[string]testMethod{"m": onObject(increment)})
	old := install(t, h, "c", "m WR")
	install(t, h, "c", version2)
	for _, class := range []string{"c", "c@" + old.Version[:8]} {
		before, _, _ := h.store.counts()
		for range 10 {
			if _, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: class, Method: "m"}); err != nil {
				t.Fatal(err)
			}
		}
		if after, _, _ := h.store.counts(); after-before != 10 {
			t.Errorf("10 calls of %s opened %d snapshots, want those of their objects", class, after-before)
		}
	}
}

func TestAmbiguousVersion(t *testing.T) {
	versions := []*classVersion{{version: "4f2a00" + strings.Repeat("0", 58)}, {version: "4f2a01" + strings.Repeat("0", 58)}}
	c := &class{name: "c", versions: versions, active: versions[0]}
	_, err := c.find("4f2a")
	wantError(t, err, syscall.EINVAL, KindClass, "4f2a is ambiguous: 4f2a00000000, 4f2a01000000")
	if v, err := c.find("4f2a01"); err != nil || v != versions[1] {
		t.Errorf("found %+v, %v", v, err)
	}
	twins := []*classVersion{{version: strings.Repeat("a", 63) + "0"}, {version: strings.Repeat("a", 63) + "1"}}
	if names := shortVersions(twins); names[0] == names[1] {
		t.Errorf("two versions are both called %s", names[0])
	}
}

func TestDamagedClassIsReported(t *testing.T) {
	h := newHouse(t, Options{}, map[string]testMethod{"m": onObject(increment)})
	info := install(t, h, "c", version2)
	object := h.store.pools[classPool][classRef("c")]
	object.omap[sourcePrefix+info.Version][0] ^= 1
	damaged, err := NewService(h.store, h.engine, Options{})
	if err != nil {
		t.Fatal(err)
	}
	call := Call{Ref: ref("o"), Class: "c", Method: "m"}
	_, err = damaged.Exec(t.Context(), call)
	wantError(t, err, syscall.EIO, KindClass, "is damaged")
	object.xattrs[activeXattr] = []byte("4f2a")
	if damaged, err = NewService(h.store, h.engine, Options{}); err != nil {
		t.Fatal(err)
	}
	_, err = damaged.Exec(t.Context(), call)
	wantError(t, err, syscall.EIO, KindOp, "has no version 4f2a")
}

// Two services over one store stand for two daemons.
func TestOlderRevisionDoesNotReplaceALaterOne(t *testing.T) {
	h := newHouse(t, Options{}, nil)
	install(t, h, "c", version1)
	r := h.Classes()
	stale := (*r.cache.Load())["c"]
	later := install(t, h, "c", version2)
	if got := r.put("c", stale, r.now()); got.active.version != later.Version {
		t.Errorf("a reader that was late put %s over %s", got.active.version, later.Version)
	}
}

func TestConcurrentInstallsAndCalls(t *testing.T) {
	h := newHouse(t, Options{}, map[string]testMethod{"rd": onObject(func(o *Object, _ []byte) ([]byte, error) {
		return o.Read(0, 0)
	})})
	const versions = 8
	var wg sync.WaitGroup
	source := func(i int) string { return fmt.Sprintf("rd RD\nv%d RD", i%versions) }
	install(t, h, "c", source(0))
	for i := range 4 {
		wg.Go(func() {
			for j := range 2 * versions {
				want := versionOf([]byte(source(i + j)))
				if info, err := h.Classes().Install(context.Background(), "c", []byte(source(i+j))); err != nil || info.Version != want {
					t.Errorf("installed %s, %v, want %s", info.Version, err, want)
				}
			}
		})
		wg.Go(func() {
			for range 200 {
				reply, err := h.Exec(context.Background(), Call{Ref: ref("o"), Class: "c", Method: "rd"})
				if err != nil || len(reply.ClassVersion) != versionLen {
					t.Errorf("call: %+v, %v", reply, err)
				}
			}
		})
	}
	wg.Wait()
	// What calls run is what the store says, whoever came last.
	infos, err := h.Classes().List(t.Context())
	if err != nil || len(infos) != 2 || len(infos[0].Versions) != versions {
		t.Fatalf("list is %+v, %v", infos, err)
	}
	active := string(h.store.pools[classPool][store.Ref{Pool: classPool, OID: "c"}].xattrs[activeXattr])
	if cached := (*h.Classes().cache.Load())["c"]; cached.active.version != active || infos[0].Version != active {
		t.Errorf("calls run %s, the list says %s, the store has %s", cached.active.version, infos[0].Version, active)
	}
}
