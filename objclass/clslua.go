// This file is the class lua, which every daemon has: as Ceph's cls_lua, it runs a script that comes in the input.

package objclass

import (
	"strings"
	"syscall"
)

// luaClass is the name of the class. No other can be installed under it.
const luaClass = "lua"

// BuiltinVersion stands where a class that every daemon has would have a version. No call can name it.
const BuiltinVersion = "built-in"

// evalOp is what a call of class lua asks for, as Ceph's cls_lua_eval_op: run the script, then its handler on the input.
type evalOp struct {
	script  []byte // a copy: the engine keeps it with the image
	handler string
	input   []byte
}

// luaMethods are the methods of the class in the order of their names, with what decodes their inputs. A decoder's error is
// EINVAL of KindInput.
var luaMethods = []struct {
	name   string
	decode func(input []byte) (evalOp, error)
}{
	{"eval_bufferlist", decodeEvalBufferlist},
	{"eval_json", decodeEvalJSON},
}

var errLuaVersion = Errorf(syscall.EOPNOTSUPP, KindClass, "class lua is built in and has no versions; name it without one")

// isLuaClass reports whether a call of that class, with or without a version, is one of class lua.
func isLuaClass(spec string) bool {
	name, _, _ := strings.Cut(spec, "@")
	return name == luaClass
}

// resolveEval finds what a call of class lua runs: the script in its input.
func (x *exec) resolveEval() error {
	if x.call.Class != luaClass {
		return errLuaVersion
	}
	for _, m := range luaMethods {
		if m.name != x.call.Method {
			continue
		}
		x.evaluator = m.name
		op, err := m.decode(x.call.Input)
		if err != nil {
			return err
		}
		x.handler, x.input = op.handler, op.input
		return x.resolveScript(op.script)
	}
	return Errorf(syscall.EOPNOTSUPP, KindClass, "class lua has no method %.80q; it has: eval_bufferlist, eval_json", x.call.Method)
}

// luaInfo describes the class.
func luaInfo() ClassInfo {
	info := ClassInfo{Name: luaClass, Version: BuiltinVersion, Active: true}
	for _, m := range luaMethods {
		info.Methods = append(info.Methods, Method{Name: m.name, Flags: RD | WR})
	}
	return info
}

// checkNotReserved refuses the name of the class for one that is to be installed.
func checkNotReserved(name string) error {
	if name == luaClass {
		return Errorf(syscall.EPERM, KindClass, "class lua is built in; install yours under another name")
	}
	return nil
}

// EvaluatesInput reports whether the methods of a class, which a call names with or without a version, run scripts that come in their
// input: calling one is as much as sending a script.
func EvaluatesInput(spec string) bool { return isLuaClass(spec) }
