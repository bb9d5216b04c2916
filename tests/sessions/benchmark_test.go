// This file is sessions of redis-benchmark.

package sessions

import (
	"fmt"
	"strings"
	"testing"

	"github.com/objluad/objluad/tests/rig"
)

// benchmark has many connections add to one object and to many, and checks that each call counted once.
func benchmark(t *testing.T, d *rig.Daemon) {
	const n = 3200 // a multiple of what all connections have under way, so that redis-benchmark sends as many
	for _, test := range []struct{ name, oid string }{{"one", "bench"}, {"many", "bench-__rand_int__"}} {
		for _, options := range []string{"-P 16 -c 20", "-P 1 -c 50 -3"} {
			args := append(at(t, d), strings.Fields(options)...)
			args = append(args, "-n", fmt.Sprint(n), "-r", "100", "-q", "OBJ.EXEC", "default", test.oid, "s", "inc", "1")
			out := run(t, "", "redis-benchmark", args...)
			if strings.Contains(out, "rror") || strings.Contains(out, "WARNING") || !strings.Contains(out, "requests per second") {
				t.Errorf("%s, %s: it prints %s", test.name, options, out)
			}
		}
	}
	wantObject(t, d, "bench", fmt.Sprint(2*n))
	ioctx, sum := d.Dial(t).OpenIOContext("default"), 0
	for i := range 100 {
		data, err := ioctx.ReadFull(t.Context(), fmt.Sprintf("bench-%012d", i))
		if err != nil {
			continue // chance did not choose it
		}
		var count int
		fmt.Sscan(string(data), &count)
		sum += count
	}
	if sum != 2*n {
		t.Errorf("many objects have %d, want %d", sum, 2*n)
	}
}
