// This file tests how the usage of a command is read.

package resp

import (
	"fmt"
	"strings"
	"testing"
)

// shown writes arguments as one sees at once what they are: tokens as they are, values with their kinds.
func shown(args []usageArg) string {
	var list []string
	for _, arg := range args {
		var s string
		switch arg.kind {
		case "pure-token":
			s = arg.token
		case "block", "oneof":
			s = strings.TrimSpace(fmt.Sprintf("%s %s{%s}", arg.token, arg.kind, shown(arg.args)))
		default:
			s = strings.TrimSpace(fmt.Sprintf("%s %s:%s", arg.token, arg.name, arg.kind))
		}
		for _, flag := range arg.flags() {
			s += "/" + flag
		}
		list = append(list, s)
	}
	return strings.Join(list, ", ")
}

func TestParseUsage(t *testing.T) {
	for usage, want := range map[string]string{
		"":                          "",
		"pool oid":                  "pool:string, oid:string",
		"class[@version] method":    "class[@version]:string, method:string",
		"pool [offset length]":      "pool:string, block{offset:integer, length:integer}/optional",
		"input [META] [TIMEOUT ms]": "input:string, META/optional, TIMEOUT ms:string/optional",
		"ON|OFF":                    "oneof{ON, OFF}",
		"name|* [UNUSED seconds]":   "name|*:string, UNUSED seconds:integer/optional",
		"LIB-NAME a | LIB-VER b":    "oneof{LIB-NAME a:string, LIB-VER b:string}",
		"key value [key value ...]": "key:string, value:string, block{key:string, value:string}/optional/multiple",
		"[section ...]":             "section:string/optional/multiple",
		"[ID id [id ...]]":          "block{ID id:integer, id:integer/optional/multiple}/optional",
		"[protover [AUTH user password] [SETNAME name]]": "block{protover:integer, AUTH block{user:string, password:string}/optional, SETNAME name:string/optional}/optional",
		"[FILTERBY MODULE|PATTERN value]":                "block{FILTERBY, oneof{MODULE, PATTERN}, value:string}/optional",
	} {
		if got := shown(parseUsage(usage)); got != want {
			t.Errorf("%q:\ngot  %s\nwant %s", usage, got, want)
		}
	}
}

// The usage of every command can be read, to its end.
func TestUsages(t *testing.T) {
	check := func(cmd *command) {
		p := usageParser{left: cmd.usage}
		p.alternatives()
		if p.left != "" {
			t.Errorf("%s: %q is left of %q", cmd.name, p.left, cmd.usage)
		}
	}
	for _, cmd := range commands {
		check(cmd)
		for _, sub := range cmd.subs {
			check(sub)
		}
	}
}
