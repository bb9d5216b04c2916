package e2e

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/tests/rig"
)

// Tests of classes run again when a class changes, or a test, and end at a signal.
func TestClassTestsAreWatched(t *testing.T) {
	folder := t.TempDir()
	writeAll(t, folder, map[string]string{
		"echo.lua":      `function echo(input, output) output:append(input:str()) end objclass.register(echo)`,
		"echo_test.lua": `return {{name = "echoes", steps = {{call = "echo", input = "x", output = "x"}}}}`,
	})
	lines, end := watchTests(t, folder)
	awaitLine(t, lines, "1 passed, 0 failed")
	writeAll(t, folder, map[string]string{"echo.lua": `function echo() end objclass.register(echo)`})
	awaitLine(t, lines, "0 passed, 1 failed")
	writeAll(t, folder, map[string]string{"echo_test.lua": `return {{name = "silent", steps = {{call = "echo", output = ""}}}}`})
	awaitLine(t, lines, "1 passed, 0 failed")
	end()
}

// A folder that is removed, as by a change of branches, is watched again when it is back.
func TestVanishedFolderIsWatchedAgain(t *testing.T) {
	folder := t.TempDir()
	files := map[string]string{
		"echo.lua":      `function echo(input, output) output:append(input:str()) end objclass.register(echo)`,
		"echo_test.lua": `return {{name = "echoes", steps = {{call = "echo", input = "x", output = "x"}}}}`,
	}
	tests := filepath.Join(folder, "tests")
	makeAgain := func() {
		if err := os.MkdirAll(tests, 0o755); err != nil {
			t.Fatal(err)
		}
		writeAll(t, tests, files)
	}
	makeAgain()
	lines, end := watchTests(t, folder, "tests/echo_test.lua")
	awaitLine(t, lines, "1 passed, 0 failed")
	for range 2 {
		if err := os.RemoveAll(tests); err != nil {
			t.Fatal(err)
		}
		awaitLine(t, lines, "0 passed, 1 failed")
		makeAgain()
		awaitLine(t, lines, "1 passed, 0 failed")
	}
	end()
}

// watchTests runs objluad test --watch in a folder. It returns what that prints, and what ends it by a signal.
func watchTests(t *testing.T, folder string, files ...string) (lines *bufio.Reader, end func()) {
	t.Helper()
	cmd := exec.Command(rig.Binary(), append([]string{"test", "--watch"}, files...)...)
	cmd.Dir = folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(2*time.Minute, func() { cmd.Process.Kill() }) // only keeps the test from hanging
	t.Cleanup(func() { kill.Stop(); cmd.Process.Kill() })
	lines = bufio.NewReader(out)
	return lines, func() {
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, lines); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("after SIGINT: %v", err)
		}
	}
}

// writeAll replaces files as editors do: by others of their names.
func writeAll(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path+".new", []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
}

func awaitLine(t *testing.T, lines *bufio.Reader, want string) {
	t.Helper()
	var read strings.Builder
	for {
		line, err := lines.ReadString('\n')
		read.WriteString(line)
		if err != nil {
			t.Fatalf("%v before %q:\n%s", err, want, read.String())
		}
		if strings.TrimSpace(line) == want {
			return
		}
	}
}
