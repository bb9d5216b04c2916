// This file makes the same calls over RESP and over HTTP, and compares all that they answer.

package server_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/redis/rueidis"

	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

// options are those of a call: by their RESP names, in order, with values behind those that have one.
type options []string

// resp returns the options as RESP has them.
func (o options) resp() []string { return o }

// http returns the options as HTTP has them: a query and a header.
func (o options) http() (query string, header []string) {
	for i := 0; i < len(o); i++ {
		switch o[i] {
		case "TIMEOUT":
			i++
			query += "&timeout_ms=" + o[i]
		case "IDEMPOTENCY":
			i++
			header = append(header, "Idempotency-Key", o[i])
		case "DRYRUN":
			query += "&dry_run=true"
		default:
			query += "&" + strings.ToLower(o[i]) + "=true"
		}
	}
	return query, header
}

// request is a call of a method of a class, or of a handler of a script.
type request struct {
	class, method string
	script        bool // class is one
	input         string
	opts          options
}

// overRESP returns what a call answers: an error's words, an output, or a map.
func (q request) overRESP(t *testing.T, c rueidis.Client) any {
	command := c.B().Arbitrary("OBJ.EXEC")
	if q.script {
		command = c.B().Arbitrary("OBJ.EVAL")
	}
	answer, err := c.Do(t.Context(), command.Args("p", "o", q.class, q.method, q.input).Args(q.opts.resp()...).Build()).ToAny()
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return first
	}
	return answer
}

// overHTTP is overRESP.
func (q request) overHTTP(t *testing.T, w servertest.Web) any {
	query, header := q.opts.http()
	path, body := servertest.Objects+"o/exec/"+q.class+"/"+q.method+"?", q.input
	if q.script {
		var contentType string
		path = servertest.Objects + "o/eval?handler=" + q.method
		body, contentType = servertest.MultipartForm(t, "script", q.class, "input", q.input)
		header = append(header, "Content-Type", contentType)
	}
	resp := w.Do("POST", path+query, body, header...)
	switch resp.Header.Get("Content-Type") {
	case "application/problem+json":
		var p struct{ Errno, Kind, Detail string }
		servertest.Unmarshal(t, resp.Text, &p)
		return p.Errno + " " + p.Kind + " " + p.Detail
	case "application/json":
		var answer map[string]any
		servertest.Unmarshal(t, resp.Text, &answer)
		return answer
	}
	return resp.Text
}

// plain makes of both answers what JSON has, and takes out what is another for each run or each listener.
func plain(t *testing.T, answer any) any {
	if text, ok := answer.(string); ok && strings.HasPrefix(text, `{"format"`) { // a bundle, which RESP sends as a bulk string
		var bundle map[string]any
		servertest.Unmarshal(t, text, &bundle)
		answer = bundle
	}
	encoded, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	servertest.Unmarshal(t, string(encoded), &answer)
	fields, ok := answer.(map[string]any)
	if !ok {
		return answer
	}
	if usage, ok := fields["usage"].(map[string]any); ok {
		delete(fields, "usage")
		fields["cpu_us"], fields["peak_bytes"] = usage["cpu_us"], usage["peak_bytes"]
	}
	if bundle, ok := fields["content"].(map[string]any); ok {
		delete(fields, "sha256") // of all
		fields = bundle
	}
	for _, name := range []string{"now", "seed", "client"} {
		delete(fields, name)
	}
	if object, ok := fields["object"].(map[string]any); ok {
		delete(object, "mtime")
	}
	return answer
}

func TestParityOfCalls(t *testing.T) {
	class := func(method, input string, opts ...string) request { return request{"test", method, false, input, opts} }
	script := func(handler, input string, opts ...string) request {
		return request{"-- any", handler, true, input, opts}
	}
	calls := []request{
		class("echo", "text"),
		class("echo", "text", "META"),
		class("count", ""),
		class("count", "", "META"),
		class("ret", "7", "META"),
		class("ret", "-2"),
		class("ret", "-999"),
		{"test@0123", "echo", false, "", nil},
		{"nosuch", "echo", false, "", nil},
		class("nosuch", ""),
		class("fail", "2 op none"),
		class("fail", "16 busy later"),
		class("fail", "110 trap:deadline slow", "META"),
		script("echo", "text"),
		script("echo", "text", "META"),
		script("count", "", "META"),
		script("nosuch", ""),
	}
	for _, make := range []func(string, string, ...string) request{class, script} {
		calls = append(calls,
			make("echo", "x", "TIMEOUT", "100"),
			make("echo", "x", "TIMEOUT", "0"),
			make("echo", "x", "TIMEOUT", "-1"),
			make("echo", "x", "TIMEOUT", "99999999"),
			make("echo", "x", "TIMEOUT", "1e3"),
			make("count", "", "READONLY"),
			make("echo", "x", "READONLY", "META"),
			make("count", "", "DRYRUN"),
			make("count", "", "DRYRUN", "META"),
			make("count", "", "DRYRUN", "READONLY"),
			make("echo", "x", "DRYRUN"),
			make("fail", "2 op none", "DRYRUN"),
			make("count", "", "CAPTURE"),
			make("count", "", "CAPTURE", "READONLY"),
			make("fail", "5 script wrong", "CAPTURE"),
			make("count", "", "CAPTURE", "DRYRUN"),
			make("count", "", "META", "READONLY", "TIMEOUT", "50"),
		)
	}
	for i, make := range []func(string, string, ...string) request{class, script} {
		key := fmt.Sprint("key", i)
		calls = append(calls,
			make("count", "", "IDEMPOTENCY", key),
			make("count", "", "IDEMPOTENCY", key),
			make("count", "", "IDEMPOTENCY", key, "META"),
			make("count", "other", "IDEMPOTENCY", key),
			make("echo", "", "IDEMPOTENCY", key),
			make("count", "", "IDEMPOTENCY", key, "READONLY"),
			make("echo", "x", "IDEMPOTENCY", key+"echo", "META"),
			make("count", "", "IDEMPOTENCY", key, "DRYRUN"),
			make("count", "", "IDEMPOTENCY", key, "CAPTURE"),
			make("count", "", "IDEMPOTENCY", strings.Repeat("k", 255), "META"),
			make("count", "", "IDEMPOTENCY", strings.Repeat("k", 256)),
			make("count", "", "IDEMPOTENCY", ""),
		)
	}

	respRig := servertest.Start(t, server.Options{})
	w, _ := servertest.StartWeb(t, server.Options{})
	c, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{respRig.RESP}, DisableCache: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	kinds := map[string]int{}
	for _, call := range calls {
		resp, web := plain(t, call.overRESP(t, c)), plain(t, call.overHTTP(t, w))
		if !reflect.DeepEqual(resp, web) {
			t.Errorf("%.20q %s %.20q %.40q\nRESP: %.2000v\nHTTP: %.2000v", call.class, call.method, call.input, call.opts, resp, web)
		}
		kinds[reflect.TypeOf(resp).String()]++
	}
	if len(kinds) < 2 {
		t.Errorf("answers are %v", kinds)
	}
}
