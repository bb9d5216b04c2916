// This file tests what clients are told of the settings.

package resp_test

import (
	"testing"

	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

func TestConfig(t *testing.T) {
	settings := func() [][2]string {
		return [][2]string{{"max-input", "16MiB"}, {"max-frame", "64MiB"}, {"timeout", "1s"}}
	}
	rig := servertest.Start(t, server.Options{Settings: settings, MaxConnections: 77})
	dialogue(t, servertest.Dial(t, rig.RESP), [][2]string{
		{"CONFIG GET max-*", `\*4\r\n\$9\r\nmax-frame\r\n\$5\r\n64MiB\r\n\$9\r\nmax-input\r\n\$5\r\n16MiB\r\n`},
		{"config get TIMEOUT m?x-input timeout", `\*4\r\n\$9\r\nmax-input\r\n\$5\r\n16MiB\r\n\$7\r\ntimeout\r\n\$2\r\n1s\r\n`},
		{"CONFIG GET save", `\*2\r\n\$4\r\nsave\r\n\$0\r\n\r\n`},
		{"CONFIG GET databases", `\*2\r\n\$9\r\ndatabases\r\n\$1\r\n1\r\n`},
		{"CONFIG GET maxclients", `\*2\r\n\$10\r\nmaxclients\r\n\$2\r\n77\r\n`},
		{"CONFIG GET maxmemory*", `\*4\r\n\$9\r\nmaxmemory\r\n\$1\r\n0\r\n\$16\r\nmaxmemory-policy\r\n\$10\r\nnoeviction\r\n`},
		{"CONFIG GET nosuch", `\*0\r\n`},
		{"CONFIG GET", `-EINVAL input wrong number of arguments .*\r\n`},
		{"CONFIG SET timeout 2s", `-EOPNOTSUPP input settings are not changed by a command: .* SIGHUP; .*\r\n`},
		{"CONFIG REWRITE", `-EOPNOTSUPP input settings are not changed by a command: .*\r\n`},
		{"CONFIG RESETSTAT", `-EOPNOTSUPP input nothing is reset: .*\r\n`},
		{"HELLO 3", `%7\r\n.*`},
		{"CONFIG GET append*", `%2\r\n\$11\r\nappendfsync\r\n\$6\r\nalways\r\n\$10\r\nappendonly\r\n\$3\r\nyes\r\n`},
	}...)
	for want, store := range map[string][][2]string{
		"always":   {{"store", "rados"}},
		"everysec": {{"fsync", "interval"}, {"fsync_interval_ms", "1000"}},
		"no":       {{"fsync", "interval"}, {"fsync_interval_ms", "1001"}},
	} {
		dialogue(t, servertest.Dial(t, servertest.Start(t, server.Options{Store: store}).RESP), [2]string{"CONFIG GET appendfsync", `\*2\r\n\$11\r\nappendfsync\r\n\$\d\r\n` + want + `\r\n`})
	}
	dialogue(t, servertest.Dial(t, servertest.Start(t, server.Options{Store: [][2]string{{"fsync", "never"}}}).RESP), [2]string{"CONFIG GET appendfsync", `(?s).*\r\nno\r\n`})
}
