// This file is what a method is told of its call.

package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/tests/rig"
)

// who answers all that a method is told of its call.
const who = `
function tell(input, output)
	local drawn = {}
	for i = 1, 4 do drawn[i] = ("%016x"):format((string.unpack("j", objclass.random_bytes(8)))) end
	output:append(json.encode{now = objclass.now(), object = objclass.object(), caller = objclass.caller(), drawn = drawn})
end
objclass.register(tell, objclass.RD)
`

type told struct {
	Now            int64
	Object, Caller map[string]string
	Drawn          []string
}

func parseTold(t *testing.T, answer []byte) (is told) {
	t.Helper()
	if err := json.Unmarshal(answer, &is); err != nil {
		t.Fatalf("answered %q: %v", answer, err)
	}
	return is
}

// A method is told what is true: the address from which the client is connected, whichever way, the object's whole name, the
// version that its reply names, and a time within the call.
func TestScriptsKnowTheirCall(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	version, err := d.Dial(t).InstallClass(t.Context(), "who", []byte(who))
	if err != nil {
		t.Fatal(err)
	}
	ways := map[string]func(t *testing.T) (answer []byte, from net.Addr){
		"RESP": func(t *testing.T) ([]byte, net.Addr) {
			return execByRESP(t, d.Addr(), "default/space", "a b", "who", "tell", "")
		},
		"HTTP": func(t *testing.T) ([]byte, net.Addr) {
			return execByHTTP(t, "http://"+d.HTTP()+"/v1/pools/default/objects/a%20b/exec/who/tell?namespace=space")
		},
	}
	drawn := map[string]bool{}
	for name, exec := range ways {
		t.Run(name, func(t *testing.T) {
			before := time.Now()
			answer, from := exec(t)
			is := parseTold(t, answer)
			if now := time.Unix(0, is.Now); now.Before(before) || now.After(time.Now()) {
				t.Errorf("a call from %v to %v was told %v", before, time.Now(), now)
			}
			checkFields(t, "object", is.Object, map[string]string{"pool": "default", "namespace": "space", "oid": "a b"})
			checkFields(t, "caller", is.Caller,
				map[string]string{"client": from.String(), "class": "who", "method": "tell", "version": version})
			for _, number := range is.Drawn {
				if drawn[number] {
					t.Errorf("%s was drawn twice", number)
				}
				drawn[number] = true
			}
		})
	}
	t.Run("script", func(t *testing.T) {
		reply, err := d.Dial(t).OpenIOContext("default").Eval(t.Context(), "o", []byte(who), "tell", nil)
		if err != nil {
			t.Fatal(err)
		}
		is := parseTold(t, reply.Output)
		if class, has := is.Caller["class"]; has || is.Caller["version"] != reply.ClassVersion {
			t.Errorf("a script of version %s was told of class %q, version %q", reply.ClassVersion, class, is.Caller["version"])
		}
	})
}

func checkFields(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// execByRESP runs a method, and returns its output and from where it was asked.
func execByRESP(t *testing.T, addr string, args ...string) (output []byte, from net.Addr) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	frame := fmt.Sprintf("*%d\r\n$8\r\nOBJ.EXEC\r\n", len(args)+1)
	for _, arg := range args {
		frame += fmt.Sprintf("$%d\r\n%s\r\n", len(arg), arg)
	}
	if _, err := io.WriteString(conn, frame); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	if size, err := in.ReadString('\n'); err != nil || !strings.HasPrefix(size, "$") {
		t.Fatalf("answered %q, %v", size, err)
	}
	line, err := in.ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line, conn.LocalAddr()
}

// execByHTTP is execByRESP over HTTP.
func execByHTTP(t *testing.T, url string) (output []byte, from net.Addr) {
	t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err == nil {
			from = conn.LocalAddr()
		}
		return conn, err
	}}
	defer transport.CloseIdleConnections()
	res, err := (&http.Client{Transport: transport}).Post(url, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	output, err = io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", res.Status, output, err)
	}
	return output, from
}
