// This file is the examples that the help texts of commands have. A test runs them, with and without --json.

package main

import (
	"strings"

	"github.com/spf13/cobra"
)

// examples are by what follows "objluad" in a command's path. Lines that begin with # say what for.
var examples = map[string]string{
	"serve": `objluad serve --data /var/lib/objluad
objluad serve --store rados --ceph-conf /etc/ceph/ceph.conf`,
	"config show":  `objluad config show --config objluad.toml --timeout 2s`,
	"config check": `objluad config check --config objluad.toml`,
	"version":      `objluad version`,
	"ping": `objluad ping
objluad --addr 127.0.0.1:7480 ping`,
	"backup": `objluad backup monday`,

	"put": `objluad put photo photo.jpg
date | objluad -p default -N logs put today -`,
	"get": `objluad get visits visits.txt
objluad get visits - | wc -c`,
	"stat": `objluad stat visits`,
	"ls": `objluad ls
objluad -p default -N logs ls`,
	"rm":       `objluad rm visits`,
	"append":   `date | objluad append visits -`,
	"truncate": `objluad truncate visits 1`,
	"create":   `objluad create empty`,
	"setxattr": `objluad setxattr visits color red
objluad setxattr visits photo <photo.jpg`,
	"getxattr":  `objluad getxattr visits color`,
	"listxattr": `objluad listxattr visits`,
	"rmxattr":   `objluad rmxattr visits color`,
	"setomapval": `objluad setomapval visits monday 12
objluad setomapval visits photo --input-file photo.jpg`,
	"getomapval": `objluad getomapval visits sunday
objluad getomapval visits sunday sunday.txt`,
	"listomapkeys":  `objluad listomapkeys visits`,
	"listomapvals":  `objluad listomapvals visits`,
	"rmomapkey":     `objluad rmomapkey visits sunday`,
	"clearomap":     `objluad clearomap visits`,
	"getomapheader": `objluad getomapheader visits`,
	"setomapheader": `objluad setomapheader visits 'a week'`,

	"lspools": `objluad lspools`,
	"mkpool":  `objluad mkpool parcels`,
	"rmpool":  `objluad rmpool scratch scratch --yes-i-really-really-mean-it`,
	"df":      `objluad df`,

	"exec": `objluad exec visits counter inc 1
# with the input from a file, half a second at most, and what it took
objluad exec --timeout 500ms --meta visits counter inc - <one.txt
# what would it change?
objluad exec --dry-run visits counter inc 5
# safe to repeat
objluad exec --idempotency-key 7f3a visits counter inc 1`,
	"eval": `objluad eval visits counter.lua inc 1`,
	"replay": `objluad exec --capture call.bundle visits counter inc 1
objluad replay call.bundle`,
	"ps": `objluad ps`,
	"kill": `# all that run method spin
objluad kill $(objluad ps | awk '$7 == "spin" { print $1 }')`,
	"top": `objluad top --batch -n 1`,

	"class install": `objluad class install counter counter.lua
objluad class install --stock lock queue`,
	"class list": `objluad class list
objluad class list --stock`,
	"class show": `objluad class show counter
objluad class show --source counter >copy.lua`,
	"class diff":           `objluad class diff counter --file counter.lua`,
	"class activate":       `objluad class activate counter@4f2a`,
	"class rollback":       `objluad class rollback counter`,
	"class history":        `objluad class history counter`,
	"class keep":           `objluad class keep counter@4f2a`,
	"class release":        `objluad class release counter@4f2a`,
	"class remove":         `objluad class remove spinner`,
	"class reset":          `objluad class reset spinner`,
	"class gc":             `objluad class gc --unused 720h --dry-run`,
	"class canary set":     `objluad class canary set counter@4f2a 2.5`,
	"class canary promote": `objluad class canary promote counter`,
	"class canary end":     `objluad class canary end counter`,
	"class lint":           `objluad class lint counter.lua`,
	"class api":            `objluad class api >objclass.lua`,
	"run": `objluad run counter.lua inc 1
objluad run --object visits.txt --write counter.lua inc 1`,
	"test": `objluad test counter_test.lua`,

	"export": `objluad export everything --data copy --force`,
	"import": `objluad import archive --data copy --existing skip`,
	"check":  `objluad check --data copy`,

	"user add": `objluad user add --users users bob --caps "allow rw pool=default" <password.txt
objluad user add --users users prometheus --no-password`,
	"user passwd":      `objluad user passwd --users users alice <password.txt`,
	"user token":       `objluad user token --users users alice --expires 720h`,
	"user certificate": `objluad user certificate --users users alice CN=alice,O=Example`,
	"user caps":        `objluad user caps --users users alice "allow r, allow x class=counter method=inc"`,
	"user rm":          `objluad user rm --users users alice`,
	"user list":        `objluad user list --users users`,

	"completion": `objluad completion bash`,
	"man":        `objluad man man1`,
}

// addExamples gives all commands below cmd their examples.
func addExamples(cmd *cobra.Command) {
	if text := examples[pathBelow(cmd)]; text != "" {
		cmd.Example = "  " + strings.ReplaceAll(text, "\n", "\n  ")
	}
	for _, sub := range cmd.Commands() {
		addExamples(sub)
	}
}

// pathBelow is a command's path without the program's name.
func pathBelow(cmd *cobra.Command) string {
	_, path, _ := strings.Cut(cmd.CommandPath(), " ")
	return path
}
