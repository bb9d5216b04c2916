// This file tests what an operator does with classes over RESP and HTTP.

package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

// installVersions installs versions of class c, the last one active, and returns them.
func installVersions(t *testing.T, p *servertest.Peer, n int) []string {
	t.Helper()
	versions := make([]string, n)
	for i := range versions {
		reply := p.Ask("CLASS.INSTALL", "c", "echo RD\n"+strings.Repeat("ret RD\n", i))
		servertest.WantMatch(t, "CLASS.INSTALL", reply, `\$64\r\n[0-9a-f]{64}\r\n`)
		versions[i] = strings.Split(reply, "\r\n")[1]
	}
	return versions
}

func TestLifecycleCommands(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := servertest.Dial(t, rig.RESP)
	v := installVersions(t, p, 4)
	hash := func(i int) string { return `\$64\r\n` + v[i] + `\r\n` }
	for _, test := range []struct {
		args []string
		want string // regular expression
	}{
		{[]string{"CLASS.ACTIVATE", "c@" + v[0][:8]}, hash(0)},
		{[]string{"CLASS.ACTIVATE", "c"}, `-EINVAL class say which version of class c: c@VERSION\r\n`},
		{[]string{"CLASS.ACTIVATE", "c@ffff"}, `-EOPNOTSUPP class class c has no version ffff; it has: .*\r\n`},
		{[]string{"CLASS.ROLLBACK", "c"}, hash(3)},
		{[]string{"CLASS.ROLLBACK", "d"}, `-EOPNOTSUPP class no class d is installed; .*\r\n`},
		{[]string{"CLASS.INSTALL", "c", "echo RD\nbig RD\n", "INACTIVE"}, `\$64\r\n[0-9a-f]{64}\r\n`},
		{[]string{"CLASS.INSTALL", "c", "echo RD\nbig RD\n", "ACTIVE"}, `-EINVAL input unknown option "ACTIVE"\r\n`},
		{[]string{"CLASS.INSTALL", "d", "echo RD\n", "inactive"}, `-EINVAL class .*first version must be the active one\r\n`},
		{[]string{"CLASS.CANARY", "SET", "c@" + v[1], "2.5"}, hash(1)},
		{[]string{"CLASS.CANARY", "SET", "c@" + v[1], "101"}, `-EINVAL input the share of a canary is 0 to 100 percent, not 101\r\n`},
		{[]string{"CLASS.CANARY", "SET", "c@" + v[1], "NaN"}, `-EINVAL input the share .* not NaN\r\n`},
		{[]string{"CLASS.CANARY", "SET", "c@" + v[1], "5%"}, `-EINVAL input a share is a number of percent from 0 to 100, not "5%"\r\n`},
		{[]string{"CLASS.CANARY", "SET", "c@" + v[3], "5"}, `-EINVAL class .* is the active version .*\r\n`},
		{[]string{"CLASS.CANARY", "SET", "c@" + v[3]}, `-EINVAL input wrong number of arguments for 'class.canary\|set' command; usage: CLASS.CANARY SET name@version percent\r\n`},
		{[]string{"CLASS.CANARY"}, `-EINVAL input wrong number of arguments for 'class.canary' command; usage: CLASS.CANARY END\|HELP\|PROMOTE\|SET\r\n`},
		{[]string{"CLASS.LIST"}, `.*\$6\r\ncanary\r\n\*6\r\n\$7\r\nversion\r\n\$64\r\n` + v[1] + `\r\n\$7\r\npercent\r\n\$3\r\n2.5\r\n.*`},
		{[]string{"CLASS.REMOVE", "c@" + v[1]}, `-EBUSY class .* is the canary: end or promote it first\r\n`},
		{[]string{"CLASS.CANARY", "PROMOTE", "c"}, hash(1)},
		{[]string{"CLASS.CANARY", "PROMOTE", "c"}, `-ENOENT class class c has no canary\r\n`},
		{[]string{"CLASS.CANARY", "SET", "c@" + v[2], "0"}, hash(2)},
		{[]string{"CLASS.CANARY", "END", "c"}, hash(1)},
		{[]string{"CLASS.CANARY", "END", "c"}, `-ENOENT class class c has no canary\r\n`},
		{[]string{"CLASS.KEEP", "c@" + v[2]}, hash(2)},
		{[]string{"CLASS.REMOVE", "c@" + v[2]}, `-EBUSY class .* is kept: release it first\r\n`},
		{[]string{"CLASS.RELEASE", "c@" + v[2]}, hash(2)},
		{[]string{"CLASS.REMOVE", "c@" + v[2]}, `\+OK\r\n`},
		{[]string{"CLASS.REMOVE", "c@" + v[2]}, `-EOPNOTSUPP class class c has no version .*\r\n`},
		{[]string{"CLASS.REMOVE", "c@" + v[1]}, `-EBUSY class .* is the active version: activate another one first, or remove the class\r\n`},
		{[]string{"CLASS.GC", "c"}, `\*0\r\n`},
		{[]string{"CLASS.GC", "c", "unused", "0", "dryrun"}, `\*1\r\n\$66\r\nc@[0-9a-f]{64}\r\n`},
		{[]string{"CLASS.GC", "*", "UNUSED", "0", "DRYRUN"}, `\*1\r\n\$66\r\nc@[0-9a-f]{64}\r\n`},
		{[]string{"CLASS.GC", "*", "UNUSED", "0"}, `\*1\r\n\$66\r\nc@[0-9a-f]{64}\r\n`},
		{[]string{"CLASS.GC", "c", "UNUSED", "0"}, `\*0\r\n`},
		{[]string{"CLASS.GC", "c", "UNUSED"}, `-EINVAL input UNUSED is followed by a number of seconds\r\n`},
		{[]string{"CLASS.GC", "c", "UNUSED", "-1"}, `-EINVAL input a time without use is a number of seconds from 0 to 4294967295, not "-1"\r\n`},
		{[]string{"CLASS.GC", "c", "NOW"}, `-EINVAL input unknown option "NOW"\r\n`},
		{[]string{"CLASS.GC", "nosuch"}, `-EOPNOTSUPP class no class nosuch is installed; .*\r\n`},
		{[]string{"CLASS.REMOVE", "c"}, `\+OK\r\n`},
		{[]string{"OBJ.EXEC", "p", "o", "c", "echo", ""}, `-EOPNOTSUPP class no class c is installed; installed: test\r\n`},
	} {
		servertest.WantMatch(t, fmt.Sprintf("%q", test.args), p.Ask(test.args...), test.want)
	}
}

func TestLifecycleOverHTTP(t *testing.T) {
	w, rig := servertest.StartWeb(t, server.Options{})
	v := installVersions(t, servertest.Dial(t, rig.RESP), 3)
	const c = "/v1/classes/c"
	// answers checks which version an answer describes, and returns the description.
	answers := func(method, path string, version int) (class struct {
		Version string
		Active  bool
		History []struct{ Version string }
		Canary  *struct {
			Version string
			Percent float64
		}
		Kept []string
	}) {
		t.Helper()
		a := w.Do(method, path, "")
		if err := json.Unmarshal([]byte(a.Text), &class); a.StatusCode != 200 || err != nil || class.Version != v[version] {
			t.Errorf("%s %s: %d %s", method, path, a.StatusCode, a.Text)
		}
		return class
	}
	if class := answers("POST", c+"@"+v[0][:6]+"/activate", 0); !class.Active || len(class.History) != 3 {
		t.Errorf("activated %+v", class)
	}
	answers("POST", c+"/rollback", 2)
	if class := answers("PUT", c+"@"+v[0]+"/canary?percent=0.5", 0); class.Canary == nil || class.Canary.Percent != 0.5 || class.Active {
		t.Errorf("the canary is %+v", class.Canary)
	}
	w.WantProblem(w.Do("DELETE", c+"@"+v[0], ""), 409, "EBUSY", "class", "is the canary")
	answers("POST", c+"/canary/promote", 0)
	answers("PUT", c+"@"+v[1]+"/canary?percent=5", 1)
	if class := answers("DELETE", c+"/canary", 0); class.Canary != nil {
		t.Errorf("the canary is %+v", class.Canary)
	}
	w.WantProblem(w.Do("DELETE", c+"/canary", ""), 404, "ENOENT", "class", "has no canary")
	w.WantProblem(w.Do("PUT", c+"@"+v[1]+"/canary", ""), 400, "EINVAL", "input", "percent")
	w.WantProblem(w.Do("PUT", c+"@"+v[1]+"/canary?percent=-1", ""), 400, "EINVAL", "input", "0 to 100 percent")
	w.WantProblem(w.Do("POST", c+"/activate", ""), 400, "EINVAL", "class", "say which version")
	w.WantProblem(w.Do("POST", c+"/rollback?to=4f2a", ""), 400, "EINVAL", "input", "unknown parameter")
	w.WantProblem(w.Do("POST", "/v1/classes/nosuch/rollback", ""), 404, "EOPNOTSUPP", "class", "no class nosuch")
	if class := answers("PUT", c+"@"+v[1]+"/keep", 1); len(class.Kept) != 1 {
		t.Errorf("kept are %v", class.Kept)
	}
	w.WantProblem(w.Do("DELETE", c, ""), 409, "EBUSY", "class", "release them first")
	answers("DELETE", c+"@"+v[1]+"/keep", 1)

	w.WantProblem(w.Do("PUT", "/v1/classes/d?inactive=true", "echo RD\n"), 400, "EINVAL", "class", "first version must be the active one")
	if a := w.Do("PUT", c+"?inactive=true", "echo RD\nbig RD\n"); a.StatusCode != 200 || !strings.Contains(a.Text, `"active":false`) {
		t.Errorf("installed: %d %s", a.StatusCode, a.Text)
	}
	w.Want(w.Do("POST", c+"/gc", ""), 200, `\{"versions":\[\],"dry_run":false\}\n`)
	for _, path := range []string{"/v1/classes/gc?unused_s=0&dry_run=true", c + "/gc?unused_s=0"} {
		if a := w.Do("POST", path, ""); a.StatusCode != 200 || strings.Count(a.Text, `"c@`) != 1 {
			t.Errorf("%s: %d %s", path, a.StatusCode, a.Text)
		}
	}
	w.WantProblem(w.Do("POST", c+"/gc?unused_s=soon", ""), 400, "EINVAL", "input", "number of seconds")
	w.WantProblem(w.Do("POST", c+"/gc?dry_run=perhaps", ""), 400, "EINVAL", "input", "dry_run is true or false")
	w.Want(w.Do("DELETE", c+"@"+v[1], ""), 204, "")
	w.Want(w.Do("DELETE", c, ""), 204, "")
	w.WantProblem(w.Do("DELETE", c, ""), 404, "EOPNOTSUPP", "class", "no class c")
}

// Calls are counted by why their version ran.
func TestMetricsByRole(t *testing.T) {
	w, rig := servertest.StartWeb(t, server.Options{})
	p := servertest.Dial(t, rig.RESP)
	v := installVersions(t, p, 2)
	call := func(class, method string) { p.Ask("OBJ.EXEC", "p", "o", class, method, "") }
	call("c", "echo")
	p.Ask("CLASS.CANARY", "SET", "c@"+v[0], "100")
	for range 2 {
		call("c", "echo")
	}
	call("c", "nosuch")
	for range 3 {
		call("c@"+v[0], "echo")
	}
	metrics := w.Do("GET", "/metrics", "").Text
	for _, line := range []string{
		`objluad_calls_total{class="c",method="echo",outcome="ok",role="active"} 1`,
		`objluad_calls_total{class="c",method="echo",outcome="ok",role="canary"} 2`,
		`objluad_calls_total{class="c",method="",outcome="class",role="canary"} 1`,
		`objluad_calls_total{class="c",method="echo",outcome="ok",role="pinned"} 3`,
	} {
		if !strings.Contains(metrics, line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
}
