// This file is how a manifest is read from what a class's source gives, and checked.

package objclass

import (
	"fmt"
	"maps"
	"slices"
	"syscall"
)

// readManifest makes a manifest of the table that a class's source gave, which asks for no more than max.
func readManifest(t Table, max Budget) (*Manifest, error) {
	m := &Manifest{}
	err := readTable("", t, fields{
		"doc":          text(&m.Doc),
		"methods":      readMethods(&m.Methods, max),
		"capabilities": readCapabilities(&m.Capabilities),
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

func readMethods(methods *map[string]*MethodManifest, max Budget) reader {
	return func(path string, v any) error {
		t, err := table(path, v)
		if err != nil {
			return err
		}
		*methods = make(map[string]*MethodManifest)
		for _, key := range sortedKeys(t) {
			name, ok := key.(string)
			if !ok {
				return fmt.Errorf("%s is no name of a method", at(path, key))
			}
			m := &MethodManifest{}
			(*methods)[name] = m
			err := readTable(at(path, key), t[key], fields{
				"doc":          text(&m.Doc),
				"flags":        flags(&m.Flags),
				"input":        oneOf(&m.Input, Kinds),
				"output":       oneOf(&m.Output, Kinds),
				"timeout_ms":   upTo(&m.TimeoutMS, max.Wall.Milliseconds()),
				"cpu_ms":       upTo(&m.CPUMS, max.CPU.Milliseconds()),
				"memory_bytes": upTo(&m.MemoryBytes, max.Memory),
				"output_bytes": upTo(&m.OutputBytes, int64(max.Output)),
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
}

func readCapabilities(c **Capabilities) reader {
	return func(path string, v any) error {
		granted := &Capabilities{Omap: Prefixes{}, Xattr: Prefixes{}}
		*c = granted
		return readTable(path, v, fields{
			"data":   boolean(&granted.Data),
			"header": boolean(&granted.Header),
			"create": boolean(&granted.Create),
			"remove": boolean(&granted.Remove),
			"omap":   prefixes(&granted.Omap),
			"xattr":  prefixes(&granted.Xattr),
		})
	}
}

// terms is what is kept of a version beside its source.
type terms struct {
	methods  []Method
	manifest *Manifest // nil when the class gave none
	requires []Requirement
}

// terms checks what a class told of itself against what is possible on this server.
func (r *Registry) terms(name string, loaded Loaded) (*terms, error) {
	if err := checkMethods(name, loaded); err != nil {
		return nil, err
	}
	if loaded.Manifest == nil {
		return &terms{methods: loaded.Methods}, nil
	}
	manifest, err := readManifest(loaded.Manifest, r.tuning.Load().largest())
	if err == nil {
		err = manifest.checkMemory(loaded.ImageBytes)
	}
	var methods []Method
	if err == nil {
		methods, err = manifest.narrow(loaded.Methods)
	}
	if err != nil {
		return nil, Errorf(syscall.EINVAL, KindClass, "%smanifest: %w", loaded.ManifestAt, err)
	}
	return &terms{methods: methods, manifest: manifest}, nil
}

// checkMemory refuses methods that would have no memory left.
func (m *Manifest) checkMemory(image int64) error {
	for _, name := range slices.Sorted(maps.Keys(m.Methods)) {
		if memory := m.Methods[name].MemoryBytes; memory > 0 && memory < image {
			return fmt.Errorf("%s is %d, but the class takes %d when it is loaded", at(at("methods", name), "memory_bytes"), memory, image)
		}
	}
	return nil
}

// narrow returns the methods that a class registered with the flags that its manifest leaves them.
func (m *Manifest) narrow(registered []Method) ([]Method, error) {
	methods := slices.Clone(registered)
	for _, name := range slices.Sorted(maps.Keys(m.Methods)) {
		path := at("methods", name)
		i := slices.IndexFunc(methods, func(method Method) bool { return method.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("%s is not registered; registered: %s", path, candidates(methodNames(methods)))
		}
		switch flags := parseFlags(m.Methods[name].Flags); {
		case flags&^methods[i].Flags != 0:
			return nil, fmt.Errorf("%s is %s, but the method is registered with %s", at(path, "flags"), flags, methods[i].Flags)
		case flags != 0:
			methods[i].Flags = flags
		}
	}
	return methods, nil
}

func methodNames(methods []Method) (names []string) {
	for _, m := range methods {
		names = append(names, m.Name)
	}
	return names
}

// parseFlags is the inverse of Flags.String.
func parseFlags(s string) (f Flags) {
	for _, known := range []Flags{RD, WR, RD | WR} {
		if s == known.String() {
			f = known
		}
	}
	return f
}
