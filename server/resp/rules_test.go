package resp

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/objluad/objluad/server/access"
)

// allCommands are all that can run: commands and subcommands.
func allCommands() (all []*command) {
	for _, cmd := range commands {
		for _, c := range append(slices.Collect(maps.Values(cmd.subs)), cmd) {
			if c.run != nil {
				all = append(all, c)
			}
		}
	}
	return all
}

// No command is forgotten in the table, and the table has none that there is not. What COMMAND shows as a write is never allowed by
// permission to read, nor to everyone.
func TestEveryCommandHasARule(t *testing.T) {
	args := make([][]byte, 16)
	for i := range args {
		args[i] = []byte("x")
	}
	c := &conn{srv: &Server{}}
	names := map[string]bool{}
	for _, cmd := range allCommands() {
		names[cmd.name] = true
		rule := commandRules[cmd.name]
		if rule == nil {
			t.Errorf("%s has no rule in rules.go: with users, nobody can use it", cmd.name)
			continue
		}
		if cmd.name == "call.kill" {
			continue // asks the service
		}
		op := rule(c, args[:max(cmd.min, 6)])
		if op.Need == 0 {
			t.Errorf("the rule of %s allows it to nobody", cmd.name)
		}
		if slices.Contains(cmd.flags, "write") && cmd.name != "client|list" && op.Need&(access.Read|access.Login|access.Open) != 0 {
			t.Errorf("%s writes, and is allowed to those who may read or have no permission", cmd.name)
		}
		if open := slices.Contains([]string{"auth", "hello", "quit", "reset"}, cmd.name); open != (op.Need&access.Open != 0) {
			t.Errorf("%s is open to everyone: %v", cmd.name, op.Need&access.Open != 0)
		}
	}
	for name := range commandRules {
		if !names[name] {
			t.Errorf("there is a rule for %s, which is no command", name)
		}
	}
}

// A command that is in no table is refused to a user who may do all.
func TestCommandsWithoutARule(t *testing.T) {
	c := &conn{srv: &Server{}}
	op := c.operation(&command{name: "forgotten"}, nil)
	if err := access.Allowed(access.Everybody, &op); err == nil || !strings.Contains(err.Error(), "FORGOTTEN is in no capability") {
		t.Errorf("a command without a rule: %v", err)
	}
}
