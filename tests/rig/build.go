// This file finds or builds the daemon's program.

package rig

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// Binary returns the path of the daemon's program: the one that OBJLUAD names, or one that is built from this module. It
// panics when that cannot be built, since nothing can be tested then.
func Binary() string {
	if path := os.Getenv("OBJLUAD"); path != "" {
		return path
	}
	path, err := built()
	if err != nil {
		panic(err)
	}
	return path
}

var built = sync.OnceValues(func() (string, error) { return Build("objluad") })

// Build builds the daemon with further flags of "go build" as build/tests/name under the module's root, and returns the
// path. Programs that build the same name at once do not disturb each other.
func Build(name string, flags ...string) (path string, err error) {
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	dir := filepath.Join(filepath.Dir(string(bytes.TrimSpace(mod))), "build", "tests")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path = filepath.Join(dir, name)
	fresh := fmt.Sprintf("%s.%d", path, os.Getpid())
	args := append([]string{"build", "-tags=lua54", "-o", fresh}, flags...)
	if out, err := exec.Command("go", append(args, "github.com/objluad/objluad/cmd/objluad")...).CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("go build: %w\n%s", err, out), os.RemoveAll(fresh))
	}
	return path, os.Rename(fresh, path)
}
