// This file is a load generator for several protocols: connections that send calls in batches, and wait for the replies of each.

package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// wire is a protocol: how a call is sent, and its reply read.
type wire interface {
	greet(r *bufio.Reader) error
	call(b []byte, method, object string) []byte
	reply(r *bufio.Reader) error
}

// load makes a contest's calls and returns their number per second.
func load(port string, wire wire, c *tarantoolContest) (float64, error) {
	var g errgroup.Group
	batches := c.calls / c.connections / c.pipeline
	began := time.Now()
	for range c.connections {
		g.Go(func() error { return batchesOf(port, wire, c, batches) })
	}
	if err := g.Wait(); err != nil {
		return 0, err
	}
	return float64(batches*c.connections*c.pipeline) / time.Since(began).Seconds(), nil
}

func batchesOf(port string, wire wire, c *tarantoolContest, batches int) error {
	nc, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		return err
	}
	defer nc.Close()
	replies := bufio.NewReader(nc)
	if err := wire.greet(replies); err != nil {
		return err
	}
	var calls []byte
	for range batches {
		calls = calls[:0]
		for range c.pipeline {
			calls = wire.call(calls, c.method, c.object())
		}
		if _, err := nc.Write(calls); err != nil {
			return err
		}
		for range c.pipeline {
			if err := wire.reply(replies); err != nil {
				return err
			}
		}
	}
	return nil
}

// respWire is objluad's.
type respWire struct{}

func (respWire) greet(*bufio.Reader) error { return nil }

func (respWire) call(b []byte, method, object string) []byte {
	b = append(b, "*6\r\n$8\r\nOBJ.EXEC\r\n$7\r\ndefault\r\n"...)
	for _, arg := range []string{object, "bench", method, ""} {
		b = append(strconv.AppendInt(append(b, '$'), int64(len(arg)), 10), "\r\n"...)
		b = append(append(b, arg...), "\r\n"...)
	}
	return b
}

func (respWire) reply(r *bufio.Reader) error {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(string(line[1 : len(line)-2]))
	if line[0] != '$' || err != nil {
		return fmt.Errorf("objluad answers %q", line)
	}
	_, err = r.Discard(n + len("\r\n"))
	return err
}

// iprotoWire is Tarantool's: MessagePack behind a size.
type iprotoWire struct{}

const (
	iprotoGreeting = 128 // bytes
	iprotoCall     = 0x0a
	iprotoName     = 0x22
	iprotoArgs     = 0x21
)

func (iprotoWire) greet(r *bufio.Reader) error {
	_, err := r.Discard(iprotoGreeting)
	return err
}

func (iprotoWire) call(b []byte, method, object string) []byte {
	start := len(b)
	b = append(b, 0xce, 0, 0, 0, 0)                // the size, as 32 bits
	b = append(b, 0x82, 0x00, iprotoCall, 0x01, 0) // a map of the request's type and number
	b = append(b, 0x82, iprotoName, 0xa0|byte(len(method)))
	b = append(b, method...)
	b = append(b, iprotoArgs, 0x91, 0xa0|byte(len(object)))
	b = append(b, object...)
	binary.BigEndian.PutUint32(b[start+1:], uint32(len(b)-start-5))
	return b
}

func (iprotoWire) reply(r *bufio.Reader) error {
	var head [5 + 7]byte // the size, and the code at the head of the reply's map
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	size := binary.BigEndian.Uint32(head[1:5])
	rest := make([]byte, 0, 256)
	if code := binary.BigEndian.Uint32(head[8:]); head[0] != 0xce || head[5]>>4 != 8 || head[6] != 0 || head[7] != 0xce || code != 0 {
		rest = rest[:min(int(size)-7, cap(rest))]
		_, _ = io.ReadFull(r, rest) // it is shown as far as it comes
		return fmt.Errorf("tarantool answers %q %q", head, rest)
	}
	_, err := r.Discard(int(size) - 7)
	return err
}
