package hostile

import (
	"strings"
	"testing"
	"time"
)

// The corpus is there, and has each kind of outcome.
func TestCorpus(t *testing.T) {
	attacks, err := Corpus()
	if err != nil {
		t.Fatal(err)
	}
	kinds := make(map[string]int)
	for _, a := range attacks {
		kinds[a.Expect.Kind]++
		if a.Expect.Text == "contained" && !strings.Contains(string(a.Source), "assert(") {
			t.Errorf("%s is contained whatever it finds", a.Name)
		}
	}
	for kind, least := range map[string]int{OK: 50, Deadline: 80, "script": 80, "op": 20, "trap:memory": 40, "trap:fault": 1, "input": 1, "class": 1} {
		if kinds[kind] < least {
			t.Errorf("%d attacks end with %s, want %d at least", kinds[kind], kind, least)
		}
	}
}

func TestParse(t *testing.T) {
	a, err := parse("folder/name", []byte("-- expect: trap:deadline ETIMEDOUT \"over\\n\"\n-- timeout: 50ms\n-- handler: f\n-- input: 3\n"+
		"-- calls: 2\n-- class\n-- readonly\n-- writes\n-- slow\n-- Prose, which ends them.\n-- nonsense: 5\n"))
	if err != nil {
		t.Fatal(err)
	}
	if a.Name != "folder/name" || a.Expect.String() != `trap:deadline ETIMEDOUT "over\n"` || a.Timeout != 50*time.Millisecond || a.Handler != "f" ||
		string(a.Input) != "xxx" || a.Calls != 2 || !a.Class || !a.ReadOnly || !a.Writes || !a.Slow {
		t.Errorf("got %+v", a)
	}
	for _, headers := range []string{
		"", "x = 1", "-- Prose first.\n-- expect: ok \"\"", "-- expect: ok", "-- expect: ok 5", "-- expect: ok 5 bits", "-- expect: ok \"\" x",
		"-- expect: ok \"\" 5 6", "-- expect: script", "-- expect: script \"text\"", "-- expect: script EIO text", "-- expect: script EIO \"open",
		"-- expect: trap:deadline ETIMEDOUT", "-- expect: ok \"\"\n-- timeout: 5s", "-- expect: ok \"\"\n-- input: many",
		"-- expect: ok \"\"\n-- calls: 0", "-- expect: ok \"\"\n-- unknown", "-- expect: ok \"\"\n-- unknown: x",
	} {
		if a, err := parse("x", []byte(headers)); err == nil {
			t.Errorf("%q is taken for %+v", headers, a)
		}
	}
}

func TestExpectations(t *testing.T) {
	for _, tt := range []struct {
		expect string
		got    Outcome
		met    bool
	}{
		{`ok "a"`, Outcome{Kind: OK, Text: "a"}, true},
		{`ok "a"`, Outcome{Kind: OK, Text: "ab"}, false},
		{`ok "a"`, Outcome{Kind: OK, Text: "a", Ret: 1}, false},
		{`ok "a" 1`, Outcome{Kind: OK, Text: "a", Ret: 1}, true},
		{`ok 2 bytes`, Outcome{Kind: OK, Text: "ab"}, true},
		{`ok 2 bytes 3`, Outcome{Kind: OK, Text: "ab"}, false},
		{`ok 2 bytes`, Outcome{Kind: OK, Text: "abc"}, false},
		{`ok ""`, Outcome{Kind: "script", Errno: "EIO"}, false},
		{`script EIO`, Outcome{Kind: "script", Errno: "EIO", Text: "any"}, true},
		{`script EIO "ny"`, Outcome{Kind: "script", Errno: "EIO", Text: "any"}, true},
		{`script EIO "my"`, Outcome{Kind: "script", Errno: "EIO", Text: "any"}, false},
		{`script EIO`, Outcome{Kind: "op", Errno: "EIO"}, false},
		{`script EIO`, Outcome{Kind: "script", Errno: "EPERM"}, false},
		{`script EIO`, Outcome{Kind: OK}, false},
	} {
		e, err := parseExpectation(tt.expect)
		if err != nil || e.Met(tt.got) != tt.met {
			t.Errorf("%s is met by %s: %v, want %v, %v", tt.expect, tt.got, !tt.met, tt.met, err)
		}
	}
}
