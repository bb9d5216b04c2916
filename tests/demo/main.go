// Command demo shows objluad at its job, on real text, and then under attack. It starts a daemon of its own on an empty
// folder, talks to it as a user does, with the command line, and exits with status 0 only if every check held.
//
// It is run by make demo, which sets OBJLUAD to the binary.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/objluad/objluad/tests/rig"
)

// licences holds texts that every Debian machine has.
const licences = "/usr/share/common-licenses"

var texts = []string{"GPL-3", "Apache-2.0", "MPL-2.0", "GFDL-1.3"}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "demo: FAILED:", err)
		os.Exit(1)
	}
	fmt.Println("\ndemo: everything held")
}

func run() error {
	dir, err := os.MkdirTemp("", "objluad-demo")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	daemon, err := rig.Start(filepath.Join(dir, "data"), "--quarantine", "0") // which would spare it the attacks
	if err != nil {
		return err
	}
	defer daemon.Kill()
	d := &demo{daemon: daemon, pid: daemon.PID()}
	fmt.Printf("objluad serves on %s, process %d\n", daemon.Addr(), d.pid)
	for _, step := range []func() error{d.countWords, d.attack} {
		if err := step(); err != nil {
			return err
		}
	}
	return daemon.Stop()
}

type demo struct {
	daemon *rig.Daemon
	pid    int
}

// cli runs the command line client and returns what it printed on stdout, or its one line on stderr as the error.
func (d *demo) cli(args ...string) (string, error) {
	cmd := exec.Command(rig.Binary(), append([]string{"--addr", d.daemon.Addr()}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", errors.New(strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(stdout.String()), nil
}

// say runs the client as cli does, and shows the command and its answer.
func (d *demo) say(args ...string) (string, error) {
	fmt.Println("\n$ objluad", strings.Join(args, " "))
	out, err := d.cli(args...)
	if err != nil {
		fmt.Println(err)
	} else if out != "" {
		fmt.Println(out)
	}
	return out, err
}

// countWords puts texts, counts beside them, and compares with wc.
func (d *demo) countWords() error {
	for _, text := range texts {
		if _, err := d.say("put", text, filepath.Join(licences, text)); err != nil {
			return err
		}
	}
	if _, err := d.say("class", "install", "words", "tests/demo/words.lua"); err != nil {
		return err
	}
	for _, text := range texts {
		counted, err := d.say("exec", text, "words", "count")
		if err != nil {
			return err
		}
		want, err := wc(filepath.Join(licences, text))
		if err != nil {
			return err
		}
		if counted != want {
			return fmt.Errorf("%s: objluad counts %q, wc %q", text, counted, want)
		}
		fmt.Println("wc says the same:", want)
	}
	report, err := d.say("exec", texts[0], "words", "report")
	if err != nil {
		return err
	}
	if want, _ := wc(filepath.Join(licences, texts[0])); !strings.HasPrefix(report, want+"\n") {
		return fmt.Errorf("what count wrote back is %q, want %q first", report, want)
	}
	return nil
}

// wc returns lines, words and bytes as wc counts them.
func wc(file string) (string, error) {
	cmd := exec.Command("wc", "-l", "-w", "-c", file)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	out, err := cmd.Output()
	fields := strings.Fields(string(out))
	if err != nil || len(fields) < 3 {
		return "", fmt.Errorf("wc: %q, %w", out, err)
	}
	return strings.Join(fields[:3], " "), nil
}

// An attack, and what its client must be told.
type attack struct {
	title string
	args  []string
	told  string
}

var attacks = []attack{
	{"an endless loop inside pcall", eval("loop"), "ETIMEDOUT: eval:1: over 1000 ms"},
	{"a memory bomb", eval("memory"), "ENOMEM: eval: out of memory"},
	{"an exponential pattern match", eval("pattern"), "ETIMEDOUT: eval: over 1000 ms"},
	{`string.rep("", 1 << 60)`, eval("rep"), "ETIMEDOUT: eval: over 1000 ms"},
	{"an unprotected error", eval("error"), "EIO: eval:1: nobody catches this"},
	{"a method that writes and then fails", []string{"exec", texts[0], "words", "spoil"}, "EIO: words.lua:58: failed half-way"},
}

func eval(file string) []string {
	return []string{"eval", texts[0], "tests/demo/attacks/" + file + ".lua", ""}
}

// state is all that can be seen of the object under attack.
func (d *demo) state() (string, error) {
	var all strings.Builder
	for _, args := range [][]string{{"get", texts[0], "-"}, {"--json", "stat", texts[0]}, {"exec", texts[0], "words", "report"}} {
		out, err := d.cli(args...)
		if err != nil {
			return "", err
		}
		all.WriteString(out)
	}
	return all.String(), nil
}

func (d *demo) attack() error {
	before, err := d.state()
	if err != nil {
		return err
	}
	good := d.startGoodClient()
	for _, a := range attacks {
		fmt.Printf("\n--- %s", a.title)
		_, err := d.say(a.args...)
		if err == nil || !strings.Contains(err.Error(), a.told) {
			return fmt.Errorf("%s: the client was told %v, want %q", a.title, err, a.told)
		}
		pid, err := d.daemon.ProcessID()
		if err != nil || pid != d.pid {
			return fmt.Errorf("%s: the daemon's process is %d now, was %d (%v)", a.title, pid, d.pid, err)
		}
		after, err := d.state()
		if err != nil {
			return err
		}
		if after != before {
			return fmt.Errorf("%s: the object has changed", a.title)
		}
		fmt.Printf("process %d serves on; %s is unchanged; %d good calls so far, none failed\n", pid, texts[0], good.calls.Load())
		if err := good.err.Load(); err != nil {
			return *err
		}
	}
	return good.stop()
}

// goodClient calls a good method over and over, and checks what it answers.
type goodClient struct {
	calls atomic.Int64
	err   atomic.Pointer[error]
	end   chan struct{}
	done  sync.WaitGroup
}

func (d *demo) startGoodClient() *goodClient {
	g := &goodClient{end: make(chan struct{})}
	g.done.Go(func() {
		want, err := wc(filepath.Join(licences, texts[1]))
		for err == nil {
			select {
			case <-g.end:
				return
			default:
			}
			var got string
			if got, err = d.cli("exec", texts[1], "words", "report"); err == nil && !strings.HasPrefix(got, want+"\n") {
				err = fmt.Errorf("answered %q, want %q", got, want)
			}
			g.calls.Add(1)
		}
		err = fmt.Errorf("a good call failed: %w", err)
		g.err.Store(&err)
	})
	return g
}

func (g *goodClient) stop() error {
	time.Sleep(100 * time.Millisecond)
	close(g.end)
	g.done.Wait()
	if err := g.err.Load(); err != nil {
		return *err
	}
	fmt.Printf("\n%d good calls ran meanwhile, and none failed\n", g.calls.Load())
	return nil
}
