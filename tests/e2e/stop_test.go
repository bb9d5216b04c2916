// This file is the daemon's end on SIGTERM: what runs gets to end, and its clients their replies.

package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

const slowClass = `
function slow(input, output)
  local n = 0
  for i = 1, tonumber(input:str()) do n = n + i end
  output:append(string.format("%d", n))
  objclass.write_full(output)
end
objclass.register(slow, objclass.RD | objclass.WR)`

// TestStop ends the daemon while a method runs. How many steps the method needs to run still at that time depends on the
// machine, so they are doubled until they are enough.
func TestStop(t *testing.T) {
	for steps := 1 << 27; !stopped(t, steps); steps *= 2 {
		t.Logf("%d steps were too few", steps)
	}
}

// stopped reports whether a method of that many steps had not ended when the daemon was told to.
func stopped(t *testing.T, steps int) bool {
	data := t.TempDir()
	d := rig.Run(t, data, "--shutdown-timeout", "60s")
	d.Install(t, "slow", slowClass)
	input := strconv.Itoa(steps)
	answers := make(chan string, 2)
	conn := d.Dial(t)
	go func() {
		reply, err := conn.OpenIOContext("default").Exec(t.Context(), "resp", "slow", "slow", []byte(input), client.Timeout(time.Minute))
		answers <- fmt.Sprintf("%s, %v", reply.Output, err)
	}()
	go func() {
		body, err := post("http://"+d.HTTP()+"/v1/pools/default/objects/http/exec/slow/slow?timeout_ms=60000", input)
		answers <- fmt.Sprintf("%s, %v", body, err)
	}()
	for !strings.Contains(info(t, d), "calls_running:2\r\n") && len(answers) == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := d.Terminate(); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(d.Stderr(), `"msg":"stopping"`) {
		time.Sleep(time.Millisecond)
	}
	ran := len(answers) == 0
	want := strconv.Itoa(steps * (steps + 1) / 2)
	for range cap(answers) {
		if got := <-answers; got != want+", <nil>" {
			t.Errorf("answered %s, want %s", got, want)
		}
	}
	if err := d.Wait(); err != nil {
		t.Error(err)
	}
	if conn, err := net.Dial("tcp", d.Addr()); err == nil {
		conn.Close()
		t.Error("the port is open still")
	}

	ioctx := rig.Run(t, data).Dial(t).OpenIOContext("default")
	for _, oid := range []string{"resp", "http"} {
		if got, err := ioctx.ReadFull(t.Context(), oid); string(got) != want || err != nil {
			t.Errorf("%s: %q, %v", oid, got, err)
		}
	}
	return ran
}

func post(url, body string) (string, error) {
	resp, err := http.Post(url, "", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return string(answer), err
}

// info returns what INFO answers.
func info(t *testing.T, d *rig.Daemon) string {
	t.Helper()
	text, err := converse(d.Addr(), strings.NewReader("INFO\r\nQUIT\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
