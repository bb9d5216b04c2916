// This file is what clients send: the encodings of script, handler and input, right and wrong.

package clslua

import (
	"strings"
	"testing"
)

// payload is the input of a method of class lua. The script that it brings, if any, puts out the input in quotes.
type payload struct {
	name    string
	method  string
	input   string
	want    outcome
	differs string
	there   *outcome
	kills   bool // it ends the OSD, and is sent to none that is needed
}

const echo = `function f(i, o) o:append('<' .. i:str() .. '>') end objclass.register(f)`

// echoJSON is the beginning of a JSON object that lacks its input.
const echoJSON = `"script":"` + echo + `","handler":"f"`

var (
	einval       = outcome{errno: "EINVAL"}
	isEmptyInput = outcome{output: "<>"}
)

// encoded is Ceph's encoding of a struct with these strings.
func encoded(version, compat byte, fields ...string) string {
	var body []byte
	for _, f := range fields {
		body = append(body, byte(len(f)), byte(len(f)>>8), byte(len(f)>>16), byte(len(f)>>24))
		body = append(body, f...)
	}
	n := len(body)
	return string([]byte{version, compat, byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}) + string(body)
}

// JSON that has no end has a NUL behind it: cls_lua reads beyond its input until it finds one.
var payloads = []payload{
	{name: "all", method: "eval_json", input: `{` + echoJSON + `,"input":"abc"}`, want: outcome{output: "<abc>"}},
	{name: "in another order", method: "eval_json", input: `{"input":"abc","handler":"f","script":"` + echo + `"}`, want: outcome{output: "<abc>"}},
	{name: "no input", method: "eval_json", input: `{` + echoJSON + `}`, want: isEmptyInput},
	{name: "an empty input", method: "eval_json", input: `{` + echoJSON + `,"input":""}`, want: isEmptyInput},
	{name: "an empty handler", method: "eval_json", input: `{"script":"objclass.stat()","handler":""}`, want: outcome{errno: "ENOENT"}},
	{name: "an empty script", method: "eval_json", input: `{"script":"","handler":""}`},
	{name: "an unknown handler", method: "eval_json", input: `{"script":"","handler":"f"}`, want: outcome{errno: "EOPNOTSUPP"}},
	{name: "white space", method: "eval_json", input: " \t\r\n{ \"script\" : \"\" ,\n\"handler\" : \"\" }\n"},
	{name: "a comma behind the last member", method: "eval_json", input: `{` + echoJSON + `,"input":"abc",}`, want: outcome{output: "<abc>"}},
	{name: "text behind the object", method: "eval_json", input: `{` + echoJSON + `,"input":"abc"} text }`, want: outcome{output: "<abc>"}},
	{name: "line feeds and control characters", method: "eval_json", input: "{" + echoJSON + ",\"input\":\"a\nb\x01\"}", want: outcome{output: "<a\nb\x01>"}},
	{name: "NUL as an escape", method: "eval_json", input: `{` + echoJSON + `,"input":"a\u0000b"}`, want: outcome{output: "<a\x00b>"}},
	{name: "escapes", method: "eval_json", input: `{` + echoJSON + `,"input":"\"\\\/\b\f\n\r\t\u00e9\u20ac"}`, want: outcome{output: "<\"\\/\b\f\n\r\té€>"}},
	{name: "a name with escapes", method: "eval_json", input: `{"\u0073cript":"","handler":""}`},
	{name: "UTF-8", method: "eval_json", input: `{` + echoJSON + `,"input":"é€😀"}`, want: outcome{output: "<é€😀>"}},
	{name: "no UTF-8", method: "eval_json", input: "{" + echoJSON + ",\"input\":\"\xff\xfe\"}", want: outcome{output: "<\xff\xfe>"}},
	{name: "other members", method: "eval_json", input: `{"a":[1,-2.5e3,{"b":null}],` + echoJSON + `,"c":true,"input":"abc"}`, want: outcome{output: "<abc>"}},
	{name: "100 arrays", method: "eval_json", input: `{"a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `,` + echoJSON + `}`, want: isEmptyInput},
	{name: "1 MiB", method: "eval_json", input: `{` + echoJSON + `,"input":"` + strings.Repeat("x", 1<<20) + `"}`, want: outcome{output: "<" + strings.Repeat("x", 1<<20) + ">"}},
	{name: "no script", method: "eval_json", input: `{"handler":"f"}`, want: einval},
	{name: "no handler", method: "eval_json", input: `{"script":""}`, want: einval},
	{name: "names are exact", method: "eval_json", input: `{"Script":"","handler":""}`, want: einval},
	{name: "a script that is no string", method: "eval_json", input: `{"script":1,"handler":""}`, want: einval},
	{name: "a handler that is no string", method: "eval_json", input: `{"script":"","handler":null}`, want: einval},
	{name: "an input that is no string", method: "eval_json", input: `{` + echoJSON + `,"input":{}}`, want: einval},
	{name: "an empty object", method: "eval_json", input: `{}`, want: einval},
	{name: "an array", method: "eval_json", input: `["script"]`, want: einval},
	{name: "a string", method: "eval_json", input: `"script"`, want: einval},
	{name: "nothing", method: "eval_json", input: "", want: einval, differs: "survives", kills: true},
	{name: "white space alone", method: "eval_json", input: "   \x00", want: einval},
	{name: "an object without an end", method: "eval_json", input: `{` + echoJSON + "\x00", want: einval},
	{name: "a string without an end", method: "eval_json", input: `{` + echoJSON + `,"input":"abc` + "\x00", want: einval},
	{name: "text before the object", method: "eval_json", input: `text {` + echoJSON + `}`, want: einval},
	{name: "a byte order mark", method: "eval_json", input: "\xef\xbb\xbf{" + echoJSON + "}", want: einval},
	{name: "single quotes", method: "eval_json", input: `{'script':'','handler':''}`, want: einval},
	{name: "a comment", method: "eval_json", input: `{` + echoJSON + `,/* none */"input":"abc"}`, want: einval},
	{name: "no colon", method: "eval_json", input: `{"script" "","handler":""}`, want: einval},
	{name: "a comma in front", method: "eval_json", input: `{,` + echoJSON + `}`, want: einval},
	{name: "NaN", method: "eval_json", input: `{"a":NaN,` + echoJSON + `}`, want: einval},
	{name: "NUL as a byte", method: "eval_json", input: "{" + echoJSON + ",\"input\":\"a\x00b\"}", want: outcome{output: "<a\x00b>"}, differs: "nul", there: &einval},
	{name: "a surrogate pair", method: "eval_json", input: `{` + echoJSON + `,"input":"\ud83d\ude00"}`, want: outcome{output: "<😀>"},
		differs: "json", there: &outcome{output: "<\xed\xa0\xbd\xed\xb8\x80>"}},
	{name: "half of a surrogate pair", method: "eval_json", input: `{` + echoJSON + `,"input":"\ud83d"}`, want: einval, differs: "json", there: &outcome{output: "<\xed\xa0\xbd>"}},
	{name: "an escape that JSON has not", method: "eval_json", input: `{` + echoJSON + `,"input":"\x41"}`, want: einval, differs: "json", there: &outcome{output: "<A>"}},
	{name: "an escape that is cut off", method: "eval_json", input: `{` + echoJSON + `,"input":"a\u12"}`, want: einval, differs: "json", there: &outcome{output: "<a12>"}},
	{name: "a member that comes twice", method: "eval_json", input: `{` + echoJSON + `,"input":"a","input":"b"}`, want: einval, differs: "json", there: &outcome{output: "<b>"}},
	{name: "two commas", method: "eval_json", input: `{` + echoJSON + `,,}`, want: einval, differs: "json", there: &isEmptyInput},
	{name: "200 arrays", method: "eval_json", input: `{"a":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `,` + echoJSON + `}`, want: einval,
		differs: "json", there: &isEmptyInput},

	{name: "all", method: "eval_bufferlist", input: encoded(1, 1, echo, "f", "abc"), want: outcome{output: "<abc>"}},
	{name: "no input", method: "eval_bufferlist", input: encoded(1, 1, echo, "f", ""), want: isEmptyInput},
	{name: "an empty handler", method: "eval_bufferlist", input: encoded(1, 1, "objclass.stat()", "", ""), want: outcome{errno: "ENOENT"}},
	{name: "an empty script", method: "eval_bufferlist", input: encoded(1, 1, "", "", "")},
	{name: "any bytes", method: "eval_bufferlist", input: encoded(1, 1, echo, "f", "\x00\xff\n"), want: outcome{output: "<\x00\xff\n>"}},
	{name: "a later version with another field", method: "eval_bufferlist", input: encoded(2, 1, echo, "f", "abc", "more"), want: outcome{output: "<abc>"}},
	{name: "another field", method: "eval_bufferlist", input: encoded(1, 1, echo, "f", "abc", "more"), want: outcome{output: "<abc>"}},
	{name: "version 0", method: "eval_bufferlist", input: encoded(0, 0, echo, "f", "abc"), want: outcome{output: "<abc>"}},
	{name: "for later readers only", method: "eval_bufferlist", input: encoded(2, 2, echo, "f", "abc"), want: einval},
	{name: "nothing", method: "eval_bufferlist", input: "", want: einval},
	{name: "half of a header", method: "eval_bufferlist", input: "\x01\x01\x00\x00", want: einval},
	{name: "a header alone", method: "eval_bufferlist", input: encoded(1, 1), want: einval},
	{name: "no field of input", method: "eval_bufferlist", input: encoded(1, 1, echo, "f"), want: einval},
	{name: "cut off", method: "eval_bufferlist", input: encoded(1, 1, echo, "f", "abc")[:60], want: einval},
	{name: "a field longer than the struct", method: "eval_bufferlist", input: "\x01\x01\x08\x00\x00\x00\xff\xff\xff\xffabcd", want: einval},
	{name: "a struct longer than the payload", method: "eval_bufferlist", input: "\x01\x01\xff\xff\xff\xff", want: einval},
	{name: "bytes behind the struct", method: "eval_bufferlist", input: encoded(1, 1, echo, "f", "abc") + "xyz", want: einval,
		differs: "whole-encodings", there: &outcome{output: "<abc>"}},

	{name: "a method that is not there", method: "eval", input: "", want: outcome{errno: "EOPNOTSUPP"}},
}

func runPayloads(t *testing.T, name string, osd bool, exec func(t *testing.T, oid, method, input string) outcome) {
	t.Run(name+"/payloads", func(t *testing.T) {
		t.Parallel()
		for _, p := range payloads {
			if osd && p.kills {
				continue
			}
			t.Run(p.method+"/"+p.name, func(t *testing.T) {
				got := exec(t, name+" "+p.name, p.method, p.input)
				s := system{osd: osd}
				s.compare(t, p.differs, got.full(), p.want, p.there)
			})
		}
	})
}
