package settings

import "testing"

func TestSize(t *testing.T) {
	for text, want := range map[string]int64{"1": 1, "65536": 65536, "64KiB": 64 << 10, "16MiB": 16 << 20, "1GiB": 1 << 30,
		"0": 0, "-1": 0, "": 0, "KiB": 0, "1MB": 0, "1.5GiB": 0, "9999999999GiB": 0} {
		var s Size
		if err := s.Set(text); (err == nil) != (want != 0) || int64(s) != want {
			t.Errorf("Set(%q): %d, %v; want %d", text, s, err, want)
		}
		if again := Size(0); want != 0 && (again.Set(s.String()) != nil || again != s) {
			t.Errorf("%d prints as %s", s, s.String())
		}
	}
	if s := Size(16 << 20); s.String() != "16MiB" {
		t.Errorf("16 MiB print as %s", s.String())
	}
}
