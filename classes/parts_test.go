// This file checks what the stock classes share. There is no way yet for a class to use another one, so parts of their sources
// are the same, between two comments.
package classes_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/objluad/objluad/classes"
)

var part = regexp.MustCompile(`(?s)-- part (\w+): the same in each stock class that has it\n(.*?)-- end of part (\w+)\n`)

func TestPartsAreTheSame(t *testing.T) {
	seen := make(map[string]string)
	uses := make(map[string]int)
	for _, class := range classes.All() {
		for _, m := range part.FindAllStringSubmatch(string(class.Source), -1) {
			name, text := m[1], m[2]
			if m[3] != name {
				t.Errorf("%s: part %s ends as %s", class.Name, name, m[3])
			}
			if first, ok := seen[name]; ok && first != text {
				t.Errorf("%s has another part %s than the classes before it", class.Name, name)
			}
			seen[name] = text
			uses[name]++
		}
	}
	for name, n := range uses {
		if n < 2 {
			t.Errorf("only one class has part %s", name)
		}
	}
	if len(seen) < 4 {
		t.Errorf("found only %d parts", len(seen))
	}
}

// The first line of a class says what it is, and the head comment names all its methods.
func TestClassesAreDocumented(t *testing.T) {
	service := newService(t)
	for _, class := range classes.All() {
		if !strings.HasPrefix(string(class.Source), "-- "+class.Name+": ") {
			t.Errorf("%s does not begin with its name", class.Name)
		}
		head, _, _ := strings.Cut(string(class.Source), "\n\n")
		info, err := service.Classes().Install(t.Context(), class.Name, class.Source)
		if err != nil {
			t.Fatal(err)
		}
		for _, method := range info.Methods {
			if !regexp.MustCompile(`(?m)^-- ([\w, ]+, )?` + method.Name + `(, [\w, ]+)? \(`).MatchString(head) {
				t.Errorf("the head of %s does not tell of %s", class.Name, method.Name)
			}
		}
	}
}
