// This file is the RESP commands that install and show classes.

package resp

import (
	"bytes"
	"encoding/json"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/access"
	"github.com/objluad/objluad/server/wire"
)

func (c *conn) classInstall(args [][]byte) error {
	install := c.srv.service.Classes().Install
	if len(args) > 2 {
		if !is(args[2], "INACTIVE") {
			return unknownOption(args[2])
		}
		install = c.srv.service.Classes().InstallInactive
	}
	source := bytes.Clone(args[1]) // the registry keeps it
	info, err := install(c.ctx, string(args[0]), source)
	if err != nil {
		return err
	}
	c.out.bulkString(info.Version)
	return nil
}

func (c *conn) classList([][]byte) error {
	infos, err := c.srv.service.Classes().List(c.ctx)
	if err != nil {
		return err
	}
	infos = access.VisibleClasses(c.actor, infos)
	c.out.array(len(infos))
	for _, info := range infos {
		c.out.mapping(classFields(&info))
		c.class(&info)
	}
	return nil
}

func (c *conn) classShow(args [][]byte) error {
	info, err := c.srv.service.Classes().Show(c.ctx, string(args[0]))
	if err != nil {
		return err
	}
	info = access.VisibleOfClass(c.actor, info)
	c.out.mapping(classFields(&info) + 4)
	c.class(&info)
	c.out.bulkString("requires")
	c.out.mapping(len(info.Requires))
	for _, q := range info.Requires {
		c.out.bulkString(q.As)
		c.out.bulkString(q.Module())
	}
	c.out.bulkString("required_by")
	c.out.array(len(info.RequiredBy))
	for _, spec := range info.RequiredBy {
		c.out.bulkString(spec)
	}
	c.out.bulkString("manifest")
	if err := c.manifest(info.Manifest); err != nil {
		return err
	}
	c.out.bulkString("source")
	c.out.bulk(info.Source)
	return nil
}

// manifest writes a manifest as JSON, or nil when there is none.
func (c *conn) manifest(m *objclass.Manifest) error {
	if m == nil {
		c.out.null()
		return nil
	}
	text, err := json.Marshal(m)
	c.out.bulk(text)
	return err
}

// classFields is how many pairs class writes.
func classFields(info *objclass.ClassInfo) int {
	if info.Quarantine != nil {
		return 8 + stateFields
	}
	return 7 + stateFields
}

// class writes what describes a class version, as pairs of a map.
func (c *conn) class(info *objclass.ClassInfo) {
	c.out.bulkString("name")
	c.out.bulkString(info.Name)
	c.out.bulkString("version")
	c.out.bulkString(info.Version)
	c.out.bulkString("active")
	c.out.bool(info.Active)
	c.out.bulkString("installed_ns")
	c.out.int(unixNano(info.Installed))
	c.out.bulkString("size")
	c.out.int(info.Size)
	c.out.bulkString("methods")
	c.out.mapping(len(info.Methods))
	for _, m := range info.Methods {
		c.out.bulkString(m.Name)
		c.out.bulkString(wire.FlagNames(m.Flags))
	}
	c.out.bulkString("versions")
	c.out.array(len(info.Versions))
	for _, version := range info.Versions {
		c.out.bulkString(version)
	}
	c.classState(info)
	if info.Quarantine != nil {
		c.out.bulkString("quarantine")
		c.quarantine(info.Quarantine)
	}
}

func (c *conn) quarantine(q *objclass.Quarantined) {
	c.out.mapping(5)
	c.out.bulkString("since_ns")
	c.out.int(q.Since.UnixNano())
	c.out.bulkString("until_ns")
	c.out.int(q.Until.UnixNano())
	c.out.bulkString("trial")
	c.out.bool(q.Trial)
	c.out.bulkString("traps")
	c.out.int(int64(q.Traps))
	c.out.bulkString("last")
	c.out.bulkString(wire.Printable(q.Last, wire.MaxMessage, false))
}

func (c *conn) classReset(args [][]byte) error {
	if err := c.srv.service.Classes().Reset(c.ctx, string(args[0])); err != nil {
		return err
	}
	c.out.ok()
	return nil
}
