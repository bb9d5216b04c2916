// This file is the good clients. They have a process of their own: what they wait for is to be the daemon, and not the processors of a
// program that floods it.

package load

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// goodEnv has the daemon's address where the test's program is started for the good clients.
const goodEnv = "OBJLUAD_LOAD_GOOD"

func TestMain(m *testing.M) {
	if addr := os.Getenv(goodEnv); addr != "" {
		beGood(addr)
		return
	}
	os.Exit(m.Run())
}

// beGood runs the good clients, each of which calls ten times a second, at random moments. Of each call it prints how long it took from the
// moment at which it was due, and the error if there was one. It ends when its standard input does.
func beGood(addr string) {
	l := &load{addr: addr}
	var printing sync.Mutex
	for i := range goodClients {
		go func() {
			c, err := l.dial(goodAddr)
			next := time.Now()
			for err == nil {
				next = next.Add(time.Duration(rand.ExpFloat64() * float64(100*time.Millisecond)))
				time.Sleep(time.Until(next))
				var failure string
				if _, err = io.WriteString(c, command(fmt.Sprint("good", i), "incr", "")); err == nil {
					failure, err = c.reply()
				}
				printing.Lock()
				fmt.Println(int64(time.Since(next)), failure)
				printing.Unlock()
			}
			fmt.Println(0, "connection: ", err)
		}()
	}
	io.Copy(io.Discard, os.Stdin)
}

// startGood starts the good clients. The function that it returns ends them.
func (l *load) startGood(t *testing.T) (end func()) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), goodEnv+"="+l.addr)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			number, failure, _ := strings.Cut(lines.Text(), " ")
			ns, err := time.ParseDuration(number + "ns")
			if err != nil {
				t.Errorf("the good clients print %q", lines.Text())
				continue
			}
			l.note(goodClient, failure)
			l.took(ns)
		}
	}()
	return func() {
		in.Close()
		<-read
		if err := cmd.Wait(); err != nil {
			t.Errorf("the good clients: %v", err)
		}
	}
}
