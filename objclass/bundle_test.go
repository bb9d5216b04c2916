// This file is bundles as they are written.

package objclass

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"
)

// Bytes of any sort come back as they were, and take no more than base64 does.
func TestBytesInBundles(t *testing.T) {
	for _, unit := range []string{"", "a", "\"", "\\", "\n", "\x00", "\x7f", "\xff", "<", "é", "\u2028", "→", "a\u2029<", "{\"base64\":\"\"}"} {
		for _, n := range []int{1, 50, 3000} {
			want := strings.Repeat(unit, n)
			text, err := json.Marshal(bundleBytes(want))
			if err != nil {
				t.Fatal(err)
			}
			if most := len(want) + len(want)/3 + 80; len(text) > most {
				t.Errorf("%d times %q take %d bytes, more than %d", n, unit, len(text), most)
			}
			var got bundleBytes
			if err := json.Unmarshal(text, &got); err != nil || string(got) != want {
				t.Errorf("%d times %q: %v, %.80q of %.80s", n, unit, err, got, text)
			}
		}
	}
}

// A daemon encodes bundles of large objects while others call it.
func TestBundleIsEncodedInLittleMemory(t *testing.T) {
	const size = 8 << 20
	for what, unit := range map[string]string{"text": "x", "bytes": "\xff", "what JSON escapes": "\x01"} {
		b := newTestBundle()
		b.Object.Data = bundleBytes(strings.Repeat(unit, size))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := b.Encode(); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 12*size {
			t.Errorf("%s: an object of %d bytes took %d", what, size, took)
		}
	}
}
