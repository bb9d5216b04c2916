package settings

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

// testFlags are flags of all types.
func testFlags() *pflag.FlagSet {
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	flags.String("data", "", "a folder")
	flags.Int("queue", 1024, "a number")
	flags.Duration("timeout", time.Second, "a time")
	flags.Duration("max-timeout", time.Minute, "a time")
	flags.Bool("loud", false, "a switch")
	flags.Float64("share", 0.5, "a number")
	flags.StringSlice("peer", []string{"a"}, "texts")
	flags.String("password", "", "a secret")
	flags.Int("pin", 0, "a secret")
	MarkSecret(flags, "password", "pin")
	MarkReloadable(flags, "timeout", "max-timeout", "password")
	return flags
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// loadTest loads flags that were given args, and returns problems without the folder of the file.
func loadTest(t *testing.T, text string, env, args []string) (*Settings, []string) {
	t.Helper()
	flags, path := testFlags(), writeFile(t, text)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	s, err := Load(flags, Sources{File: path, Env: env, Other: []string{"OBJLUAD_PEERS"}})
	var problems []string
	for _, problem := range Problems(err) {
		problems = append(problems, strings.ReplaceAll(problem.Error(), filepath.Dir(path)+"/", ""))
	}
	return s, problems
}

func value(s *Settings, name string) string { return s.Flags.Lookup(name).Value.String() }

// A flag counts more than the environment, that more than the file, that more than the default; for each type.
func TestPrecedence(t *testing.T) {
	for _, tt := range []struct{ name, def, file, inFile, env, flag string }{
		{"data", "", `"f"`, "f", "e", "x"},
		{"queue", "1024", `1_0`, "10", "11", "12"},
		{"timeout", "1s", `"10s"`, "10s", "11s", "12s"},
		{"loud", "false", `true`, "true", "false", "true"},
		{"share", "0.5", `1`, "1", "2.5", "3"},
		{"share", "0.5", `1.25`, "1.25", "2.5", "3"},
		{"peer", "[a]", `["f", "g"]`, "[f,g]", "[e]", "[x]"},
		{"peer", "[a]", `"f"`, "[f]", "[e]", "[x]"},
	} {
		line := tt.name + " = " + tt.file
		env := []string{EnvName(tt.name) + "=" + strings.Trim(tt.env, "[]"), "OBJLUAD_DATA2=", "OTHER=1"}
		args := []string{"--" + tt.name + "=" + strings.Trim(tt.flag, "[]")}
		for _, c := range []struct {
			text      string
			env, args []string
			want      string
			from      string
		}{
			{"", nil, nil, tt.def, "default"},
			{"# one\n" + line, nil, nil, tt.inFile, "x.toml:2"},
			{line, env, nil, tt.env, "env " + EnvName(tt.name)},
			{"", env, nil, tt.env, "env " + EnvName(tt.name)},
			{line, env, args, tt.flag, "flag"},
			{line, nil, args, tt.flag, "flag"},
		} {
			s, problems := loadTest(t, c.text, c.env, c.args)
			if len(problems) > 0 || value(s, tt.name) != c.want || filepath.Base(s.Origin(tt.name).String()) != c.from {
				t.Errorf("%q, %v, %v: %s from %v, %v; want %s from %s", c.text, c.env, c.args, value(s, tt.name), s.Origin(tt.name), problems, c.want, c.from)
			}
		}
	}
}

// What is wrong is told with its line, and all of it.
func TestProblems(t *testing.T) {
	long := strings.Repeat("x", 1000)
	for _, tt := range []struct {
		text string
		env  []string
		want []string
	}{
		{"max_timeout = \"1s\"", nil, []string{"x.toml:1: max_timeout is no setting; max-timeout is one"}},
		{"\n\nqeue = 1", nil, []string{"x.toml:3: qeue is no setting; queue is one"}},
		{"--queue-- = 1", nil, []string{"x.toml:1: --queue-- is no setting; queue is one"}},
		{"something-else = 1", nil, []string{"x.toml:1: something-else is no setting; objluad config show lists them"}},
		{"\"a b\\n\" = 1", nil, []string{`x.toml:1: "a b\n" is no setting; objluad config show lists them`}},
		{long + " = 1", nil, []string{"x.toml:1: " + long[:64] + "… is no setting; objluad config show lists them"}},
		{"queue = 1\nqueue = 2", nil, []string{"x.toml:2: queue is there twice: in line 1, too"}},
		{"queue = \"1\"", nil, []string{"x.toml:1: queue is an integer, without quotes, not a text"}},
		{"queue = 1.0", nil, []string{"x.toml:1: queue is an integer, without quotes, not a number with a fraction"}},
		{"queue = 99999999999999999999", nil, []string{"x.toml:1: queue: no integer of 64 bits"}},
		{"queue = 1979-05-27", nil, []string{"x.toml:1: queue: neither a text in quotes, nor a number, true, false, or a list of texts; a time is a text, such as \"10s\""}},
		{"queue = {a = 1}", nil, []string{"x.toml:1: queue: neither a text in quotes, nor a number, true, false, or a list of texts; a time is a text, such as \"10s\""}},
		{"timeout = 5", nil, []string{"x.toml:1: timeout is a time in quotes: a number with a unit, such as \"500ms\", \"30s\" or \"1m\", not an integer"}},
		{"timeout = \"5\"", nil, []string{"x.toml:1: timeout is a time in quotes: a number with a unit, such as \"500ms\", \"30s\" or \"1m\", not \"5\""}},
		{"loud = \"yes\"", nil, []string{"x.toml:1: loud is true or false, without quotes, not a text"}},
		{"peer = [\"a\",\n 2]", nil, []string{"x.toml:1: peer: a list is of texts in quotes"}},
		{"data = 5", nil, []string{"x.toml:1: data is a text in quotes, not an integer"}},
		{"[http]\nqueue = 1\n[x]", nil, []string{
			"x.toml:1: [http] begins a table, and settings have none: each line is a name and its value",
			"x.toml:3: [x] begins a table, and settings have none: each line is a name and its value"}},
		{"http.queue = 1", nil, []string{"x.toml:1: http.queue is of a table, and settings have none: a name has no dots"}},
		{"queue = 1\n\ntimeout = ", nil, []string{"x.toml:3: expected value, not end of input"}},
		{"queue = 1\ndata \"x\"\nloud = true", nil, []string{"x.toml:2: expected '=' after key"}},
		{"queue = 1\nbad = 1\ntimeout = 1s", nil, []string{"x.toml:2: bad is no setting; objluad config show lists them", "x.toml:3: strings must be quoted"}},
		{"queue = 1\x00", nil, []string{"x.toml:1: a NUL: this is no text"}},
		{"pin = \"hunter2\"", nil, []string{"x.toml:1: pin is an integer, without quotes, not a text"}},
		{"", []string{"OBJLUAD_PIN=hunter2"}, []string{"env OBJLUAD_PIN: pin is a secret that is not as it should be"}},
		{"queue = 1", []string{"OBJLUAD_QUEUE=x"}, []string{`env OBJLUAD_QUEUE: queue is an integer, not "x"`}},
		{"queue = true", []string{"OBJLUAD_QUEUE=5", "OBJLUAD_TIMEOUT=5"}, []string{"x.toml:1: queue is an integer, without quotes, not true or false",
			`env OBJLUAD_TIMEOUT: timeout is a time in quotes: a number with a unit, such as "500ms", "30s" or "1m", not "5"`}},
		{"", []string{"OBJLUAD_QUEUE=99999999999999999999"}, []string{`env OBJLUAD_QUEUE: queue is out of range: "99999999999999999999"`}},
	} {
		if _, problems := loadTest(t, tt.text, tt.env, nil); !slices.Equal(problems, tt.want) {
			t.Errorf("%.100q, %v:\n%q\nwant\n%q", tt.text, tt.env, problems, tt.want)
		}
	}
}

// A name in the environment that is almost a setting's is warned of; others are not.
func TestWarnings(t *testing.T) {
	s, problems := loadTest(t, "", []string{"OBJLUAD_QUEEU=1", "OBJLUAD_SERVICE_HOST=x", "OBJLUAD_PEERS=x", "OBJLUAD_DATB="}, nil)
	if want := []string{"env OBJLUAD_QUEEU is no setting; OBJLUAD_QUEUE is one"}; len(problems) > 0 || !slices.Equal(s.Warnings, want) {
		t.Errorf("%v, %q", problems, s.Warnings)
	}
}

func TestFiles(t *testing.T) {
	if _, err := ReadFile(writeFile(t, strings.Repeat("#", maxFile+1))); err == nil {
		t.Error("a file of more than its limit was read")
	}
	if _, err := ReadFile(t.TempDir() + "/none"); err == nil {
		t.Error("a file that is not there was read")
	}
	if entries, err := ReadFile(writeFile(t, strings.Repeat("#", maxFile))); err != nil || len(entries) > 0 {
		t.Errorf("a file of its limit: %v, %v", entries, err)
	}
}
