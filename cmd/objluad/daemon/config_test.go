// This file holds what is written about the settings to the flags that they are.

package daemon

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/objluad/objluad/cmd/objluad/settings"
)

var rewrite = flag.Bool("rewrite", false, "write the table of settings and the example file anew")

const (
	settingsPage    = "../../../docs/configuration.md"
	settingsExample = "../../../deploy/objluad.toml"
	tableBegin      = "<!-- The table is made by: go test ./cmd/objluad/daemon -run TestSettings -rewrite -->\n"
	tableEnd        = "<!-- end of the table -->\n"
)

func newDaemon() *Daemon { return New("", nil) }

// settingsTable is the settings for the guide.
func settingsTable() string {
	var b strings.Builder
	b.WriteString(tableBegin + "| setting | is | default | SIGHUP |\n|---|---|---|---|\n")
	newDaemon().flags.VisitAll(func(f *pflag.Flag) {
		_, usage := pflag.UnquoteUsage(f)
		def, again := "", ""
		if f.DefValue != "" {
			def = "`" + f.DefValue + "`"
		}
		if settings.IsReloadable(f) {
			again = "yes"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Name, strings.ReplaceAll(usage, "|", `\|`), def, again)
	})
	b.WriteString(tableEnd)
	return b.String()
}

// exampleFile is a file of settings with their defaults, as comments.
func exampleFile() string {
	var b strings.Builder
	b.WriteString("# Settings of objluad serve --config objluad.toml: all that there are, with their defaults. docs/configuration.md has the rules.\n" +
		"# Made by: go test ./cmd/objluad/daemon -run TestSettings -rewrite\n")
	newDaemon().flags.VisitAll(func(f *pflag.Flag) {
		_, usage := pflag.UnquoteUsage(f)
		value := f.DefValue
		switch f.Value.Type() {
		case "bool", "int", "int64", "uint", "uint64", "float64":
		case "stringSlice", "stringArray":
			value = "[]"
		default:
			value = fmt.Sprintf("%q", value)
		}
		fmt.Fprintf(&b, "\n# %s\n# %s = %s\n", usage, f.Name, value)
	})
	return b.String()
}

func TestSettingsAreDocumented(t *testing.T) {
	page, err := os.ReadFile(settingsPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(page), tableBegin)
	table, after, ends := strings.Cut(rest, tableEnd)
	if !begins || !ends {
		t.Fatalf("%s has no table of settings", settingsPage)
	}
	if *rewrite {
		if err := os.WriteFile(settingsPage, []byte(before+settingsTable()+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if tableBegin+table+tableEnd != settingsTable() {
		t.Errorf("the table of %s is not that of the flags: run this test with -rewrite", settingsPage)
	}
}

// The example file is what it says: with its comments taken away it sets all settings, to their defaults.
func TestSettingsExample(t *testing.T) {
	if *rewrite {
		if err := os.WriteFile(settingsExample, []byte(exampleFile()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(settingsExample)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != exampleFile() {
		t.Fatalf("%s is not that of the flags: run this test with -rewrite", settingsExample)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "# "), " = "); ok && newDaemon().flags.Lookup(name) != nil {
			line = strings.TrimPrefix(line, "# ")
		}
		lines = append(lines, line)
	}
	entries, err := settings.Parse("example", []byte(strings.Join(lines, "")))
	if err != nil {
		t.Fatal(err)
	}
	set := make(map[string]bool)
	for _, e := range entries {
		set[e.Name] = true
	}
	d := newDaemon()
	path := t.TempDir() + "/all.toml"
	if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := settings.Load(d.flags, settings.Sources{File: path}); err != nil {
		t.Error(err)
	}
	d.flags.VisitAll(func(f *pflag.Flag) {
		if !set[f.Name] || f.Value.String() != f.DefValue {
			t.Errorf("%s: in the example %v, value %s, default %s", f.Name, set[f.Name], f.Value, f.DefValue)
		}
	})
}

// A setting of the command line is set again when the others are reloaded, so each flag must take what it prints.
func TestSettingsPrintWhatTheyTake(t *testing.T) {
	newDaemon().flags.VisitAll(func(f *pflag.Flag) {
		if _, list := f.Value.(pflag.SliceValue); list {
			return
		}
		if err := f.Value.Set(f.DefValue); err != nil || f.Value.String() != f.DefValue {
			t.Errorf("--%s prints %q, and does not take it: %v", f.Name, f.DefValue, err)
		}
	})
}

// Every setting is checked as a secret if its name says that it is one.
func TestSettingsThatAreSecret(t *testing.T) {
	newDaemon().flags.VisitAll(func(f *pflag.Flag) {
		for _, word := range []string{"password", "secret", "token"} {
			if strings.Contains(f.Name, word) && f.Value.Type() == "string" && !settings.IsSecret(f) && !strings.Contains(f.Usage, "`file`") {
				t.Errorf("--%s is not marked as a secret, and names no file", f.Name)
			}
		}
	})
}
