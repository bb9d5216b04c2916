// This file is a session of curl.

package sessions

import (
	"regexp"
	"testing"

	"github.com/objluad/objluad/tests/rig"
)

// curl runs requests in their order. What is checked is the body, with the status behind it.
func curl(t *testing.T, d *rig.Daemon) {
	base := "http://" + d.HTTP()
	object := base + "/v1/pools/default/objects/curl%2Fed"
	for _, test := range []struct {
		name, stdin string
		args        []string
		want        string // regular expression
	}{
		{"absent", "", []string{object}, `\{.*"errno":\s*"ENOENT".*\}\n 404`},
		{"put", "0123456789", []string{"-T", "-", object}, `.* 20[0-9]`},
		{"get", "", []string{object}, `0123456789 200`},
		{"range", "", []string{"-r", "2-4", object}, `234 206`},
		{"end", "", []string{"-r", "-3", object}, `789 206`},
		{"range behind the end", "", []string{"-r", "20-30", object}, `.* 416`},
		{"head", "", []string{"-I", object}, `(?s)HTTP/1.1 200 OK.*Content-Length: 10\n.* 200`},
		{"write again", "41", []string{"-T", "-", object}, `.* 20[0-9]`},
		{"exec", "", []string{"-d", "1", object + "/exec/s/inc"}, `42 200`},
		{"exec from standard input", "8", []string{"--data-binary", "@-", object + "/exec/s/inc"}, `50 200`},
		{"trap", "", []string{"-d", "", object + "/exec/s/spin?timeout_ms=50"}, `\{.*"kind":\s*"trap:deadline".*\}\n 504`},
		{"no method", "", []string{"-d", "", object + "/exec/s/nosuch"}, `\{.*"errno":\s*"EOPNOTSUPP".*\}\n 404`},
		{"delete", "", []string{"-X", "DELETE", object}, ` 204`},
		{"deleted", "", []string{"-o", "/dev/null", object}, ` 404`},
		{"health", "", []string{base + "/healthz"}, `.* 200`},
	} {
		args := append([]string{"-sS", "-w", " %{http_code}"}, test.args...)
		got := run(t, test.stdin, "curl", args...)
		if !regexp.MustCompile(`(?s)^(?:` + test.want + `)$`).MatchString(got) {
			t.Errorf("%s: %q prints\n%s\nwant %s", test.name, args, got, test.want)
		}
	}
}
