// This file is large objects, which the command line moves in pieces.

package e2e

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

// piece is what the command line moves at once.
const piece = 32 << 20

// awaitObject waits until the object is there.
func awaitObject(t *testing.T, ioctx *client.IOContext, oid string) client.ObjectStat {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		st, err := ioctx.Stat(t.Context(), oid)
		if err == nil {
			return st
		}
		if time.Now().After(end) {
			t.Fatalf("the object is not there: %v", err)
		}
	}
}

// wantRefused checks that a command ended with status 1 and that line.
func wantRefused(t *testing.T, what string, err error, stderr *bytes.Buffer, line string) {
	t.Helper()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.HasPrefix(stderr.String(), line) {
		t.Errorf("%s ended with %v and wrote %q, want %q", what, err, stderr, line)
	}
}

// A change of another client between two pieces ends a put or an append, and stays.
func TestUploadInPiecesIsNotMixed(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	ioctx := d.Dial(t).OpenIOContext("default")
	for _, verb := range []string{"put", "append"} {
		var stderr bytes.Buffer
		cmd := exec.Command(rig.Binary(), "--addr", d.Addr(), verb, verb, "-")
		cmd.Stderr = &stderr
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := in.Write(make([]byte, piece+1)); err != nil {
			t.Fatal(err)
		}
		if st := awaitObject(t, ioctx, verb); st.Size != piece {
			t.Errorf("%s: the first piece has %d bytes", verb, st.Size)
		}
		version, err := ioctx.WriteFull(t.Context(), verb, []byte("other"))
		if err != nil {
			t.Fatal(err)
		}
		in.Close()
		wantRefused(t, verb, cmd.Wait(), &stderr, "objluad: EAGAIN: the object was changed by another client; 33554432 bytes of - were written\n")
		if st, err := ioctx.Stat(t.Context(), verb); st.Version != version || err != nil {
			t.Errorf("%s: the object has version %d, %v; the other client's is %d", verb, st.Version, err, version)
		}
	}
}

// A change of another client between two pieces ends a get: what was written until then is of one version.
func TestDownloadInPiecesIsNotMixed(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	ioctx := d.Dial(t).OpenIOContext("default")
	first := bytes.Repeat([]byte{'1'}, piece)
	if _, err := ioctx.WriteFull(t.Context(), "o", first); err != nil {
		t.Fatal(err)
	}
	if _, err := ioctx.Append(t.Context(), "o", first); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := exec.Command(rig.Binary(), "--addr", d.Addr(), "get", "o", "-")
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 1) // a pipe holds less than a piece, so the second one is not read before the rest of the first is taken
	if _, err := io.ReadFull(out, got); err != nil {
		t.Fatal(err)
	}
	if _, err := ioctx.Write(t.Context(), "o", []byte{'2'}, piece); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	if got = append(got, rest...); !bytes.Equal(got, first) {
		t.Errorf("%d bytes were written, want those of the first piece", len(got))
	}
	wantRefused(t, "get", cmd.Wait(), &stderr, "objluad: EAGAIN: the object was changed by another client while it was read; get it again\n")
}

// Objects as large as the daemon takes go there and back; what is larger is refused.
func TestLargestObject(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	const limit = 128 << 20
	run := func(in io.Reader, args ...string) (string, error) {
		var stderr bytes.Buffer
		cmd := exec.Command(rig.Binary(), append([]string{"--addr", d.Addr()}, args...)...)
		cmd.Stdin, cmd.Stderr = in, &stderr
		err := cmd.Run()
		return stderr.String(), err
	}
	if stderr, err := run(io.LimitReader(zeros{}, limit), "put", "o", "-"); err != nil {
		t.Fatal(stderr)
	}
	if st, err := d.Dial(t).OpenIOContext("default").Stat(t.Context(), "o"); st.Size != limit || err != nil {
		t.Errorf("the object has %d bytes, %v", st.Size, err)
	}
	if stderr, err := run(strings.NewReader("x"), "append", "o", "-"); err == nil || !strings.HasPrefix(stderr, "objluad: EFBIG: ") {
		t.Errorf("a byte more: %v, %q", err, stderr)
	}
	if stderr, err := run(nil, "get", "o", "/dev/null"); err != nil {
		t.Error(stderr)
	}
}

// zeros reads as zeros without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
