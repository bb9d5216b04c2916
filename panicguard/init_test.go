package panicguard_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// The program ends with the status that pg_init returns.
const initProgram = `
#include "panicguard.h"
int main(void) { return pg_init(); }
`

func TestLazyBindingIsRefused(t *testing.T) {
	sources, err := filepath.Glob("*.c")
	if err != nil || len(sources) == 0 {
		t.Fatal(sources, err)
	}
	dir := t.TempDir()
	main := filepath.Join(dir, "main.c")
	if err := os.WriteFile(main, []byte(initProgram), 0o600); err != nil {
		t.Fatal(err)
	}
	for binding, want := range map[string]int{"now": 0, "lazy": int(syscall.ENOEXEC)} {
		program := filepath.Join(dir, binding)
		args := append([]string{"-I.", "-Wl,-z," + binding, "-pthread", "-o", program, main}, sources...)
		if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		status := 0
		var exit *exec.ExitError
		if err := exec.Command(program).Run(); errors.As(err, &exit) {
			status = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if status != want {
			t.Errorf("bound %s: status %d, want %d", binding, status, want)
		}
	}
}
