// This file runs the transcripts of testdata: the command itself, daemon and client.

package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/objluad/objluad/client"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"objluad": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Setenv("OBJLUAD_ADDR", freeAddr(t))
			env.Setenv("HTTP_ADDR", freeAddr(t))
			env.Setenv("TZ", "UTC")
			env.Setenv("GORACE", "atexit_sleep_ms=0") // each command of a -race run would wait a second otherwise
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"await": await, "running": running, "terminate": terminate},
	})
}

// freeAddr returns an address at which nobody listens.
func freeAddr(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// await waits until the daemon of the script answers on both ports.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: await")
	}
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		conn, err := client.Dial(ts.Getenv("OBJLUAD_ADDR"))
		if err != nil && !errors.Is(err, syscall.EACCES) { // that is a daemon which has users
			continue
		}
		if err == nil {
			conn.Shutdown()
		}
		resp, err := http.Get("http://" + ts.Getenv("HTTP_ADDR") + "/readyz")
		if err != nil {
			continue
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return
		}
	}
	ts.Fatalf("the daemon does not answer")
}

// terminate sends SIGTERM to the daemon of the script.
func terminate(ts *testscript.TestScript, _ bool, _ []string) {
	pid, err := strconv.Atoi(info(ts, "process_id"))
	ts.Check(err)
	ts.Check(syscall.Kill(pid, syscall.SIGTERM))
}

// running waits until the daemon of the script runs as many methods as the argument says.
func running(ts *testscript.TestScript, _ bool, args []string) {
	conn, err := client.DialOptions(ts.Getenv("OBJLUAD_ADDR"), client.Options{User: ts.Getenv("OBJLUAD_USER"), Password: ts.Getenv("OBJLUAD_PASSWORD")})
	ts.Check(err)
	defer conn.Shutdown()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		calls, err := conn.Calls(context.Background())
		ts.Check(err)
		running := 0
		for _, call := range calls {
			if call.State == "running" {
				running++
			}
		}
		if strconv.Itoa(running) == args[0] {
			return
		}
	}
	ts.Fatalf("the daemon does not run %s methods", args[0])
}

// info returns what the daemon of the script says of itself under a key.
func info(ts *testscript.TestScript, key string) string {
	conn, err := net.Dial("tcp", ts.Getenv("OBJLUAD_ADDR"))
	ts.Check(err)
	defer conn.Close()
	_, err = io.WriteString(conn, "INFO\r\nQUIT\r\n")
	ts.Check(err)
	text, err := io.ReadAll(conn)
	ts.Check(err)
	_, after, _ := strings.Cut(string(text), "\n"+key+":")
	value, _, _ := strings.Cut(after, "\r\n")
	return value
}
