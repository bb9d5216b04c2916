// This file is the installation of classes.

package client

import (
	"context"
	"encoding/json"
	"time"

	"github.com/redis/rueidis"
)

// Class describes a class and one version of it.
type Class struct {
	Name      string
	Version   string // full hash; "built-in" for the class lua, which has no source and was never installed
	Active    bool   // this version is the one that calls run by default
	Installed time.Time
	Size      int64             // bytes of source
	Methods   map[string]string // flags by name: "RD", "WR" or "RD|WR"
	Versions  []string          // all installed versions, oldest first

	// From ShowClass only.
	Source     []byte
	Manifest   json.RawMessage   // nil when the version has none
	Requires   map[string]string // as the source has it → "class@version"
	RequiredBy []string          // versions that require this one, as "class@version"

	ClassState

	Quarantine *Quarantine // nil when the daemon runs the version
}

// Quarantine tells why a daemon refuses a class version, with EPERM: it trapped too often.
type Quarantine struct {
	Since time.Time
	Until time.Time // the first call after that tries the version
	Trial bool      // a call tries it now
	Traps int
	Last  string // kind and message of the last trap
}

// InstallClass installs a version of a class, makes it the active one, and returns its full hash.
func (c *Conn) InstallClass(ctx context.Context, name string, source []byte) (version string, err error) {
	return c.version(ctx, "CLASS.INSTALL", name, rueidis.BinaryString(source))
}

// ListClasses describes the active version of each class, in order of their names.
func (c *Conn) ListClasses(ctx context.Context) ([]Class, error) {
	list, err := c.do(ctx, "CLASS.LIST").ToArray()
	if err != nil {
		return nil, callError(err)
	}
	classes := make([]Class, len(list))
	for i := range list {
		fields, err := list[i].AsMap()
		if err != nil {
			return nil, err
		}
		if classes[i], err = readClass(fields); err != nil {
			return nil, err
		}
	}
	return classes, nil
}

// ShowClass describes the active version of a class, or the one named "class@version", with its source.
func (c *Conn) ShowClass(ctx context.Context, spec string) (Class, error) {
	fields, err := c.do(ctx, "CLASS.SHOW", spec).AsMap()
	if err != nil {
		return Class{}, callError(err)
	}
	class, err := readClass(fields)
	if err != nil {
		return Class{}, err
	}
	source, manifest := fields["source"], fields["manifest"]
	if class.Source, err = source.AsBytes(); err != nil {
		return Class{}, err
	}
	if !manifest.IsNil() {
		if class.Manifest, err = manifest.AsBytes(); err != nil {
			return Class{}, err
		}
	}
	requires, requiredBy := fields["requires"], fields["required_by"]
	if class.Requires, err = requires.AsStrMap(); err != nil {
		return Class{}, err
	}
	class.RequiredBy, err = requiredBy.AsStrSlice()
	return class, err
}

// ResetClass lets a class, or the version named "class@version", out of the daemon's quarantine.
func (c *Conn) ResetClass(ctx context.Context, spec string) error {
	return callError(c.do(ctx, "CLASS.RESET", spec).Error())
}

func readClass(fields map[string]rueidis.RedisMessage) (Class, error) {
	r := fieldReader{fields: fields}
	active, methods, versions := fields["active"], fields["methods"], fields["versions"]
	class := Class{
		Name:    r.string("name"),
		Version: r.string("version"),
		Size:    r.int("size"),
	}
	if installed := r.int("installed_ns"); installed != 0 {
		class.Installed = time.Unix(0, installed)
	}
	var err error
	class.Active, err = active.AsBool()
	r.check("active", err)
	class.Methods, err = methods.AsStrMap()
	r.check("methods", err)
	class.Versions, err = versions.AsStrSlice()
	r.check("versions", err)
	class.ClassState = r.classState()
	if quarantine, ok := fields["quarantine"]; ok {
		class.Quarantine, err = readQuarantine(quarantine)
		r.check("quarantine", err)
	}
	return class, r.err
}

func readQuarantine(field rueidis.RedisMessage) (*Quarantine, error) {
	fields, err := field.AsMap()
	if err != nil {
		return nil, err
	}
	r, trial := fieldReader{fields: fields}, fields["trial"]
	q := &Quarantine{
		Since: time.Unix(0, r.int("since_ns")),
		Until: time.Unix(0, r.int("until_ns")),
		Traps: int(r.int("traps")),
		Last:  r.string("last"),
	}
	q.Trial, err = trial.AsBool()
	r.check("trial", err)
	return q, r.err
}
