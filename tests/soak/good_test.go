// This file is the good clients: they know what each call must answer.

package soak

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/objluad/objluad/client"
)

//go:embed good.lua
var goodClass string

// hot is a counter that all good clients increment.
const hot = "hot"

// work runs good methods and checks their answers, until told to stop.
func (s *soak) work(t *testing.T, worker int) error {
	w := &goodClient{t: t, ioctx: s.dial(t), own: fmt.Sprintf("good-%d", worker)}
	for n := 1; !s.stop.Load(); n++ {
		for _, step := range []func(n int) error{w.count, w.sum, w.sort, w.litter, w.write, w.keep} {
			if err := step(n); err != nil {
				return err
			}
			s.good.Add(1)
		}
		if _, err := w.call(hot, "incr", ""); err != nil {
			return err
		}
		s.hot.Add(1)
	}
	return nil
}

type goodClient struct {
	t     *testing.T
	ioctx *client.IOContext
	own   string // prefix of the objects that nobody else touches
}

func (w *goodClient) call(oid, method, input string) (string, error) {
	reply, err := w.ioctx.Exec(w.t.Context(), oid, "good", method, []byte(input), client.Timeout(ample))
	if err != nil {
		return "", fmt.Errorf("%s: %w", method, err)
	}
	return string(reply.Output), nil
}

// expect calls a method whose answer is known.
func (w *goodClient) expect(oid, method, input, want string) error {
	got, err := w.call(oid, method, input)
	if err == nil && got != want {
		err = fmt.Errorf("%s of %.80q answered %.80q, want %.80q", method, input, got, want)
	}
	return err
}

func (w *goodClient) count(n int) error {
	return w.expect(w.own+"-counter", "incr", "", strconv.Itoa(n))
}

func (w *goodClient) sum(n int) error {
	n %= 1000
	return w.expect(w.own, "sum", strconv.Itoa(n), strconv.Itoa(n*(n+1)/2))
}

func (w *goodClient) sort(int) error {
	return w.expect(w.own, "sorted", "pear apple plum cherry", "apple cherry pear plum")
}

func (w *goodClient) litter(int) error {
	return w.expect(w.own, "litter", "", "0 nil nil nil")
}

// write writes an object directly and reads it back.
func (w *goodClient) write(int) error {
	data := strings.Repeat(strconv.FormatUint(rand.Uint64(), 36), rand.N(200))
	if _, err := w.ioctx.WriteFull(w.t.Context(), w.own, []byte(data)); err != nil {
		return err
	}
	got, err := w.ioctx.ReadFull(w.t.Context(), w.own)
	if err == nil && string(got) != data {
		err = fmt.Errorf("read %.80q, wrote %.80q", got, data)
	}
	return err
}

// keep has one method write each part of an object, and another one read them.
func (w *goodClient) keep(int) error {
	data := strings.Repeat(strconv.FormatUint(rand.Uint64(), 36), rand.N(200))
	if err := w.expect(w.own+"-parts", "keep", data, ""); err != nil {
		return err
	}
	return w.expect(w.own+"-parts", "dump", "", fmt.Sprintf("%s\nxattr kept=%[1]s\nheader %[1]s\nomap kept=%[1]s", data))
}
