// This file compares how frames are read with redcon's reader, which would be the natural one: what each makes of input that
// matters, and how fast they are. RATIONALE.md has what was measured.

package resp

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/redcon"
)

// redconCommand returns what redcon reads first, quoted; or how it fails.
func redconCommand(in string) (got string) {
	defer func() {
		if p := recover(); p != nil {
			got = fmt.Sprint("panic: ", p)
		}
	}()
	cmd, err := redcon.NewReader(strings.NewReader(in)).ReadCommand()
	if err != nil {
		return "error: " + err.Error()
	}
	return fmt.Sprintf("%.30q", cmd.Args)
}

// TestRedcon is the reasons for a reader of our own, apart from its speed. Where one has gone in a later version of redcon, RATIONALE.md
// is to be read again.
func TestRedcon(t *testing.T) {
	const ping = "*1\r\n$4\r\nPING\r\n"
	for _, test := range []struct{ name, in, ours, redcon string }{
		{"a length that wraps around", "*1\r\n$9223372036854775807\r\n", "protocol error: a command may have 65536 bytes", "panic: runtime error: index out of range"},
		{"a length beyond the limit", "*1\r\n$99999999\r\n", "protocol error: a command may have 65536 bytes", "error: EOF"}, // it waits, and would take them all
		{"a line without end", strings.Repeat("a", 100_000), "protocol error: an inline command may have 4096 bytes", "error: EOF"},
		{"an empty command", "*0\r\n" + ping, `["PING"]`, "error: Protocol error: invalid multibulk length"}, // Redis takes it for nothing
		{"an escape in a line", `ECHO "\x41"` + "\n", `["ECHO" "A"]`, `["ECHO" "x41"]`},
		{"a quote in a word", `ECHO a"b c"` + "\n", `["ECHO" "ab c"]`, "error: Protocol error: unbalanced quotes in request"},
		{"a request of a web page", "POST / HTTP/1.1\r\n", "protocol error: this is HTTP, and the port is one of RESP", `["POST" "/" "HTTP/1.1"]`},
	} {
		_, commands, err := readAll(strings.NewReader(test.in), testMaxFrame)
		if !slices.Equal(commands, []string{test.ours}) && err.Error() != test.ours {
			t.Errorf("%s: %q, %v, want %s", test.name, commands, err, test.ours)
		}
		if got := redconCommand(test.in); !strings.HasPrefix(got, test.redcon) {
			t.Errorf("%s: redcon now gives %s, not %s", test.name, got, test.redcon)
		}
	}
}

// frameOf encodes a command.
func frameOf(args ...string) []byte {
	b := redcon.AppendArray(nil, len(args))
	for _, arg := range args {
		b = redcon.AppendBulkString(b, arg)
	}
	return b
}

// repeatReader gives a frame again and again, in pieces.
type repeatReader struct {
	data  []byte
	piece int
	at    int
}

func (r *repeatReader) Read(p []byte) (int, error) {
	n := copy(p[:min(len(p), r.piece)], r.data[r.at:])
	r.at = (r.at + n) % len(r.data)
	return n, nil
}

func BenchmarkReadFrames(b *testing.B) {
	many := slices.Repeat([]string{"value"}, 10_000)
	for _, bench := range []struct {
		name  string
		frame []byte
		piece int // bytes that arrive at once
	}{
		{"PING, pipelined", frameOf("PING"), 4096},
		{"OBJ.EXEC, pipelined", frameOf("OBJ.EXEC", "default", "object", "counter", "inc", "1"), 4096},
		{"OBJ.EXEC, one by one", frameOf("OBJ.EXEC", "default", "object", "counter", "inc", "1"), len(frameOf("OBJ.EXEC", "default", "object", "counter", "inc", "1"))},
		{"64 KiB", frameOf("OBJ.WRITEFULL", "default", "object", strings.Repeat("x", 64<<10)), 64 << 10},
		{"16 MiB in packets", frameOf("OBJ.WRITEFULL", "default", "object", strings.Repeat("x", 16<<20)), 1448},
		{"10000 arguments in packets", frameOf(append([]string{"OBJ.OMAPSET"}, many...)...), 1448},
	} {
		readers := map[string]func(io.Reader) func() error{
			"here":   readHere,
			"redcon": readRedcon,
		}
		for _, name := range []string{"here", "redcon"} {
			b.Run(bench.name+"/"+name, func(b *testing.B) {
				next := readers[name](&repeatReader{data: bytes.Clone(bench.frame), piece: bench.piece})
				b.SetBytes(int64(len(bench.frame)))
				b.ReportAllocs()
				for b.Loop() {
					if err := next(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func readHere(src io.Reader) (next func() error) {
	f := newFrameReader(src, 64<<20)
	return func() error {
		for {
			if _, ok, err := f.next(); ok || err != nil {
				return err
			}
			if err := f.fill(); err != nil {
				return err
			}
		}
	}
}

func readRedcon(src io.Reader) (next func() error) {
	r := redcon.NewReader(src)
	return func() error {
		_, err := r.ReadCommand()
		return err
	}
}
