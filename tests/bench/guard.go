// This file measures the guard and the VM without the daemon.

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
)

// corebench measures the C core without Go; make bench builds it.
const corebench = "build/corebench"

// hostCalls measures the same, and calls of the host, through Go.
var hostCalls = []string{"go", "test", "-run", "^$", "-bench", "GuardedCall|NewVM|HostCall", "-benchtime", "2s", "./luavm"}

// measureGuard returns the lines of both, or none where corebench was not built.
func measureGuard() (core, calls []string, err error) {
	out, err := exec.Command(corebench).Output()
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(os.Stderr, "the guard is not measured: there is no %s; build it with: make %[1]s\n", corebench)
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", corebench, err)
	}
	core = strings.Split(strings.TrimSpace(string(out)), "\n")
	out, err = exec.Command(hostCalls[0], hostCalls[1:]...).CombinedOutput()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w: %s", strings.Join(hostCalls, " "), err, out)
	}
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "Benchmark") {
			calls = append(calls, strings.TrimRight(line, "\n"))
		}
	}
	return core, calls, nil
}
