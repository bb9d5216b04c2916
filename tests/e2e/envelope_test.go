// This file is what is told of calls that fail: the same through RESP3, HTTP and the command line, whatever failed.

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

const failingClass = `
function no() objclass.stat() end
function fails() objclass.fail(objclass.ENOSPC, "no room: \27 \255\n" .. ("m"):rep(5000)) end
function bare() objclass.create() return -4000 end
function script() error({}) end
function deep() local function f(n) if n == 0 then error("deep", 0) end f(n - 1) return n end f(100) end
function loop() while true do end end
function memory() local s = "x" while true do s = s .. s end end
function big(input, output) output:append(("x"):rep(17 << 20)) end
for _, f in ipairs{no, fails, bare, script, deep, loop, memory, big} do objclass.register(f) end`

// envelope is what is told of an error; usage differs from run to run but for the operations.
type envelope struct {
	Errno, Kind, Message, Where, Traceback string
	ClassVersion                           string `json:"class_version"`
	Usage                                  *struct {
		CPU       int64 `json:"cpu_us"`
		PeakBytes int64 `json:"peak_bytes"`
		HostOps   int64 `json:"host_ops"`
	}
}

// known drops what differs between two calls, and says whether there was some.
func (e envelope) known() (envelope, bool) {
	ran := e.Usage != nil && e.Usage.PeakBytes > 0
	e.Usage = nil
	return e, ran
}

// failures are calls, and what must be told of them. Where is a beginning of the place; "none" is none.
var failures = []struct {
	class, method, errno, kind, message, where string
	runs                                       bool
}{
	{"failing", "no", "ENOENT", "op", "failing.lua:2: object does not exist", "failing.lua:2", true},
	{"failing", "fails", "ENOSPC", "op", "failing.lua:3: no room: ", "failing.lua:3", true},
	{"failing", "bare", "E4000", "op", "method returned -4000 (E4000)", "none", true},
	{"failing", "script", "EIO", "script", "table: ", "failing.lua:5", true},
	{"failing", "deep", "EIO", "script", "deep", "failing.lua:6", true},
	{"failing", "loop", "ETIMEDOUT", "trap:deadline", "over 500 ms", "", true},
	{"failing", "memory", "ENOMEM", "trap:memory", "the arena is exhausted", "", true},
	{"failing", "big", "ENOMEM", "trap:memory", "the arena is exhausted", "", true},
	{"failing", "nosuch", "EOPNOTSUPP", "class", `class failing has no method "nosuch"`, "none", false},
	{"nosuch", "no", "EOPNOTSUPP", "class", "no class nosuch is installed", "none", false},
	{"no such", "no", "EINVAL", "class", "is no class name", "none", false},
}

func TestEnvelope(t *testing.T) {
	d := rig.Run(t, t.TempDir(), "--timeout", "500ms", "--quarantine", "0")
	d.Install(t, "failing", failingClass)
	conn := d.Dial(t)
	for _, tt := range failures {
		t.Run(tt.class+" "+tt.method, func(t *testing.T) {
			_, err := conn.OpenIOContext("default").Exec(t.Context(), "o", tt.class, tt.method, nil)
			checkError(t, err, tt.errno, tt.kind, tt.message)
			byClient := ofClient(t, err)
			byHTTP := ofHTTP(t, d, tt.class, tt.method)
			byCLI := ofCLI(t, d, tt.class, tt.method)
			want, ran := byClient.known()
			for name, got := range map[string]envelope{"HTTP": byHTTP, "the command line": byCLI} {
				got, gotRan := got.known()
				if tt.where == "" { // where it struck is chance
					got.Where, got.Message, got.Traceback = want.Where, want.Message, want.Traceback
				}
				if !reflect.DeepEqual(got, want) || gotRan != ran {
					t.Errorf("%s tells\n%+v\nand the Go client\n%+v", name, got, want)
				}
			}
			if ran != tt.runs || (want.ClassVersion != "") != (tt.class == "failing") {
				t.Errorf("it ran: %v, %+v", ran, want)
			}
			switch {
			case tt.where == "none" && want.Where != "", tt.where != "none" && !strings.HasPrefix(want.Where, tt.where):
				t.Errorf("where is %q", want.Where)
			}
			if len(want.Message) > 5000 || len(want.Traceback) > 20000 || want.Kind == "script" && want.Traceback == "" {
				t.Errorf("message of %d bytes, traceback of %d", len(want.Message), len(want.Traceback))
			}
		})
	}
}

func ofClient(t *testing.T, err error) envelope {
	t.Helper()
	var e *client.Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	out := envelope{Errno: e.ErrnoName(), Kind: e.Kind, Message: e.Message, Where: e.Where, Traceback: e.Traceback, ClassVersion: e.ClassVersion}
	if e.Usage != (client.Usage{}) {
		out.Usage = &struct {
			CPU       int64 `json:"cpu_us"`
			PeakBytes int64 `json:"peak_bytes"`
			HostOps   int64 `json:"host_ops"`
		}{e.Usage.CPU.Microseconds(), e.Usage.PeakBytes, e.Usage.HostOps}
	}
	return out
}

func ofHTTP(t *testing.T, d *rig.Daemon, class, method string) envelope {
	t.Helper()
	_, body := request(t, d, "POST", "/v1/pools/default/objects/o/exec/"+escape(class)+"/"+method, "")
	var problem struct {
		envelope
		Detail string
	}
	if err := json.Unmarshal([]byte(body), &problem); err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	problem.Message = problem.Detail
	return problem.envelope
}

func ofCLI(t *testing.T, d *rig.Daemon, class, method string) envelope {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), rig.Binary(), "--addr", d.Addr(), "--json", "exec", "o", class, method)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err == nil {
		t.Fatal("the command succeeded")
	}
	var printed struct{ Error envelope }
	if err := json.Unmarshal(stdout.Bytes(), &printed); err != nil {
		t.Fatalf("%q: %v", stdout.String(), err)
	}
	if line := stderr.String(); !strings.HasPrefix(line, "objluad: "+printed.Error.Errno+": ") || strings.Count(line, "\n") != 1 {
		t.Errorf("standard error is %q", line)
	}
	return printed.Error
}
