// This file runs tests in processes of their own.

package panicguard_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// aloneVariable names, in the environment of a child, the test that it was started for.
const aloneVariable = "PANICGUARD_ALONE"

// alone reports whether this process was started for test t only. If not, it starts one that was, and t is what comes of it.
// A child prints its log whether it fails or not.
func alone(t *testing.T) bool {
	t.Helper()
	if os.Getenv(aloneVariable) == t.Name() {
		return true
	}
	var path []string
	for part := range strings.SplitSeq(t.Name(), "/") {
		path = append(path, "^"+regexp.QuoteMeta(part)+"$")
	}
	cmd := exec.Command(os.Args[0], "-test.run="+strings.Join(path, "/"), "-test.v", "-test.timeout=0")
	cmd.Env = append(os.Environ(), aloneVariable+"="+t.Name())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("the child: %v\n%s", err, out)
	} else {
		t.Logf("%s", out)
	}
	return false
}
