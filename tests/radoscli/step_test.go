// This file is what an invocation is and what shows of it.

package radoscli

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// step is one invocation of a verb, by rados and by objluad.
type step struct {
	// args are separated by spaces. "~" is an empty one, and "_" in one is a space. "$FILE" is a file that is not there, and whose
	// content then is part of the outcome; "$NAME" of files is such a file.
	args string
	in   string // standard input

	differs string                  // name of the difference from rados that the step shows; "" for none
	want    func(o outcome) outcome // what objluad gives, when rados gives o; for steps that differ
}

// files are what steps read.
var files = map[string]string{
	"$KEY":   "k\x00e\ny",
	"$VALUE": "v\x00\xff\n",
	"$EMPTY": "",
	"$LARGE": strings.Repeat("0123456789abcde\n", 33<<20/16) + "end", // more than objluad writes or reads at once
}

// outcome is what shows of an invocation.
type outcome struct {
	Status int
	Errno  string // its name, where the program tells one
	Stdout string
	File   string // content of $FILE
}

func (o outcome) String() string {
	return fmt.Sprintf("status %d, errno %q, file %s, stdout:\n%s", o.Status, o.Errno, short(o.File), short(o.Stdout))
}

// short shows a long text by its hash.
func short(text string) string {
	if len(text) > 2000 {
		return fmt.Sprintf("%d bytes, sha256 %x", len(text), sha256.Sum256([]byte(text)))
	}
	return fmt.Sprintf("%q", text)
}

// program is rados or objluad, with the flags that lead it to the cluster.
type program struct {
	name  string
	flags []string
	errno func(stderr string) string
}

// run runs a step. The files that it reads are in a folder that all share, and $FILE is in dir.
func (p *program) run(t *testing.T, files, dir string, place []string, s step) outcome {
	t.Helper()
	out := filepath.Join(dir, "out")
	var args []string
	for arg := range strings.SplitSeq(s.args, " ") {
		switch {
		case arg == "~":
			arg = ""
		case arg == "$FILE":
			arg = out
		case strings.HasPrefix(arg, "$"):
			arg = filepath.Join(files, arg[1:])
		default:
			arg = strings.ReplaceAll(arg, "_", " ")
		}
		args = append(args, arg)
	}
	cmd := exec.Command(p.name, append(append(append([]string{}, p.flags...), place...), args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(s.in), &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	o := outcome{Status: cmd.ProcessState.ExitCode(), Errno: p.errno(stderr.String()), Stdout: withoutTime(stdout.String()), File: "absent"}
	if content, err := os.ReadFile(out); err == nil {
		o.File = "has " + string(content)
		if err := os.Remove(out); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// mtime is the time in the output of stat, in the one form that rados has.
var mtime = regexp.MustCompile(`mtime \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000000[+-]\d{4}`)

func withoutTime(text string) string { return mtime.ReplaceAllString(text, "mtime T") }

// radosErrno finds "(2)" in "error stat-ing default/o: (2) No such file or directory".
func radosErrno(stderr string) string {
	match := regexp.MustCompile(`\((\d+)\) [A-Z]`).FindStringSubmatch(stderr)
	if match == nil {
		return ""
	}
	n, _ := strconv.Atoi(match[1])
	return unix.ErrnoName(syscall.Errno(n))
}

// ourErrno finds ENOENT in "objluad: ENOENT: object does not exist".
func ourErrno(stderr string) string {
	match := regexp.MustCompile(`^objluad: (E[A-Z0-9]+): .*\n$`).FindStringSubmatch(stderr)
	if match == nil {
		return ""
	}
	return match[1]
}
