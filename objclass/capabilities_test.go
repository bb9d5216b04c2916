// This file asks for everything that an Object can do with every set of capabilities, and plays at random against them.

package objclass

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/objluad/objluad/store"
)

// need is how much of a capability an operation needs: of names, those that begin with "a/" or all; of create, when the object
// is absent or always.
type need int

const (
	nothing need = iota
	some
	all
)

// guarded is each operation of an Object that can touch it, by its name and a letter where there are several, with what it
// needs.
var guarded = []struct {
	name                 string
	data, header, remove bool
	create, omap, xattr  need
	run                  func(*Object) error
}{
	{name: "Stat", data: true, run: func(o *Object) error { _, _, err := o.Stat(); return err }},
	{name: "Read", data: true, run: func(o *Object) error { _, err := o.Read(0, 0); return err }},
	{name: "Write", data: true, create: some, run: func(o *Object) error { return o.Write(0, []byte("d")) }},
	{name: "Write empty", data: true, create: some, run: func(o *Object) error { return o.Write(0, nil) }},
	{name: "WriteFull", data: true, create: some, run: func(o *Object) error { return o.WriteFull(nil) }},
	{name: "Append", data: true, create: some, run: func(o *Object) error { return o.Append(nil) }},
	{name: "Truncate", data: true, run: func(o *Object) error { return o.Truncate(1) }},
	{name: "Zero", data: true, run: func(o *Object) error { return o.Zero(0, 1) }},
	{name: "Create", create: all, run: func(o *Object) error { return o.Create(false) }},
	{name: "Create exclusive", create: all, run: func(o *Object) error { return o.Create(true) }},
	{name: "Remove", remove: true, run: func(o *Object) error { return o.Remove() }},
	{name: "Xattr", xattr: some, run: func(o *Object) error { _, err := o.Xattr("a/1"); return err }},
	{name: "Xattr a/", xattr: some, run: func(o *Object) error { _, err := o.Xattr("a/"); return err }},
	{name: "Xattr outside", xattr: all, run: func(o *Object) error { _, err := o.Xattr("b"); return err }},
	{name: "Xattr a", xattr: all, run: func(o *Object) error { _, err := o.Xattr("a"); return err }},
	{name: "Xattr empty", xattr: all, run: func(o *Object) error { _, err := o.Xattr(""); return err }},
	{name: "Xattrs", xattr: some, run: func(o *Object) error { _, err := o.Xattrs(); return err }},
	{name: "SetXattr", xattr: some, create: some, run: func(o *Object) error { return o.SetXattr("a/1", nil) }},
	{name: "SetXattr outside", xattr: all, create: some, run: func(o *Object) error { return o.SetXattr("A/1", nil) }},
	{name: "RemoveXattr", xattr: some, run: func(o *Object) error { return o.RemoveXattr("a/1") }},
	{name: "RemoveXattr outside", xattr: all, run: func(o *Object) error { return o.RemoveXattr("b") }},
	{name: "OmapClear", omap: all, header: true, run: func(o *Object) error { return o.OmapClear() }},
	{name: "OmapKeys", omap: some, run: func(o *Object) error { _, _, err := o.OmapKeys("", "a/", -1); return err }},
	{name: "OmapKeys longer", omap: some, run: func(o *Object) error { _, _, err := o.OmapKeys("zzz", "a/b", -1); return err }},
	{name: "OmapKeys shorter", omap: all, run: func(o *Object) error { _, _, err := o.OmapKeys("a/", "a", -1); return err }},
	{name: "OmapKeys none", omap: all, run: func(o *Object) error { _, _, err := o.OmapKeys("a/", "", 0); return err }},
	{name: "OmapValues", omap: some, run: func(o *Object) error { _, _, err := o.OmapValues("", "a/", -1); return err }},
	{name: "OmapValues none", omap: all, run: func(o *Object) error { _, _, err := o.OmapValues("a/", "", 1); return err }},
	{name: "OmapPage", omap: some, run: func(o *Object) error { _, _, err := o.OmapPage("", "a/", 1, 1); return err }},
	{name: "OmapPage none", omap: all, run: func(o *Object) error { _, _, err := o.OmapPage("a/", "", 1, 1); return err }},
	{name: "OmapValuesByKeys", omap: some, run: func(o *Object) error { _, err := o.OmapValuesByKeys([]string{"a/", "a/1"}); return err }},
	{name: "OmapValuesByKeys one outside", omap: all, run: func(o *Object) error { _, err := o.OmapValuesByKeys([]string{"a/", "b"}); return err }},
	{name: "OmapValue", omap: some, run: func(o *Object) error { _, err := o.OmapValue("a/1"); return err }},
	{name: "OmapValue outside", omap: all, run: func(o *Object) error { _, err := o.OmapValue("a0"); return err }},
	{name: "SetOmapValues", omap: some, create: some, run: func(o *Object) error { return o.SetOmapValues([]KeyValue{{Key: "a/1"}, {Key: "a/2"}}) }},
	{name: "SetOmapValues one outside", omap: all, create: some, run: func(o *Object) error { return o.SetOmapValues([]KeyValue{{Key: "a/1"}, {Key: "b"}}) }},
	{name: "SetOmapValues of nothing", create: some, run: func(o *Object) error { return o.SetOmapValues(nil) }},
	{name: "RemoveOmapKey", omap: some, run: func(o *Object) error { return o.RemoveOmapKey("a/1") }},
	{name: "RemoveOmapKey outside", omap: all, run: func(o *Object) error { return o.RemoveOmapKey("b") }},
	{name: "RemoveOmapRange", omap: some, run: func(o *Object) error { return o.RemoveOmapRange(KeyRange{First: "a/", End: "a0"}) }},
	{name: "RemoveOmapRange inside", omap: some, run: func(o *Object) error { return o.RemoveOmapRange(KeyRange{First: "a/1", End: "a/2"}) }},
	{name: "RemoveOmapRange before", omap: all, run: func(o *Object) error { return o.RemoveOmapRange(KeyRange{First: "a.", End: "a/2"}) }},
	{name: "RemoveOmapRange behind", omap: all, run: func(o *Object) error { return o.RemoveOmapRange(KeyRange{First: "a/1", End: "a0\x00"}) }},
	{name: "RemoveOmapRange open", omap: all, run: func(o *Object) error { return o.RemoveOmapRange(KeyRange{First: "a/1", Open: true}) }},
	{name: "OmapHeader", header: true, run: func(o *Object) error { _, err := o.OmapHeader(); return err }},
	{name: "SetOmapHeader", header: true, create: some, run: func(o *Object) error { return o.SetOmapHeader(nil) }},
}

// unguarded are the other methods of an Object; they tell nothing of what it holds.
var unguarded = []string{"BoundListings", "Ended", "Ops", "ReadSize", "SetNow", "Version"}

func TestEveryOperationIsGuarded(t *testing.T) {
	known := slices.Clone(unguarded)
	for _, op := range guarded {
		name, _, _ := strings.Cut(op.name, " ")
		known = append(known, name)
	}
	object := reflect.TypeFor[*Object]()
	for i := range object.NumMethod() {
		if name := object.Method(i).Name; !slices.Contains(known, name) {
			t.Errorf("nothing says what %s needs", name)
		}
	}
}

// grants is every set of capabilities of the kinds that the operations tell apart.
func grants() (sets []*Capabilities) {
	names := map[need]Prefixes{nothing: {}, some: {"x", "a/"}, all: {""}}
	for bits := range 16 {
		for _, omap := range names {
			for _, xattr := range names {
				sets = append(sets, &Capabilities{
					Data: bits&1 != 0, Header: bits&2 != 0, Create: bits&4 != 0, Remove: bits&8 != 0, Omap: omap, Xattr: xattr,
				})
			}
		}
	}
	return sets
}

func has(granted Prefixes, n need) bool {
	return n == nothing || n == some && len(granted) > 0 || slices.Contains(granted, "")
}

// Each operation is done if all that it needs is granted, and refused without an effect if anything of that is not.
func TestEveryCapability(t *testing.T) {
	for state, setup := range map[string]func(*store.Overlay) error{"absent": nil, "present": fill} {
		overlay := overlays(t, setup)
		for _, c := range grants() {
			for _, op := range guarded {
				o := &Object{ctx: t.Context(), overlay: overlay(), flags: RD | WR, caps: c}
				want := (c.Data || !op.data) && (c.Header || !op.header) && (c.Remove || !op.remove) && has(c.Omap, op.omap) && has(c.Xattr, op.xattr) &&
					(c.Create || op.create == nothing || op.create == some && state == "present")
				err := op.run(o)
				if got := !errors.Is(err, syscall.EPERM); got != want {
					t.Fatalf("%s of an object that is %s, with %+v: %v", op.name, state, *c, err)
				}
				if !want && (o.overlay.Changed() || !strings.Contains(err.Error(), "outside of what the class's manifest grants")) {
					t.Fatalf("%s was refused with %v; it has an effect: %v", op.name, err, o.overlay.Changed())
				}
			}
		}
	}
}

// Without a manifest everything is granted.
func TestNoCapabilities(t *testing.T) {
	for _, op := range guarded {
		o := newObject(t, store.Limits{}, RD|WR, fill)
		if err := op.run(o); errors.Is(err, syscall.EPERM) {
			t.Errorf("%s: %v", op.name, err)
		}
	}
}

func TestRefusalsNameTheKeyAndTheGrant(t *testing.T) {
	o := newObject(t, store.Limits{}, RD|WR, nil)
	o.caps = &Capabilities{Omap: Prefixes{"index/", "log\xff"}, Header: true}
	set := func(key string) error { return o.SetOmapValues([]KeyValue{{Key: key}}) }
	for want, err := range map[string]error{
		`omap key "other" is outside of what the class's manifest grants: those that begin with "index/", "log\xff"`:                              set("other"),
		`the creation of the object is outside of what the class's manifest grants`:                                                               set("index/1"),
		`xattr "u" is outside of what the class's manifest grants: none`:                                                                          o.SetXattr("u", nil),
		`the range of omap keys from "index/" to "index1" is outside of`:                                                                          o.RemoveOmapRange(KeyRange{First: "index/", End: "index1"}),
		`the whole omap with its header is outside of what the class's manifest grants: those that begin with "index/", "log\xff" and the header`: o.OmapClear(),
	} {
		wantError(t, err, syscall.EPERM, KindOp, want)
	}
	if o.ReadSize(0, 0) != 0 {
		t.Error("the size is told")
	}
}

// names are all strings of up to three of some bytes.
func names() (all []string) {
	alphabet := []string{"a", "b", "\xfe", "\xff", "\x00"}
	all = []string{""}
	for from, n := 0, 0; n < 3; n++ {
		to := len(all)
		for _, name := range all[from:to] {
			for _, c := range alphabet {
				all = append(all, name+c)
			}
		}
		from = to
	}
	return all
}

// A range is granted only if each key in it is.
func TestGrantedRangesHoldGrantedKeysOnly(t *testing.T) {
	keys := names()
	granted := 0
	for range 200000 {
		pick := func() string { return keys[rand.IntN(len(keys))] }
		p := Prefixes{Prefix(pick()), Prefix(pick())}
		r := KeyRange{First: pick(), End: pick(), Open: rand.IntN(4) == 0}
		within := slices.ContainsFunc(p, func(prefix Prefix) bool { // one prefix holds all of them
			return !slices.ContainsFunc(keys, func(key string) bool { return r.Contains(key) && !strings.HasPrefix(key, string(prefix)) })
		})
		if !p.grantRange(r) {
			continue
		}
		granted++
		if !within {
			t.Fatalf("%q grants %+v", p, r)
		}
	}
	if granted < 1000 {
		t.Errorf("only %d ranges were granted", granted)
	}
}

// Behind the byte 0xff there is no greater one.
func TestRangesToTheEndOfAPrefix(t *testing.T) {
	for _, c := range []struct {
		prefix Prefix
		r      KeyRange
		want   bool
	}{
		{"", KeyRange{First: "x", Open: true}, true}, {"\xff", KeyRange{First: "\xff", Open: true}, true}, {"\xff\xff", KeyRange{First: "\xff\xffa", Open: true}, true},
		{"a\xff", KeyRange{First: "a\xff", End: "b"}, true}, {"a\xff", KeyRange{First: "a\xff", End: "b\x00"}, false},
		{"a\xff", KeyRange{First: "a\xff", Open: true}, false}, {"a", KeyRange{First: "a", End: "b"}, true}, {"a", KeyRange{First: "a", End: "ba"}, false},
		{"b", KeyRange{First: "a", End: "c"}, false}, {"b", KeyRange{First: "b", End: ""}, true},
	} {
		if got := (Prefixes{c.prefix}).grantRange(c.r); got != c.want {
			t.Errorf("%q grants %+v: %v", c.prefix, c.r, got)
		}
	}
}

// fill puts something into every part of an object.
func fill(o *store.Overlay) error {
	errs := []error{o.WriteFull([]byte("data")), o.SetOmapHeader([]byte("header"))}
	for _, name := range []string{"a", "a/", "a/1", "a/1/2", "a0", "b", "\xff", "x"} {
		errs = append(errs, o.SetXattr(name, []byte("x"+name)), o.SetOmapValue(name, []byte("k"+name)))
	}
	return errors.Join(errs...)
}

// overlays returns a maker of overlays over what an object has after setup; without setup it is absent.
func overlays(t *testing.T, setup func(*store.Overlay) error) func() *store.Overlay {
	t.Helper()
	h := newHouse(t, Options{}, nil)
	if setup != nil {
		if _, err := h.Update(t.Context(), ref("o"), setup); err != nil {
			t.Fatal(err)
		}
	}
	snapshot, err := h.store.Snapshot(t.Context(), ref("o"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { snapshot.Close() })
	return func() *store.Overlay { return store.NewOverlay(t.Context(), snapshot, store.Limits{}) }
}

// untouchable is all of an object that a class with the capabilities may not touch.
func untouchable(t *testing.T, o *store.Overlay, c *Capabilities) string {
	t.Helper()
	var b strings.Builder
	if !o.Exists() {
		return "(absent)"
	}
	xattrs, err1 := o.Xattrs()
	pairs, _, err2 := o.OmapList("", "", -1)
	header, err3 := o.OmapHeader()
	data, err4 := o.Read(0, o.Size())
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	for _, kv := range xattrs {
		if !startsWithAny(kv.Key, c.Xattr) {
			fmt.Fprintf(&b, "xattr %q=%q\n", kv.Key, kv.Value)
		}
	}
	for _, kv := range pairs {
		if !startsWithAny(kv.Key, c.Omap) {
			fmt.Fprintf(&b, "omap %q=%q\n", kv.Key, kv.Value)
		}
	}
	if !c.Header {
		fmt.Fprintf(&b, "header %q\n", header)
	}
	if !c.Data {
		fmt.Fprintf(&b, "data %q\n", data)
	}
	return b.String()
}

func startsWithAny(name string, prefixes Prefixes) bool {
	for _, p := range prefixes {
		if len(name) >= len(p) && name[:len(p)] == string(p) {
			return true
		}
	}
	return false
}

// play does something at random, and returns the names of what it got to see, of omap keys and of xattrs.
func play(o *Object, names []string) (keys, xattrs []string, header, data bool, err error) {
	pick := func() string { return names[rand.IntN(len(names))] }
	pairs := func(kvs []KeyValue, _ bool, e error) {
		for _, kv := range kvs {
			keys = append(keys, kv.Key)
		}
		err = e
	}
	key, other := pick(), pick()
	switch rand.IntN(24) {
	case 0:
		err = o.Create(rand.IntN(2) == 0)
	case 1:
		err = o.Remove()
	case 2:
		_, _, err = o.Stat()
		data = err == nil
	case 3:
		_, err = o.Read(0, 0)
		data = err == nil
	case 4:
		err = o.Write(2, []byte(key))
	case 5:
		err = o.WriteFull([]byte(key))
	case 6:
		err = o.Append([]byte(key))
	case 7:
		err = o.Truncate(3)
	case 8:
		err = o.Zero(1, 2)
	case 9:
		if _, err = o.Xattr(key); err == nil {
			xattrs = []string{key}
		}
	case 10:
		var kvs []KeyValue
		kvs, err = o.Xattrs()
		for _, kv := range kvs {
			xattrs = append(xattrs, kv.Key)
		}
	case 11:
		err = o.SetXattr(key, []byte("played"))
	case 12:
		err = o.RemoveXattr(key)
	case 13:
		err = o.OmapClear()
	case 14:
		keys, _, err = o.OmapKeys(key, other, -1)
	case 15:
		pairs(o.OmapValues(key, other, -1))
	case 16:
		pairs(o.OmapPage(key, other, 5, 1000))
	case 17:
		kvs, e := o.OmapValuesByKeys([]string{key, other})
		pairs(kvs, false, e)
	case 18:
		if _, err = o.OmapValue(key); err == nil {
			keys = []string{key}
		}
	case 19:
		err = o.SetOmapValues([]KeyValue{{Key: key, Value: []byte("played")}, {Key: other, Value: []byte("played")}})
	case 20:
		err = o.RemoveOmapKey(key)
	case 21:
		err = o.RemoveOmapRange(KeyRange{First: key, End: other, Open: rand.IntN(4) == 0})
	case 22:
		_, err = o.OmapHeader()
		header = err == nil
	case 23:
		err = o.SetOmapHeader([]byte("played"))
	}
	return keys, xattrs, header, data, err
}

// Whatever a class does, one after the other, it sees nothing that was not granted, and that stays as it is.
func TestNothingSlipsBy(t *testing.T) {
	all := names()
	overlay := overlays(t, func(o *store.Overlay) error {
		errs := []error{fill(o)}
		for _, name := range all {
			errs = append(errs, o.SetXattr(name, []byte("x"+name)), o.SetOmapValue(name, []byte("k"+name)))
		}
		return errors.Join(errs...)
	})
	pick := func() Prefix { return Prefix(all[rand.IntN(len(all))]) }
	done := 0
	for range 300 {
		c := &Capabilities{Data: rand.IntN(2) == 0, Header: rand.IntN(2) == 0, Omap: Prefixes{pick(), pick()}, Xattr: Prefixes{pick()}}
		o := &Object{ctx: t.Context(), overlay: overlay(), flags: RD | WR, caps: c}
		before := untouchable(t, o.overlay, c)
		for range 100 {
			keys, xattrs, header, data, err := play(o, all)
			if err == nil {
				done++
			}
			outside := func(p Prefixes) func(string) bool { return func(name string) bool { return !startsWithAny(name, p) } }
			if slices.ContainsFunc(keys, outside(c.Omap)) || slices.ContainsFunc(xattrs, outside(c.Xattr)) || header && !c.Header || data && !c.Data {
				t.Fatalf("%+v showed keys %q, xattrs %q, header %v, data %v", *c, keys, xattrs, header, data)
			}
		}
		if after := untouchable(t, o.overlay, c); after != before {
			t.Fatalf("%+v changed\n%s to\n%s", *c, before, after)
		}
	}
	if done < 1000 {
		t.Errorf("only %d operations were done", done)
	}
}
