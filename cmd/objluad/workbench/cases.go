// This file reads tests: a file in Lua returns a list of cases, which the engine runs as it runs any script.

package workbench

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/objluad/objluad/objclass"
)

//go:embed cases.lua
var casesScript []byte

// defaultNow is the time that methods see when a case names none, in nanoseconds.
const defaultNow int64 = 1e18

// Case is a test: calls beside one object.
type Case struct {
	Name    string   `json:"name"`
	Class   string   `json:"class"`   // default: the file's name without "_test.lua"
	Object  *Fixture `json:"object"`  // nil: it is absent
	Now     *int64   `json:"now"`     // the time that methods see, in nanoseconds; default 1e18, in 2001
	Steps   []Step   `json:"steps"`   // in this order
	After   *Fixture `json:"after"`   // what the object holds at the end; parts that are not given are not compared
	Effects bool     `json:"effects"` // compare what the steps changed with the snapshot
}

// Step is a call, and what is expected of it.
type Step struct {
	Call    string `json:"call"` // the method
	Input   text   `json:"input"`
	Ret     *int32 `json:"ret"`     // nil is any
	Output  *text  `json:"output"`  // nil is any
	Errno   string `json:"errno"`   // its name; "": the call succeeds
	Message string `json:"message"` // part of the error's message
}

// Fixture is an object.
type Fixture struct {
	Data   *text           `json:"data"`
	Xattrs map[string]text `json:"xattrs"`
	Omap   map[string]text `json:"omap"`
	Absent bool            `json:"absent"` // of After only: there is no object
}

// text is bytes, which a test file gives as a string or a number.
type text []byte

func (t *text) UnmarshalJSON(b []byte) error {
	var encoded struct {
		Hex *string `json:"hex"`
	}
	switch b[0] {
	case '"':
		var s string
		err := json.Unmarshal(b, &s)
		*t = text(s)
		return err
	case '{':
		if err := json.Unmarshal(b, &encoded); err != nil || encoded.Hex == nil {
			return errors.New("a table stands where a string should")
		}
		decoded, err := hex.DecodeString(*encoded.Hex)
		*t = decoded
		return err
	case 't', 'f', '[':
		return fmt.Errorf("%s stands where a string should", b)
	}
	*t = bytes.Clone(b) // a number
	return nil
}

// readCases returns the cases of a file.
func (w *Workbench) readCases(ctx context.Context, file string) ([]Case, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	base := filepath.Base(file)
	input := append([]byte(base+"\n"), source...)
	reply, err := w.Exec(ctx, file, objclass.Call{Script: casesScript, Method: "cases", Input: input})
	if err != nil {
		return nil, err
	}
	var cases []Case
	decoder := json.NewDecoder(bytes.NewReader(reply.Output))
	decoder.DisallowUnknownFields()
	if !bytes.HasPrefix(reply.Output, []byte("[")) {
		return nil, fmt.Errorf("%s returns no list of cases", base)
	}
	if err := decoder.Decode(&cases); err != nil {
		return nil, fmt.Errorf("%s: %s", base, wrongCases(err))
	}
	return cases, checkCases(base, cases)
}

// wrongCases says what is wrong with cases that do not decode, in words of who wrote them in Lua.
func wrongCases(err error) string {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return strings.TrimPrefix(err.Error(), "json: ")
	}
	value := strings.NewReplacer("object", "a table", "array", "a list", "bool", "a boolean", "string", "a string", "number ", "", "number", "a number").Replace(wrong.Value)
	want := map[reflect.Kind]string{
		reflect.String: "a UTF-8 string", reflect.Bool: "true or false", reflect.Int64: "an integer",
		reflect.Int32: "an integer of 32 bits", reflect.Slice: "a list",
	}[wrong.Type.Kind()]
	if want == "" {
		want = "a table with names"
	}
	return fmt.Sprintf("%s is %s; it must be %s", cmp.Or(wrong.Field, "a case"), value, want)
}

// checkCases refuses cases that could not fail, or not be told apart, and fills in the defaults.
func checkCases(base string, cases []Case) error {
	names := make(map[string]bool)
	for i := range cases {
		c := &cases[i]
		switch {
		case strings.TrimSpace(c.Name) != c.Name || c.Name == "" || strings.ContainsAny(c.Name, "\r\n"):
			return fmt.Errorf("%s: case %d needs a name, of one line", base, i+1)
		case names[c.Name]:
			return fmt.Errorf("%s: two cases have the name %q", base, c.Name)
		case len(c.Steps) == 0:
			return fmt.Errorf("%s: case %q has no steps", base, c.Name)
		case c.Object != nil && c.Object.Absent:
			return fmt.Errorf("%s: case %q: absent is of after; without object it is absent before", base, c.Name)
		case c.After != nil && c.After.Absent && (c.After.Data != nil || c.After.Xattrs != nil || c.After.Omap != nil):
			return fmt.Errorf("%s: case %q: an object that is absent after it holds nothing to compare", base, c.Name)
		}
		for n, step := range c.Steps {
			switch {
			case step.Call == "":
				return fmt.Errorf("%s: case %q: step %d has no call, the name of a method", base, c.Name, n+1)
			case (step.Errno != "" || step.Message != "") && (step.Output != nil || step.Ret != nil):
				return fmt.Errorf("%s: case %q: step %d expects an error, and output or ret, which a call that fails has not", base, c.Name, n+1)
			}
		}
		names[c.Name] = true
		if c.Class == "" {
			c.Class = strings.TrimSuffix(base, testSuffix)
		}
		if c.Now == nil {
			c.Now = new(defaultNow)
		}
	}
	return nil
}
