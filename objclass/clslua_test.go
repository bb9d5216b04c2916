package objclass

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"
)

func TestDecodeEvalJSON(t *testing.T) {
	for _, c := range []struct{ text, script, handler, input string }{
		{`{"script":"s","handler":"h","input":"i"}`, "s", "h", "i"},
		{`{"script":"","handler":""}`, "", "", ""},
		{" \t\r\n\v\f{ \"script\" : \"s\" , \"handler\" : \"h\" , \"input\" : \"i\" , } text behind", "s", "h", "i"},
		{"{\"script\":\"a\nb\",\"handler\":\"a\x00b\",\"input\":\"\x01\xff\xfe\xc3\xa9\"}", "a\nb", "a\x00b", "\x01\xff\xfe\xc3\xa9"},
		{`{"script":"\"\\\/\b\f\n\r\t","handler":"\u0000\u00e9\u20AC","input":"\ud83d\uDE00"}`, "\"\\/\b\f\n\r\t", "\x00é€", "😀"},
		{`{"input":"i","\u0068andler":"h","script":"s"}`, "s", "h", "i"},
		{`{"script":"s","a":[1,-2.5e+3,true,false,null,"x\"]",[],{},{"b":{"c":[{}],},},],"script ":1,"handler":"h","":1e999}`, "s", "h", ""},
		{`{"x":` + strings.Repeat("[", 127) + strings.Repeat("]", 127) + `,"x":[],"script":"s","handler":"h"}`, "s", "h", ""},
	} {
		op, err := decodeEvalJSON([]byte(c.text))
		if err != nil || string(op.script) != c.script || op.handler != c.handler || string(op.input) != c.input {
			t.Errorf("%s: %q %q %q, %v", c.text, op.script, op.handler, op.input, err)
		}
	}
}

func TestDecodeEvalJSONRefuses(t *testing.T) {
	const whole = `"script":"s","handler":"h"`
	for text, want := range map[string]string{
		"":                                       "byte 1: a JSON object with script, handler and input is expected, and the text ends",
		"  ":                                     "byte 3: a JSON object",
		"[]":                                     "byte 1: a JSON object",
		"\xef\xbb\xbf{" + whole + "}":            "byte 1: a JSON object",
		`"s"`:                                    "byte 1: a JSON object",
		`{}`:                                     "no script",
		`{"handler":"h"}`:                        "no script",
		`{"script":"s"}`:                         "no handler",
		`{"Script":"s","handler":"h"}`:           "no script",
		`{` + whole:                              "byte 28: a comma or } is expected, and the text ends",
		`{` + whole + `]`:                        "byte 28: a comma or } is expected",
		`{` + whole + `,,}`:                      "byte 29: the name of a member is expected",
		`{,` + whole + `}`:                       "byte 2: the name of a member is expected",
		`{` + whole + `,"input"}`:                "byte 36: a colon is expected",
		`{` + whole + `,"input":}`:               "byte 37: a string as input is expected",
		`{"script":null,"handler":"h"}`:          "byte 11: a string as script is expected",
		`{"script":"s","handler":["h"]}`:         "byte 25: a string as handler is expected",
		`{` + whole + `,"input":1}`:              "byte 37: a string as input is expected",
		`{` + whole + `,"script":"s"}`:           "byte 29: script comes twice",
		`{` + whole + `,"handler":""}`:           "byte 29: handler comes twice",
		`{` + whole + `,"input":"","input":""}`:  "input comes twice",
		`{` + whole + `,"input":"abc`:            "byte 37: the string has no end",
		`{` + whole + `,"input":"\`:              "byte 38: the string has no end",
		`{` + whole + `,"input":"\x41"}`:         "byte 38: no escape of JSON",
		`{` + whole + `,"input":"\u12"}`:         `byte 38: \u is followed by 4 hex digits`,
		`{` + whole + `,"input":"\u+123"}`:       `byte 38: \u is followed by 4 hex digits`,
		`{` + whole + `,"input":"\u12`:           `byte 38: \u is followed by 4 hex digits`,
		`{` + whole + `,"input":"\ud800"}`:       "byte 38: half of a surrogate pair",
		`{` + whole + `,"input":"\ud800\ud800"}`: "byte 38: half of a surrogate pair",
		`{` + whole + `,"input":"\udc00\ud800"}`: "byte 38: half of a surrogate pair",
		`{` + whole + `,"x":tru}`:                "byte 33: a value is expected",
		`{` + whole + `,"x":NaN}`:                "a value is expected",
		`{` + whole + `,"x":inf}`:                "a value is expected",
		`{` + whole + `,"x":0x10}`:               "byte 34: a comma or } is expected",
		`{` + whole + `,"x":nan}`:                "a value is expected",
		`{` + whole + `,"x":-}`:                  "a value is expected",
		`{` + whole + `,"x":[1 2]}`:              "a comma or ] is expected",
		`{` + whole + `,"x":{1:2}}`:              "the name of a member is expected",
		`{'script':"s"}`:                         "byte 2: the name of a member is expected",
		`{"x":` + strings.Repeat("[", 128) + `}`: "more than 128 arrays and objects within each other",
		`{"x":` + strings.Repeat("[", 1<<20):     "more than 128 arrays and objects within each other",
		`{"x":` + strings.Repeat(`{"x":`, 1<<20): "more than 128 arrays and objects within each other",
		`{` + whole + `,/*none*/"input":"i"}`:    "byte 29: the name of a member is expected",
		"{\x00" + whole + "}":                    "byte 2: the name of a member is expected",
	} {
		_, err := decodeEvalJSON([]byte(text))
		if err == nil {
			t.Errorf("%.80s was accepted", text)
			continue
		}
		wantError(t, err, syscall.EINVAL, KindInput, "eval_json: ")
		wantError(t, err, syscall.EINVAL, KindInput, want)
	}
}

// FuzzDecodeEvalJSON compares with Go's JSON: what that takes is taken, but for what is said to be refused, and means the same.
func FuzzDecodeEvalJSON(f *testing.F) {
	for _, seed := range []string{
		`{"script":"s","handler":"h","input":"i",} x`, `{"script":"\ud83d\ude00\n","handler":"\u0000"}`, `{"x":[1,{"y":null}],"script":""}`,
		"{\"script\":\"\xff\x00\n\",\"handler\":\"\"}", `{"script":"","script":""}`, `{"script":1,"handler":{}}`, `[[[`, `{"x":1e5,"y":-0}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		op, err := decodeEvalJSON(text)
		if err != nil {
			wantError(t, err, syscall.EINVAL, KindInput, "eval_json: ")
		}
		var fields map[string]any
		if !utf8.Valid(text) || json.Unmarshal(text, &fields) != nil {
			return
		}
		if err != nil {
			if mustTakeJSON(text, fields) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		input, _ := fields["input"].(string)
		if fields["script"] != string(op.script) || fields["handler"] != op.handler || input != string(op.input) {
			t.Fatalf("%q became %q %q %q", text, op.script, op.handler, op.input)
		}
	})
}

// mustTakeJSON reports whether text, which is JSON of these fields, is surely to be accepted.
func mustTakeJSON(text []byte, fields map[string]any) bool {
	for _, name := range []string{"script", "handler", "input"} {
		if _, ok := fields[name].(string); !ok && (name != "input" || fields[name] != nil) {
			return false
		}
	}
	if _, null := fields["input"]; null && fields["input"] == nil {
		return false
	}
	twice := bytes.Count(text, []byte(":")) > len(fields)          // or more is said in its values
	half := bytes.Contains(bytes.ToLower(text), []byte(`\ud`))     // of a surrogate pair, perhaps
	deep := bytes.ContainsAny(text[1:], "[{") && len(text) > 2*128 // perhaps
	return !twice && !half && !deep
}

// encodeEval is Ceph's encoding, written by hand here.
func encodeEval(version, compat byte, fields ...string) []byte {
	var body []byte
	for _, f := range fields {
		body = binary.LittleEndian.AppendUint32(body, uint32(len(f)))
		body = append(body, f...)
	}
	return append(binary.LittleEndian.AppendUint32([]byte{version, compat}, uint32(len(body))), body...)
}

func TestDecodeEvalBufferlist(t *testing.T) {
	for _, c := range []struct {
		encoded                []byte
		script, handler, input string
	}{
		{[]byte("\x01\x01\x0f\x00\x00\x00\x01\x00\x00\x00s\x01\x00\x00\x00h\x01\x00\x00\x00i"), "s", "h", "i"},
		{encodeEval(1, 1, "", "", ""), "", "", ""},
		{encodeEval(1, 1, "s\x00\xff", "h\x00", strings.Repeat("\x00\xff", 1<<20)), "s\x00\xff", "h\x00", strings.Repeat("\x00\xff", 1<<20)},
		{encodeEval(2, 1, "s", "h", "i", "a field of version 2"), "s", "h", "i"},
		{encodeEval(255, 0, "s", "h", "i"), "s", "h", "i"},
		{encodeEval(0, 0, "s", "h", "i"), "s", "h", "i"},
	} {
		op, err := decodeEvalBufferlist(c.encoded)
		if err != nil || string(op.script) != c.script || op.handler != c.handler || string(op.input) != c.input {
			t.Errorf("%.40q: %.20q %.20q %.20q, %v", c.encoded, op.script, op.handler, op.input, err)
		}
	}
}

func TestDecodeEvalBufferlistRefuses(t *testing.T) {
	good := encodeEval(1, 1, "script", "handler", "input")
	changed := func(at int, to ...byte) string {
		b := bytes.Clone(good)
		copy(b[at:], to)
		return string(b)
	}
	for text, want := range map[string]string{
		"":                                 "the input has 0 bytes, and the header alone has 6",
		string(good[:5]):                   "the input has 5 bytes",
		string(good[:len(good)-1]):         "cut off: its header announces 30 bytes, and 29 follow",
		string(good) + "more":              "too long: its header announces 30 bytes, and 34 follow",
		changed(1, 2):                      "for readers of version 2; this one reads version 1",
		changed(0, 9, 9):                   "for readers of version 9",
		changed(2, 0xff, 0xff, 0xff, 0xff): "cut off: its header announces 4294967295 bytes",
		changed(6, 0xff, 0xff, 0xff, 0xff): "script should have 4294967295 bytes, and the encoding has 26 more",
		changed(16, 17):                    "handler should have 17 bytes, and the encoding has 16 more",
		changed(27, 6):                     "input should have 6 bytes, and the encoding has 5 more",
		string(encodeEval(1, 1)):           "ends before the length of script",
		string(encodeEval(1, 1, "s")):      "ends before the length of handler",
		string(encodeEval(1, 1, "s", "h")): "ends before the length of input",
	} {
		_, err := decodeEvalBufferlist([]byte(text))
		if err == nil {
			t.Errorf("%q was accepted", text)
			continue
		}
		wantError(t, err, syscall.EINVAL, KindInput, "eval_bufferlist: ")
		wantError(t, err, syscall.EINVAL, KindInput, want)
	}
	for n := range good { // cut off anywhere, whether the header knows it or not
		if _, err := decodeEvalBufferlist(good[:n]); err == nil {
			t.Errorf("%d of %d bytes were accepted", n, len(good))
		}
		if n < evalHeader {
			continue
		}
		cut := bytes.Clone(good[:n])
		binary.LittleEndian.PutUint32(cut[2:], uint32(n-evalHeader))
		if _, err := decodeEvalBufferlist(cut); err == nil {
			t.Errorf("%d of %d bytes with a header that says so were accepted", n, len(good))
		}
	}
}

// FuzzDecodeEvalBufferlist encodes again what was decoded: it is what was read, but for the versions and what a later one added.
func FuzzDecodeEvalBufferlist(f *testing.F) {
	f.Add(encodeEval(1, 1, "script", "handler", "input"))
	f.Add(encodeEval(2, 1, "", "", "", "more"))
	f.Add(encodeEval(1, 2, "", "", ""))
	f.Add([]byte("\x01\x01\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, encoded []byte) {
		op, err := decodeEvalBufferlist(encoded)
		if err != nil {
			wantError(t, err, syscall.EINVAL, KindInput, "eval_bufferlist: ")
			return
		}
		again := encodeEval(encoded[0], encoded[1], string(op.script), op.handler, string(op.input))
		if !bytes.HasPrefix(encoded[evalHeader:], again[evalHeader:]) || encoded[1] > 1 {
			t.Fatalf("%q became %q", encoded, again)
		}
	})
}

// evalInputs are the inputs of class lua for a script, a handler and an input.
func evalInputs(script, handler, input string) map[string][]byte {
	text, err := json.Marshal(map[string]string{"script": script, "handler": handler, "input": input})
	if err != nil {
		panic(err)
	}
	return map[string][]byte{"eval_json": text, "eval_bufferlist": encodeEval(1, 1, script, handler, input)}
}

func TestClassLuaRunsScripts(t *testing.T) {
	var seen []Observation
	var calls []CallInfo
	opts := Options{Observe: func(o *Observation) { seen = append(seen, *o) }, MaxSource: 100}
	var h *house
	h = newHouse(t, opts, map[string]testMethod{"append": onObject(func(o *Object, input []byte) ([]byte, error) {
		calls = h.Calls()
		return input, o.Append(input)
	})})
	const script = "-- a script"
	for method, input := range evalInputs(script, "append", "text") {
		seen = nil
		reply, err := h.Exec(t.Context(), Call{Ref: ref(method), Class: "lua", Method: method, Input: input})
		if err != nil || string(reply.Output) != "text" || reply.ClassVersion != versionOf([]byte(script)) || h.data(t, method) != "text" {
			t.Errorf("%s: %+v, %v", method, reply, err)
		}
		if len(seen) != 1 || seen[0].Class != "lua" || seen[0].Method != method || seen[0].Script || seen[0].Runs != 1 {
			t.Errorf("%s: observed %+v", method, seen)
		}
		if len(calls) != 1 || calls[0].Class != "lua" || calls[0].Method != method || calls[0].Script {
			t.Errorf("%s: the calls under way were %+v", method, calls)
		}
		_, err = h.Exec(t.Context(), Call{Ref: ref(method), Class: "lua", Method: method, Input: input, ReadOnly: true})
		wantError(t, err, syscall.EPERM, KindOp, "read-only")
		_, err = h.Exec(t.Context(), Call{Ref: ref(method), Class: "lua", Method: method})
		wantError(t, err, syscall.EINVAL, KindInput, method)
	}
	for method, input := range evalInputs(script, "nosuch", "") {
		_, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: "lua", Method: method, Input: input})
		wantError(t, err, syscall.EIO, KindScript, `handler "nosuch" is not registered`)
	}
	for method, input := range evalInputs(strings.Repeat("-", 101), "append", "") {
		_, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: "lua", Method: method, Input: input})
		wantError(t, err, syscall.EMSGSIZE, KindInput, "101 bytes")
	}
	for method, input := range evalInputs("\x1bLua", "append", "") {
		_, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: "lua", Method: method, Input: input})
		wantError(t, err, syscall.EINVAL, KindInput, "bytecode")
	}
}

// An engine keeps the script longer than a caller keeps its input.
func TestClassLuaKeepsNoInput(t *testing.T) {
	for method, input := range evalInputs("-- a script", "append", "text") {
		for _, m := range luaMethods {
			if m.name != method {
				continue
			}
			op, err := m.decode(input)
			if err != nil {
				t.Fatal(err)
			}
			clear(input)
			if string(op.script) != "-- a script" {
				t.Errorf("%s: the script is now %q", method, op.script)
			}
		}
	}
}

func TestClassLuaIsReserved(t *testing.T) {
	h := newHouse(t, Options{}, nil)
	_, err := h.Classes().Install(t.Context(), "lua", []byte(version1))
	wantError(t, err, syscall.EPERM, KindClass, "class lua is built in; install yours under another name")
	install(t, h, "luau", version1)
	install(t, h, "Lua", version1)
	if infos, err := h.Classes().List(t.Context()); err != nil || len(infos) != 2 {
		t.Errorf("installed are %+v, %v", infos, err)
	}
	info, err := h.Classes().Show(t.Context(), "lua")
	if err != nil || info.Version != BuiltinVersion || !info.Active || len(info.Methods) != 2 || info.Methods[0] != (Method{"eval_bufferlist", RD | WR}) {
		t.Errorf("shown %+v, %v", info, err)
	}
	_, err = h.Classes().Show(t.Context(), "lua@abcd")
	wantError(t, err, syscall.EOPNOTSUPP, KindClass, "has no versions")
	for _, c := range []struct{ class, method, text string }{
		{"lua@abcd", "eval_json", "has no versions"},
		{"lua", "eval", `has no method "eval"; it has: eval_bufferlist, eval_json`},
		{"lua", "", "has no method"},
	} {
		_, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: c.class, Method: c.method})
		wantError(t, err, syscall.EOPNOTSUPP, KindClass, c.text)
	}
}
