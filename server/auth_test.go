// This file tests logins, and what the listeners refuse to whom.

package server_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/access"
	"github.com/objluad/objluad/server/servertest"
)

// secretOf is the password of a user of these tests. It is another one in each run, so that it is in no file by chance.
var salt = rand.Text()

func secretOf(name string) string { return "secret-" + name + "-" + salt }

// newUsers makes users who have those capabilities, a password each, and a token each.
func newUsers(t *testing.T, caps map[string]string) (users *access.Users, tokens map[string]string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users")
	tokens = map[string]string{}
	err := access.Edit(path, func(f *access.File) error {
		for name, text := range caps {
			parsed, err := access.ParseCaps(text)
			if err != nil {
				return err
			}
			for _, step := range []func() error{
				func() error { return f.Add(name) },
				func() error { return f.SetCaps(name, parsed) },
				func() error { return f.SetPassword(name, []byte(secretOf(name))) },
				func() error { tokens[name], err = f.AddToken(name, time.Time{}); return err },
			} {
				if err := step(); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if users, err = access.OpenUsers(path, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return users, tokens
}

// logged is a log that tests read.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (p *peer) login(name string) *peer {
	p.t.Helper()
	if got := p.ask("AUTH", name, secretOf(name)); got != "+OK\r\n" {
		p.t.Fatalf("AUTH %s: %q", name, got)
	}
	return p
}

func TestAuth(t *testing.T) {
	users, _ := newUsers(t, map[string]string{"alice": "allow rw pool=p", "default": ""})
	rig := servertest.Start(t, server.Options{Users: users})
	const noAuth, wrongPass = `-NOAUTH Authentication required\.\r\n`, `-WRONGPASS invalid username-password pair or user is disabled\.\r\n`
	p := dial(t, rig.RESP)
	for _, args := range [][]string{{"PING"}, {"OBJ.READ", "p", "o"}, {"COMMAND"}, {"INFO"}, {"CLIENT", "ID"}, {"HELLO"}, {"HELLO", "3"}, {"POOL.LIST"}} {
		wantMatch(t, fmt.Sprint(args), p.ask(args...), noAuth)
	}
	wantMatch(t, "a wrong password", p.ask("AUTH", "alice", "wrong"), wrongPass)
	wantMatch(t, "an unknown user", p.ask("AUTH", "nobody", secretOf("alice")), wrongPass)
	wantMatch(t, "HELLO with a wrong one", p.ask("HELLO", "3", "AUTH", "alice", "wrong", "SETNAME", "x"), wrongPass)
	wantMatch(t, "still RESP2, and nobody", p.ask("PING"), noAuth)
	if got := p.login("alice").ask("PING"); got != "+PONG\r\n" {
		t.Errorf("PING: %q", got)
	}
	wantMatch(t, "a write", p.ask("OBJ.WRITEFULL", "p", "o", "x"), `:\d+\r\n`)
	wantMatch(t, "a write elsewhere", p.ask("OBJ.WRITEFULL", "default", "o", "x"),
		`-EPERM auth user alice may not use OBJ.WRITEFULL on pool default: that takes the capability "allow w pool=default"\r\n`)
	wantMatch(t, "a wrong password later", p.ask("AUTH", "alice", "wrong"), wrongPass)
	wantMatch(t, "still alice", p.ask("OBJ.READ", "p", "o"), `\$1\r\nx\r\n`)
	wantMatch(t, "a password alone", p.ask("AUTH", secretOf("default")), `\+OK\r\n`)
	wantMatch(t, "now default", p.ask("OBJ.READ", "p", "o"), `-EPERM auth user default .*\r\n`)

	q := dial(t, rig.RESP)
	wantMatch(t, "HELLO", q.ask("HELLO", "3", "AUTH", "alice", secretOf("alice"), "SETNAME", "me"), `%7\r\n.*`)
	wantMatch(t, "its name", q.ask("CLIENT", "GETNAME"), `\$2\r\nme\r\n`)
	if got := dial(t, rig.RESP).ask("QUIT"); got != "+OK\r\n" {
		t.Errorf("QUIT: %q", got)
	}

	none := servertest.Start(t, server.Options{})
	wantMatch(t, "without users", dial(t, none.RESP).ask("AUTH", "a", "b"), `-EPERM auth the server has no users, .*\r\n`)
}

// Who has not logged in can have no large frame read.
func TestStrangersSendLittle(t *testing.T) {
	users, _ := newUsers(t, map[string]string{"alice": "allow *"})
	rig := servertest.Start(t, server.Options{Users: users})
	large := strings.Repeat("x", 1<<20)
	p := dial(t, rig.RESP)
	p.send("*2\r\n$4\r\nPING\r\n$1048576\r\n")
	wantMatch(t, "a stranger", p.wantClosed(), `-EINVAL input protocol error: a command may have 16384 bytes\r\n`)
	p = dial(t, rig.RESP)
	p.send(command("AUTH", "alice", secretOf("alice")) + command("OBJ.EXEC", "p", "o", "test", "echo", large))
	if got := p.reply() + p.reply(); got != "+OK\r\n"+bulk(large) {
		t.Errorf("%d bytes", len(got))
	}
	p.ask("RESET")
	p.send("*2\r\n$4\r\nPING\r\n$1048576\r\n")
	wantMatch(t, "a stranger again", p.wantClosed(), `-EINVAL input protocol error: .*`)
}

// Changes of the users concern connections that are there.
func TestUsersChangeUnderConnections(t *testing.T) {
	users, _ := newUsers(t, map[string]string{"alice": "allow r pool=p", "bob": ""})
	rig := servertest.Start(t, server.Options{Users: users})
	alice, bob := dial(t, rig.RESP).login("alice"), dial(t, rig.RESP).login("bob")
	change := func(edit func(f *access.File) error) {
		t.Helper()
		if err := access.Edit(users.Path(), edit); err != nil {
			t.Fatal(err)
		}
		if _, err := users.Reload(); err != nil {
			t.Fatal(err)
		}
	}
	wantMatch(t, "before", bob.ask("OBJ.STAT", "p", "o"), `-EPERM auth .*`)
	caps, err := access.ParseCaps("allow r")
	if err != nil {
		t.Fatal(err)
	}
	change(func(f *access.File) error { return f.SetCaps("bob", caps) })
	wantMatch(t, "with more", bob.ask("OBJ.STAT", "p", "o"), `-ENOENT op .*`)
	wantMatch(t, "the other one", alice.ask("OBJ.STAT", "p", "o"), `-ENOENT op .*`)
	change(func(f *access.File) error { return f.Remove("bob") })
	wantMatch(t, "gone", bob.ask("OBJ.STAT", "p", "o"), `-NOAUTH .*`)
	change(func(f *access.File) error { return f.SetPassword("alice", []byte("another one")) })
	wantMatch(t, "with another password", alice.ask("PING"), `-NOAUTH .*`)
}

// A user who comes and goes is one user for the whole of a command.
func TestUserOfACommand(t *testing.T) {
	users, _ := newUsers(t, map[string]string{"alice": "allow x"})
	rig := servertest.Start(t, server.Options{Users: users})
	alice := dial(t, rig.RESP).login("alice")
	with, err := os.ReadFile(users.Path())
	if err != nil {
		t.Fatal(err)
	}
	stop, ended := make(chan struct{}), make(chan struct{})
	defer func() { close(stop); <-ended }()
	go func() {
		defer close(ended)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			text := with
			if n%2 == 0 {
				text = nil
			}
			if err := os.WriteFile(users.Path(), text, 0o600); err != nil {
				t.Error(err)
				return
			}
			if _, err := users.Reload(); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	const batch = 50
	commands := strings.Repeat(command("OBJ.EXEC", "p", "o", "test", "echo", "x"), batch)
	for range 400 {
		alice.send(commands)
		for range batch {
			wantMatch(t, "a call", alice.reply(), `(\$1\r\nx|-NOAUTH .*)\r\n`)
		}
	}
}

func basic(name string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+secretOf(name)))
}

func TestHTTPAuth(t *testing.T) {
	users, tokens := newUsers(t, map[string]string{"alice": "allow rw pool=p", "bob": ""})
	w, rig := startWeb(t, server.Options{Users: users})
	for path, status := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 401, objects + "o": 401, "/v1/pools": 401} {
		if got := w.do("GET", path, ""); got.StatusCode != status || status == 401 && len(got.Header.Values("WWW-Authenticate")) != 2 {
			t.Errorf("%s: %d, %v", path, got.StatusCode, got.Header)
		}
	}
	for _, header := range []string{"", "Basic", "Basic x", "Bearer", "Bearer x", "Digest x", basic("carol"), "Bearer " + tokens["alice"] + "x",
		"Basic " + base64.StdEncoding.EncodeToString([]byte("alice:wrong")), "Basic " + base64.StdEncoding.EncodeToString([]byte(tokens["alice"]))} {
		w.wantProblem(w.do("PUT", objects+"o", "x", "Authorization", header), 401, "EACCES", "auth", "")
	}
	for _, header := range []string{basic("alice"), "Bearer " + tokens["alice"], "bearer " + tokens["alice"]} {
		w.want(w.do("PUT", objects+"o", "x", "Authorization", header), map[bool]int{true: 201, false: 204}[header == basic("alice")], "")
	}
	w.wantProblem(w.do("PUT", objects+"o", "y", "Authorization", basic("bob")), 403, "EPERM", "auth",
		`user bob may not use PUT /v1/pools/{pool}/objects/{oid} on pool p: that takes the capability "allow w pool=p"`)
	w.want(w.do("GET", objects+"o", "", "Authorization", basic("alice")), 200, "x")
	w.want(w.do("GET", "/v1/pools", "", "Authorization", basic("alice")), 200, `\{"pools":\["p"\]\}\n`)
	w.want(w.do("GET", "/v1/pools", "", "Authorization", basic("bob")), 200, `\{"pools":\[\]\}\n`)
	w.want(w.do("GET", "/v1/classes", "", "Authorization", basic("bob")), 200, `\{"classes":\[\]\}\n`)
	w.wantProblem(w.do("PUT", objects+"o", "y", "Authorization", basic("alice"), "Origin", "http://evil.example"), 403, "EPERM", "auth", "")
	w.want(w.do("GET", objects+"o", "", "Authorization", basic("alice"), "Host", "store.example"), 200, "x")
	metrics := w.do("GET", "/metrics", "", "Authorization", basic("bob")).body
	if !regexp.MustCompile(`objluad_logins_failed_total [1-9]`).MatchString(metrics) || !regexp.MustCompile(`objluad_denied_total [1-9]`).MatchString(metrics) {
		t.Errorf("the metrics count no failures:\n%s", metrics)
	}
	_ = rig
}

// Calls are seen and ended by those whose they are, and by those with admin.
func TestOwnCalls(t *testing.T) {
	users, _ := newUsers(t, map[string]string{"alice": "allow x", "bob": "allow x", "root": "allow admin"})
	w, rig := startWeb(t, server.Options{Users: users})
	busy := dial(t, rig.RESP).login("alice")
	begin := func() string {
		busy.send(command("OBJ.EXEC", "p", "o", "test", "wait", "", "TIMEOUT", "60000"))
		waitFor(t, "it runs", func() bool { return running(rig) == 1 })
		return fmt.Sprint(rig.Service.Calls()[0].ID)
	}
	id := begin()
	for name, sees := range map[string]bool{"alice": true, "bob": false, "root": true} {
		list := dial(t, rig.RESP).login(name).ask("CALL.LIST")
		if strings.Contains(list, "$4\r\nuser\r\n$5\r\nalice\r\n") != sees {
			t.Errorf("%s is told %q", name, list)
		}
		if body := w.do("GET", "/v1/calls", "", "Authorization", basic(name)).body; strings.Contains(body, `"user":"alice"`) != sees {
			t.Errorf("%s is told %s", name, body)
		}
	}
	wantMatch(t, "bob", dial(t, rig.RESP).login("bob").ask("CALL.KILL", id), `-EPERM auth user bob may not use CALL.KILL: that takes the capability "allow admin"\r\n`)
	w.wantProblem(w.do("DELETE", "/v1/calls/"+id, "", "Authorization", basic("bob")), 403, "EPERM", "auth", "")
	if n := running(rig); n != 1 {
		t.Fatalf("%d calls run after bob tried", n)
	}
	wantMatch(t, "alice", dial(t, rig.RESP).login("alice").ask("CALL.KILL", id), `\+OK\r\n`)
	wantMatch(t, "the call", busy.reply(), `-ECANCELED trap:canceled .*`)
	id = begin()
	w.want(w.do("DELETE", "/v1/calls/"+id, "", "Authorization", basic("root")), 204, "")
	wantMatch(t, "the call", busy.reply(), `-ECANCELED trap:canceled .*`)
}

// Connections are seen and closed by those whose they are, and by those with admin.
func TestOwnConnections(t *testing.T) {
	users, _ := newUsers(t, map[string]string{"alice": "", "bob": "", "root": "allow admin"})
	rig := servertest.Start(t, server.Options{Users: users})
	first, second := dial(t, rig.RESP).login("alice"), dial(t, rig.RESP).login("alice")
	bob, root, stranger := dial(t, rig.RESP).login("bob"), dial(t, rig.RESP).login("root"), dial(t, rig.RESP)
	wantMatch(t, "a stranger", stranger.ask("CLIENT", "LIST"), `-NOAUTH .*`)
	for p, want := range map[*peer]int{first: 2, bob: 1, root: 5} {
		if list := p.ask("CLIENT", "LIST"); strings.Count(list, "id=") != want {
			t.Errorf("%d connections are wanted in %s", want, list)
		}
	}
	id := regexp.MustCompile(`id=(\d+)`).FindStringSubmatch(second.ask("CLIENT", "INFO"))[1]
	for _, args := range [][]string{{"ID", id}, {"USER", "alice"}, {"ADDR", second.LocalAddr().String()}, {second.LocalAddr().String()}, {"TYPE", "normal"}, {"ID", "999"}} {
		wantMatch(t, fmt.Sprint("bob: ", args), bob.ask(append([]string{"CLIENT", "KILL"}, args...)...), `-EPERM auth .*`)
	}
	wantMatch(t, "alice is there", second.ask("PING"), `\+PONG\r\n`)
	wantMatch(t, "her own", first.ask("CLIENT", "KILL", "ID", id), `:1\r\n`)
	second.wantClosed()
	wantMatch(t, "of another one", root.ask("CLIENT", "KILL", "USER", "alice"), `:1\r\n`)
	first.wantClosed()
	wantMatch(t, "RESET", bob.ask("RESET"), `\+RESET\r\n`)
	wantMatch(t, "after RESET", bob.ask("PING"), `-NOAUTH .*`)
	wantMatch(t, "pools", root.ask("INFO", "pools"), `-EPERM auth .*`)
	wantMatch(t, "pools among all that there is", root.ask("INFO", "Everything"), `-EPERM auth .*`)
	wantMatch(t, "a letter that is an i in lower case only", root.ask("INFO", "EVERYTHİNG"), `-EPERM auth .*`)
	wantMatch(t, "default sections", root.ask("INFO"), `.*acl_access_denied_cmd:.*`)
}

// The audit log says who did what, and holds no secret. What strangers cause does not fill it.
func TestAudit(t *testing.T) {
	users, tokens := newUsers(t, map[string]string{"alice": "allow class", "bob": "allow r pool=p"})
	var told logged
	w, rig := startWeb(t, server.Options{Users: users, Audit: slog.New(slog.NewJSONHandler(&told, nil))})
	dial(t, rig.RESP).ask("AUTH", "alice", "wrong-"+salt)
	dial(t, rig.RESP).ask("AUTH", "typed-"+salt, "x")
	w.do("GET", "/v1/df", "", "Authorization", "Bearer wrong-"+salt)
	w.do("GET", "/v1/df", "", "Authorization", "Bearer "+tokens["bob"])
	w.do("GET", "/v1/pools", "", "Authorization", basic("bob"))
	bob := dial(t, rig.RESP).login("bob")
	bob.ask("OBJ.REMOVE", "p/n", "o")
	alice := dial(t, rig.RESP).login("alice")
	alice.ask("CLASS.INSTALL", "mine", "echo RD")
	alice.ask("CLASS.REMOVE", "nosuch")
	w.do("POST", "/v1/classes/mine/rollback", "", "Authorization", basic("alice"))
	for i, want := range []string{
		`"level":"WARN","msg":"login failed","audit":true,"user":"alice","peer":"127.0.0.1:\d+","by":"password","err":"wrong user name or password"`,
		`"msg":"login failed","audit":true,"user":"","peer":"127.0.0.1:\d+","by":"password",`,
		`"msg":"login failed","audit":true,"user":"","peer":"127.0.0.1:\d+","by":"bearer","err":"the token is unknown or has expired"`,
		`"msg":"denied","audit":true,"user":"bob","peer":"127.0.0.1:\d+","operation":"GET /v1/df","on":"every pool, every namespace"`,
		`"msg":"denied","audit":true,"user":"bob","peer":"127.0.0.1:\d+","operation":"OBJ.REMOVE","on":"pool p, namespace n"`,
		`"level":"INFO","msg":"administration","audit":true,"user":"alice","peer":"127.0.0.1:\d+","operation":"CLASS.INSTALL","on":"class mine"}`,
		`"msg":"administration","audit":true,"user":"alice","peer":"127.0.0.1:\d+","operation":"CLASS.REMOVE","on":"class nosuch","errno":"EOPNOTSUPP",`,
		`"msg":"administration","audit":true,"user":"alice","peer":"127.0.0.1:\d+","operation":"POST /v1/classes/{name}/rollback","on":"class mine","errno":"ENOENT"`,
	} {
		lines := strings.Split(told.String(), "\n")
		if i >= len(lines) || !regexp.MustCompile(want).MatchString(lines[i]) {
			t.Fatalf("line %d is not %s:\n%s", i+1, want, told.String())
		}
	}
	for range 500 {
		bob.ask("OBJ.REMOVE", "p", "o")
	}
	if n := strings.Count(told.String(), "\n"); n > 300 {
		t.Errorf("500 denials make the log %d lines long", n)
	}
	if strings.Contains(told.String(), salt) {
		t.Errorf("the log holds a secret:\n%s", told.String())
	}
}
