// This file fuzzes whole RESP sessions: whatever bytes a client sends, each command in them gets one reply, which is RESP, and no
// command panics.

package resp_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

const fuzzMaxFrame = 64 << 10

// fuzzSessions are where the fuzzer begins.
var fuzzSessions = []string{
	"PING\r\nping 'a b'\n\"\\x50ING\"\r\n\r\n*0\r\nECHO \"a\n",
	servertest.Command("PING") + servertest.Command("ECHO", "a\r\nb") + servertest.Command("NOSUCH", "x\r\n") + servertest.Command("a\r\n+OK\r\n") + servertest.Command("QUIT") + servertest.Command("PING"),
	servertest.Command("HELLO", "3", "SETNAME", "n") + servertest.Command("INFO", "everything") + servertest.Command("OBJ.EXEC", "p", "o", "test", "ret", "7", "META"),
	servertest.Command("HELLO", "3") + servertest.Command("OBJ.EXEC", "p", "o", "test", "fail", "5 script no\r\n", "META") + servertest.Command("RESET"),
	servertest.Command("OBJ.WRITEFULL", "p", "o", "data") + servertest.Command("OBJ.READ", "p", "o", "1", "2") + servertest.Command("OBJ.STAT", "p", "o") + servertest.Command("OBJ.LIST", "p"),
	servertest.Command("OBJ.EXEC", "p", "o", "test", "count", "", "IDEMPOTENCY", "k", "TIMEOUT", "100") + servertest.Command("OBJ.EXEC", "p", "o", "test", "count", "", "DRYRUN"),
	servertest.Command("OBJ.EVAL", "p", "o", "script", "echo", "in", "READONLY") + servertest.Command("OBJ.EXEC", "p", "o", "test@ff", "echo", "", "CAPTURE"),
	servertest.Command("CLIENT", "LIST") + servertest.Command("CLIENT", "INFO") + servertest.Command("CLIENT", "SETINFO", "LIB-NAME", "x") + servertest.Command("CLIENT", "HELP") + servertest.Command("CLIENT"),
	servertest.Command("CLIENT", "REPLY", "SKIP") + servertest.Command("PING") + servertest.Command("CLIENT", "REPLY", "OFF") + servertest.Command("PING") + servertest.Command("CLIENT", "REPLY", "ON"),
	servertest.Command("CLIENT", "KILL", "ID", "1", "SKIPME", "NO") + servertest.Command("CLIENT", "KILL", "TYPE", "normal") + servertest.Command("PING"),
	servertest.Command("COMMAND") + servertest.Command("COMMAND", "DOCS") + servertest.Command("COMMAND", "INFO", "client|id") + servertest.Command("COMMAND", "GETKEYS", "OBJ.READ", "p", "o") + servertest.Command("COMMAND", "LIST", "FILTERBY", "PATTERN", "*[a"),
	servertest.Command("OBJ.EXEC", "p", "o", "test", "panic", "") + servertest.Command("PING"),
	servertest.Command("CLASS.INSTALL", "c", "echo RD\n") + servertest.Command("CLASS.SHOW", "c") + servertest.Command("CLASS.LIST") + servertest.Command("CLASS.GC", "*", "DRYRUN") + servertest.Command("CLASS.CANARY", "SET", "c@f", "1"),
	servertest.Command("POOL.CREATE", "q") + servertest.Command("POOL.LIST") + servertest.Command("POOL.STAT", "q") + servertest.Command("POOL.DF") + servertest.Command("POOL.REMOVE", "q") + servertest.Command("STORE.BACKUP", "b"),
	servertest.Command("CALL.LIST") + servertest.Command("CALL.KILL", "1") + servertest.Command("SELECT", "0") + servertest.Command("TIME") + servertest.Command("AUTH", "a", "b"),
	"*2\r\n$4\r\nPING\r\n$-1\r\n", "*-1\r\n", "*1000000000\r\n", "*1\r\n*1\r\n", "$4\r\nPING\r\n", "*1\r\n$4\r\nPI", "*1\r\n$65536\r\n", "GET / HTTP/1.1\r\n", "\x16\x03\x01\nPING\n", `PING '\' x'` + "\r\n" + `PING '\'` + "\n",
}

func FuzzSession(f *testing.F) {
	failures := &countingHandler{}
	rig := servertest.Start(f, server.Options{MaxFrame: fuzzMaxFrame, Logger: slog.New(failures)})
	addr := filepath.Join(f.TempDir(), "s") // connections to a path leave no port behind that waits
	l, err := net.Listen("unix", addr)
	if err != nil {
		f.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- rig.ServeRESP(l) }()
	f.Cleanup(func() {
		rig.Shutdown(context.Background())
		<-served
	})
	for _, session := range fuzzSessions {
		f.Add([]byte(session))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got := converse(t, addr, in)
		if failures.deliberate.Swap(false) {
			t.Skip("the session has called the method that panics")
		}
		n, err := countReplies(got, bytes.Contains(bytes.ToUpper(in), []byte("HELLO")) || bytes.ContainsAny(in, `\`))
		if err != nil {
			t.Fatalf("reply %d: %v\nsent %q\ngot %q", n, err, in, got)
		}
		if want, known := expectedReplies(in); known && n != want {
			t.Errorf("%d replies, want %d\nsent %q\ngot %q", n, want, in, got)
		}
		if failures.n.Load() > 0 {
			t.Fatalf("the server has logged an error: %s\nsent %q", *failures.last.Load(), in)
		}
	})
}

// converse sends bytes, ends its half of the connection, and returns all that comes back.
func converse(t *testing.T, addr string, in []byte) []byte {
	nc, err := net.Dial("unix", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(time.Minute))
	go func() { // the server may close before it took all
		nc.Write(in)
		nc.(*net.UnixConn).CloseWrite()
	}()
	got, err := io.ReadAll(nc)
	if err != nil && !strings.Contains(err.Error(), "reset") { // by a kernel that had bytes left which the server did not want
		t.Fatalf("%v\nsent %q", err, in)
	}
	return got
}

// countingHandler counts errors that are logged, but for what the method named panic does.
type countingHandler struct {
	n          atomic.Int64
	last       atomic.Pointer[string]
	deliberate atomic.Bool
}

func (h *countingHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelError
}
func (h *countingHandler) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h *countingHandler) WithGroup(string) slog.Handler      { return h }

func (h *countingHandler) Handle(_ context.Context, record slog.Record) error {
	text := record.Message
	record.Attrs(func(a slog.Attr) bool { text += " " + a.String(); return true })
	if strings.Contains(text, servertest.PanicMessage) {
		h.deliberate.Store(true)
		return nil
	}
	h.last.Store(&text)
	h.n.Add(1)
	return nil
}

// countReplies reads replies to the end, and fails at the first byte that is no RESP.
func countReplies(got []byte, resp3 bool) (n int, err error) {
	r := bufio.NewReader(bytes.NewReader(got))
	for {
		if _, err := r.Peek(1); err != nil {
			return n, nil
		}
		if err := checkReply(r, resp3, 0); err != nil {
			return n, err
		}
		n++
	}
}

// checkReply reads one reply, strictly.
func checkReply(r *bufio.Reader, resp3 bool, depth int) error {
	line, err := r.ReadString('\n')
	if err != nil {
		return fmt.Errorf("%q: %w", line, err)
	}
	text, whole := strings.CutSuffix(line, "\r\n")
	if !whole || strings.ContainsAny(text, "\r\n") || len(text) == 0 || depth > 20 {
		return fmt.Errorf("the line %q", line)
	}
	kind, text := text[0], text[1:]
	if !resp3 && !strings.ContainsRune("+-:$*", rune(kind)) {
		return fmt.Errorf("%q in RESP2", line)
	}
	switch kind {
	case '+':
		return nil
	case '-':
		if !regexp.MustCompile(`^[A-Z][A-Z0-9]* .`).MatchString(text) {
			return fmt.Errorf("the error %q", line)
		}
		return nil
	case '#':
		if text != "t" && text != "f" {
			return fmt.Errorf("%q", line)
		}
		return nil
	case '_':
		if text != "" {
			return fmt.Errorf("%q", line)
		}
		return nil
	}
	if text == "-1" && (kind == '$' || kind == '*') {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 && kind != ':' {
		return fmt.Errorf("%q: %w", line, err)
	}
	switch kind {
	case ':':
		return nil
	case '$', '=', '!':
		body := make([]byte, n+2)
		if _, err := io.ReadFull(r, body); err != nil || string(body[n:]) != "\r\n" {
			return errors.Join(fmt.Errorf("the string of %q", line), err)
		}
		return nil
	case '%':
		n *= 2
	case '*', '~':
	default:
		return fmt.Errorf("%q", line)
	}
	for range n {
		if err := checkReply(r, resp3, depth+1); err != nil {
			return err
		}
	}
	return nil
}

var wholeHeader = regexp.MustCompile(`^[*$]([0-9]+)\r\n`)

// expectedReplies reads what a client sends in the plainest way, and says how many replies there are to be: one to each command,
// and one to what is wrong. It does not know of commands that say how many there are to be, or that close connections.
func expectedReplies(in []byte) (n int, known bool) {
	for len(in) > 0 {
		args, rest, ok, wrong := expectedCommand(in)
		switch {
		case wrong:
			return n + 1, true
		case !ok:
			return n, true
		}
		in = rest
		if len(args) == 0 {
			continue
		}
		n++
		switch strings.ToUpper(args[0]) {
		case "QUIT":
			return n, true
		case "CLIENT":
			return n, false
		}
	}
	return n, true
}

// expectedCommand reads one command. It may have none, be incomplete, or wrong.
func expectedCommand(in []byte) (args []string, rest []byte, ok, wrong bool) {
	if in[0] != '*' {
		return expectedLine(in)
	}
	size := len(in)
	count, in, ok, wrong := expectedHeader('*', in, 128<<10)
	for ; ok && count > 0; count-- {
		var length int
		if length, in, ok, wrong = expectedHeader('$', in, fuzzMaxFrame); !ok {
			break
		}
		end := size - len(in) + length + 2
		switch {
		case end > fuzzMaxFrame:
			return nil, nil, false, true
		case len(in) < length+2:
			return nil, nil, false, false
		case string(in[length:length+2]) != "\r\n":
			return nil, nil, false, true
		}
		args, in = append(args, string(in[:length])), in[length+2:]
	}
	return args, in, ok, wrong
}

func expectedHeader(kind byte, in []byte, limit int) (n int, rest []byte, ok, wrong bool) {
	line := in[:min(len(in), 32)]
	switch {
	case len(line) > 0 && line[0] != kind:
		return 0, nil, false, true
	case !bytes.Contains(line, []byte("\n")):
		return 0, nil, false, len(line) == 32
	}
	m := wholeHeader.FindSubmatch(line)
	if m == nil {
		return 0, nil, false, true
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil || n > limit {
		return 0, nil, false, true
	}
	return n, in[len(m[0]):], true, false
}

// quotedWord is a word of a line, with a blank or the end behind it.
var quotedWord = regexp.MustCompile(`(?s)^(?:[^\s\v"']*(?:"(?:\\.|[^"\\])*"|'(?:\\+'|\\+[^'\\]|[^'\\])*'))(?:[\s\v]|$)|^[^\s\v"']+(?:[\s\v]|$)`)

func expectedLine(in []byte) (args []string, rest []byte, ok, wrong bool) {
	end := bytes.IndexByte(in[:min(len(in), 4<<10)], '\n')
	if end < 0 {
		return nil, nil, false, len(in) >= 4<<10
	}
	if in[0] == '$' || in[0] == 0x16 { // no array around it, or TLS
		return nil, nil, false, true
	}
	line, rest := in[:end], in[end+1:]
	for line = bytes.TrimLeft(line, " \t\r\v\f"); len(line) > 0; line = bytes.TrimLeft(line, " \t\r\v\f") {
		word := quotedWord.Find(line)
		if word == nil {
			return nil, nil, false, true
		}
		line = line[len(word):]
		args = append(args, unquoted(string(bytes.TrimRight(word, " \t\r\v\f"))))
	}
	if len(args) == 3 && strings.HasPrefix(args[2], "HTTP/") {
		return nil, nil, false, true
	}
	return args, rest, true, false
}

// unquoted is a word without its quotes, where it has no escapes that matter to a command's name.
func unquoted(word string) string {
	i := strings.IndexAny(word, `"'`)
	if i < 0 {
		return word
	}
	text := word[:i] + word[i+1:len(word)-1]
	if word[i] == '"' && strings.Contains(text, `\`) {
		return "CLIENT" // what it is is not known
	}
	return text
}
