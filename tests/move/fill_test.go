package move

// This file makes archives of objects of all kinds, and digests of what archives have.

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/store/archive"
)

// fill writes an archive of so many objects, always the same: mostly small ones, and some with much data or a large omap.
func fill(t *testing.T, file string, objects int) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := archive.NewWriter(f, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, pool := range []string{"default", "other"} {
		if err := w.Pool(pool); err != nil {
			t.Fatal(err)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range objects {
		if err := object(w, random, i, objects); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// object writes one object. Of more than 1000, one has more data than one commit takes, and one of 100 000 more pairs.
func object(w *archive.Writer, random *rand.Rand, i, objects int) error {
	ref := store.Ref{Pool: "default", OID: fmt.Sprint("object ", i)}
	switch i % 10 {
	case 1:
		ref.Pool = "other"
	case 2:
		ref.Namespace = "n/\xff"
	case 3:
		ref.OID += "\x00\n\xff\x01"
	}
	size, pairs := random.IntN(200), random.IntN(4)
	switch {
	case i == objects/3 && objects > 1000:
		size = 33 << 20
	case i == objects/2 && objects > 1000:
		pairs = 3 * objects
	case i%100 == 7:
		size = random.IntN(300_000)
	case i%100 == 8:
		pairs = random.IntN(1000)
	case i%10 == 4:
		size = 0
	}
	hole := random.IntN(20_000) * (i % 3)
	o := w.Begin(ref, int64(hole+size))
	for off := 0; off < size; off += 1 << 20 {
		p := make([]byte, min(1<<20, size-off))
		for j := range p {
			p[j] = byte(random.Uint32()>>16) & 0x3f
		}
		if err := o.Add(&archive.Record{Kind: archive.KindData, Off: int64(hole + off), Bytes: p}); err != nil {
			return err
		}
	}
	for j := range i % 4 {
		if err := o.Add(&archive.Record{Kind: archive.KindXattr, Key: fmt.Sprint("x", j, "\xfe"), Bytes: make([]byte, j*i%1000)}); err != nil {
			return err
		}
	}
	if i%5 == 0 {
		if err := o.Add(&archive.Record{Kind: archive.KindHeader, Bytes: fmt.Append(nil, "header ", i)}); err != nil {
			return err
		}
	}
	for j := range pairs {
		if err := o.Add(&archive.Record{Kind: archive.KindPair, Key: fmt.Sprintf("%08d\x00", j), Bytes: fmt.Append(nil, "value ", i+j)}); err != nil {
			return err
		}
	}
	return o.End()
}

// digests returns a digest of what each object of an archive has, whatever runs its data is in.
func digests(t *testing.T, file string) map[store.Ref][sha256.Size]byte {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := archive.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	all := make(map[store.Ref][sha256.Size]byte)
	var ref store.Ref
	var size int64
	var data, rest bytes.Buffer
	for {
		rec, err := r.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		switch rec.Kind {
		case archive.KindObject:
			ref, size = rec.Ref, rec.Size
			data.Reset()
			rest.Reset()
		case archive.KindData:
			data.Write(make([]byte, rec.Off-int64(data.Len())))
			data.Write(rec.Bytes)
		case archive.KindXattr, archive.KindHeader, archive.KindPair:
			fmt.Fprintf(&rest, "%d %q %q\n", rec.Kind, rec.Key, rec.Bytes)
		case archive.KindEnd:
			data.Write(make([]byte, size-int64(data.Len())))
			all[ref] = sha256.Sum256(append(fmt.Appendf(nil, "%d %x\n", size, sha256.Sum256(data.Bytes())), rest.Bytes()...))
		}
	}
}

// compare fails unless both have the same objects with the same content.
func compare(t *testing.T, name string, got, want map[store.Ref][sha256.Size]byte) {
	t.Helper()
	if maps.Equal(got, want) {
		return
	}
	refs := slices.Collect(maps.Keys(want))
	for _, ref := range refs {
		if got[ref] != want[ref] {
			t.Errorf("%s: object %+v differs or is missing", name, ref)
			return
		}
	}
	t.Errorf("%s has %d objects, want %d", name, len(got), len(want))
}
