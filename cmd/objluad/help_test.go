// This file tests what commands say of themselves, of all commands that there are: none can be forgotten.

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/cmd/objluad/cli"
	"github.com/objluad/objluad/cmd/objluad/daemon"
	"github.com/objluad/objluad/store/pebblestore"
)

// endless are the commands whose examples are not run.
var endless = map[string]bool{"serve": true}

// plain are the commands that print no JSON, and why.
var plain = map[string]string{
	"serve":      "its log has --log-format",
	"completion": "a script for a shell",
}

// leaves returns the commands that do something, by their paths.
func leaves(cmd *cobra.Command) map[string]*cobra.Command {
	all := make(map[string]*cobra.Command)
	if !cmd.HasSubCommands() {
		all[pathBelow(cmd)] = cmd
	}
	for _, sub := range cmd.Commands() {
		for path, leaf := range leaves(sub) {
			all[path] = leaf
		}
	}
	return all
}

func TestHelpIsComplete(t *testing.T) {
	root := newRoot(cli.New(nil, nil))
	all := leaves(root)
	for path, cmd := range all {
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: its short help is %q", path, cmd.Short)
		}
		if cmd.Example == "" {
			t.Errorf("%s has no example; they are in examples.go", path)
		}
		for line := range strings.Lines(cmd.Example) {
			checkExample(t, root, path, strings.TrimSpace(line))
		}
		cmd.Flags().VisitAll(func(flag *pflag.Flag) {
			if flag.Usage == "" {
				t.Errorf("%s: --%s is not explained", path, flag.Name)
			}
		})
	}
	for path := range examples {
		if all[path] == nil {
			t.Errorf("there is an example of %q, and no such command", path)
		}
	}
}

// checkExample checks that a line is of the command, and that it has the flags.
func checkExample(t *testing.T, root *cobra.Command, path, line string) {
	if strings.HasPrefix(line, "#") {
		return
	}
	_, line, ok := strings.Cut(line, "objluad ")
	words := strings.Fields(strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune("|<>$", r) })[0])
	cmd, args, err := root.Find(words)
	if !ok || err != nil || cmd.HasSubCommands() {
		t.Errorf("%s: the example %q: %v", path, line, err)
		return
	}
	if err := cmd.ParseFlags(args); err != nil {
		t.Errorf("%s: the example %q: %v", path, line, err)
	}
}

// exampleFiles are those that examples name.
var exampleFiles = map[string]string{
	"photo.jpg":        "a photo",
	"one.txt":          "1",
	"objluad.toml":     "data = \"data\"\ntimeout = \"500ms\"\n",
	"users":            "[alice]\n",
	"password.txt":     "correct horse",
	"visits.txt":       "41",
	"counter.lua":      exampleCounter,
	"counter_test.lua": `return {{name = "counts up", object = {data = "41"}, steps = {{call = "inc", input = "1", output = "42"}}}}`,
}

const (
	exampleCounter = `
function inc(input, output)
  local sum = bufferlist.new()
  sum:append(tostring((tonumber(objclass.read(0, 0):str()) or 0) + tonumber(input:str())))
  objclass.write_full(sum)
  output:append(sum)
end
objclass.register(inc, objclass.RD | objclass.WR)`
	exampleSpinner = `function spin() while true do end end objclass.register(spin, objclass.RD)`
)

// exampleHouse is a folder and a daemon in which examples run.
type exampleHouse struct {
	t    *testing.T
	dir  string
	addr string
	env  []string
	conn *client.Conn
	stop context.CancelFunc // of the calls that were begun
}

func newExampleHouse(t *testing.T) *exampleHouse {
	h := &exampleHouse{t: t, dir: t.TempDir(), addr: freeAddr(t), stop: func() {}}
	h.env = append(os.Environ(), "OBJLUAD_ADDR="+h.addr, "GORACE=atexit_sleep_ms=0")
	daemon := exec.Command("objluad", "serve", "--data", "data", "--backups", "backups", "--resp", h.addr, "--http", freeAddr(t), "--max-timeout", "1h")
	daemon.Dir, daemon.Env = h.dir, h.env
	daemon.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.stop()
		daemon.Process.Signal(syscall.SIGTERM)
		if err := daemon.Wait(); err != nil {
			t.Error(err)
		}
	})
	for end := time.Now().Add(time.Minute); h.conn == nil; time.Sleep(10 * time.Millisecond) {
		conn, err := client.Dial(h.addr)
		if err == nil {
			h.conn = conn
			t.Cleanup(conn.Shutdown)
		} else if time.Now().After(end) {
			t.Fatal(err)
		}
	}
	return h
}

func (h *exampleHouse) check(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// prepare makes everything that examples take for granted, whatever those before have done, and returns the beginning of the version
// that they name.
func (h *exampleHouse) prepare(path string) (version string) {
	ctx, conn := h.t.Context(), h.conn
	h.stop()
	for name, content := range exampleFiles {
		h.check(os.WriteFile(filepath.Join(h.dir, name), []byte(content), 0o644))
	}
	for _, name := range []string{"call.bundle", "copy", "backups/monday"} {
		h.check(os.RemoveAll(filepath.Join(h.dir, name)))
	}
	st, err := pebblestore.Open(filepath.Join(h.dir, "copy"), pebblestore.Options{})
	h.check(err)
	h.check(st.Close())
	archive := filepath.Join(h.dir, "archive")
	if _, err := os.Stat(archive); err != nil {
		_, err := h.run("objluad export archive --data copy")
		h.check(err)
	}
	for pool, wanted := range map[string]bool{"scratch": true, "parcels": false} {
		do, fine := conn.MakePool, syscall.EEXIST
		if !wanted {
			do, fine = conn.DeletePool, syscall.ENOENT
		}
		if err := do(ctx, pool); !errors.Is(err, fine) {
			h.check(err)
		}
	}
	ioctx := conn.OpenIOContext("default")
	_, err = ioctx.WriteFull(ctx, "visits", []byte("41"))
	h.check(err)
	_, err = ioctx.SetXattr(ctx, "visits", "color", []byte("blue"))
	h.check(err)
	_, err = ioctx.SetOmap(ctx, "visits", map[string][]byte{"sunday": []byte("9")})
	h.check(err)
	if err := ioctx.Delete(ctx, "empty"); !errors.Is(err, syscall.ENOENT) {
		h.check(err)
	}
	h.removeCounter()
	version, err = conn.InstallClass(ctx, "counter", []byte("-- the first\n"+exampleCounter))
	h.check(err)
	for name, source := range map[string]string{"counter": exampleCounter, "spinner": exampleSpinner} {
		_, err = conn.InstallClass(ctx, name, []byte(source))
		h.check(err)
	}
	switch path {
	case "class canary promote", "class canary end":
		h.check(conn.SetCanary(ctx, "counter@"+version, 1))
	case "class release":
		h.check(conn.KeepClass(ctx, "counter@"+version))
	case "kill":
		h.spin(ioctx)
	}
	return version[:12]
}

// removeCounter removes the class counter, if it is there, with all that keeps it.
func (h *exampleHouse) removeCounter() {
	class, err := h.conn.ShowClass(h.t.Context(), "counter")
	if errors.Is(err, syscall.EOPNOTSUPP) {
		return
	}
	h.check(err)
	for _, version := range class.Kept {
		h.check(h.conn.ReleaseClass(h.t.Context(), "counter@"+version))
	}
	h.check(h.conn.RemoveClass(h.t.Context(), "counter"))
}

// script returns a command's example with this house's version and address.
func (h *exampleHouse) script(path string, cmd *cobra.Command) string {
	return strings.NewReplacer("4f2a", h.prepare(path), daemon.DefaultAddr, h.addr).Replace(cmd.Example)
}

// spin begins a call that ends when it is killed, or with the next preparation.
func (h *exampleHouse) spin(ioctx *client.IOContext) {
	ctx, cancel := context.WithCancel(h.t.Context())
	h.stop = cancel
	go ioctx.Exec(ctx, "visits", "spinner", "spin", nil, client.Timeout(time.Hour))
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		calls, err := h.conn.Calls(h.t.Context())
		h.check(err)
		if len(calls) > 0 {
			return
		}
		if time.Now().After(end) {
			h.t.Fatal("the call does not begin")
		}
	}
}

// run runs a script in the folder, and returns its output.
func (h *exampleHouse) run(script string) (string, error) {
	cmd := exec.CommandContext(h.t.Context(), "bash", "-euo", "pipefail", "-c", script)
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = h.dir, h.env, &stdout, &stderr
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, stderr.String())
	}
	return stdout.String(), err
}

// withJSON has all commands of a script print JSON, which goes to a file, too.
const withJSON = `objluad() { command objluad --json "$@" | tee -a json; }
`

func TestExamples(t *testing.T) {
	h := newExampleHouse(t)
	for path, cmd := range leaves(newRoot(cli.New(nil, nil))) {
		if endless[path] {
			continue
		}
		t.Run(path, func(t *testing.T) {
			h.t = t
			script := h.script(path, cmd)
			if _, err := h.run(script); err != nil {
				t.Errorf("%s\n%v", script, err)
			}
		})
	}
}

// TestJSON runs every command with --json: what it prints then is JSON. Its example is run, but for the lines that have output of
// another program, or ask for data as it is.
func TestJSON(t *testing.T) {
	h := newExampleHouse(t)
	for path, cmd := range leaves(newRoot(cli.New(nil, nil))) {
		if plain[path] != "" {
			continue
		}
		t.Run(path, func(t *testing.T) {
			h.t = t
			script := withJSON
			for line := range strings.Lines(h.script(path, cmd)) {
				if !strings.Contains(line, " - | ") {
					script += strings.Replace(line, "$(objluad ps", "$(command objluad ps", 1)
				}
			}
			log := filepath.Join(h.dir, "json")
			if err := os.RemoveAll(log); err != nil {
				t.Fatal(err)
			}
			if _, err := h.run(script); err != nil {
				t.Errorf("%s\n%v", script, err)
			}
			printed, _ := os.ReadFile(log)
			if n, err := documents(printed); err != nil || n == 0 {
				t.Errorf("%s\nprinted %d documents of JSON, %v:\n%s", script, n, err, printed)
			}
		})
	}
}

// documents counts the JSON documents of a text, which are all objects or arrays.
func documents(text []byte) (n int, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	for ; ; n++ {
		var doc any
		if err := d.Decode(&doc); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return n, err
		}
		switch doc.(type) {
		case map[string]any, []any:
		default:
			return n, fmt.Errorf("a document is %v", doc)
		}
	}
}
