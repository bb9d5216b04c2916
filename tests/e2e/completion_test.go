// This file is command lines that shells complete: with what the daemon has, with files, and with nothing when there is no daemon.

package e2e

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

// completed is what "objluad __complete", which all shells' scripts call, offers for a command line without descriptions. Nothing else
// is printed but one line of cobra's on standard error.
func completed(t *testing.T, addr string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), rig.Binary(), append([]string{"__completeNoDesc"}, args...)...)
	cmd.Env = append(os.Environ(), "OBJLUAD_ADDR="+addr)
	cmd.Stdin = strings.NewReader(twoMethods) // what the user types meanwhile is the shell's
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	if said := stderr.String(); !strings.HasPrefix(said, "Completion ended with directive:") || strings.Count(said, "\n") != 1 {
		t.Errorf("%q: printed %q", args, said)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.Join(lines[:len(lines)-1], " ")
}

func TestCompletions(t *testing.T) {
	d := rig.Run(t, t.TempDir(), "--max-timeout", endlessTimeout.String())
	d.Install(t, "counter", "function inc() end objclass.register(inc, objclass.WR) function get() end objclass.register(get, objclass.RD)")
	d.Install(t, "counter", "function inc() end objclass.register(inc, objclass.WR) function dec() end objclass.register(dec, objclass.WR)")
	d.Install(t, "endless", endlessClass)
	conn := d.Dial(t)
	class, err := conn.ShowClass(t.Context(), "counter")
	if err != nil {
		t.Fatal(err)
	}
	old, active := "counter@"+class.Versions[0][:12], "counter@"+class.Versions[1][:12]
	for _, pool := range []string{"parcels", "people"} {
		if err := conn.MakePool(t.Context(), pool); err != nil {
			t.Fatal(err)
		}
	}
	ioctx := conn.OpenIOContext("parcels")
	for _, oid := range []string{"a", "box", "box 2", "box\n3", "boxer", "c"} {
		if _, err := ioctx.WriteFull(t.Context(), oid, nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ioctx.SetOmap(t.Context(), "box", map[string][]byte{"key1": nil, "key2": nil, "other": nil}); err != nil {
		t.Fatal(err)
	}
	if _, err := ioctx.SetXattr(t.Context(), "box", "color", nil); err != nil {
		t.Fatal(err)
	}
	ioctx.SetNamespace("n")
	if _, err := ioctx.WriteFull(t.Context(), "boxes of n", nil); err != nil {
		t.Fatal(err)
	}
	call := endless(t, d, "o", "loop")
	id := listed(t, d, "o", "loop", "running")
	for _, test := range []struct{ line, want string }{
		{"-p |p", "parcels people"},
		{"rmpool |par", "parcels"},
		{"rmpool parcels |", "default parcels people"},
		{"-p parcels get |box", "box box 2 boxer"}, // a name of two lines cannot be completed
		{"-p parcels -N n stat |", "boxes of n"},
		{"-p parcels rm box |c", "c"},
		{"-p parcels getomapval box |k", "key1 key2"},
		{"-p parcels setxattr box |", "color"},
		{"-p parcels setxattr box color |", ""},
		{"exec o |cou", "counter"},
		{"exec o |counter@", old + " " + active},
		{"exec o counter |", "dec inc"},
		{"exec o " + old + " |", "get inc"},
		{"exec o counter inc |", ""},
		{"class activate |cou", old + " " + active},
		{"class show |", "counter endless"},
		{"class canary end |e", "endless"},
		{"class install --stock |cs", "csv"},
		{"class diff |" + active[:len(active)-4], active},
		{"class |li", "lint list"},
		{"class nosuch |", ""},
		{"kill |", id},
		{"kill " + id + " |", ""},
		{"serve --fsync |", "always interval never"},
		{"completion |", "bash zsh fish"},
	} {
		line, word, _ := strings.Cut(test.line, "|")
		args := append(strings.Fields(line), word)
		if got := completed(t, d.Addr(), args...); got != test.want {
			t.Errorf("%s: %q is offered, want %q", test.line, got, test.want)
		}
	}
	cli(t, d, "kill", id)
	checkError(t, <-call, "ECANCELED", "trap:canceled", "")
}

const twoMethods = "function inc() end objclass.register(inc, objclass.WR) function dec() end objclass.register(dec, objclass.WR)"

// The methods of a class in a file are those that it registers when it is loaded, and no daemon is needed for that. What does not load
// has none.
func TestCompletionOfMethodsInFiles(t *testing.T) {
	dir := t.TempDir()
	for name, source := range map[string]string{
		"good.lua":          "print('p') objclass.log(0, 'l') " + twoMethods,
		"lib/adder.lua":     "return {add = function() end}",
		"needs.lua":         "sum = require('adder').add objclass.register(sum, objclass.RD)",
		"syntax.lua":        twoMethods + " end",
		"fails.lua":         twoMethods + " error('no')",
		"spins.lua":         twoMethods + " while true do end",
		"grows.lua":         twoMethods + " local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end",
		"recurs.lua":        twoMethods + " local function f() return pcall(f) end f() error('no')",
		"no class.lua":      twoMethods,
		"none.lua":          "",
		"slow/spinning.lua": "while true do end",
		"waits.lua":         "f = require('spinning').f objclass.register(f, objclass.RD)",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/dev/stdin", filepath.Join(dir, "typed.lua")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		file, word, want string
		lib              string
	}{
		{file: "good.lua", want: "dec inc"},
		{file: "good.lua", word: "d", want: "dec"},
		{file: "good.lua", word: "x"},
		{file: "needs.lua", want: "sum", lib: "lib"},
		{file: "needs.lua"},
		{file: "syntax.lua"},
		{file: "fails.lua"},
		{file: "spins.lua"},
		{file: "grows.lua"},
		{file: "recurs.lua"},
		{file: "no class.lua"},
		{file: "none.lua"},
		{file: "waits.lua", lib: "slow"},
		{file: "typed.lua"},
		{file: "absent.lua"},
		{file: "."},
	} {
		args := []string{"run", filepath.Join(dir, test.file), test.word}
		if test.lib != "" {
			args = slices.Insert(args, 1, "--lib", filepath.Join(dir, test.lib))
		}
		began := time.Now()
		if got := completed(t, "127.0.0.1:1", args...); got != test.want {
			t.Errorf("%q: %q is offered, want %q", args, got, test.want)
		}
		t.Logf("%s took %v", test.file, time.Since(began))
	}
}

// Of many objects a bounded number is offered.
func TestCompletionsAreBounded(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	fillObjects(t, d.Dial(t).OpenIOContext("default"), 150)
	if offered := strings.Fields(completed(t, d.Addr(), "get", "many")); len(offered) != 100 || offered[0] != "many-000" {
		t.Errorf("%d objects are offered, %v", len(offered), offered)
	}
}

func fillObjects(t *testing.T, ioctx *client.IOContext, n int) {
	t.Helper()
	for i := range n {
		oid := "many-" + string([]byte{'0' + byte(i/100), '0' + byte(i/10%10), '0' + byte(i%10)})
		if _, err := ioctx.WriteFull(t.Context(), oid, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// Without a daemon, and with one that accepts and never answers, nothing is offered, nothing is said, and nobody waits for long.
func TestCompletionWithoutADaemon(t *testing.T) {
	silent := silentListener(t)
	for _, addr := range []string{"127.0.0.1:1", silent} {
		for _, args := range [][]string{{"get", ""}, {"-p", ""}, {"exec", "o", ""}, {"kill", ""}} {
			began := time.Now()
			if got := completed(t, addr, args...); got != "" {
				t.Errorf("%s: %q: %q is offered", addr, args, got)
			}
			t.Logf("%s: %q took %v", addr, args, time.Since(began))
		}
	}
}

// TestCompletionInBash types into bash with the package bash-completion, as users do.
func TestCompletionInBash(t *testing.T) {
	const machinery = "/usr/share/bash-completion/bash_completion"
	if _, err := os.Stat(machinery); err != nil {
		t.Skip("the package bash-completion is not installed")
	}
	d := rig.Run(t, t.TempDir())
	d.Install(t, "counter", "function increment() end objclass.register(increment, objclass.WR)")
	ioctx := d.Dial(t).OpenIOContext("default")
	for _, oid := range []string{"visits", "a name"} {
		if _, err := ioctx.WriteFull(t.Context(), oid, nil); err != nil {
			t.Fatal(err)
		}
	}
	class, err := d.Dial(t).ShowClass(t.Context(), "counter")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range map[string]string{"picture.jpg": "", "script.lua": "function increment() end objclass.register(increment, objclass.WR)", "text.txt": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("bash", "--norc", "--noprofile", "-i")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "OBJLUAD_ADDR="+d.Addr(), "PATH="+filepath.Dir(rig.Binary())+":"+os.Getenv("PATH"), "PS1=$ ", "HISTFILE=", "INPUTRC=/dev/null")
	bash := openTerminal(t, 120, 24, cmd)
	bash.press("source " + machinery + "; source <(objluad completion bash); echo rea''dy\n")
	bash.await("ready")
	becomes := func(typed, want string) {
		bash.press("\x15\x0c") // an empty line on an empty screen
		bash.awaitScreen("the screen is cleared", func(screen string) bool { return strings.TrimSpace(screen) == "$" })
		bash.press(typed + "\t|")
		bash.awaitScreen(typed+" becomes "+want, func(screen string) bool { return strings.HasPrefix(screen, "$ "+want+"|") })
	}
	version := "objluad exec visits counter@" + class.Version[:3]
	completeVersion := "objluad exec visits counter@" + class.Version[:12] + " "
	for _, test := range []struct{ typed, want string }{
		{"objluad clas", "objluad class "},
		{"objluad class li", "objluad class li"}, // lint or list
		{"objluad get vi", "objluad get visits "},
		{"objluad get a", `objluad get a\ name `},
		{"objluad put visits pi", "objluad put visits picture.jpg "},
		{"objluad exec visits cou", "objluad exec visits counter "},
		{version, completeVersion},
		{"objluad exec visits counter i", "objluad exec visits counter increment "},
		{"objluad run ", "objluad run script.lua "},
		{"objluad run script.lua i", "objluad run script.lua increment "},
		{"objluad --po", "objluad --pool "},
		{"objluad -p d", "objluad -p default "},
	} {
		becomes(test.typed, test.want)
	}
	bash.press("\x15shopt -s hostcomplete; echo split''ting\n") // which bash-completion turned off: now an @ ends a word
	bash.await("splitting")
	becomes(version, completeVersion)
}

// fish completes without a terminal, and zsh at least takes the script.
func TestCompletionInFishAndZsh(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	if _, err := d.Dial(t).OpenIOContext("default").WriteFull(t.Context(), "visits", nil); err != nil {
		t.Fatal(err)
	}
	for shell, test := range map[string]struct{ script, want string }{
		"fish": {`objluad completion fish | source; complete -C 'objluad get vi'`, `^visits\n$`},
		"zsh":  {`autoload -Uz compinit && compinit -u -d $HOME/dump && source <(objluad completion zsh) && print ${_comps[objluad]}`, `^_objluad\n$`},
	} {
		t.Run(shell, func(t *testing.T) {
			if _, err := exec.LookPath(shell); err != nil {
				t.Skipf("%s is not installed", shell)
			}
			cmd := exec.CommandContext(t.Context(), shell, "-c", test.script)
			cmd.Env = append(os.Environ(), "OBJLUAD_ADDR="+d.Addr(), "PATH="+filepath.Dir(rig.Binary())+":"+os.Getenv("PATH"), "HOME="+t.TempDir())
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil || !regexp.MustCompile(test.want).Match(out) {
				t.Errorf("%v, printed %q and %q, want %s", err, out, stderr.String(), test.want)
			}
		})
	}
}

// silentListener returns an address that takes connections, and answers nothing.
func silentListener(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}
