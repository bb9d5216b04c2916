//go:build lua54

// What the process takes of the machine, for tests that it must not grow.

package luavm

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
)

type footprint struct {
	descriptors, threads, mappings int
	address, resident              int64 // bytes
}

// measure looks when Go has given back what it can.
func measure(t testing.TB) footprint {
	t.Helper()
	debug.FreeOSMemory()
	return footprint{
		descriptors: entries(t, "/proc/self/fd"),
		threads:     entries(t, "/proc/self/task"),
		mappings:    strings.Count(readFile(t, "/proc/self/maps"), "\n"),
		address:     statusField(t, "VmSize"),
		resident:    statusField(t, "VmRSS"),
	}
}

func statusField(t testing.TB, name string) int64 {
	t.Helper()
	_, after, _ := strings.Cut(readFile(t, "/proc/self/status"), "\n"+name+":")
	line, _, _ := strings.Cut(after, " kB")
	kb, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kb << 10
}

func readFile(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func entries(t testing.TB, dir string) int {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}
