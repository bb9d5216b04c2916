// This file is the ways by which a script runs: in objluad, and in cls_lua.

package clslua

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/bench/clslua"
	"github.com/objluad/objluad/tests/rig"
)

// system is a way by which a script runs, and the objects that it runs beside.
type system struct {
	name string
	osd  bool                                           // it is cls_lua
	eval func(t *testing.T, oid string, c call) outcome // without the object
}

// call is what is sent.
type call struct {
	script, handler, input string
	timeout                time.Duration // of objluad; 0 is the daemon's
}

func (c *call) options() []client.CallOption {
	if c.timeout == 0 {
		return nil
	}
	return []client.CallOption{client.Timeout(c.timeout)}
}

func evalJSON(c call) []byte {
	return []byte(`{"script":` + quoteJSON(c.script) + `,"handler":` + quoteJSON(c.handler) + `,"input":` + quoteJSON(c.input) + `}`)
}

// evalBufferlist is Ceph's encoding of cls_lua_eval_op.
func evalBufferlist(c call) []byte {
	var fields []byte
	for _, f := range []string{c.script, c.handler, c.input} {
		fields = append(binary.LittleEndian.AppendUint32(fields, uint32(len(f))), f...)
	}
	return append(binary.LittleEndian.AppendUint32([]byte{1, 1}, uint32(len(fields))), fields...)
}

// systemsOf are the ways that lead into a daemon.
func systemsOf(t *testing.T, d *rig.Daemon, name string) []system {
	ioctx := d.Dial(t).OpenIOContext("default")
	exec := func(method string, encode func(call) []byte) system {
		return system{name: name + "/" + method, eval: func(t *testing.T, oid string, c call) outcome {
			return outcomeOf(t)(ioctx.Exec(t.Context(), oid, "lua", method, encode(c), c.options()...))
		}}
	}
	return []system{
		{name: name + "/OBJ.EVAL", eval: func(t *testing.T, oid string, c call) outcome {
			return outcomeOf(t)(ioctx.Eval(t.Context(), oid, []byte(c.script), c.handler, []byte(c.input), c.options()...))
		}},
		exec("eval_json", evalJSON),
		exec("eval_bufferlist", evalBufferlist),
		{name: name + "/HTTP", eval: func(t *testing.T, oid string, c call) outcome {
			return post(t, d, oid, evalJSON(c), c.timeout)
		}},
	}
}

// osdSystems are the ways that lead into cls_lua.
func osdSystems(pool *clslua.Pool) []system {
	exec := func(method string, encode func(call) []byte) system {
		return system{name: "OSD/" + method, osd: true, eval: func(_ *testing.T, oid string, c call) outcome {
			return osdOutcome(pool.Exec(oid, method, encode(c)))
		}}
	}
	return []system{exec("eval_json", evalJSON), exec("eval_bufferlist", evalBufferlist)}
}

func osdOutcome(ret int, output []byte) outcome {
	if ret < 0 {
		return outcome{errno: errnoName(-ret)}
	}
	return outcome{ret: ret, output: string(output)}
}

func errnoName(errno int) string {
	if errno == int(syscall.EOPNOTSUPP) {
		return "EOPNOTSUPP" // Linux gives ENOTSUP the same number
	}
	if name := unix.ErrnoName(syscall.Errno(errno)); name != "" {
		return name
	}
	return "E" + strconv.Itoa(errno)
}

func outcomeOf(t *testing.T) func(client.Reply, error) outcome {
	return func(reply client.Reply, err error) outcome {
		t.Helper()
		var e *client.Error
		switch {
		case errors.As(err, &e):
			return outcome{errno: e.ErrnoName()}
		case err != nil:
			t.Fatal(err)
		}
		return outcome{ret: reply.Ret, output: string(reply.Output)}
	}
}

// post calls eval_json over HTTP.
func post(t *testing.T, d *rig.Daemon, oid string, input []byte, timeout time.Duration) outcome {
	t.Helper()
	at := "http://" + d.HTTP() + "/v1/pools/default/objects/" + url.PathEscape(oid) + "/exec/lua/eval_json"
	if timeout > 0 {
		at += fmt.Sprintf("?timeout_ms=%d", timeout.Milliseconds())
	}
	res, err := http.Post(at, "application/octet-stream", strings.NewReader(string(input)))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		_, after, _ := strings.Cut(string(body), `"errno":"`)
		errno, _, _ := strings.Cut(after, `"`)
		return outcome{errno: errno}
	}
	ret, err := strconv.Atoi(res.Header.Get("Objluad-Ret"))
	if err != nil {
		t.Fatal(err)
	}
	return outcome{ret: ret, output: string(body)}
}
