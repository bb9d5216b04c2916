package settings

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestLoadAgain(t *testing.T) {
	s, _ := loadTest(t, "queue = 5\ntimeout = \"2s\"\npassword = \"old\"", nil, []string{"--peer=x,y", "--share=0.25"})
	next, err := s.LoadAgain(testFlags(), Sources{File: writeFile(t,
		"queue = 6\ntimeout = \"3s\"\nshare = 1.0\npeer = \"z\"\npassword = \"new\""), Env: []string{"OBJLUAD_MAX_TIMEOUT=5m"}})
	if err != nil {
		t.Fatal(err)
	}
	if value(next, "share") != "0.25" || value(next, "peer") != "[x,y]" || next.Origin("peer").Kind != "flag" {
		t.Errorf("what the command line set is now %s and %s", value(next, "share"), value(next, "peer"))
	}
	describe := func(changes []Change) (all []string) {
		for _, c := range changes {
			all = append(all, fmt.Sprintf("%s %s→%s %s %v", c.Name, c.From, c.To, c.Origin.Kind, c.Reloadable))
		}
		return all
	}
	want := []string{"max-timeout 1m0s→5m0s env true", "password (secret)→(secret) file true", "queue 5→6 file false", "timeout 2s→3s file true"}
	if got := describe(s.Take(next)); !slices.Equal(got, want) {
		t.Errorf("changes are %q", got)
	}
	if value(s, "timeout") != "2s" {
		t.Error("the flags of the first settings were changed")
	}
	running := make(map[string]string)
	for _, setting := range s.Running() {
		running[setting[0]] = setting[1]
	}
	if _, told := running["password"]; told || running["timeout"] != "3s" || running["queue"] != "5" || running["share"] != "0.25" {
		t.Errorf("the settings that hold are %q", running)
	}
	// What was taken is no change any more; what could not be is still one. A setting that is no longer made has its default again.
	again, err := s.LoadAgain(testFlags(), Sources{File: writeFile(t, "queue = 6\npassword = \"new\"")})
	if err != nil {
		t.Fatal(err)
	}
	want = []string{"max-timeout 5m0s→1m0s default true", "queue 5→6 file false", "timeout 3s→1s default true"}
	if got := describe(s.Take(again)); !slices.Equal(got, want) {
		t.Errorf("changes are %q", got)
	}
	if _, err := s.LoadAgain(testFlags(), Sources{File: writeFile(t, "queue = x")}); err == nil {
		t.Error("a wrong file was loaded")
	}
}

func TestExplain(t *testing.T) {
	s, _ := loadTest(t, "max-timeout = \"500ms\"\npassword = \"hunter2\"\nloud = 7", []string{"OBJLUAD_QUEUE=0"}, []string{"--share=7"})
	for message, want := range map[string]string{
		"--timeout is over --max-timeout": "--timeout is over --max-timeout; --timeout is 1s (default), --max-timeout is 500ms (x.toml:1)",
		"--max-timeout is odd":            "x.toml:1: --max-timeout is odd",
		"--queue is odd":                  "env OBJLUAD_QUEUE: --queue is odd",
		"--share is 1 at most":            "--share is 1 at most",
		"--data is missing":               "--data is missing",
		"--password without --data":       `--password without --data; --password is (secret) (x.toml:2), --data is "" (default)`,
		"--loud with --queue":             "", // of loud was told
		"no --such --flag, --queue-max":   "no --such --flag, --queue-max",
	} {
		err := s.Explain(fmt.Errorf("%s%w", message, quiet{syscall.EPERM}))
		got := ""
		if err != nil {
			got = err.Error()
		}
		for _, part := range strings.Fields(got) { // without the folder
			if i := strings.LastIndex(part, "/"); i >= 0 {
				got = strings.Replace(got, strings.TrimPrefix(part[:i+1], "("), "", 1)
			}
		}
		if got != want || err != nil && !errors.Is(err, syscall.EPERM) {
			t.Errorf("%s: %s (%v)", message, got, err)
		}
	}
	if s.Explain(nil) != nil {
		t.Error("nothing was explained")
	}
}

// quiet is an errno that adds nothing to a message.
type quiet struct{ syscall.Errno }

func (quiet) Error() string   { return "" }
func (q quiet) Unwrap() error { return q.Errno }

// No text has the value of a secret.
func TestSecrets(t *testing.T) {
	s, _ := loadTest(t, "password = \"hunter2\"", []string{"OBJLUAD_PIN=4711"}, nil)
	for _, item := range s.Items() {
		text := fmt.Sprintf("%+v", item)
		if strings.Contains(text, "hunter2") || strings.Contains(text, "4711") {
			t.Errorf("shown is %s", text)
		}
		if secret := item.Name == "password" || item.Name == "pin"; secret != (item.Value == "(secret)") {
			t.Errorf("shown is %s", text)
		}
	}
}
