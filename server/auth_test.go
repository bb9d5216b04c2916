// This file tests logins, and what the listeners refuse to whom.

package server_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/access"
	"github.com/objluad/objluad/server/servertest"
)

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

func TestAuth(t *testing.T) {
	users, _ := servertest.NewUsers(t, map[string]string{"alice": "allow rw pool=p", "default": ""})
	rig := servertest.Start(t, server.Options{Users: users})
	const noAuth, wrongPass = `-NOAUTH Authentication required\.\r\n`, `-WRONGPASS invalid username-password pair or user is disabled\.\r\n`
	p := servertest.Dial(t, rig.RESP)
	for _, args := range [][]string{{"PING"}, {"OBJ.READ", "p", "o"}, {"COMMAND"}, {"INFO"}, {"CLIENT", "ID"}, {"HELLO"}, {"HELLO", "3"}, {"POOL.LIST"}} {
		servertest.WantMatch(t, fmt.Sprint(args), p.Ask(args...), noAuth)
	}
	servertest.WantMatch(t, "a wrong password", p.Ask("AUTH", "alice", "wrong"), wrongPass)
	servertest.WantMatch(t, "an unknown user", p.Ask("AUTH", "nobody", servertest.SecretOf("alice")), wrongPass)
	servertest.WantMatch(t, "HELLO with a wrong one", p.Ask("HELLO", "3", "AUTH", "alice", "wrong", "SETNAME", "x"), wrongPass)
	servertest.WantMatch(t, "still RESP2, and nobody", p.Ask("PING"), noAuth)
	if got := p.Login("alice").Ask("PING"); got != "+PONG\r\n" {
		t.Errorf("PING: %q", got)
	}
	servertest.WantMatch(t, "a write", p.Ask("OBJ.WRITEFULL", "p", "o", "x"), `:\d+\r\n`)
	servertest.WantMatch(t, "a write elsewhere", p.Ask("OBJ.WRITEFULL", "default", "o", "x"),
		`-EPERM auth user alice may not use OBJ.WRITEFULL on pool default: that takes the capability "allow w pool=default"\r\n`)
	servertest.WantMatch(t, "a wrong password later", p.Ask("AUTH", "alice", "wrong"), wrongPass)
	servertest.WantMatch(t, "still alice", p.Ask("OBJ.READ", "p", "o"), `\$1\r\nx\r\n`)
	servertest.WantMatch(t, "a password alone", p.Ask("AUTH", servertest.SecretOf("default")), `\+OK\r\n`)
	servertest.WantMatch(t, "now default", p.Ask("OBJ.READ", "p", "o"), `-EPERM auth user default .*\r\n`)

	q := servertest.Dial(t, rig.RESP)
	servertest.WantMatch(t, "HELLO", q.Ask("HELLO", "3", "AUTH", "alice", servertest.SecretOf("alice"), "SETNAME", "me"), `%7\r\n.*`)
	servertest.WantMatch(t, "its name", q.Ask("CLIENT", "GETNAME"), `\$2\r\nme\r\n`)
	if got := servertest.Dial(t, rig.RESP).Ask("QUIT"); got != "+OK\r\n" {
		t.Errorf("QUIT: %q", got)
	}

	none := servertest.Start(t, server.Options{})
	servertest.WantMatch(t, "without users", servertest.Dial(t, none.RESP).Ask("AUTH", "a", "b"), `-EPERM auth the server has no users, .*\r\n`)
}

// Who has not logged in can have no large frame read.
func TestStrangersSendLittle(t *testing.T) {
	users, _ := servertest.NewUsers(t, map[string]string{"alice": "allow *"})
	rig := servertest.Start(t, server.Options{Users: users})
	large := strings.Repeat("x", 1<<20)
	p := servertest.Dial(t, rig.RESP)
	p.Send("*2\r\n$4\r\nPING\r\n$1048576\r\n")
	servertest.WantMatch(t, "a stranger", p.WantClosed(), `-EINVAL input protocol error: a command may have 16384 bytes\r\n`)
	p = servertest.Dial(t, rig.RESP)
	p.Send(servertest.Command("AUTH", "alice", servertest.SecretOf("alice")) + servertest.Command("OBJ.EXEC", "p", "o", "test", "echo", large))
	if got := p.Reply() + p.Reply(); got != "+OK\r\n"+servertest.Bulk(large) {
		t.Errorf("%d bytes", len(got))
	}
	p.Ask("RESET")
	p.Send("*2\r\n$4\r\nPING\r\n$1048576\r\n")
	servertest.WantMatch(t, "a stranger again", p.WantClosed(), `-EINVAL input protocol error: .*`)
}

// Changes of the users concern connections that are there.
func TestUsersChangeUnderConnections(t *testing.T) {
	users, _ := servertest.NewUsers(t, map[string]string{"alice": "allow r pool=p", "bob": ""})
	rig := servertest.Start(t, server.Options{Users: users})
	alice, bob := servertest.Dial(t, rig.RESP).Login("alice"), servertest.Dial(t, rig.RESP).Login("bob")
	change := func(edit func(f *access.File) error) {
		t.Helper()
		if err := access.Edit(users.Path(), edit); err != nil {
			t.Fatal(err)
		}
		if _, err := users.Reload(); err != nil {
			t.Fatal(err)
		}
	}
	servertest.WantMatch(t, "before", bob.Ask("OBJ.STAT", "p", "o"), `-EPERM auth .*`)
	caps, err := access.ParseCaps("allow r")
	if err != nil {
		t.Fatal(err)
	}
	change(func(f *access.File) error { return f.SetCaps("bob", caps) })
	servertest.WantMatch(t, "with more", bob.Ask("OBJ.STAT", "p", "o"), `-ENOENT op .*`)
	servertest.WantMatch(t, "the other one", alice.Ask("OBJ.STAT", "p", "o"), `-ENOENT op .*`)
	change(func(f *access.File) error { return f.Remove("bob") })
	servertest.WantMatch(t, "gone", bob.Ask("OBJ.STAT", "p", "o"), `-NOAUTH .*`)
	change(func(f *access.File) error { return f.SetPassword("alice", []byte("another one")) })
	servertest.WantMatch(t, "with another password", alice.Ask("PING"), `-NOAUTH .*`)
}

// A user who comes and goes is one user for the whole of a command.
func TestUserOfACommand(t *testing.T) {
	users, _ := servertest.NewUsers(t, map[string]string{"alice": "allow x"})
	rig := servertest.Start(t, server.Options{Users: users})
	alice := servertest.Dial(t, rig.RESP).Login("alice")
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
	commands := strings.Repeat(servertest.Command("OBJ.EXEC", "p", "o", "test", "echo", "x"), batch)
	for range 400 {
		alice.Send(commands)
		for range batch {
			servertest.WantMatch(t, "a call", alice.Reply(), `(\$1\r\nx|-NOAUTH .*)\r\n`)
		}
	}
}

func basic(name string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+servertest.SecretOf(name)))
}

func TestHTTPAuth(t *testing.T) {
	users, tokens := servertest.NewUsers(t, map[string]string{"alice": "allow rw pool=p", "bob": ""})
	w, rig := servertest.StartWeb(t, server.Options{Users: users})
	for path, status := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 401, servertest.Objects + "o": 401, "/v1/pools": 401} {
		if got := w.Do("GET", path, ""); got.StatusCode != status || status == 401 && len(got.Header.Values("WWW-Authenticate")) != 2 {
			t.Errorf("%s: %d, %v", path, got.StatusCode, got.Header)
		}
	}
	for _, header := range []string{"", "Basic", "Basic x", "Bearer", "Bearer x", "Digest x", basic("carol"), "Bearer " + tokens["alice"] + "x",
		"Basic " + base64.StdEncoding.EncodeToString([]byte("alice:wrong")), "Basic " + base64.StdEncoding.EncodeToString([]byte(tokens["alice"]))} {
		w.WantProblem(w.Do("PUT", servertest.Objects+"o", "x", "Authorization", header), 401, "EACCES", "auth", "")
	}
	for _, header := range []string{basic("alice"), "Bearer " + tokens["alice"], "bearer " + tokens["alice"]} {
		w.Want(w.Do("PUT", servertest.Objects+"o", "x", "Authorization", header), map[bool]int{true: 201, false: 204}[header == basic("alice")], "")
	}
	w.WantProblem(w.Do("PUT", servertest.Objects+"o", "y", "Authorization", basic("bob")), 403, "EPERM", "auth",
		`user bob may not use PUT /v1/pools/{pool}/objects/{oid} on pool p: that takes the capability "allow w pool=p"`)
	w.Want(w.Do("GET", servertest.Objects+"o", "", "Authorization", basic("alice")), 200, "x")
	w.Want(w.Do("GET", "/v1/pools", "", "Authorization", basic("alice")), 200, `\{"pools":\["p"\]\}\n`)
	w.Want(w.Do("GET", "/v1/pools", "", "Authorization", basic("bob")), 200, `\{"pools":\[\]\}\n`)
	w.Want(w.Do("GET", "/v1/classes", "", "Authorization", basic("bob")), 200, `\{"classes":\[\]\}\n`)
	w.WantProblem(w.Do("PUT", servertest.Objects+"o", "y", "Authorization", basic("alice"), "Origin", "http://evil.example"), 403, "EPERM", "auth", "")
	w.Want(w.Do("GET", servertest.Objects+"o", "", "Authorization", basic("alice"), "Host", "store.example"), 200, "x")
	metrics := w.Do("GET", "/metrics", "", "Authorization", basic("bob")).Text
	if !regexp.MustCompile(`objluad_logins_failed_total [1-9]`).MatchString(metrics) || !regexp.MustCompile(`objluad_denied_total [1-9]`).MatchString(metrics) {
		t.Errorf("the metrics count no failures:\n%s", metrics)
	}
	_ = rig
}

// Calls are seen and ended by those whose they are, and by those with admin.
func TestOwnCalls(t *testing.T) {
	users, _ := servertest.NewUsers(t, map[string]string{"alice": "allow x", "bob": "allow x", "root": "allow admin"})
	w, rig := servertest.StartWeb(t, server.Options{Users: users})
	busy := servertest.Dial(t, rig.RESP).Login("alice")
	begin := func() string {
		busy.Send(servertest.Command("OBJ.EXEC", "p", "o", "test", "wait", "", "TIMEOUT", "60000"))
		servertest.WaitFor(t, "it runs", func() bool { return servertest.Running(rig) == 1 })
		return fmt.Sprint(rig.Service.Calls()[0].ID)
	}
	id := begin()
	for name, sees := range map[string]bool{"alice": true, "bob": false, "root": true} {
		list := servertest.Dial(t, rig.RESP).Login(name).Ask("CALL.LIST")
		if strings.Contains(list, "$4\r\nuser\r\n$5\r\nalice\r\n") != sees {
			t.Errorf("%s is told %q", name, list)
		}
		if body := w.Do("GET", "/v1/calls", "", "Authorization", basic(name)).Text; strings.Contains(body, `"user":"alice"`) != sees {
			t.Errorf("%s is told %s", name, body)
		}
	}
	servertest.WantMatch(t, "bob", servertest.Dial(t, rig.RESP).Login("bob").Ask("CALL.KILL", id), `-EPERM auth user bob may not use CALL.KILL: that takes the capability "allow admin"\r\n`)
	w.WantProblem(w.Do("DELETE", "/v1/calls/"+id, "", "Authorization", basic("bob")), 403, "EPERM", "auth", "")
	if n := servertest.Running(rig); n != 1 {
		t.Fatalf("%d calls run after bob tried", n)
	}
	servertest.WantMatch(t, "alice", servertest.Dial(t, rig.RESP).Login("alice").Ask("CALL.KILL", id), `\+OK\r\n`)
	servertest.WantMatch(t, "the call", busy.Reply(), `-ECANCELED trap:canceled .*`)
	id = begin()
	w.Want(w.Do("DELETE", "/v1/calls/"+id, "", "Authorization", basic("root")), 204, "")
	servertest.WantMatch(t, "the call", busy.Reply(), `-ECANCELED trap:canceled .*`)
}

// Connections are seen and closed by those whose they are, and by those with admin.
func TestOwnConnections(t *testing.T) {
	users, _ := servertest.NewUsers(t, map[string]string{"alice": "", "bob": "", "root": "allow admin"})
	rig := servertest.Start(t, server.Options{Users: users})
	first, second := servertest.Dial(t, rig.RESP).Login("alice"), servertest.Dial(t, rig.RESP).Login("alice")
	bob, root, stranger := servertest.Dial(t, rig.RESP).Login("bob"), servertest.Dial(t, rig.RESP).Login("root"), servertest.Dial(t, rig.RESP)
	servertest.WantMatch(t, "a stranger", stranger.Ask("CLIENT", "LIST"), `-NOAUTH .*`)
	for p, want := range map[*servertest.Peer]int{first: 2, bob: 1, root: 5} {
		if list := p.Ask("CLIENT", "LIST"); strings.Count(list, "id=") != want {
			t.Errorf("%d connections are wanted in %s", want, list)
		}
	}
	id := regexp.MustCompile(`id=(\d+)`).FindStringSubmatch(second.Ask("CLIENT", "INFO"))[1]
	for _, args := range [][]string{{"ID", id}, {"USER", "alice"}, {"ADDR", second.LocalAddr().String()}, {second.LocalAddr().String()}, {"TYPE", "normal"}, {"ID", "999"}} {
		servertest.WantMatch(t, fmt.Sprint("bob: ", args), bob.Ask(append([]string{"CLIENT", "KILL"}, args...)...), `-EPERM auth .*`)
	}
	servertest.WantMatch(t, "alice is there", second.Ask("PING"), `\+PONG\r\n`)
	servertest.WantMatch(t, "her own", first.Ask("CLIENT", "KILL", "ID", id), `:1\r\n`)
	second.WantClosed()
	servertest.WantMatch(t, "of another one", root.Ask("CLIENT", "KILL", "USER", "alice"), `:1\r\n`)
	first.WantClosed()
	servertest.WantMatch(t, "RESET", bob.Ask("RESET"), `\+RESET\r\n`)
	servertest.WantMatch(t, "after RESET", bob.Ask("PING"), `-NOAUTH .*`)
	servertest.WantMatch(t, "pools", root.Ask("INFO", "pools"), `-EPERM auth .*`)
	servertest.WantMatch(t, "pools among all that there is", root.Ask("INFO", "Everything"), `-EPERM auth .*`)
	servertest.WantMatch(t, "a letter that is an i in lower case only", root.Ask("INFO", "EVERYTHİNG"), `-EPERM auth .*`)
	servertest.WantMatch(t, "default sections", root.Ask("INFO"), `.*acl_access_denied_cmd:.*`)
}

// The audit log says who did what, and holds no secret. What strangers cause does not fill it.
func TestAudit(t *testing.T) {
	users, tokens := servertest.NewUsers(t, map[string]string{"alice": "allow class", "bob": "allow r pool=p"})
	var told logged
	w, rig := servertest.StartWeb(t, server.Options{Users: users, Audit: slog.New(slog.NewJSONHandler(&told, nil))})
	servertest.Dial(t, rig.RESP).Ask("AUTH", "alice", "wrong-"+servertest.Salt)
	servertest.Dial(t, rig.RESP).Ask("AUTH", "typed-"+servertest.Salt, "x")
	w.Do("GET", "/v1/df", "", "Authorization", "Bearer wrong-"+servertest.Salt)
	w.Do("GET", "/v1/df", "", "Authorization", "Bearer "+tokens["bob"])
	w.Do("GET", "/v1/pools", "", "Authorization", basic("bob"))
	bob := servertest.Dial(t, rig.RESP).Login("bob")
	bob.Ask("OBJ.REMOVE", "p/n", "o")
	alice := servertest.Dial(t, rig.RESP).Login("alice")
	alice.Ask("CLASS.INSTALL", "mine", "echo RD")
	alice.Ask("CLASS.REMOVE", "nosuch")
	w.Do("POST", "/v1/classes/mine/rollback", "", "Authorization", basic("alice"))
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
		bob.Ask("OBJ.REMOVE", "p", "o")
	}
	if n := strings.Count(told.String(), "\n"); n > 300 {
		t.Errorf("500 denials make the log %d lines long", n)
	}
	if strings.Contains(told.String(), servertest.Salt) {
		t.Errorf("the log holds a secret:\n%s", told.String())
	}
}
