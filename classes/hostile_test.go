// This file calls every method with inputs, and beside objects, that nobody means well with. A call must succeed, or end in an error of the
// class or of an operation: the script itself must never fail, and the guard must never be needed.
package classes_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/classes"
	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/store"
)

var quoted = regexp.MustCompile(`"([a-z_0-9]+)"`)

// words are what inputs and keys are made of: the words of a source, so that they come far, and some of no source.
func words(class classes.Class) []string {
	list := []string{"", "a", "k", "x\x00y", "\xff", "ü", "/", "/a/0", "0/1024", "1_", "entry.0000000000000000", "reservation.0000000001", "lock.a", "r", "ra"}
	for _, m := range quoted.FindAllStringSubmatch(string(class.Source), -1) {
		list = append(list, m[1])
	}
	return list
}

// maker makes values at random.
type maker struct {
	*rand.Rand
	words []string
}

func (m *maker) word() string { return m.words[m.IntN(len(m.words))] }

// value returns a JSON text, which is rarely wrong.
func (m *maker) value(depth int) string {
	kind := m.IntN(12)
	if depth == 0 {
		kind = m.IntN(8)
	}
	switch kind {
	case 0:
		return []string{"null", "true", "false", "nul", "", "\x00"}[m.IntN(6)]
	case 1, 2:
		return []string{"0", "1", "2", "-1", "1.5", "1e3", "1e308", "-0", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
			"1e400", "4294967295", "10", "100"}[m.IntN(15)]
	case 3, 4, 5, 6:
		return fmt.Sprintf("%q", m.word())
	case 7:
		return `{"base64":` + []string{`"/wA="`, `"AAAA"`, `"A"`, `"="`, `7`}[m.IntN(5)] + `}`
	case 8, 9:
		var elements []string
		for range m.IntN(4) {
			elements = append(elements, m.value(depth-1))
		}
		return "[" + strings.Join(elements, ",") + "]"
	default:
		return m.object(depth)
	}
}

func (m *maker) object(depth int) string {
	var fields []string
	for range m.IntN(6) {
		fields = append(fields, fmt.Sprintf("%q:%s", m.word(), m.value(depth-1)))
	}
	return "{" + strings.Join(fields, ",") + "}"
}

// spoil puts something at random into an object.
func (m *maker) spoil(o *store.Overlay) error {
	text := []byte(m.object(2))
	switch m.IntN(10) {
	case 0:
		return o.WriteFull(text)
	case 1:
		return o.WriteFull([]byte(m.word() + "," + m.word() + "\n\"" + m.word()))
	case 2:
		return o.SetOmapHeader(text)
	case 3:
		return o.SetXattr(m.word(), text)
	case 4:
		return o.SetXattr("lock."+m.word(), text)
	case 5, 6:
		return o.SetOmapValue(m.word(), text)
	case 7:
		if o.Exists() {
			return o.Remove()
		}
	}
	return nil
}

// fixed are inputs that are large, deep, or no JSON.
func fixed() map[string]string {
	return map[string]string{
		"nothing":      "",
		"blank":        " ",
		"NUL":          "\x00",
		"not UTF-8":    "\xff\xfe",
		"long":         strings.Repeat("x", 1<<20),
		"long number":  strings.Repeat("9", 1<<20),
		"long string":  `"` + strings.Repeat("x", 1<<20) + `"`,
		"spaces":       strings.Repeat(" ", 1<<20),
		"deep arrays":  strings.Repeat("[", 1<<20),
		"deep objects": strings.Repeat(`{"a":`, 1<<18),
		"many":         "[" + strings.Repeat("0,", 1<<16) + "0]",
		"long name":    `{"` + strings.Repeat("n", 1<<20) + `": 1}`,
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

func hostile(t *testing.T, calls int) {
	service := newService(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for _, class := range classes.All() {
		info, err := service.Classes().Install(t.Context(), class.Name, class.Source)
		if err != nil {
			t.Fatal(err)
		}
		m := &maker{rand.New(rand.NewPCG(seed, 0)), words(class)}
		ref := store.Ref{Pool: "default", Namespace: "hostile", OID: class.Name}
		for _, method := range info.Methods {
			call := func(name, input string) {
				_, err := service.Exec(t.Context(), objclass.Call{
					Ref: ref, Class: class.Name, Method: method.Name, Input: []byte(input), Timeout: time.Minute})
				checkEnd(t, fmt.Sprintf("%s.%s of %s (%.300q)", class.Name, method.Name, name, input), err)
			}
			for name, input := range fixed() {
				call(name, input)
			}
			for range calls {
				if _, err := service.Update(t.Context(), ref, m.spoil); err != nil {
					var e *objclass.Error
					if !errors.As(err, &e) || e.Kind != objclass.KindOp {
						t.Fatal(err)
					}
				}
				call("random", m.object(3))
				if t.Failed() {
					return
				}
			}
		}
	}
}

func TestHostileInputs(t *testing.T) { hostile(t, 150) }

func TestSoakHostileInputs(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("the long form of TestHostileInputs; SOAK=1 runs it")
	}
	hostile(t, 20000)
}
