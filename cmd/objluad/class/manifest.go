// This file prints what a class's manifest says, for people.

package class

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/objluad/objluad/cmd/objluad/cli"
	"github.com/objluad/objluad/objclass"
)

// printManifest prints a manifest that is JSON, or nothing when there is none.
func (a *commands) printManifest(text json.RawMessage) error {
	if text == nil {
		return nil
	}
	var m objclass.Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return fmt.Errorf("the manifest: %w", err)
	}
	var b strings.Builder
	if m.Doc != "" {
		fmt.Fprintf(&b, "doc:       %s\n", cli.OneLine(m.Doc))
	}
	for _, name := range slices.Sorted(maps.Keys(m.Methods)) {
		fmt.Fprintf(&b, "method:    %s\n", strings.Join(describeMethod(name, m.Methods[name]), ", "))
	}
	if m.Capabilities != nil {
		fmt.Fprintf(&b, "may touch: %s\n", strings.Join(granted(m.Capabilities), "; "))
	}
	_, err := fmt.Fprint(a.Out, b.String())
	return err
}

// describeMethod lists what a manifest says of a method.
func describeMethod(name string, m *objclass.MethodManifest) []string {
	parts := []string{name}
	if m.Doc != "" {
		parts[0] += ": " + cli.OneLine(m.Doc)
	}
	for what, kind := range map[string]string{"input": m.Input, "output": m.Output} {
		if kind != "" {
			parts = append(parts, what+" "+kind)
		}
	}
	slices.Sort(parts[1:])
	for _, budget := range []struct {
		format string
		value  int64
	}{{"up to %d ms", m.TimeoutMS}, {"%d ms of CPU", m.CPUMS}, {"%d bytes of memory", m.MemoryBytes}, {"%d bytes of output", m.OutputBytes}} {
		if budget.value > 0 {
			parts = append(parts, fmt.Sprintf(budget.format, budget.value))
		}
	}
	return parts
}

// granted lists capabilities.
func granted(c *objclass.Capabilities) []string {
	var parts []string
	for _, part := range []struct {
		name string
		may  bool
	}{{"data", c.Data}, {"header", c.Header}, {"create", c.Create}, {"remove", c.Remove}} {
		if part.may {
			parts = append(parts, part.name)
		}
	}
	return append(parts, "omap keys: "+c.Omap.String(), "xattrs: "+c.Xattr.String())
}
