package archive_test

// This file damages archives.

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"syscall"
	"testing"

	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/store/archive"
)

// small returns archives of a few objects in several frames, plain and compressed, and what they have.
func small(t fataler) (archives [][]byte, want map[store.Ref]object) {
	s := openStore(t)
	defer s.Close()
	for i, o := range []object{
		{},
		{data: "data", xattrs: map[string]string{"a": "1", "b": ""}, header: "h", omap: map[string]string{"": "x", "k": "v"}},
		{data: strings.Repeat("\x00", 5000) + "end"},
		{omap: map[string]string{"k": strings.Repeat("compressible", 30)}},
	} {
		put(t, s, store.Ref{Pool: "default", Namespace: strings.Repeat("n", i%2), OID: fmt.Sprint("o", i)}, o)
	}
	return [][]byte{export(t, s, false), export(t, s, true)}, all(t, s)
}

// harmless checks that of a damaged archive nothing was imported but objects as they were. The store may have such objects.
func harmless(t fataler, s store.Store, b []byte, want map[store.Ref]object) error {
	t.Helper()
	_, err := archive.Import(context.Background(), s, bytes.NewReader(b), archive.ImportOptions{})
	for ref, o := range all(t, s) {
		if w, ok := want[ref]; !ok || !o.equal(w) {
			t.Fatal(fmt.Sprintf("%q was imported as %.100q", ref, fmt.Sprint(o)))
		}
	}
	return err
}

// An archive that ends early is damaged, wherever it ends. So is one that goes on.
func TestTruncated(t *testing.T) {
	archives, want := small(t)
	s := openStore(t)
	defer s.Close()
	for _, b := range archives {
		for n := range b {
			err := harmless(t, s, b[:n], want)
			if !errors.Is(err, syscall.EBADMSG) && !(n == 0 && errors.Is(err, syscall.EINVAL)) {
				t.Fatalf("%d bytes of %d: %v", n, len(b), err)
			}
		}
		for _, more := range []string{"\x00", string(b[16:]), string(b)} {
			if err := harmless(t, s, append(bytes.Clone(b), more...), want); !errors.Is(err, syscall.EBADMSG) {
				t.Errorf("with %d bytes more: %v", len(more), err)
			}
		}
	}
}

// An archive of which one byte was changed is damaged, whichever byte it is and however it was changed.
func TestAltered(t *testing.T) {
	archives, want := small(t)
	s := openStore(t)
	defer s.Close()
	for _, b := range archives {
		for i := range b {
			for _, flip := range []byte{0x01, 0x80, 0xff} {
				altered := bytes.Clone(b)
				altered[i] ^= flip
				if _, err := archive.Verify(bytes.NewReader(altered)); err == nil {
					t.Fatalf("byte %d of %d, changed by %x, is not noticed", i, len(b), flip)
				}
			}
			altered := bytes.Clone(b)
			altered[i]++
			if err := harmless(t, s, altered, want); !errors.Is(err, syscall.EBADMSG) && !errors.Is(err, syscall.EINVAL) {
				t.Fatalf("byte %d of %d: %v", i, len(b), err)
			}
		}
	}
}

// frames cuts an archive into its header and its frames.
func frames(b []byte) (cut [][]byte) {
	cut, b = append(cut, b[:16]), b[16:]
	for len(b) > 0 {
		n := 12 + binary.LittleEndian.Uint32(b)
		cut, b = append(cut, b[:n]), b[n:]
	}
	return cut
}

// Frames that are missing, doubled, or in another order are noticed, though each is as it was.
func TestFramesOutOfPlace(t *testing.T) {
	s := openStore(t)
	defer s.Close()
	for i := range 4 {
		put(t, s, store.Ref{Pool: "default", OID: fmt.Sprint(i)}, object{data: strings.Repeat("0123456789abcdef", 20<<10)})
	}
	b := export(t, s, false)
	want := all(t, s)
	empty := openStore(t)
	defer empty.Close()
	cut := frames(b)
	if len(cut) < 5 {
		t.Fatalf("%d frames", len(cut)-1)
	}
	join := func(order ...int) []byte {
		joined := bytes.Clone(cut[0])
		for _, i := range order {
			joined = append(joined, cut[i]...)
		}
		return joined
	}
	last := len(cut) - 1
	for name, altered := range map[string][]byte{
		"missing":    join(append([]int{1, 2}, rest(4, last)...)...),
		"first":      join(rest(2, last)...),
		"doubled":    join(append([]int{1, 2, 2}, rest(3, last)...)...),
		"swapped":    join(append([]int{1, 3, 2}, rest(4, last)...)...),
		"only ends":  join(1, last),
		"no trailer": join(rest(1, last-1)...),
	} {
		if err := harmless(t, empty, altered, want); !errors.Is(err, syscall.EBADMSG) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := harmless(t, empty, join(rest(1, last)...), want); err != nil {
		t.Errorf("as it was: %v", err)
	}
}

func rest(from, to int) (order []int) {
	for i := from; i <= to; i++ {
		order = append(order, i)
	}
	return order
}

// forge makes an archive of records that no Writer writes, with good checksums.
func forge(records string) []byte {
	castagnoli := crc32.MakeTable(crc32.Castagnoli)
	b := []byte("\x89OBJLUA\n\x01\x00\x00\x00")
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	lengths := binary.LittleEndian.AppendUint32(nil, uint32(len(records)))
	lengths = append(lengths, lengths...)
	sum := crc32.Checksum(append(append(make([]byte, 8), lengths...), records...), castagnoli)
	b = binary.LittleEndian.AppendUint32(append(b, lengths...), sum)
	return append(b, records...)
}

// Records that are out of order are refused, whoever wrote them.
func TestForged(t *testing.T) {
	const (
		pool    = "\x01\x07default"
		object_ = pool + "\x02\x07default\x00\x01o\x05"
		end     = "\x07\x09\x01\x01"
	)
	for name, records := range map[string]string{
		"good":                object_ + "\x03\x01\x01x" + end + "\x01",
		"unknown kind":        "\x0a",
		"no kind":             "\x00",
		"trailer first":       "\x09\x00\x00\x00" + pool,
		"wrong counts":        object_ + "\x07\x09\x01\x02\x00",
		"wrong bytes":         object_ + "\x03\x00\x01x\x07\x09\x01\x01\x02",
		"pool twice":          pool + pool,
		"empty pool":          "\x01\x00",
		"pool behind objects": object_ + "\x07\x01\x01p",
		"object in no pool":   pool + "\x02\x01p\x00\x01o\x00",
		"object without id":   pool + "\x02\x07default\x00\x00\x00",
		"object in object":    object_ + "\x02\x07default\x00\x01p\x00",
		"data of no object":   pool + "\x03\x00\x01x",
		"data behind the end": object_ + "\x03\x05\x01x",
		"data over the end":   object_ + "\x03\x04\x02xy",
		"data too far":        object_ + "\x03\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x01x",
		"data backwards":      object_ + "\x03\x01\x01x\x03\x00\x01x",
		"data twice":          object_ + "\x03\x01\x01x\x03\x01\x01x",
		"no data":             object_ + "\x03\x01\x00",
		"data behind xattrs":  object_ + "\x04\x01a\x00\x03\x00\x01x",
		"xattrs backwards":    object_ + "\x04\x01b\x00\x04\x01a\x00",
		"xattr twice":         object_ + "\x04\x01b\x00\x04\x01b\x00",
		"header twice":        object_ + "\x05\x01h\x05\x01h",
		"empty header":        object_ + "\x05\x00",
		"header behind pairs": object_ + "\x06\x01a\x00\x05\x01h",
		"pairs backwards":     object_ + "\x06\x01b\x00\x06\x01a\x00",
		"no end":              object_ + "\x09\x01\x00\x00",
		"end of no object":    pool + "\x07",
		"void of no object":   pool + "\x08",
		"string too long":     "\x01\x7f",
		"number too long":     "\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"no number":           "\x01",
	} {
		_, err := archive.Verify(bytes.NewReader(forge(records)))
		good := name == "good"
		if good != (err == nil) || !good && (!errors.Is(err, syscall.EBADMSG) || strings.Contains(err.Error(), "ends before")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := openStore(t)
	defer s.Close()
	if err := harmless(t, s, forge("\x01\x07default\x02\x07default\x00\x01o\x05\x03\x00\x01x\x08\x09\x01\x00\x00"), nil); err != nil {
		t.Errorf("a void object: %v", err)
	}
}

// Objects that no store could have exported are refused: a few bytes would make one that nobody can read to its end, or one that
// the next import takes for its own.
func TestForgedObjects(t *testing.T) {
	const object = "\x01\x07default\x02\x07default\x00\x01o"
	for name, c := range map[string]struct {
		records string
		want    error
	}{
		"as large as can be": {object + "\xff\xff\xff\xff\x0f\x07\x09\x01\x01\x00", nil},
		"larger":             {object + "\x80\x80\x80\x80\x10\x07\x09\x01\x01\x00", store.ErrTooLarge},
		"with the mark":      {object + "\x00\x04\x0fobjluad.partial\x00\x07\x09\x01\x01\x0f", store.ErrInvalid},
	} {
		s := openStore(t)
		if _, err := archive.Verify(bytes.NewReader(forge(c.records))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		_, err := archive.Import(t.Context(), s, bytes.NewReader(forge(c.records)), archive.ImportOptions{})
		if !errors.Is(err, c.want) || (count(t, s) > 0) != (c.want == nil) {
			t.Errorf("%s: %v", name, err)
		}
		check(t, s.Close())
	}
}

func count(t *testing.T, s store.Store) (objects int64) {
	t.Helper()
	usage, err := s.Usage(t.Context(), "default")
	check(t, err)
	return usage.Objects
}

func TestOtherFiles(t *testing.T) {
	for text, want := range map[string]error{
		"":                   syscall.EINVAL,
		"some text":          syscall.EINVAL,
		"\x89OBJLUA\r\n\x01": syscall.EINVAL,
		"\x89OBJ":            syscall.EBADMSG,
	} {
		if _, err := archive.Verify(strings.NewReader(text)); !errors.Is(err, want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	b := forge("\x09\x00\x00\x00")
	b[8] = 2
	binary.LittleEndian.PutUint32(b[12:], crc32.Checksum(b[:12], crc32.MakeTable(crc32.Castagnoli)))
	if _, err := archive.Verify(bytes.NewReader(b)); !errors.Is(err, store.ErrFormat) || !strings.Contains(err.Error(), "use a newer objluad") {
		t.Errorf("a later format: %v", err)
	}
}

// Whatever is read, reading ends, and what it imports is what a Writer could have written.
func FuzzArchive(f *testing.F) {
	archives, _ := small(f)
	for _, b := range archives {
		f.Add(b)
	}
	f.Add(forge("\x01\x07default\x02\x07default\x00\x01o\x05\x03\x01\x01x\x07\x09\x01\x01\x01"))
	f.Add([]byte("\x89OBJLUA\n"))
	s := openStore(f)
	f.Cleanup(func() { s.Close() })
	f.Fuzz(func(t *testing.T, b []byte) {
		totals, verified := archive.Verify(bytes.NewReader(b))
		done, err := archive.Import(t.Context(), s, bytes.NewReader(b), archive.ImportOptions{DryRun: true})
		if (verified == nil) != (err == nil) && store.Errno(err) == 0 {
			t.Fatalf("verified %+v, %v; imported %+v, %v", totals, verified, done, err)
		}
		// The checksums keep the fuzzer from the records, so it has a way to them.
		if len(b) > 0 && len(b) < 1<<16 {
			archive.Verify(bytes.NewReader(forge(string(b))))
		}
	})
}
