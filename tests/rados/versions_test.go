// This file is operators at two daemons who change which version of a class is run, while it is, through both.

package rados

import (
	"os"
	"testing"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
	"github.com/objluad/objluad/tests/versions"
)

// Each reply is whole and names the version that made it, no call fails, and what one daemon has answered the other one does.
func TestVersionsChangeThroughTwoDaemons(t *testing.T) { changeVersions(t, 60, 20) }

func TestSoakVersionsChangeThroughTwoDaemons(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("it takes minutes; SOAK=1 runs it")
	}
	changeVersions(t, 1000, 50)
}

func changeVersions(t *testing.T, changes, callers int) {
	c := sharedCluster(t)
	daemons := []*rig.Daemon{serve(t, c), serve(t, c)}
	var operators []*client.Conn
	for _, d := range daemons {
		logs(t, d, watched, 1)
		operators = append(operators, d.Dial(t))
	}
	clients := make([]*client.IOContext, callers)
	for i := range clients {
		clients[i] = operators[i%2].OpenIOContext("default")
	}
	versions.Run(t, operators, clients, changes)
}
