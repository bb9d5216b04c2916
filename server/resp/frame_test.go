// This file tests how the bytes of a RESP connection are cut into commands.

package resp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/objluad/objluad/server/limits"
)

const testMaxFrame = 64 << 10

// readAll reads commands until the source ends or its bytes are wrong. Each command is its arguments, quoted.
func readAll(src io.Reader, maxFrame int) (f *frameReader, commands []string, err error) {
	f = newFrameReader(src, maxFrame)
	for {
		args, ok, err := f.next()
		if err != nil {
			return f, commands, err
		}
		if ok {
			commands = append(commands, fmt.Sprintf("%q", args))
			continue
		}
		if err := f.fill(); err != nil {
			return f, commands, err
		}
	}
}

func TestFrames(t *testing.T) {
	long := strings.Repeat("x", 3*frameBuffer)
	for _, test := range []struct {
		name, in string
		want     []string
	}{
		{"array", "*2\r\n$4\r\nPING\r\n$2\r\nhi\r\n", []string{`["PING" "hi"]`}},
		{"pipeline", "*1\r\n$1\r\na\r\n*1\r\n$1\r\nb\r\n", []string{`["a"]`, `["b"]`}},
		{"binary", "*2\r\n$4\r\n\x00\r\n\xff\r\n$0\r\n\r\n", []string{`["\x00\r\n\xff" ""]`}},
		{"empty commands", "*0\r\n\r\n\n*0\r\n*1\r\n$1\r\na\r\n", []string{`["a"]`}},
		{"inline", "ping\r\nset  a 'b c'\n", []string{`["ping"]`, `["set" "a" "b c"]`}},
		{"inline quotes", `a "" b"c d" 'it\'s \n' "\x41\xfg\n\"\\\q"` + "\r\n", []string{`["a" "" "bc d" "it's \\n" "Axfg\n\"\\q"]`}},
		{"inline blanks", "\t a \v b\f\r\n\x00\n", []string{`["a" "b"]`, `["\x00"]`}},
		{"inline then array", "ping\n*1\r\n$1\r\na\r\n", []string{`["ping"]`, `["a"]`}},
		{"long argument", fmt.Sprintf("*2\r\n$1\r\na\r\n$%d\r\n%s\r\n*1\r\n$1\r\nb\r\n", len(long), long),
			[]string{fmt.Sprintf(`["a" %q]`, long), `["b"]`}},
		{"largest frame", largestFrame(), []string{fmt.Sprintf("[%q]", strings.Repeat("x", largestBulk))}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for name, src := range map[string]io.Reader{
				"at once":      strings.NewReader(test.in),
				"byte by byte": iotest.OneByteReader(strings.NewReader(test.in)),
			} {
				_, got, err := readAll(src, testMaxFrame)
				if !slices.Equal(got, test.want) || err != io.EOF {
					t.Errorf("%s: %.200q and %v, want %.200q", name, got, err, test.want)
				}
			}
		})
	}
}

// largestBulk is the length of the only argument of a frame of testMaxFrame bytes.
const largestBulk = testMaxFrame - len("*1\r\n$65520\r\n\r\n")

func largestFrame() string {
	return fmt.Sprintf("*1\r\n$%d\r\n%s\r\n", largestBulk, strings.Repeat("x", largestBulk))
}

// badFrames are bytes that no client may send, with what the error says of them.
var badFrames = map[string]struct{ in, want string }{
	"array of 10⁹":          {"*1000000000\r\n", "131072 arguments"},
	"array of 10³⁰":         {"*1000000000000000000000000000000\r\n", ""},
	"array of a long line":  {"*" + strings.Repeat("0", 100), "too long"},
	"negative array":        {"*-1\r\n", "bad number"},
	"array without number":  {"*\r\n", "bad line"},
	"array, line feed only": {"*1\n", "bad line"},
	"array, just line feed": {"*\n", "bad line"},
	"array of words":        {"*1\r\nPING\r\n", "expected '$'"},
	"array of arrays":       {"*1\r\n*1\r\n", "expected '$'"},
	"huge bulk":             {"*1\r\n$99999999999\r\n", "65536 bytes"},
	"huge bulk, 20 digits":  {"*1\r\n$99999999999999999999\r\n", "65536 bytes"},
	"bulk of a long line":   {"*1\r\n$" + strings.Repeat("1", 100), "too long"},
	"bulk of -1":            {"*1\r\n$-1\r\n", "bad number"},
	"bulk of -2":            {"*1\r\n$-2\r\n", "bad number"},
	"signed bulk":           {"*1\r\n$+1\r\na\r\n", "bad number"},
	"hexadecimal bulk":      {"*1\r\n$0x1\r\na\r\n", "bad number"},
	"bulk too long":         {"*1\r\n$1\r\nab\r\n", "does not end"},
	"bulk without CR":       {"*1\r\n$1\r\na\n\n", "does not end"},
	"bulk over the frame":   {fmt.Sprintf("*1\r\n$%d\r\n", largestBulk+1), "65536 bytes"},
	"bulk outside an array": {"$4\r\nPING\r\n", "expected '*'"},
	"endless inline":        {strings.Repeat("a", 2*maxInline), "inline command"},
	"open quote":            {"echo \"abc\r\n", "quotes"},
	"open single quote":     {"echo 'abc\\'\n", "quotes"},
	"word behind quotes":    {"echo \"a\"b\n", "quotes"},
	"HTTP":                  {"POST /v1/classes HTTP/1.1\r\n", "HTTP"},
}

func TestBadFrames(t *testing.T) {
	for name, test := range badFrames {
		t.Run(name, func(t *testing.T) {
			for how, src := range map[string]io.Reader{
				"at once":      strings.NewReader(test.in + "*1\r\n$4\r\nPING\r\n"),
				"byte by byte": iotest.OneByteReader(strings.NewReader(test.in + "*1\r\n$4\r\nPING\r\n")),
			} {
				f, got, err := readAll(src, testMaxFrame)
				if len(got) > 0 || !isProtocolError(err) || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%s: commands %q and error %v, want an error with %q", how, got, err, test.want)
				}
				if len(f.buf) > frameBuffer {
					t.Errorf("%s: the buffer has %d bytes", how, len(f.buf))
				}
			}
		})
	}
}

func TestFrameEndsEarly(t *testing.T) {
	if _, _, err := readAll(strings.NewReader("*1\r\n$4\r\nPI"), testMaxFrame); err != io.ErrUnexpectedEOF {
		t.Errorf("error %v, want ErrUnexpectedEOF", err)
	}
}

// TestFrameMemory announces much and sends little.
func TestFrameMemory(t *testing.T) {
	const maxFrame = 64 << 20
	sent := "*100000\r\n$60000000\r\n" + strings.Repeat("x", 100_000)
	f, _, err := readAll(strings.NewReader(sent), maxFrame)
	if err != io.ErrUnexpectedEOF {
		t.Fatal(err)
	}
	if limit := 2 * len(sent); len(f.buf) > limit || cap(f.spans) > 100 || cap(f.args) > 100 {
		t.Errorf("for %d bytes the buffer has %d, with room for %d arguments", len(sent), len(f.buf), cap(f.args))
	}
	if !f.large() {
		t.Error("the buffer does not count as large")
	}
	f.shrink()
	if len(f.buf) != idleBuffer || f.large() {
		t.Errorf("a buffer of %d bytes is left", len(f.buf))
	}
}

// TestFramesDropped has no memory for some of the frames: these are read and dropped, the others are whole, and all memory is given
// back in the end.
func TestFramesDropped(t *testing.T) {
	frame := func(args ...string) string {
		var b strings.Builder
		fmt.Fprintf(&b, "*%d\r\n", len(args))
		for _, arg := range args {
			fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
		}
		return b.String()
	}
	large, many := strings.Repeat("x", 100_000), slices.Repeat([]string{"y"}, 10_000)
	in := frame("a", "b") + frame("c", large, "d", large) + frame("e") + frame(many...) + frame("f", large[:20_000]) + frame(large, "g") + "h\r\n"
	want := []string{`["a" "b"]`, "dropped", `["e"]`, "dropped", fmt.Sprintf("%q", []string{"f", large[:20_000]}), "dropped", `["h"]`}
	for name, src := range map[string]io.Reader{
		"at once":      strings.NewReader(in),
		"byte by byte": iotest.OneByteReader(strings.NewReader(in)),
		"in halves":    iotest.HalfReader(strings.NewReader(in)),
	} {
		const most = 40_000
		m := limits.NewMemory(most)
		f := newFrameReader(src, 1<<20)
		f.memory = m
		var got []string
		for {
			args, ok, err := f.next()
			switch {
			case err == limits.ErrNoMemory:
				got = append(got, "dropped")
				continue
			case ok:
				got = append(got, fmt.Sprintf("%q", args))
				continue
			case err == nil:
				err = f.fill()
			}
			if held := m.Held(); held > most || held != int64(f.held) || len(f.buf)-frameBuffer > f.held {
				t.Fatalf("%s: %d bytes are held, %d by the reader, whose buffer has %d", name, held, f.held, len(f.buf))
			}
			if err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %.200q, want %.200q", name, got, want)
		}
		if f.release(); m.Held() != 0 {
			t.Errorf("%s: %d bytes are held in the end", name, m.Held())
		}
	}
}

// TestFrameLinear reads a large frame in small pieces. Starting over at each would be thousands of times the work.
func TestFrameLinear(t *testing.T) {
	const size = 4 << 20
	frame := fmt.Sprintf("*3\r\n$1\r\na\r\n$%d\r\n%s\r\n$1\r\nb\r\n", size, strings.Repeat("x", size))
	began := time.Now()
	_, commands, err := readAll(&pieceReader{data: []byte(frame), size: 512}, 2*size)
	if len(commands) != 1 || err != io.EOF {
		t.Fatalf("%d commands, %v", len(commands), err)
	}
	args := 100_000
	var many bytes.Buffer
	fmt.Fprintf(&many, "*%d\r\n", args)
	for range args {
		many.WriteString("$1\r\na\r\n")
	}
	_, commands, err = readAll(&pieceReader{data: many.Bytes(), size: 7}, 2*size)
	if len(commands) != 1 || err != io.EOF {
		t.Fatalf("%d commands, %v", len(commands), err)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it took %v", took)
	}
}

// pieceReader gives data in pieces of a size.
type pieceReader struct {
	data []byte
	size int
}

func (r *pieceReader) Read(p []byte) (int, error) {
	if len(r.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), r.size)], r.data)
	r.data = r.data[n:]
	return n, nil
}

// FuzzFrames checks for any bytes that reading them whole and byte by byte gives the same commands and the same end, with
// bounded memory.
func FuzzFrames(f *testing.F) {
	for _, bad := range badFrames {
		f.Add([]byte(bad.in))
	}
	f.Add([]byte("*2\r\n$4\r\nPING\r\n$2\r\nhi\r\nping 'a b'\r\n*0\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		reader, whole, err := readAll(bytes.NewReader(in), testMaxFrame)
		_, pieces, pieceErr := readAll(iotest.OneByteReader(bytes.NewReader(in)), testMaxFrame)
		if !slices.Equal(whole, pieces) || err.Error() != pieceErr.Error() {
			t.Errorf("whole: %q, %v\nbyte by byte: %q, %v", whole, err, pieces, pieceErr)
		}
		if !isProtocolError(err) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("error %v", err)
		}
		if len(reader.buf) > max(frameBuffer, 2*len(in)) {
			t.Errorf("for %d bytes the buffer has %d", len(in), len(reader.buf))
		}
	})
}
