// This file decodes the input of eval_json: a JSON object with the strings script, handler and, if there is one, input.
//
// It takes what Ceph's cls_lua takes and clients may rely on: a comma behind the last member, text behind the object, and any byte in
// a string, NUL, line feeds and invalid UTF-8 among them. Other members are skipped.

package objclass

import (
	"errors"
	"strconv"
	"strings"
	"syscall"
	"unicode/utf16"
	"unicode/utf8"
)

// maxJSONDepth bounds the arrays and objects within each other, as in a script's json.decode.
const maxJSONDepth = 128

func decodeEvalJSON(input []byte) (evalOp, error) {
	fields := make(map[string][]byte, 3)
	t := jsonText{text: input}
	if t.space() != '{' {
		return evalOp{}, t.expected("a JSON object with script, handler and input")
	}
	if err := t.list('}', func() error { return t.evalMember(fields) }); err != nil {
		return evalOp{}, err
	}
	for _, name := range []string{"script", "handler"} {
		if fields[name] == nil {
			return evalOp{}, Errorf(syscall.EINVAL, KindInput, "eval_json: the object has no %s", name)
		}
	}
	return evalOp{script: fields["script"], handler: string(fields["handler"]), input: fields["input"]}, nil
}

// jsonText is a text that is read, as far as its first at bytes.
type jsonText struct {
	text  []byte
	at    int
	depth int
}

// evalMember reads a member of the object, and keeps it if it is one of those that matter.
func (t *jsonText) evalMember(fields map[string][]byte) error {
	began := t.at
	name, err := t.name()
	if err != nil {
		return err
	}
	switch name {
	case "script", "handler", "input":
	default:
		return t.skip()
	}
	if fields[name] != nil {
		t.at = began
		return t.wrong(name + " comes twice")
	}
	if t.space() != '"' {
		return t.expected("a string as " + name)
	}
	fields[name], err = t.string()
	return err
}

// name reads the name of an object's member, and the colon.
func (t *jsonText) name() (string, error) {
	if t.space() != '"' {
		return "", t.expected("the name of a member")
	}
	name, err := t.string()
	if err != nil {
		return "", err
	}
	if t.space() != ':' {
		return "", t.expected("a colon")
	}
	t.at++
	return string(name), nil
}

// list reads the members of an array or object: all from its opening bracket to its closing one.
func (t *jsonText) list(closing byte, member func() error) error {
	if t.depth++; t.depth > maxJSONDepth {
		return t.wrong("more than " + strconv.Itoa(maxJSONDepth) + " arrays and objects within each other")
	}
	t.at++
	for t.space() != closing {
		if err := member(); err != nil {
			return err
		}
		switch t.space() {
		case ',':
			t.at++
		case closing:
		default:
			return t.expected("a comma or " + string(closing))
		}
	}
	t.at++
	t.depth--
	return nil
}

// skip reads a value of any type.
func (t *jsonText) skip() error {
	switch t.space() {
	case '"':
		_, err := t.string()
		return err
	case '[':
		return t.list(']', t.skip)
	case '{':
		return t.list('}', t.skipMember)
	default:
		return t.skipWord()
	}
}

func (t *jsonText) skipMember() error {
	if _, err := t.name(); err != nil {
		return err
	}
	return t.skip()
}

// skipWord reads a number, true, false or null.
func (t *jsonText) skipWord() error {
	began := t.at
	for t.at < len(t.text) && strings.IndexByte("+-.0123456789Eaeflnrstu", t.text[t.at]) >= 0 {
		t.at++
	}
	switch word := string(t.text[began:t.at]); word {
	case "true", "false", "null":
		return nil
	default:
		_, err := strconv.ParseFloat(word, 64)
		if word != "nan" && (err == nil || errors.Is(err, strconv.ErrRange)) {
			return nil
		}
	}
	t.at = began
	return t.expected("a value")
}

// space reads white space, and returns the byte behind it without reading that; NUL at the end.
func (t *jsonText) space() byte {
	for ; t.at < len(t.text); t.at++ {
		switch c := t.text[t.at]; c {
		case ' ', '\t', '\n', '\v', '\f', '\r':
		default:
			return c
		}
	}
	return 0
}

// string reads a string, and returns its bytes, which are no part of the text; not nil.
func (t *jsonText) string() ([]byte, error) {
	began := t.at
	b := []byte{}
	for t.at++; t.at < len(t.text); t.at++ {
		switch c := t.text[t.at]; c {
		case '"':
			t.at++
			return b, nil
		case '\\':
			var err error
			if b, err = t.escape(b); err != nil {
				return nil, err
			}
		default:
			b = append(b, c)
		}
	}
	t.at = began
	return nil, t.wrong("the string has no end")
}

const (
	escaped   = `"\/bfnrt`
	unescaped = "\"\\/\b\f\n\r\t"
)

// escape reads an escape but for its last byte, and appends what it stands for.
func (t *jsonText) escape(b []byte) ([]byte, error) {
	if t.at+1 == len(t.text) {
		return nil, t.wrong("the string has no end")
	}
	c := t.text[t.at+1]
	if i := strings.IndexByte(escaped, c); i >= 0 {
		t.at++
		return append(b, unescaped[i]), nil
	}
	if c != 'u' {
		return nil, t.wrong("no escape of JSON")
	}
	r, ok := t.unit(t.at)
	if !ok {
		return nil, t.wrong(`\u is followed by 4 hex digits`)
	}
	t.at += 5
	if utf16.IsSurrogate(r) {
		second, _ := t.unit(t.at + 1)
		if r = utf16.DecodeRune(r, second); r == utf8.RuneError {
			t.at -= 5
			return nil, t.wrong("half of a surrogate pair")
		}
		t.at += 6
	}
	return utf8.AppendRune(b, r), nil
}

// unit returns the UTF-16 unit of an escape, \u and four hex digits, at a place of the text.
func (t *jsonText) unit(at int) (r rune, ok bool) {
	if at+6 > len(t.text) || t.text[at] != '\\' || t.text[at+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(t.text[at+2:at+6]), 16, 16)
	return rune(n), err == nil
}

func (t *jsonText) expected(what string) error {
	if t.at == len(t.text) {
		return t.wrong(what + " is expected, and the text ends")
	}
	return t.wrong(what + " is expected")
}

func (t *jsonText) wrong(what string) error {
	return Errorf(syscall.EINVAL, KindInput, "eval_json: byte %d: %s", t.at+1, what)
}
