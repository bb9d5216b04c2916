// This file tests that bodies which do not arrive are not waited for.

package httpapi

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/server/limits"
	"github.com/objluad/objluad/server/wire"
)

func TestPacedBodies(t *testing.T) {
	const patience, method = 3 * time.Second, 4 * time.Second
	part := strings.Repeat("x", limits.SlowPart)
	for name, test := range map[string]struct {
		parts  []string
		pause  time.Duration // before each but the first
		length int           // announced
		late   bool
	}{
		"no body, and a method that runs for long":       {nil, 0, 0, false},
		"a body, and a method that runs for long":        {[]string{part}, 0, limits.SlowPart, false},
		"a body that stops":                              {[]string{"half"}, 0, 8, true},
		"a body that drips":                              {strings.Split(strings.Repeat("x", 40), ""), patience / 30, 40, true},
		"a large body that takes more time, but no part": {[]string{part, part, part}, patience * 3 / 5, 3 * limits.SlowPart, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outcome := make(chan error, 2)
			s := httptest.NewServer(paced(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err == nil && test.pause == 0 {
					time.Sleep(method)
				}
				if err == nil && len(body) != test.length {
					err = fmt.Errorf("%d bytes", len(body))
				}
				outcome <- err
				outcome <- r.Context().Err()
			}), patience))
			defer s.Close()
			c, err := net.Dial("tcp", s.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", test.length)
			for i, part := range test.parts {
				if i > 0 {
					time.Sleep(test.pause)
				}
				if _, err := io.WriteString(c, part); err != nil && !test.late {
					t.Fatal(err)
				}
			}
			if err := <-outcome; (err != nil) != test.late {
				t.Errorf("the body: %v", err)
			} else if test.late && httpStatus(wire.AsError(bodyError(err, "", 0))) != http.StatusRequestTimeout {
				t.Errorf("%v is told by %d", err, httpStatus(wire.AsError(bodyError(err, "", 0))))
			}
			if err := <-outcome; err != nil && !test.late {
				t.Errorf("the client is taken for gone: %v", err)
			}
		})
	}
}
