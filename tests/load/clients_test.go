// This file is the clients of the load test: good ones, floods, slow readers, and those that mostly wait.

package load

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// Floods and slow readers come from addresses of their own, so that the daemon sees tenants.
const (
	goodAddr  = "127.0.0.1"
	floodAddr = "127.0.0.2"
	slowAddr  = "127.0.0.3"
	crowdAddr = "127.0.0.4"
)

// conn is a connection to the daemon.
type conn struct {
	net.Conn
	from *bufio.Reader
}

// connect connects, again if there are too many connections: one that was closed may count for a moment.
func (l *load) connect(who role, addr string) (*conn, error) {
	for {
		c, err := l.dial(addr)
		if err != nil {
			return nil, err
		}
		io.WriteString(c, "PING\r\n") // a refused connection may be closed by now
		failure, err := c.reply()
		if err == nil {
			l.note(who, failure)
		}
		if err != nil || failure == "" {
			return c, err
		}
		c.Close()
		time.Sleep(100 * time.Millisecond)
	}
}

func (l *load) dial(addr string) (*conn, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(addr)}, Timeout: time.Minute}
	nc, err := dialer.Dial("tcp", l.addr)
	if err != nil {
		return nil, err
	}
	return &conn{nc, bufio.NewReaderSize(nc, 512)}, nil
}

// command encodes a call of a method, which gets ample time: the machine may be very busy.
func command(oid, method, input string) string {
	var b strings.Builder
	args := []string{"OBJ.EXEC", "default", oid, "load", method, input, "TIMEOUT", "60000"}
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	return b.String()
}

// reply reads one reply, and returns the line of it that is an error, without its sign, or "".
func (c *conn) reply() (failure string, err error) {
	line, err := c.from.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimSuffix(line, "\r\n")
	switch line[0] {
	case '-':
		return line[1:], nil
	case '$':
		size, err := strconv.Atoi(line[1:])
		if err != nil {
			return "", err
		}
		_, err = c.from.Discard(size + 2)
		return "", err
	}
	return "", nil
}

// flood sends calls without a pause, many at once: short ones, ones with large inputs, or long ones.
func (l *load) flood(i int) error {
	c, err := l.connect(flooder, floodAddr)
	if err != nil {
		return err
	}
	defer c.Close()
	depth, one := 200, command("flood", "echo", "hello")
	switch i % 4 {
	case 1:
		depth, one = 4, command("flood", "echo", strings.Repeat("x", 1<<20))
	case 2:
		depth, one = 10, command("flood", "busy", "")
	}
	all := strings.Repeat(one, depth)
	for !l.stop.Load() {
		sent := make(chan error, 1)
		go func() { _, err := io.WriteString(c, all); sent <- err }()
		for range depth {
			failure, err := c.reply()
			if err != nil {
				return err
			}
			l.note(flooder, failure)
		}
		if err := <-sent; err != nil {
			return err
		}
	}
	return nil
}

// read asks for much, and takes little or nothing of it, until it is cut off; then it does it again.
func (l *load) read(i int) error {
	for !l.stop.Load() {
		c, err := l.connect(slowReader, slowAddr)
		if err != nil {
			return err
		}
		c.Conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		io.WriteString(c, strings.Repeat(command("slow", "big", ""), 100))
		one := make([]byte, 1<<10)
		for !l.stop.Load() {
			if i%2 == 0 {
				if _, err := c.Read(one); err != nil {
					break
				}
			} else if _, err := io.WriteString(c, " "); err != nil { // finds out that it is cut off
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		c.Close()
	}
	return nil
}

// crowd is connections that do nothing.
type crowd []*conn

func (l *load) gather(n int) (crowd, error) {
	var all crowd
	for range n {
		c, err := l.connect(crowdMember, crowdAddr)
		if err != nil {
			return all, err
		}
		all = append(all, c)
	}
	return all, nil
}

// stampede has all of them call at once.
func (l *load) stampede(all crowd) error {
	for i, c := range all {
		if _, err := io.WriteString(c, command(fmt.Sprint("crowd", i%100), "incr", "")); err != nil {
			return err
		}
	}
	for _, c := range all {
		failure, err := c.reply()
		if err != nil {
			return err
		}
		l.note(crowdMember, failure)
	}
	return nil
}

func (all crowd) close() {
	for _, c := range all {
		c.Close()
	}
}
