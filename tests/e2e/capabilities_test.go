// This file is the table of every pair of capabilities and operation: what is not granted is refused, and nothing happened.

package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/tests/rig"
)

const tablePassword = "of all who are in the table"

// grants are what capabilities allow beside what everyone may who has logged in: the words of the operations below.
var grants = []struct{ caps, may string }{
	{"", ""},
	{"allow *", "r rn rb rpool rall w wn wb x xget xb xr eval evalr class other every show showother pool admin"},
	{"allow r", "r rn rb rpool rall"},
	{"allow r pool=a", "r rn rpool"},
	{"allow r pool=a namespace=n", "rn"},
	{`allow r pool=a namespace=""`, "r"},
	{"allow r pool=c*", ""},
	{"allow w", "w wn wb"},
	{"allow w pool=a", "w wn"},
	{`allow rw pool=b namespace=""`, "rb wb"},
	{"allow r pool=b, allow w pool=a namespace=n", "rb wn"},
	{"allow x", "x xget xb show showother"},
	{"allow x pool=a class=counter method=inc", "x show"},
	{"allow x class=other", "showother"},
	{"allow rx pool=a", "r rn rpool x xget xr show showother"},
	{"allow eval pool=a", "eval"},
	{"allow r eval pool=a", "r rn rpool eval evalr"},
	{"allow class", "class other every show showother"},
	{"allow class class=counter", "class show"},
	{"allow pool", "pool"},
	{"allow pool pool=other*", ""},
	{"allow admin", "admin"},
	{"allow * pool=a", "r rn rpool w wn x xget xr eval evalr show showother"},
	{"allow * namespace=n", "rn wn show showother"},
}

// asked is an operation, and what it takes: a word of grants, or "" for one that everyone may do.
type asked struct {
	takes string
	resp  string // words of a command; %s is a version of counter
	http  string // method and path
	body  string
}

var operations = []asked{
	{takes: "r", resp: "OBJ.READ a o", http: "GET /v1/pools/a/objects/o"},
	{takes: "r", resp: "OBJ.STAT a o", http: "HEAD /v1/pools/a/objects/o"},
	{takes: "r", resp: "OBJ.GETXATTR a o x", http: "GET /v1/pools/a/objects/o/xattrs/x"},
	{takes: "r", resp: "OBJ.XATTRS a o", http: "GET /v1/pools/a/objects/o/xattrs"},
	{takes: "r", resp: "OBJ.OMAPGET a o k", http: "GET /v1/pools/a/objects/o/omap/k"},
	{takes: "r", resp: "OBJ.OMAPLIST a o", http: "GET /v1/pools/a/objects/o/omap"},
	{takes: "r", resp: "OBJ.OMAPHEADER a o", http: "GET /v1/pools/a/objects/o/omap-header"},
	{takes: "r", resp: "OBJ.LIST a", http: "GET /v1/pools/a/objects"},
	{takes: "r", resp: "OBJ.IFVERSION 1 OBJ.READ a o"},
	{takes: "rn", resp: "OBJ.READ a/n o", http: "GET /v1/pools/a/objects/o?namespace=n"},
	{takes: "rn", resp: "OBJ.LIST a/n", http: "GET /v1/pools/a/objects?namespace=n"},
	{takes: "rb", resp: "OBJ.READ b o", http: "GET /v1/pools/b/objects/o"},
	{takes: "rpool", resp: "POOL.STAT a", http: "GET /v1/pools/a"},
	{takes: "rall", resp: "POOL.DF", http: "GET /v1/df"},
	{takes: "rall", resp: "INFO everything"},

	{takes: "w", resp: "OBJ.WRITEFULL a o new", http: "PUT /v1/pools/a/objects/o", body: "new"},
	{takes: "w", resp: "OBJ.WRITE a o 1 x", http: "PATCH /v1/pools/a/objects/o?offset=1", body: "x"},
	{takes: "w", resp: "OBJ.APPEND a o x", http: "POST /v1/pools/a/objects/o", body: "x"},
	{takes: "w", resp: "OBJ.TRUNCATE a o 1", http: "PATCH /v1/pools/a/objects/o?size=1"},
	{takes: "w", resp: "OBJ.ZERO a o 0 1"},
	{takes: "w", resp: "OBJ.CREATE a new", http: "PUT /v1/pools/a/objects/new"},
	{takes: "w", resp: "OBJ.SETXATTR a o y v", http: "PUT /v1/pools/a/objects/o/xattrs/y", body: "v"},
	{takes: "w", resp: "OBJ.RMXATTR a o x", http: "DELETE /v1/pools/a/objects/o/xattrs/x"},
	{takes: "w", resp: "OBJ.OMAPSET a o k2 v", http: "PUT /v1/pools/a/objects/o/omap/k2", body: "v"},
	{takes: "w", resp: "OBJ.OMAPRM a o k", http: "DELETE /v1/pools/a/objects/o/omap/k"},
	{takes: "w", resp: "OBJ.OMAPCLEAR a o", http: "DELETE /v1/pools/a/objects/o/omap"},
	{takes: "w", resp: "OBJ.OMAPSETHEADER a o h", http: "PUT /v1/pools/a/objects/o/omap-header", body: "h"},
	{takes: "w", resp: "OBJ.IFVERSION 1 OBJ.APPEND a o x", http: "POST /v1/pools/a/objects/o/omap", body: `{"set":{"k3":"v"}}`},
	{takes: "w", resp: "OBJ.REMOVE a o", http: "DELETE /v1/pools/a/objects/o"},
	{takes: "wn", resp: "OBJ.WRITEFULL a/n o new", http: "PUT /v1/pools/a/objects/o?namespace=n", body: "new"},
	{takes: "wb", resp: "OBJ.WRITEFULL b o new", http: "PUT /v1/pools/b/objects/o", body: "new"},

	{takes: "x", resp: "OBJ.EXEC a o counter inc 1", http: "POST /v1/pools/a/objects/o/exec/counter/inc", body: "1"},
	{takes: "x", resp: "OBJ.EXEC a o counter@%s inc 1", http: "POST /v1/pools/a/objects/o/exec/counter@%s/inc", body: "1"},
	{takes: "x", resp: "OBJ.EXEC a o counter inc 1 IDEMPOTENCY key"},
	{takes: "xget", resp: "OBJ.EXEC a o counter get x", http: "POST /v1/pools/a/objects/o/exec/counter/get"},
	{takes: "xget", resp: "OBJ.EXEC a o counter get x READONLY", http: "POST /v1/pools/a/objects/o/exec/counter/get?readonly=true"},
	{takes: "xb", resp: "OBJ.EXEC b o counter inc 1", http: "POST /v1/pools/b/objects/o/exec/counter/inc", body: "1"},
	{takes: "xr", resp: "OBJ.EXEC a o counter inc 1 dryrun", http: "POST /v1/pools/a/objects/o/exec/counter/inc?dry_run=true", body: "1"},
	{takes: "xr", resp: "OBJ.EXEC a o counter inc 1 CAPTURE", http: "POST /v1/pools/a/objects/o/exec/counter/inc?capture=1", body: "1"},
	{takes: "eval", resp: "OBJ.EVAL a o return x x", http: "POST /v1/pools/a/objects/o/eval"},
	{takes: "eval", resp: "OBJ.EXEC a o lua eval_json {}", http: "POST /v1/pools/a/objects/o/exec/lua/eval_json", body: "{}"},
	{takes: "eval", resp: "OBJ.EXEC a o lua@1234 eval_bufferlist x", http: "POST /v1/pools/a/objects/o/exec/lua/eval_bufferlist", body: "x"},
	{takes: "evalr", resp: "OBJ.EVAL a o return x x DRYRUN", http: "POST /v1/pools/a/objects/o/eval?dry_run=true"},
	{takes: "evalr", resp: "OBJ.EXEC a o lua eval_json {} CAPTURE", http: "POST /v1/pools/a/objects/o/exec/lua/eval_json?capture=true", body: "{}"},

	{takes: "class", resp: "CLASS.INSTALL counter objclass.log(1)", http: "PUT /v1/classes/counter", body: "objclass.log(2)"},
	{takes: "class", resp: "CLASS.ACTIVATE counter@%s", http: "POST /v1/classes/counter@%s/activate"},
	{takes: "class", resp: "CLASS.ROLLBACK counter", http: "POST /v1/classes/counter/rollback"},
	{takes: "class", resp: "CLASS.KEEP counter@%s", http: "PUT /v1/classes/counter@%s/keep"},
	{takes: "class", resp: "CLASS.RELEASE counter@%s", http: "DELETE /v1/classes/counter@%s/keep"},
	{takes: "class", resp: "CLASS.CANARY SET counter@%s 5", http: "PUT /v1/classes/counter@%s/canary?percent=5"},
	{takes: "class", resp: "CLASS.CANARY PROMOTE counter", http: "POST /v1/classes/counter/canary/promote"},
	{takes: "class", resp: "CLASS.CANARY END counter", http: "DELETE /v1/classes/counter/canary"},
	{takes: "class", resp: "CLASS.RESET counter", http: "DELETE /v1/classes/counter/quarantine"},
	{takes: "class", resp: "CLASS.GC counter UNUSED 0", http: "POST /v1/classes/counter/gc?unused_s=0"},
	{takes: "class", resp: "CLASS.REMOVE counter@%s", http: "DELETE /v1/classes/counter@%s"},
	{takes: "other", resp: "CLASS.REMOVE other", http: "PUT /v1/classes/other", body: "objclass.log(3)"},
	{takes: "every", resp: "CLASS.GC * UNUSED 0", http: "POST /v1/classes/gc?unused_s=0"},
	{takes: "show", resp: "CLASS.SHOW counter", http: "GET /v1/classes/counter"},
	{takes: "showother", resp: "CLASS.SHOW other", http: "GET /v1/classes/other"},

	{takes: "pool", resp: "POOL.CREATE new", http: "PUT /v1/pools/new2"},
	{takes: "pool", resp: "POOL.REMOVE new", http: "DELETE /v1/pools/c"},
	{takes: "admin", resp: "CALL.KILL 1", http: "DELETE /v1/calls/1"},
	{takes: "admin", resp: "STORE.BACKUP one", http: "POST /v1/backups/two"},
	{takes: "admin", resp: "CLIENT KILL ID 999999"},
	{takes: "admin", resp: "CONFIG GET *"},
	{takes: "admin", resp: "CONFIG SET timeout 2s"},
	{takes: "admin", resp: "CONFIG REWRITE"},
	{takes: "admin", resp: "CONFIG RESETSTAT"},

	{resp: "POOL.LIST", http: "GET /v1/pools"},
	{resp: "CLASS.LIST", http: "GET /v1/classes"},
	{resp: "CALL.LIST", http: "GET /v1/calls"},
	{resp: "CALL.CANCEL tag"},
	{resp: "CALL.STATS", http: "GET /metrics"},
	{resp: "PING"}, {resp: "ECHO x"}, {resp: "TIME"}, {resp: "SELECT 0"}, {resp: "INFO"},
	{resp: "COMMAND"}, {resp: "COMMAND COUNT"}, {resp: "COMMAND LIST"}, {resp: "COMMAND INFO ping"}, {resp: "COMMAND DOCS ping"},
	{resp: "COMMAND GETKEYS OBJ.READ a o"}, {resp: "COMMAND HELP"}, {resp: "CLASS.CANARY HELP"}, {resp: "CLIENT HELP"}, {resp: "CONFIG HELP"},
	{resp: "CLIENT ID"}, {resp: "CLIENT INFO"}, {resp: "CLIENT LIST"}, {resp: "CLIENT GETNAME"}, {resp: "CLIENT SETNAME x"}, {resp: "CLIENT SETINFO LIB-NAME x"},
	{resp: "CLIENT NO-EVICT on"}, {resp: "CLIENT NO-TOUCH on"}, {resp: "CLIENT REPLY on"},
	{resp: "HELLO 2"}, {resp: "AUTH table0 " + strings.ReplaceAll(tablePassword, " ", "\x00")},
	{http: "GET /healthz"}, {http: "GET /readyz"},
}

// elsewhere are commands that end a session: other tests have them.
var elsewhere = []string{"QUIT", "RESET"}

const tableCounter = `
function inc(input, output)
  local sum = bufferlist.new()
  sum:append(tostring((tonumber(objclass.read(0, 0):str()) or 0) + tonumber(input:str())))
  objclass.write_full(sum)
end
function get(input, output) output:append(objclass.read(0, 0)) end
objclass.register(inc, objclass.RD | objclass.WR)
objclass.register(get, objclass.RD)`

// house is a daemon with users, one of each grant, and root.
type house struct {
	*rig.Daemon
	version string // of counter, which is not active
	root    *session
}

func newHouse(t *testing.T) *house {
	t.Helper()
	dir := t.TempDir()
	users := filepath.Join(dir, "users")
	cmd := exec.Command(rig.Binary(), "user", "add", "root", "--users", users, "--caps", "allow *")
	cmd.Stdin = strings.NewReader(tablePassword)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("user add: %v, %s", err, out)
	}
	text, err := os.ReadFile(users)
	if err != nil {
		t.Fatal(err)
	}
	password := regexp.MustCompile(`(?m)^password = .*$`).Find(text)
	for i, grant := range grants {
		text = fmt.Appendf(text, "[table%d]\n%s\ncaps = %s\n", i, password, grant.caps)
	}
	if err := os.WriteFile(users, text, 0o600); err != nil {
		t.Fatal(err)
	}
	h := &house{Daemon: rig.Run(t, filepath.Join(dir, "data"), "--users", users, "--backups", filepath.Join(dir, "backups"))}
	h.root = h.login(t, "root")
	return h
}

// session is a RESP connection of a user.
type session struct {
	t *testing.T
	net.Conn
	in *bufio.Reader
}

func (h *house) login(t *testing.T, user string) *session {
	t.Helper()
	nc, err := net.Dial("tcp", h.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	s := &session{t, nc, bufio.NewReader(nc)}
	if reply := s.ask("AUTH", user, tablePassword); reply != "+OK\r\n" {
		t.Fatalf("AUTH %s: %q", user, reply)
	}
	return s
}

// ask sends a command, and returns the bytes of its reply.
func (s *session) ask(args ...string) string {
	s.t.Helper()
	command := fmt.Sprintf("*%d\r\n", len(args))
	for _, arg := range args {
		command += fmt.Sprintf("$%d\r\n%s\r\n", len(arg), arg)
	}
	if _, err := io.WriteString(s, command); err != nil {
		s.t.Fatal(err)
	}
	reply, err := readReply(s.in)
	if err != nil {
		s.t.Fatalf("%q: %v", args, err)
	}
	return reply
}

// readReply reads a reply of RESP2.
func readReply(in *bufio.Reader) (string, error) {
	reply, err := in.ReadString('\n')
	if err != nil {
		return reply, err
	}
	n, _ := strconv.Atoi(strings.TrimSpace(reply[1:]))
	switch {
	case reply[0] == '$' && n >= 0:
		value := make([]byte, n+2)
		_, err = io.ReadFull(in, value)
		return reply + string(value), err
	case reply[0] == '*':
		for range n {
			element, err := readReply(in)
			if reply += element; err != nil {
				return reply, err
			}
		}
	}
	return reply, nil
}

// furnish makes what the operations are about.
func (h *house) furnish() {
	for _, pool := range []string{"new", "new2"} {
		h.root.ask("POOL.REMOVE", pool)
	}
	for _, pool := range []string{"a", "b", "c"} {
		h.root.ask("POOL.CREATE", pool)
	}
	for _, command := range []string{"OBJ.REMOVE a new", "OBJ.REMOVE a o", "OBJ.WRITEFULL a o 41", "OBJ.SETXATTR a o x v", "OBJ.OMAPSET a o k v",
		"OBJ.WRITEFULL a/n o 41", "OBJ.WRITEFULL b o 41"} {
		h.root.ask(strings.Fields(command)...)
	}
	version := h.root.ask("CLASS.INSTALL", "counter", "-- not active\n"+tableCounter)
	h.version = strings.TrimSpace(version[strings.Index(version, "\n"):])
	h.root.ask("CLASS.INSTALL", "counter", tableCounter)
	h.root.ask("CLASS.INSTALL", "other", tableCounter)
}

// state is all that the operations could have changed.
func (h *house) state() string {
	var all strings.Builder
	for _, command := range []string{"POOL.LIST", "OBJ.LIST a", "OBJ.LIST a/n", "OBJ.LIST b", "OBJ.STAT a o", "OBJ.READ a o", "OBJ.XATTRS a o", "OBJ.OMAPLIST a o",
		"OBJ.OMAPHEADER a o", "OBJ.STAT a/n o", "OBJ.STAT b o", "CLASS.LIST", "CLASS.SHOW counter", "CLASS.SHOW other"} {
		all.WriteString(h.root.ask(strings.Fields(command)...))
	}
	return all.String()
}

func (op *asked) args(version string) []string {
	args := strings.Fields(strings.Replace(op.resp, "%s", version, 1))
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "\x00", " ")
	}
	return args
}

// overHTTP sends the request of an operation, and returns its status and answer.
func (op *asked) overHTTP(t *testing.T, h *house, user string) (int, string) {
	t.Helper()
	method, path, _ := strings.Cut(strings.Replace(op.http, "%s", h.version, 1), " ")
	body, contentType := op.body, ""
	if strings.Contains(path, "/eval?") || strings.HasSuffix(path, "/eval") {
		body, contentType = "--x\r\nContent-Disposition: form-data; name=\"script\"\r\n\r\nreturn\r\n--x--\r\n", "multipart/form-data; boundary=x"
	} else if strings.HasPrefix(body, "{\"set\"") {
		contentType = "application/json"
	}
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+h.HTTP()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if user != "" {
		req.SetBasicAuth(user, tablePassword)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(answer)
}

// try does an operation over both listeners, which must let it pass or refuse it.
func (op *asked) try(t *testing.T, h *house, s *session, user string, allowed bool) {
	t.Helper()
	if op.resp != "" {
		reply := s.ask(op.args(h.version)...)
		if refused := strings.HasPrefix(reply, "-EPERM auth "); refused == allowed || strings.HasPrefix(reply, "-NOAUTH") {
			t.Errorf("%s: %.200q", op.resp, reply)
		}
	}
	if op.http != "" {
		status, answer := op.overHTTP(t, h, user)
		refused := status == http.StatusForbidden && (strings.Contains(answer, `"kind":"auth"`) || strings.HasPrefix(op.http, "HEAD "))
		if refused == allowed || status == http.StatusUnauthorized || status == http.StatusMethodNotAllowed {
			t.Errorf("%s: %d %.200s", op.http, status, answer)
		}
	}
}

func TestCapabilities(t *testing.T) {
	h := newHouse(t)
	pairs := 0
	for i, grant := range grants {
		t.Run(strings.ReplaceAll(grant.caps, " ", "_"), func(t *testing.T) {
			h.root.t = t
			h.furnish()
			user := fmt.Sprint("table", i)
			s := h.login(t, user)
			may := append(strings.Fields(grant.may), "")
			before := h.state()
			for _, op := range operations {
				if !slices.Contains(may, op.takes) {
					op.try(t, h, s, user, false)
					pairs++
				}
			}
			if after := h.state(); after != before {
				t.Errorf("what was refused has happened: there was\n%q\nand there is\n%q", before, after)
			}
			for _, op := range operations {
				if slices.Contains(may, op.takes) && !strings.HasPrefix(op.resp, "AUTH") {
					op.try(t, h, s, user, true)
					pairs++
				}
			}
		})
	}
	t.Logf("%d pairs of capabilities and operation", pairs)
}

// Without a login nothing is possible but to log in.
func TestStrangers(t *testing.T) {
	h := newHouse(t)
	h.furnish()
	nc, err := net.Dial("tcp", h.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	s := &session{t, nc, bufio.NewReader(nc)}
	before := h.state()
	for _, op := range operations {
		if op.resp != "" && !strings.HasPrefix(op.resp, "AUTH") {
			if reply := s.ask(op.args(h.version)...); reply != "-NOAUTH Authentication required.\r\n" {
				t.Errorf("%s: %.200q", op.resp, reply)
			}
		}
		if op.http != "" {
			status, answer := op.overHTTP(t, h, "")
			if open := op.http == "GET /healthz" || op.http == "GET /readyz"; (status == http.StatusUnauthorized) == open {
				t.Errorf("%s: %d %.200s", op.http, status, answer)
			}
		}
	}
	if after := h.state(); after != before {
		t.Errorf("what was refused has happened: there was\n%q\nand there is\n%q", before, after)
	}
}

// The table above has every command that the daemon has.
func TestTheTableHasEveryCommand(t *testing.T) {
	h := newHouse(t)
	tried := map[string]bool{}
	for _, op := range operations {
		words := append(strings.Fields(strings.ToUpper(op.resp)), "", "")
		tried[words[0]], tried[words[0]+" "+words[1]] = true, true
	}
	for _, name := range elsewhere {
		tried[name] = true
	}
	// Each subcommand's name is "container|name" in a description; containers that are no commands themselves have none of their own.
	for _, name := range regexp.MustCompile(`\$\d+\r\n([a-z.-]+(?:\|[a-z-]+)?)\r\n:-?\d+\r\n`).FindAllStringSubmatch(h.root.ask("COMMAND"), -1) {
		shown := strings.ToUpper(strings.ReplaceAll(name[1], "|", " "))
		if !tried[shown] {
			t.Errorf("%s is in no pair", shown)
		}
	}
	if len(tried) < 80 {
		t.Errorf("only %d commands were found", len(tried))
	}
}

// What a user sent to log in is nowhere afterwards: not in the log, INFO, lists, metrics, captured calls, or the process's arguments.
func TestSecretsStaySecret(t *testing.T) {
	h := newHouse(t)
	h.furnish()
	s := h.login(t, "table1")
	s.ask("AUTH", "table1", tablePassword+" wrong")
	s.ask("AUTH", tablePassword, tablePassword)
	s.ask("HELLO", "2", "AUTH", "table1", tablePassword+" wrong", "SETNAME", "x")
	s.ask("HELLO", "2", "AUTH", tablePassword)
	(&asked{http: "GET /v1/df"}).overHTTP(t, h, "table0")
	var told bytes.Buffer
	for _, command := range []string{"INFO everything", "INFO", "CLIENT LIST", "CALL.LIST", "COMMAND", "OBJ.EXEC a o counter inc 1 CAPTURE"} {
		told.WriteString(s.ask(strings.Fields(command)...))
	}
	_, metrics := (&asked{http: "GET /metrics"}).overHTTP(t, h, "table1")
	told.WriteString(metrics)
	arguments, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", h.PID()))
	if err != nil {
		t.Fatal(err)
	}
	told.Write(arguments)
	for end := time.Now().Add(time.Minute); !strings.Contains(h.Stderr(), `"login failed"`) && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	told.WriteString(h.Stderr())
	if !strings.Contains(h.Stderr(), `"audit":true`) {
		t.Errorf("there is no audit log in\n%s", h.Stderr())
	}
	for _, secret := range []string{tablePassword, "argon2id"} {
		if i := strings.Index(told.String(), secret); i >= 0 {
			t.Errorf("%q is told in …%s…", secret, told.String()[max(0, i-200):min(told.Len(), i+200)])
		}
	}
}
