// This file measures what the wire adds to a call: a client that pipelines over loopback, an engine that does nothing.

package resp_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

func BenchmarkRESP(b *testing.B) {
	large := strings.Repeat("x", 64<<10)
	for _, bench := range []struct{ name, command, reply string }{
		{"ping", servertest.Command("PING"), "+PONG\r\n"},
		{"exec", servertest.Command("OBJ.EXEC", "p", "o", "test", "echo", ""), servertest.Bulk("")},
		{"exec of 64 KiB", servertest.Command("OBJ.EXEC", "p", "o", "test", "echo", large), servertest.Bulk(large)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			const depth = 16
			rig := servertest.Start(b, server.Options{})
			nc, err := net.Dial("tcp", rig.RESP)
			if err != nil {
				b.Fatal(err)
			}
			defer nc.Close()
			send := []byte(strings.Repeat(bench.command, depth))
			replies := bufio.NewReader(nc)
			b.ReportAllocs()
			for n := 0; n < b.N; n += depth {
				go nc.Write(send) // the server takes no more while its replies are not taken
				if _, err := io.CopyN(io.Discard, replies, int64(depth*len(bench.reply))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
