// This file measures what an operation costs by the connection that carries it.

package client_test

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

// BenchmarkExec has 50 callers make short calls: each on a connection of its own, on one that they share, and in batches of 50. The daemon is
// one in the same process, or that of OBJLUAD_ADDR, whose class "test" has a method "echo".
func BenchmarkExec(b *testing.B) {
	const callers = 50
	addr := os.Getenv("OBJLUAD_ADDR")
	if addr == "" {
		addr = servertest.Start(b, server.Options{}).RESP
	}
	conn, err := client.Dial(addr)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Shutdown()
	ctx, own := context.Background(), conn.OpenIOContext("default")
	canceled, cancel := context.WithCancel(ctx)
	defer cancel()
	exec := func(ctx context.Context, ioctx *client.IOContext) error {
		_, err := ioctx.Exec(ctx, "o", "test", "echo", nil)
		return err
	}
	parallel := func(b *testing.B, ctx context.Context, ioctx *client.IOContext) {
		b.SetParallelism(callers / runtime.GOMAXPROCS(0))
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := exec(ctx, ioctx); err != nil {
					b.Error(err)
				}
			}
		})
	}
	b.Run("own", func(b *testing.B) { parallel(b, ctx, own) })
	b.Run("own,cancelable", func(b *testing.B) { parallel(b, canceled, own) })
	b.Run("pipelined", func(b *testing.B) { parallel(b, ctx, own.Pipelined()) })
	b.Run("pipelined,cancelable", func(b *testing.B) { parallel(b, canceled, own.Pipelined()) })
	b.Run("batch", func(b *testing.B) {
		ops := make([]func(*client.IOContext) error, callers)
		for i := range ops {
			ops[i] = func(ioctx *client.IOContext) error { return exec(ctx, ioctx) }
		}
		for range (b.N + callers - 1) / callers {
			if err := own.Batch(ctx, ops...); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkShortBesideLong measures a short call while another one on the same Conn runs for 20 ms at a time.
func BenchmarkShortBesideLong(b *testing.B) {
	rig := servertest.Start(b, server.Options{})
	for _, shared := range []bool{false, true} {
		b.Run("pipelined="+strconv.FormatBool(shared), func(b *testing.B) {
			conn, err := client.Dial(rig.RESP)
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Shutdown()
			ioctx := conn.OpenIOContext("default")
			if _, err := ioctx.Exec(b.Context(), "o", "test", "echo", nil); err != nil {
				b.Fatal(err)
			}
			if shared {
				ioctx = ioctx.Pipelined()
			}
			stop, stopped := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(stopped)
				for {
					select {
					case <-stop:
						return
					default:
						ioctx.Exec(context.Background(), "o", "test", "wait", []byte("20"))
					}
				}
			}()
			for b.Loop() {
				if _, err := ioctx.Exec(context.Background(), "o", "test", "echo", nil); err != nil {
					b.Fatal(err)
				}
			}
			close(stop)
			<-stopped
		})
	}
}
