// This file is an operator who changes which version of a class is run, while it is.

package e2e

import (
	"os"
	"testing"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
	"github.com/objluad/objluad/tests/versions"
)

// Whatever is installed, activated, rolled back, tried and removed meanwhile, each reply is whole and names the version that
// made it, and no call fails.
func TestVersionsChangeUnderCalls(t *testing.T) { changeVersions(t, 300) }

func TestSoakVersionsChangeUnderCalls(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("it takes minutes; SOAK=1 runs it")
	}
	changeVersions(t, 10_000)
}

func changeVersions(t *testing.T, changes int) {
	data := t.TempDir()
	d := rig.Run(t, data)
	conn := d.Dial(t)
	clients := make([]*client.IOContext, 50)
	for i := range clients {
		clients[i] = conn.OpenIOContext("default")
	}
	versions.Run(t, []*client.Conn{d.Dial(t)}, clients, changes)
	if err := d.Stop(); err != nil {
		t.Error(err)
	}
	rig.Check(t, data)
}
