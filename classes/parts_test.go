// This file checks what the stock classes share. There is no way yet for a class to use another one, so parts of their sources
// are the same, between two comments.
package classes_test

import (
	"os"
	"path/filepath"
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

// The first line of a class says what it is. The comment at its head and the guide name all its methods.
func TestClassesAreDocumented(t *testing.T) {
	service := newService(t)
	guide, err := os.ReadFile(filepath.Join("..", "docs", "classes.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, class := range classes.All() {
		if !strings.HasPrefix(string(class.Source), "-- "+class.Name+": ") {
			t.Errorf("%s does not begin with its name", class.Name)
		}
		head, _, _ := strings.Cut(string(class.Source), "\n\n")
		_, section, found := strings.Cut(string(guide), "\n## "+class.Name+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		if !found {
			t.Errorf("the guide has no section %s", class.Name)
		}
		info, err := service.Classes().Install(t.Context(), class.Name, class.Source)
		if err != nil {
			t.Fatal(err)
		}
		for _, method := range info.Methods {
			if !regexp.MustCompile(`(?m)^-- ([\w, ]+, )?` + method.Name + `(, [\w, ]+)? \(`).MatchString(head) {
				t.Errorf("the head of %s does not tell of %s", class.Name, method.Name)
			}
			if !strings.Contains(section, "`"+method.Name+"`") {
				t.Errorf("the guide does not tell of %s of %s", method.Name, class.Name)
			}
		}
	}
}
