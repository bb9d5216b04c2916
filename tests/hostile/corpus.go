// Package hostile is a corpus of attacks: Lua files, in folders by what they attack, each with the outcome that it must have.
// Its test runs them against a daemon; that of package luavm runs them in the engine alone.
//
// A file begins with headers, comments of one line each:
//
//	-- expect: trap:deadline ETIMEDOUT "over 50 ms"
//	-- timeout: 50ms
//
// expect is the kind and errno of an error and a part of its message, or ok and what the method put out: "ok" followed by
// a quoted text, or by a number of bytes, and by what it returned if that is not 0. The others are optional:
//
//	timeout: D     budget of each run; without it the attack must end by itself
//	handler: NAME  the method, or the handler of the script, which otherwise has none
//	input: N       bytes of input, each an x; without it there is none
//	calls: N       how often the attack runs, each time with the same outcome
//	class          it is a class to install, not a script to evaluate
//	readonly       the call allows no writes
//	writes         it succeeds in changing its object
//	slow           it takes many seconds: only the soak makes it
//
// The files of the folder modules are no attacks: they are installed as classes of their names, for attacks to require.
//
// Each run is beside an object as Sentinel describes it. Files that probe for something assert inside the script what they
// found, and put out "contained" at the end, so that they cannot pass by doing nothing.
package hostile

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"
)

//go:embed */*.lua
var files embed.FS

// Attack is one file of the corpus.
type Attack struct {
	Name     string // folder and file without its extension: "loops/pcall"
	Source   []byte
	Expect   Expectation
	Timeout  time.Duration // 0 if it must end by itself
	Handler  string
	Input    []byte
	Calls    int // at least 1
	Class    bool
	ReadOnly bool
	Writes   bool
	Slow     bool
}

// MaxOutput is the bytes of output that attacks are allowed. With the default nothing would be over it that is not over a
// VM's memory.
const MaxOutput = 1 << 20

// The object beside which each attack runs has this text as its data, its omap header, the value of the xattr Key and
// that of the omap key Key.
const (
	Sentinel = "sentinel"
	Key      = "kept"
)

// Corpus returns all attacks in the order of their names.
func Corpus() ([]*Attack, error) {
	paths, err := fs.Glob(files, "*/*.lua")
	if err != nil {
		return nil, err
	}
	var attacks []*Attack
	for _, p := range paths {
		if strings.HasPrefix(p, modules) {
			continue
		}
		source, err := files.ReadFile(p)
		if err != nil {
			return nil, err
		}
		a, err := parse(strings.TrimSuffix(p, path.Ext(p)), source)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		attacks = append(attacks, a)
	}
	return attacks, nil
}

const modules = "modules/"

// Modules returns the sources of the classes that attacks require, by their names.
func Modules() (map[string]string, error) {
	paths, err := fs.Glob(files, modules+"*.lua")
	if err != nil {
		return nil, err
	}
	sources := make(map[string]string)
	for _, p := range paths {
		source, err := files.ReadFile(p)
		if err != nil {
			return nil, err
		}
		sources[strings.TrimSuffix(path.Base(p), path.Ext(p))] = string(source)
	}
	return sources, nil
}

// parse reads the headers, which end at the first line that is none.
func parse(name string, source []byte) (*Attack, error) {
	a := &Attack{Name: name, Source: source, Calls: 1}
	for line := range strings.Lines(string(source)) {
		header, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "-- ")
		if !ok {
			break
		}
		key, value, _ := strings.Cut(header, ": ")
		if strings.Contains(key, " ") {
			break // prose
		}
		if err := a.set(key, value); err != nil {
			return nil, fmt.Errorf("header %q: %w", header, err)
		}
	}
	if a.Expect.Kind == "" {
		return nil, fmt.Errorf("no header expect")
	}
	if a.Calls < 1 {
		return nil, fmt.Errorf("it is called %d times", a.Calls)
	}
	if (a.Expect.Kind == Deadline) != (a.Timeout > 0) {
		return nil, fmt.Errorf("a timeout belongs to attacks that end at it, and to no others")
	}
	return a, nil
}

func (a *Attack) set(key, value string) (err error) {
	switch key {
	case "expect":
		a.Expect, err = parseExpectation(value)
	case "timeout":
		a.Timeout, err = time.ParseDuration(value)
	case "handler":
		a.Handler = value
	case "input":
		var n int
		n, err = strconv.Atoi(value)
		a.Input = []byte(strings.Repeat("x", n))
	case "calls":
		a.Calls, err = strconv.Atoi(value)
	case "class":
		a.Class = true
	case "readonly":
		a.ReadOnly = true
	case "writes":
		a.Writes = true
	case "slow":
		a.Slow = true
	default:
		err = fmt.Errorf("there is no such header")
	}
	return err
}
