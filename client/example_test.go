// This file is examples, which run against a daemon of their own.

package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

const counter = `
-- inc: adds the input to the number in the object, and answers the sum.
function inc(input, output)
  local sum = bufferlist.new()
  sum:append(tostring((tonumber(objclass.read(0, 0):str()) or 0) + tonumber(input:str())))
  objclass.write_full(sum)
  output:append(sum)
end

-- spin: never ends.
function spin() while true do end end

-- withdraw: fails, and says why.
function withdraw() objclass.fail(objclass.ENOSPC, "the balance is 3") end

objclass.register(inc, objclass.RD | objclass.WR)
objclass.register(spin, objclass.RD)
objclass.register(withdraw, objclass.RD)
`

// examples is the daemon of the examples, once one wants it.
var examples struct {
	sync.Once
	*rig.Daemon
	data string
}

// startDaemon returns the address of a daemon that has the class counter.
func startDaemon() string {
	examples.Do(func() {
		var err error
		if examples.data, err = os.MkdirTemp("", "objluad-examples"); err != nil {
			log.Fatal(err)
		}
		if examples.Daemon, err = rig.Start(examples.data); err != nil {
			log.Fatal(err)
		}
		conn, err := client.Dial(examples.Addr())
		if err != nil {
			log.Fatal(err)
		}
		defer conn.Shutdown()
		if _, err := conn.InstallClass(context.Background(), "counter", []byte(counter)); err != nil {
			log.Fatal(err)
		}
	})
	return examples.Addr()
}

func TestMain(m *testing.M) {
	status := m.Run()
	if examples.Daemon != nil {
		if err := errors.Join(examples.Stop(), os.RemoveAll(examples.data)); err != nil {
			log.Print(err)
			status = 1
		}
	}
	os.Exit(status)
}

func Example() {
	addr := startDaemon() // "127.0.0.1:7480" as a rule

	conn, err := client.Dial(addr)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Shutdown()

	ctx := context.Background()
	ioctx := conn.OpenIOContext("default")
	for _, amount := range []string{"41", "1"} {
		reply, err := ioctx.Exec(ctx, "visits", "counter", "inc", []byte(amount))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s, version %d\n", reply.Output, reply.Version)
	}
	data, err := ioctx.ReadFull(ctx, "visits")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("the object has %s\n", data)
	// Output:
	// 41, version 1
	// 42, version 2
	// the object has 42
}

func ExampleError() {
	conn, err := client.Dial(startDaemon())
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Shutdown()

	_, err = conn.OpenIOContext("default").Exec(context.Background(), "account", "counter", "withdraw", nil)
	fmt.Println(err)
	fmt.Println(errors.Is(err, syscall.ENOSPC))
	var e *client.Error
	if errors.As(err, &e) {
		fmt.Println(e.ErrnoName(), e.Kind)
		fmt.Println(e.Message)
	}
	// Output:
	// ENOSPC: counter.lua:14: the balance is 3
	// true
	// ENOSPC op
	// counter.lua:14: the balance is 3
}

// The deadline of a context is the method's, too.
func ExampleIOContext_Exec_deadline() {
	conn, err := client.Dial(startDaemon())
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Shutdown()

	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_, err = conn.OpenIOContext("default").Exec(ctx, "visits", "counter", "spin", nil)
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output: true
}

// A call with a key may be made again by whoever does not know whether it was made.
func ExampleIdempotencyKey() {
	conn, err := client.Dial(startDaemon())
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Shutdown()

	ioctx := conn.OpenIOContext("default")
	for range 3 {
		reply, err := ioctx.Exec(context.Background(), "orders", "counter", "inc", []byte("1"), client.IdempotencyKey("order 4711"))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s, replayed: %t\n", reply.Output, reply.Replayed)
	}
	// Output:
	// 1, replayed: false
	// 1, replayed: true
	// 1, replayed: true
}

// Short calls of many goroutines share a connection.
func ExampleIOContext_Pipelined() {
	conn, err := client.Dial(startDaemon())
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Shutdown()

	ctx := context.Background()
	ioctx := conn.OpenIOContext("default").Pipelined()
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if _, err := ioctx.Exec(ctx, "hits", "counter", "inc", []byte("1")); err != nil {
				log.Print(err)
			}
		})
	}
	wg.Wait()
	data, err := ioctx.ReadFull(ctx, "hits")
	fmt.Printf("%s %v\n", data, err)
	// Output: 100 <nil>
}

// Ten objects are counted in one round trip.
func ExampleIOContext_Batch() {
	conn, err := client.Dial(startDaemon())
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Shutdown()

	ctx := context.Background()
	sums := make([]string, 10)
	var ops []func(*client.IOContext) error
	for i := range sums {
		ops = append(ops, func(ioctx *client.IOContext) error {
			reply, err := ioctx.Exec(ctx, fmt.Sprint("page", i), "counter", "inc", []byte("1"))
			sums[i] = string(reply.Output)
			return err
		})
	}
	if err := conn.OpenIOContext("default").Batch(ctx, ops...); err != nil {
		log.Fatal(err)
	}
	fmt.Println(sums)
	// Output: [1 1 1 1 1 1 1 1 1 1]
}

// A client that wants to see each EBUSY, and no more than 100 connections.
func ExampleDialOptions() {
	conn, err := client.DialOptions(startDaemon(), client.Options{Name: "billing", Retries: -1, MaxConnections: 100})
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Shutdown()
	fmt.Println(conn.Ping(context.Background()))
	// Output: <nil>
}
