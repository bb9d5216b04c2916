// This file keeps what the steps of cases changed in a file beside the tests: a txtar archive with a section for each case.

package workbench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/store"
)

// snapshot is the changes of cases, by their names.
type snapshot struct {
	file     string
	sections map[string]string
}

// readSnapshot reads the snapshot of a file of tests, which may be absent.
func readSnapshot(tests string) (*snapshot, error) {
	s := &snapshot{file: strings.TrimSuffix(tests, ".lua") + ".snap", sections: make(map[string]string)}
	content, err := os.ReadFile(s.file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, section := range txtar.Parse(content).Files {
		s.sections[section.Name] = string(section.Data)
	}
	return s, nil
}

// compare says what differs, or takes the changes over.
func (s *snapshot) compare(name, changes string, update bool) []string {
	was, known := s.sections[name]
	switch {
	case update:
		s.sections[name] = changes
		return nil
	case !known:
		return []string{fmt.Sprintf("%s has no changes of this case: look at them and write them with --update", s.file), changes}
	case was != changes:
		return []string{"it changed something else; if that is meant, --update writes it", "now:", changes, "before:", was}
	}
	return nil
}

// write writes the sections of these cases. Those of others are dropped, and so is a file without any.
func (s *snapshot) write(cases []Case) error {
	archive := new(txtar.Archive)
	for _, c := range cases {
		if changes, ok := s.sections[c.Name]; ok && c.Effects {
			archive.Files = append(archive.Files, txtar.File{Name: c.Name, Data: []byte(changes)})
		}
	}
	if len(archive.Files) == 0 {
		if err := os.Remove(s.file); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	return os.WriteFile(s.file, txtar.Format(archive), 0o644)
}

// changesOf describes a step: a line for the call, and one of JSON for each effect.
func changesOf(step *Step, effects *store.Effects, err error) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q", step.Call, step.Input)
	if err != nil {
		fmt.Fprintf(&b, " fails with %s", objclass.OpError(err).ErrnoName())
	}
	b.WriteByte('\n')
	if effects == nil {
		return b.String()
	}
	for _, e := range effects.List {
		line, err := json.Marshal(e)
		if err != nil {
			panic(err) // an effect is numbers and strings
		}
		fmt.Fprintf(&b, "  %s\n", line)
	}
	if left := effects.Total - len(effects.List); left > 0 {
		fmt.Fprintf(&b, "  and %d more\n", left)
	}
	return b.String()
}
