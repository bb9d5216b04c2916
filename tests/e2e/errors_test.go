// This file is calls that cannot be: of what is not there, and of what is no Lua.

package e2e

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

const errorsClass = `
function echo(input, output) output:append(input) end
function size(input, output) return (objclass.stat()) end
function write() objclass.create(false) end
objclass.register(echo, objclass.RD)
objclass.register(size, objclass.RD)
objclass.register(write, objclass.WR)`

// Calls of what is not there. The same error comes through RESP and HTTP, where it has a status besides.
var absent = []struct {
	name, pool, oid, class, method string
	errno, kind, message           string
	status                         int
}{
	{"pool", "nosuch", "o", "good", "size", "ENOENT", "op", `pool does not exist: "nosuch"`, 404},
	{"object", "default", "nosuch", "good", "size", "ENOENT", "op", "object does not exist", 404},
	{"class", "default", "o", "nosuch", "echo", "EOPNOTSUPP", "class", "no class nosuch is installed; installed: good", 404},
	{"method", "default", "o", "good", "nosuch", "EOPNOTSUPP", "class", `class good has no method "nosuch"; it has: echo, size, write`, 404},
	{"version", "default", "o", "good@00000000", "echo", "EOPNOTSUPP", "class", "class good has no version 00000000", 404},
	{"version that is none", "default", "o", "good@latest", "echo", "EINVAL", "class", `"latest" is no version`, 400},
	{"name that no class has", "default", "o", "no such", "echo", "EINVAL", "class", `"no such" is no class name`, 400},
	{"pool of the daemon's own", ".classes", "o", "good", "echo", "EINVAL", "input", "reserved", 400},
	{"object without name", "default", "", "good", "echo", "EINVAL", "input", "object id is empty", 0},
}

func TestAbsent(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	d.Install(t, "good", errorsClass)
	conn := d.Dial(t)
	for _, tt := range absent {
		t.Run(tt.name, func(t *testing.T) {
			_, err := conn.OpenIOContext(tt.pool).Exec(t.Context(), tt.oid, tt.class, tt.method, []byte("input"))
			checkError(t, err, tt.errno, tt.kind, tt.message)
			if tt.status == 0 { // a path cannot say it
				return
			}
			status, body := request(t, d, "POST", "/v1/pools/"+escape(tt.pool)+"/objects/"+escape(tt.oid)+"/exec/"+escape(tt.class)+"/"+escape(tt.method), "input")
			var problem struct{ Errno, Kind, Detail string }
			if err := json.Unmarshal([]byte(body), &problem); err != nil {
				t.Fatalf("%q: %v", body, err)
			}
			if status != tt.status || problem.Errno != tt.errno || problem.Kind != tt.kind || !strings.Contains(problem.Detail, tt.message) {
				t.Errorf("over HTTP: %d %+v, want %d", status, problem, tt.status)
			}
		})
	}
	ioctx := conn.OpenIOContext("default")
	_, err := ioctx.ReadFull(t.Context(), "nosuch")
	checkError(t, err, "ENOENT", "op", "object does not exist")
	_, err = ioctx.Exec(t.Context(), "o", "good", "write", nil, client.ReadOnly())
	checkError(t, err, "EPERM", "op", "")
	_, err = ioctx.Eval(t.Context(), "o", []byte("function f() end"), "f", nil)
	checkError(t, err, "EIO", "script", "f")
	if _, err := ioctx.Stat(t.Context(), "o"); err == nil {
		t.Error("a call that failed has made an object")
	}
}

// Sources that must not become a class. A source that is refused as a script, too, fails there in the same way.
var broken = []struct {
	name, source         string
	errno, kind, message string
}{
	{"syntax", "local a = 1\nlocal b = 2\nfunction (", "EIO", "script", "broken.lua:3:"},
	{"unfinished", "function f()\n", "EIO", "script", "broken.lua:2:"},
	{"error", "\n\nerror('no')", "EIO", "script", "broken.lua:3: no"},
	{"error that is no text", "error({})", "EIO", "script", "table"},
	{"nil called", "\nnosuch()", "EIO", "script", "broken.lua:2:"},
	{"endless", "\nwhile true do end", "ETIMEDOUT", "trap:deadline", "broken.lua:2: over 500 ms"},
	{"endless in pcall", "while true do pcall(function() while true do end end) end", "ETIMEDOUT", "trap:deadline", "broken.lua:1: over 500 ms"},
	{"endless in the library", `string.rep("", 1 << 60)`, "ETIMEDOUT", "trap:deadline", "over 500 ms"},
	{"memory", "local s = 'x' while true do s = s .. s end", "ENOMEM", "trap:memory", "arena is exhausted"},
	{"recursion", "local function f() return 1 + f() end f()", "ENOMEM", "trap:memory", "arena is exhausted"},
	{"registers nothing", "x = 1", "EINVAL", "class", "registers no method"},
	{"registers no function", "objclass.register(1)", "EIO", "script", "broken.lua:1: bad argument #1 to 'register'"},
	{"touches an object", "objclass.create(false)", "EPERM", "op", "there is no object while a class is loaded"},
	{"bytecode", bytecode, "EINVAL", "class", "bytecode"},
	{"bytecode loaded by a source", "\nload(" + quote(bytecode) + ")()", "EIO", "script", "broken.lua:2:"},
	{"too long", strings.Repeat("-", 1<<20+1), "EMSGSIZE", "class", "the limit is 1048576"},
}

// bytecode is the head of what string.dump or luac of Lua 5.4 write.
const bytecode = "\x1bLua\x54\x00\x19\x93\r\n\x1a\n\x04\x08\x08"

// quote makes a Lua literal of s.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		b.WriteString(`\x` + string("0123456789abcdef"[s[i]>>4]) + string("0123456789abcdef"[s[i]&15]))
	}
	return b.String() + `"`
}

// A class that does not load is not installed, and the version that was active before still is.
func TestBrokenClass(t *testing.T) {
	d := rig.Run(t, t.TempDir(), "--timeout", "500ms")
	conn := d.Dial(t)
	const before = "function works() return 7 end objclass.register(works, objclass.RD)"
	d.Install(t, "broken", before)
	for _, tt := range broken {
		t.Run(tt.name, func(t *testing.T) {
			_, err := conn.InstallClass(t.Context(), "broken", []byte(tt.source))
			checkError(t, err, tt.errno, tt.kind, tt.message)
			_, err = conn.InstallClass(t.Context(), "other", []byte(tt.source))
			checkError(t, err, tt.errno, tt.kind, strings.ReplaceAll(tt.message, "broken.lua", "other.lua"))
			status, body := request(t, d, "PUT", "/v1/classes/other", tt.source)
			if status < 400 {
				t.Errorf("over HTTP: %d %s", status, body)
			}
			if reply, err := conn.OpenIOContext("default").Exec(t.Context(), "o", "broken", "works", nil); reply.Ret != 7 || err != nil {
				t.Errorf("the version before does not work: %+v, %v", reply, err)
			}
		})
	}
	classes, err := conn.ListClasses(t.Context())
	if err != nil || len(classes) != 1 || len(classes[0].Versions) != 1 {
		t.Errorf("installed are %+v, %v", classes, err)
	}
}

// Scripts that come with a call fail as classes do, but for these.
func TestBrokenScript(t *testing.T) {
	d := rig.Run(t, t.TempDir(), "--timeout", "500ms")
	ioctx := d.Dial(t).OpenIOContext("default")
	for _, tt := range broken {
		switch tt.name {
		case "registers nothing", "touches an object": // which scripts may do
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			_, err := ioctx.Eval(t.Context(), "o", []byte(tt.source), "", nil)
			kind := tt.kind
			if kind == "class" {
				kind = "input"
			}
			checkError(t, err, tt.errno, kind, strings.ReplaceAll(tt.message, "broken.lua", "eval"))
		})
	}
	if _, err := ioctx.Stat(t.Context(), "o"); err == nil {
		t.Error("a script that failed has made an object")
	}
}

// checkError checks an error of the daemon; an empty string stands for any.
func checkError(t *testing.T, err error, errno, kind, message string) {
	t.Helper()
	var e *client.Error
	if !errors.As(err, &e) {
		t.Errorf("got %v, want %s %s", err, errno, kind)
		return
	}
	if errno != "" && e.ErrnoName() != errno || kind != "" && e.Kind != kind || !strings.Contains(e.Message, message) {
		t.Errorf("got %s %s %q, want %s %s %q", e.ErrnoName(), e.Kind, e.Message, errno, kind, message)
	}
}

// request sends a request, and returns the status and the body of the answer.
func request(t *testing.T, d *rig.Daemon, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+d.HTTP()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode >= 400 && !slices.Equal(resp.Header["Content-Type"], []string{"application/problem+json"}) {
		t.Errorf("%s %s: an error of type %q", method, path, resp.Header["Content-Type"])
	}
	return resp.StatusCode, string(answer)
}

// escape makes any bytes a segment of a path or a query's value; "." and ".." among them, which mean something else as they
// are.
func escape(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		b.WriteByte('%')
		b.WriteByte(digits[s[i]>>4])
		b.WriteByte(digits[s[i]&15])
	}
	return b.String()
}
