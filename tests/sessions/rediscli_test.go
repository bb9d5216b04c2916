// This file is sessions of redis-cli beyond single commands, which tests/e2e has.

package sessions

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/objluad/objluad/tests/rig"
)

// cliDocuments has redis-cli explain commands, which it knows from COMMAND DOCS alone.
func cliDocuments(t *testing.T, d *rig.Daemon) {
	for _, version := range []string{"-2", "-3"} {
		out := run(t, "help obj.exec\nhelp @pool\nhelp client kill\nhelp class.canary set\n", "redis-cli", append(at(t, d), version)...)
		out = regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(out, "")
		for _, want := range []string{
			"OBJ.EXEC pool oid class[@version] method input [TIMEOUT milliseconds] [META]",
			"summary: Runs a method of an installed class beside an object.", "group: object",
			"POOL.CREATE pool\n", "POOL.LIST \n",
			"CLIENT KILL addr|[ID id] [ADDR addr]",
			"CLASS.CANARY SET name@version percent",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("%s does not show %q, but\n%s", version, want, out)
			}
		}
	}
}

// cliStandardInput has redis-cli read commands line by line, over one connection.
func cliStandardInput(t *testing.T, d *rig.Daemon) {
	const script = `CLIENT SETNAME "the-cli"
CLIENT SETNAME the-cli
CLIENT GETNAME
SELECT 0
OBJ.WRITEFULL default cli "a\r\n\x00b"
OBJ.READ default cli
OBJ.READ default
NOSUCH a b
3 PING
CLIENT REPLY ON
RESET
CLIENT GETNAME
`
	want := regexp.MustCompile(`^OK
OK
"the-cli"
OK
\(integer\) \d+
"a\\r\\n\\x00b"
\(error\) EINVAL input wrong number of arguments for 'obj.read' command; usage: OBJ.READ pool oid \[offset length\]
\(error\) EINVAL input unknown command 'NOSUCH', with args beginning with: 'a' 'b' 
PONG
PONG
PONG
OK
RESET
\(nil\)
+$`)
	for _, version := range []string{"-2", "-3"} {
		got := run(t, script, "redis-cli", append(at(t, d), version, "--no-raw")...)
		if !want.MatchString(got) {
			t.Errorf("%s prints\n%s\nwant\n%s", version, got, want)
		}
	}
}

// cliPipe sends many commands at once. redis-cli counts the replies, and the errors among them.
func cliPipe(t *testing.T, d *rig.Daemon) {
	const n = 3000
	var in strings.Builder
	for i := range n {
		in.WriteString(encode("OBJ.EXEC", "default", "piped", "s", "inc", "1"))
		if i%10 == 0 {
			in.WriteString("PING\r\n")
		}
		if i%100 == 0 {
			in.WriteString(encode("OBJ.READ", "default", "nosuch"))
		}
	}
	cmd := append(at(t, d), "--pipe")
	out := runFailing(t, in.String(), "redis-cli", cmd...) // its status is 1 when there were errors
	if want := fmt.Sprintf("errors: %d, replies: %d\n", n/100, n+n/10+n/100); !strings.HasSuffix(out, want) {
		t.Errorf("it prints\n%.2000s\nwant %s at the end", out, want)
	}
	wantObject(t, d, "piped", fmt.Sprint(n))
}

// encode returns a command as an array of bulk strings.
func encode(args ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	return b.String()
}
