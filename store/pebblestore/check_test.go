package pebblestore

// This file damages stores, in each way in which one can be wrong, and looks at what Check says.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/objluad/objluad/store"
)

// problems returns what Check reports, one line each.
func problems(t *testing.T, s *Store) (found []string) {
	t.Helper()
	if err := s.Check(context.Background(), func(p store.Problem) { found = append(found, p.Where+": "+p.What) }); err != nil {
		t.Fatalf("Check: %v", err)
	}
	return found
}

func wantClean(t *testing.T, s *Store) {
	t.Helper()
	if found := problems(t, s); len(found) > 0 {
		t.Errorf("Check found:\n%s", strings.Join(found, "\n"))
	}
}

// checked is a store with small and large objects, in two pools and two namespaces, some of them removed.
func checked(t *testing.T) *Store {
	t.Helper()
	s, err := Open("data", Options{FS: vfs.NewMem(), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, pool := range []string{"gone", "p"} {
		if err := s.CreatePool(t.Context(), pool); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range []store.Ref{{Pool: "gone", OID: "x"}, {Pool: "default", OID: "removed"}, {Pool: "default", OID: "large"},
		{Pool: "default", OID: "small"}, {Pool: "default", Namespace: "n\x00", OID: "\x00o\x00"}, {Pool: "p", OID: "o"}} {
		n := 1 // with parts
		if r.OID == "small" {
			n = 2
		}
		if _, err := s.Commit(t.Context(), r, 0, stamped(n)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Commit(t.Context(), store.Ref{Pool: "default", OID: "removed"}, 1, &store.WriteSet{Remove: true}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.db.Flush(), s.RemovePool(t.Context(), "gone")); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCheckClean(t *testing.T) {
	s := checked(t)
	wantClean(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Check(ctx, func(store.Problem) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context(), func(store.Problem) {}); !errors.Is(err, store.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func TestCheckFinds(t *testing.T) {
	large := partPrefix(0, "", "large")
	small := partPrefix(0, "", "small")
	set := func(key []byte, value string) func(*pebble.Batch) error {
		return func(b *pebble.Batch) error { return b.Set(key, []byte(value), nil) }
	}
	remove := func(key []byte) func(*pebble.Batch) error {
		return func(b *pebble.Batch) error { return b.Delete(key, nil) }
	}
	head := func(r *record) func(*pebble.Batch) error {
		return set(headKey(0, "", "new"), string(r.encode()))
	}
	pairsOf := func(keysAndValues ...string) (p pairs) {
		for _, s := range keysAndValues {
			p = appendBytes(p, s)
		}
		return p
	}
	big := make([]byte, headData+1)
	const inLarge = `pool "default", object "large"`
	const inNew = `pool "default", object "new"`
	for name, c := range map[string]struct {
		damage func(*pebble.Batch) error
		want   []string // substrings of one problem each
	}{
		"format":            {set(formatKey, "x"), []string{`key format: is "x"`}},
		"floor":             {set(floorKey, "\xff"), []string{"key floor: input/output error: malformed number ff"}},
		"next-pool":         {set(nextPoolKey, ""), []string{"key next-pool: input/output error: malformed number"}},
		"next-pool low":     {set(nextPoolKey, "\x02"), []string{`pool "p": has id 2, but the next pool's is 2`}},
		"pool id":           {set(poolKey("q"), "\xff"), []string{`pool "q": input/output error: malformed number`}},
		"pool id twice":     {set(poolKey("q"), "\x02"), []string{`pool "q": has id 2, and so has pool "p"`}},
		"pool id high":      {set(poolKey("q"), "\x09"), []string{`pool "q": has id 9, but the next pool's is 3`}},
		"pool lost":         {remove(poolKey("p")), []string{"objects of pool id 2: there is no such pool"}},
		"pool left":         {set(chunkKey(partPrefix(1, "", "x"), 0), "x"), []string{"objects of pool id 1: there is no such pool"}},
		"key below":         {set([]byte("\x00nothing"), ""), []string{`key "\x00nothing": is none of this layout`}},
		"key above":         {set([]byte("\x03"), ""), []string{`key "\x03": is none of this layout`}},
		"key short":         {set([]byte("\x02\x00\x00"), ""), []string{`key "\x02\x00\x00": is none of this layout`}},
		"key kind":          {set(append(poolPrefix(0), 'q', 0, 1, 'o'), ""), []string{"is none of this layout"}},
		"key namespace":     {set(append(poolPrefix(0), 'h', 'n', 0, 7, 'o'), ""), []string{"is none of this layout"}},
		"key namespace end": {set(append(poolPrefix(0), 'h', 'n', 0), ""), []string{"is none of this layout"}},
		"key no part":       {set(large, ""), []string{"is none of this layout"}},
		"oid empty":         {set(headKey(0, "", ""), string((&record{version: 1}).encode())), []string{`object "": no object can have this name`}},
		"head":              {set(headKey(0, "", "small"), "\x00\x01"), []string{`object "small": malformed head record`}},
		"head empty":        {set(headKey(0, "", "small"), ""), []string{`object "small": malformed head record`}},
		"head flags":        {set(headKey(0, "", "small"), "\x80\x01\x00\x00\x00\x00\x00"), []string{`object "small": malformed head record`}},
		"head of a large":   {set(headKey(0, "", "large"), "\xff"), []string{inLarge + ": malformed head record"}},
		"head version":      {head(&record{version: 0}), []string{inNew + ": malformed head record"}},
		"head size":         {head(&record{version: 1, size: 4, data: []byte("xxxxx")}), []string{inNew + ": malformed head record: size 4, but 5 bytes"}},
		"head canonical": {set(headKey(0, "", "new"), "\x00\x81\x00\x00\x00\x00\x00\x00"),
			[]string{inNew + ": its head is not in the canonical form"}},
		"head data":          {head(&record{version: 1, size: int64(len(big)), data: big}), []string{inNew + ": its head holds 2049 bytes of data"}},
		"head data twice":    {head(&record{flags: dataInParts, version: 1, data: []byte("x")}), []string{inNew + ": its head holds 1 bytes of data"}},
		"head xattrs":        {head(&record{version: 1, xattrs: pairsOf("k", string(big[:headXattrs]))}), []string{inNew + ": its head holds 1028 bytes of xattrs"}},
		"head xattrs twice":  {head(&record{flags: xattrsInParts, version: 1, xattrs: pairsOf("k", "v")}), []string{inNew + ": its head holds 4 bytes of xattrs"}},
		"head omap":          {head(&record{version: 1, omap: pairsOf("k", string(big[:headOmap]))}), []string{inNew + ": its head holds 1028 bytes of omap"}},
		"head xattrs order":  {head(&record{version: 1, xattrs: pairsOf("b", "", "a", "")}), []string{inNew + ": its xattrs are not in order"}},
		"head omap repeated": {head(&record{version: 1, omap: pairsOf("a", "1", "a", "2")}), []string{inNew + ": its omap is not in order"}},
		"head lost":          {remove(headKey(0, "", "large")), []string{inLarge + ": is absent, but parts of it are there"}},
		"header lost":        {remove(partKey(large, partHeader, "")), []string{inLarge + ": its omap has no header"}},
		"header second":      {set(partKey(large, partHeader, "x"), ""), []string{inLarge + `: its omap has a second header, "x"`}},
		"part of a small":    {set(chunkKey(small, 0), "x"), []string{`object "small": a chunk of its data is a part`}},
		"header of a small":  {set(partKey(small, partHeader, ""), "x"), []string{`object "small": its omap header is a part`}},
		"omap of a small":    {set(partKey(small, partOmap, "k"), "x"), []string{`object "small": omap key "k" is a part`}},
		"xattr of a small":   {set(partKey(small, partXattr, "k"), "x"), []string{`object "small": xattr "k" is a part`}},
		"part unknown":       {set(partKey(large, 'q', ""), "x"), []string{inLarge + ": has a part of the unknown sort 'q'"}},
		"chunk number":       {set(partKey(large, partData, "1"), "x"), []string{inLarge + ": a chunk of its data has the malformed number 31"}},
		"chunk behind":       {set(chunkKey(large, 2), "x"), []string{inLarge + ", chunk 2: lies behind the end of the data, 24000 bytes"}},
		"chunk far behind":   {set(chunkKey(large, -1), "x"), []string{inLarge + ", chunk 18446744073709551615: lies behind"}},
		"chunk empty":        {set(chunkKey(large, 0), ""), []string{inLarge + ", chunk 0: has 0 bytes"}},
		"chunk long":         {set(chunkKey(large, 0), strings.Repeat("x", chunkSize+1)), []string{inLarge + ", chunk 0: has 16385 bytes"}},
		"chunk too long":     {set(chunkKey(large, 1), strings.Repeat("x", 24000-chunkSize+1)), []string{inLarge + ", chunk 1: its 7617 bytes go beyond"}},
		"chunk of zeros":     {set(chunkKey(large, 0), "\x00\x00"), []string{inLarge + ", chunk 0: holds only zeros"}},
		"several": {func(b *pebble.Batch) error {
			return errors.Join(b.Set(chunkKey(small, 0), nil, nil), b.Delete(poolKey("p"), nil), b.Delete(headKey(0, "", "large"), nil))
		}, []string{inLarge + ": is absent", `object "small": a chunk`, "objects of pool id 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := checked(t)
			b := s.db.NewBatch()
			if err := c.damage(b); err != nil {
				t.Fatal(err)
			}
			if err := b.Commit(pebble.Sync); err != nil {
				t.Fatal(err)
			}
			found := problems(t, s)
			if len(found) != len(c.want) {
				t.Fatalf("found %d problems, want %d:\n%s", len(found), len(c.want), strings.Join(found, "\n"))
			}
			for i, want := range c.want {
				if !strings.Contains(found[i], want) {
					t.Errorf("found %q, want %q", found[i], want)
				}
			}
		})
	}
}

// A damaged block is reported with its file, and what lies in other tables is looked at.
func TestCheckFindsDamage(t *testing.T) {
	mem := vfs.NewMem()
	s, err := Open("data", Options{FS: mem, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	for i, oid := range []string{"a", "b", "c", "d"} {
		if _, err := s.Commit(t.Context(), store.Ref{Pool: "default", OID: oid}, 0, incompressible(i, 100_000)); err != nil {
			t.Fatal(err)
		}
		if err := s.db.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	orphan := chunkKey(partPrefix(0, "", "z"), 0)
	if err := errors.Join(s.db.Set(orphan, []byte("x"), pebble.Sync), s.db.Flush(), s.Close()); err != nil {
		t.Fatal(err)
	}
	name := damage(t, mem)
	s, err = Open("data", Options{FS: mem, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	found := problems(t, s)
	has := func(what string) bool {
		return slices.ContainsFunc(found, func(p string) bool { return strings.Contains(p, what) })
	}
	for _, want := range []string{fmt.Sprintf("file %s: ", name), "cannot be read", `object "z": is absent`} {
		if !has(want) {
			t.Errorf("%q is not reported in:\n%s", want, strings.Join(found, "\n"))
		}
	}
}
