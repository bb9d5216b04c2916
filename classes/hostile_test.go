// This file calls all methods with inputs, and beside objects, that nobody means well with. A call must succeed, or end in an error of the
// class or of an operation: the script itself must never fail, and the guard must never be needed.
package classes_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/classes"
	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/store"
)

// maker makes calls and objects of what transcripts have, with something wrong.
type maker struct {
	*rand.Rand
	calls []objclass.Call // of the transcripts
	words []string        // fields, keys and values of them
}

func newMaker(t *testing.T, class classes.Class, seed uint64) *maker {
	m := &maker{Rand: rand.New(rand.NewPCG(seed, 0))}
	text, err := os.ReadFile(filepath.Join(class.Name, class.Name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range regexp.MustCompile(`(?m)^exec (\S+)\n((?:.+\n)*?)----`).FindAllStringSubmatch(string(text), -1) {
		for input := range strings.Lines(block[2] + "\n") {
			m.calls = append(m.calls, objclass.Call{Class: class.Name, Method: block[1], Input: []byte(strings.TrimSuffix(input, "\n"))})
		}
	}
	for _, word := range regexp.MustCompile(`"([^"\\]*)"`).FindAllStringSubmatch(string(text)+string(class.Source), -1) {
		m.words = append(m.words, word[1])
	}
	return m
}

func pick[T any](m *maker, list []T) T { return list[m.IntN(len(list))] }

// value returns something to be where something else was.
func (m *maker) value() any {
	return pick(m, []any{nil, true, false, 0, 1, -1, 1.5, 1e308, json.Number("9223372036854775807"), json.Number("-9223372036854775808"),
		json.Number("9223372036854775808"), 4294967295, "", "\x00", "\xff", "ü", pick(m, m.words), pick(m, m.words), []any{}, map[string]any{},
		[]any{pick(m, m.words)}, map[string]any{"base64": "/wA="}, map[string]any{"base64": "="}, map[string]any{pick(m, m.words): 1}})
}

// change returns a value with one thing in it, or all of it, changed.
func (m *maker) change(v any) any {
	switch v := v.(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		if len(keys) == 0 || m.IntN(4) == 0 {
			break
		}
		if key := pick(m, keys); m.IntN(5) == 0 {
			delete(v, key)
		} else {
			v[key] = m.change(v[key])
		}
		if m.IntN(10) == 0 {
			v[pick(m, m.words)] = m.value()
		}
		return v
	case []any:
		if len(v) == 0 || m.IntN(4) == 0 {
			break
		}
		i := m.IntN(len(v))
		v[i] = m.change(v[i])
		return v
	}
	return m.value()
}

// damage returns a text with something changed: of JSON a value, mostly, and otherwise a byte.
func (m *maker) damage(text []byte) []byte {
	var v any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&v) == nil && m.IntN(8) > 0 {
		if changed, err := json.Marshal(m.change(v)); err == nil {
			return changed
		}
	}
	text = append(slices.Clone(text), 0)
	text[m.IntN(len(text))] = byte(m.IntN(256))
	return text[:m.IntN(len(text)+1)]
}

// spoil damages something that an object has.
func (m *maker) spoil(o *store.Overlay) error {
	if !o.Exists() {
		return nil
	}
	xattrs, err := o.Xattrs()
	if err != nil {
		return err
	}
	pairs, _, err := o.OmapList("", "", -1)
	if err != nil {
		return err
	}
	switch i := m.IntN(8); {
	case i == 0:
		return o.Remove()
	case i < 3 && o.Size() > 0:
		data, err := o.Read(0, o.Size())
		if err != nil {
			return err
		}
		return o.WriteFull(m.damage(data))
	case i < 5 && len(pairs) > 0:
		pair := pick(m, pairs)
		return o.SetOmapValue(pair.Key, m.damage(pair.Value))
	case i < 6 && len(pairs) > 0:
		return o.SetOmapValue(string(m.damage([]byte(pick(m, pairs).Key))), []byte("x"))
	case len(xattrs) > 0:
		xattr := pick(m, xattrs)
		return o.SetXattr(xattr.Key, m.damage(xattr.Value))
	}
	header, err := o.OmapHeader()
	if err != nil {
		return err
	}
	return o.SetOmapHeader(m.damage(header))
}

// large are inputs that are large, deep, or no JSON.
func large() map[string]string {
	return map[string]string{
		"nothing":      "",
		"blank":        " ",
		"NUL":          "\x00",
		"not UTF-8":    "\xff\xfe",
		"long":         strings.Repeat("x", 1<<18),
		"long number":  strings.Repeat("9", 1<<18),
		"long string":  `"` + strings.Repeat("x", 1<<18) + `"`,
		"spaces":       strings.Repeat(" ", 1<<18),
		"deep arrays":  strings.Repeat("[", 1<<18),
		"deep objects": strings.Repeat(`{"a":`, 1<<18),
		"many":         "[" + strings.Repeat("0,", 1<<16) + "0]",
		"long name":    `{"` + strings.Repeat("n", 1<<18) + `": 1}`,
		"twice":        `{"name": 1, "name": 2}`,
		"array":        "[]", "object": "{}", "null": "null",
		"lines": strings.Repeat("\n", 1<<16), "quotes": strings.Repeat(`"`, 1<<16), "backslashes": `"` + strings.Repeat(`\`, 1<<16),
	}
}

// checkEnd fails unless a call ended as it must.
func checkEnd(t *testing.T, what string, err error) {
	t.Helper()
	var e *objclass.Error
	if err == nil || errors.As(err, &e) && e.Kind == objclass.KindOp && e.Message != "" && !strings.Contains(e.Message, "method returned") {
		return
	}
	t.Errorf("%s: %v", what, err)
}

// TestLargeInputs gives each method what is large, deep, or no JSON.
func TestLargeInputs(t *testing.T) {
	service := newService(t)
	for _, class := range classes.All() {
		info, err := service.Classes().Install(t.Context(), class.Name, class.Source)
		if err != nil {
			t.Fatal(err)
		}
		for _, method := range info.Methods {
			for name, input := range large() {
				_, err := service.Exec(t.Context(), objclass.Call{Ref: store.Ref{Pool: "default", OID: class.Name},
					Class: class.Name, Method: method.Name, Input: []byte(input), Timeout: time.Minute})
				checkEnd(t, fmt.Sprintf("%s.%s of %s", class.Name, method.Name, name), err)
			}
		}
	}
}

func hostile(t *testing.T, calls int) {
	service := newService(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for _, class := range classes.All() {
		if _, err := service.Classes().Install(t.Context(), class.Name, class.Source); err != nil {
			t.Fatal(err)
		}
		m := newMaker(t, class, seed)
		ends := make(map[string]int)
		for range calls {
			call := pick(m, m.calls)
			call.Ref, call.Timeout = store.Ref{Pool: "default", OID: class.Name}, time.Minute
			if m.IntN(2) == 0 {
				call.Input = m.damage(call.Input)
			}
			_, err := service.Exec(t.Context(), call)
			checkEnd(t, fmt.Sprintf("%s.%s of %.1000q", class.Name, call.Method, call.Input), err)
			if t.Failed() {
				return
			}
			ends[endOf(err)]++
			if m.IntN(4) == 0 {
				m.mustSpoil(t, service, call.Ref)
			}
		}
		t.Log(class.Name, ends)
		if ends["ok"] == 0 || ends["EINVAL"] == 0 {
			t.Errorf("calls of %s ended all alike: %v", class.Name, ends)
		}
	}
}

func endOf(err error) string {
	if err == nil {
		return "ok"
	}
	return objclass.OpError(err).ErrnoName()
}

// mustSpoil damages an object. What is too long for a name is not made.
func (m *maker) mustSpoil(t *testing.T, service *objclass.Service, ref store.Ref) {
	_, err := service.Update(t.Context(), ref, m.spoil)
	if e := (*objclass.Error)(nil); err != nil && (!errors.As(err, &e) || e.Kind != objclass.KindOp) {
		t.Fatal(err)
	}
}

func TestHostileInputs(t *testing.T) { hostile(t, 1000) }

func TestSoakHostileInputs(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("the long form of TestHostileInputs; SOAK=1 runs it")
	}
	hostile(t, 20000)
}
