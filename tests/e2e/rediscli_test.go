// This file is a dialogue with redis-cli, in both versions of the protocol.

package e2e

import (
	"net"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/objluad/objluad/tests/rig"
)

const cliClass = `
function echo(input, output) output:append(input) return 7 end
function nothing() return -objclass.ENODATA end
objclass.register(echo, objclass.RD)
objclass.register(nothing, objclass.RD)`

// dialogue is commands and what redis-cli shows of their replies: regular expressions, the second where that of RESP3 differs.
var dialogue = []struct {
	command      []string
	resp2, resp3 string
}{
	{[]string{"PING"}, `PONG`, ""},
	{[]string{"PING", "héllo\n"}, `"h\\xc3\\xa9llo\\n"`, ""},
	{[]string{"CLASS.INSTALL", "cli", cliClass}, `"[0-9a-f]{64}"`, ""},
	{[]string{"OBJ.WRITEFULL", "default", "o", "data"}, `\(integer\) 1`, ""},
	{[]string{"OBJ.READ", "default", "o"}, `"data"`, ""},
	{[]string{"OBJ.READ", "default", "o", "1", "2"}, `"at"`, ""},
	{[]string{"OBJ.STAT", "default", "o"}, `1\) \(integer\) 4\n2\) \(integer\) \d{19}\n3\) \(integer\) 1`, ""},
	{[]string{"OBJ.LIST", "default"}, `1\) ""\n2\) 1\) "o"`, ""},
	{[]string{"OBJ.EXEC", "default", "o", "cli", "echo", "in"}, `"in"`, ""},
	{[]string{"OBJ.EXEC", "default", "o", "cli", "echo", "in", "META"},
		` 1\) "ret"\n 2\) \(integer\) 7\n 3\) "output"\n 4\) "in"\n(.*\n){7}12\) \(integer\) \d+`,
		`1# "ret" => \(integer\) 7\n2# "output" => "in"\n(.*\n){3}6# "peak_bytes" => \(integer\) \d+`},
	{[]string{"OBJ.EVAL", "default", "o", "function f(i, o) o:append(objclass.read(0, 0)) end objclass.register(f)", "f", ""}, `"data"`, ""},
	{[]string{"OBJ.EXEC", "default", "o", "cli", "nothing", ""}, `\(error\) ENODATA op method returned -61 \(ENODATA\)`, ""},
	{[]string{"OBJ.EVAL", "default", "o", "error('boom')", "", ""}, `\(error\) EIO script eval:1: boom`, ""},
	{[]string{"OBJ.READ", "default", "nosuch"}, `\(error\) ENOENT op object does not exist`, ""},
	{[]string{"NOSUCH"}, `\(error\) EINVAL input unknown command 'NOSUCH', with args beginning with: `, ""},
	{[]string{"OBJ.REMOVE", "default", "o"}, `OK`, ""},
	{[]string{"INFO", "server"}, `# Server\nobjluad_version:(.*\n)+process_id:\d+\n(.*\n)+os:linux .*`, ""},
}

func TestRedisCLI(t *testing.T) {
	cli, err := exec.LookPath("redis-cli")
	if err != nil {
		t.Skip("redis-cli is not installed; Debian's package is redis-tools")
	}
	for _, version := range []string{"-2", "-3"} {
		t.Run("RESP"+version[1:], func(t *testing.T) {
			d := rig.Run(t, t.TempDir())
			host, port, err := net.SplitHostPort(d.Addr())
			if err != nil {
				t.Fatal(err)
			}
			for _, tt := range dialogue {
				args := append([]string{version, "-h", host, "-p", port, "--no-raw"}, tt.command...)
				out, err := exec.Command(cli, args...).CombinedOutput()
				if err != nil {
					t.Errorf("%.60q: %v, %s", tt.command, err, out)
				}
				want := tt.resp2
				if version == "-3" && tt.resp3 != "" {
					want = tt.resp3
				}
				got := strings.TrimRight(strings.ReplaceAll(string(out), "\r\n", "\n"), "\n")
				if !regexp.MustCompile(`^(?:` + want + `)$`).MatchString(got) {
					t.Errorf("%.60q shows\n%s\nwant\n%s", tt.command, got, want)
				}
			}
		})
	}
}
