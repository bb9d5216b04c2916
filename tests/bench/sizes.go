// This file measures what calls cost as a store has more objects, and as one omap has more keys.

package main

import (
	"bufio"
	"context"
	_ "embed"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

//go:embed sizes.lua
var sizesMethods string

// sizeCall is a call whose rate is measured; redis-benchmark puts a random number below the size for __rand_int__.
type sizeCall struct {
	title   string
	command []string
}

// growth is one dimension in which a store grows, step by step, in one daemon.
type growth struct {
	title string
	sizes []int
	fill  func(addr string, from, to int) error // to makes the size grow
	calls []sizeCall
}

var growths = []growth{
	{"objects", []int{1, 1000, 100_000, 1_000_000}, fillObjects, []sizeCall{
		{"counter", []string{"OBJ.EXEC", "default", "__rand_int__", "sizes", "incr", ""}},
		{"read of an omap key", []string{"OBJ.EXEC", "default", "__rand_int__", "sizes", "key", ""}},
		{"listing of 100 objects", []string{"OBJ.LIST", "default", "AFTER", "__rand_int__", "LIMIT", "100"}},
	}},
	{"keys of one omap", []int{10, 1000, 100_000, 1_000_000}, fillOmap, []sizeCall{
		{"counter", []string{"OBJ.EXEC", "default", "omap", "sizes", "add", "__rand_int__"}},
		{"read of an omap key", []string{"OBJ.EXEC", "default", "omap", "sizes", "get", "__rand_int__"}},
		{"listing of 100 keys", []string{"OBJ.EXEC", "default", "omap", "sizes", "page", "__rand_int__"}},
	}},
}

// sizeRow is what was measured at one size.
type sizeRow struct {
	size  int
	fill  time.Duration // from the size before
	rates []float64     // of the calls
}

type sizeResult struct {
	growth
	rows []sizeRow
}

// sizeClients is how many connections call at once.
const sizeClients = 50

// measureSizes gives each dimension a daemon of its own.
func measureSizes(dir string) (results []sizeResult, err error) {
	for i, g := range growths {
		r, err := g.measure(filepath.Join(dir, fmt.Sprint("size", i)))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", g.title, err)
		}
		results = append(results, r)
	}
	return results, nil
}

func (g growth) measure(dir string) (sizeResult, error) {
	r := sizeResult{growth: g}
	daemon, err := rig.Start(dir)
	if err != nil {
		return r, err
	}
	defer daemon.Stop()
	conn, err := client.Dial(daemon.Addr())
	if err != nil {
		return r, err
	}
	defer conn.Shutdown()
	if _, err := conn.InstallClass(context.Background(), "sizes", []byte(sizesMethods)); err != nil {
		return r, err
	}
	filled := 0
	for _, size := range g.sizes {
		fmt.Fprintf(os.Stderr, "%d %s …\n", size, g.title)
		row := sizeRow{size: size}
		began := time.Now()
		if err := g.fill(daemon.Addr(), filled, size); err != nil {
			return r, err
		}
		row.fill, filled = time.Since(began), size
		for _, call := range g.calls {
			if err := call.measure(daemon.Addr(), size, &row.rates); err != nil {
				return r, err
			}
		}
		r.rows = append(r.rows, row)
	}
	return r, nil
}

func (c sizeCall) measure(addr string, size int, rates *[]float64) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	options := []string{"-c", strconv.Itoa(sizeClients), "-r", strconv.Itoa(size), "-n", "20000"}
	return contest{options: options}.once(rates, port, c.command)
}

// fillObjects makes objects over several connections, each with many commands under way.
func fillObjects(addr string, from, to int) error {
	const connections = 64
	var group errgroup.Group
	for c := range connections {
		group.Go(func() error {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				return err
			}
			defer conn.Close()
			calls := 0
			for i := from + c; i < to; i += connections {
				calls++
			}
			go func() {
				out := bufio.NewWriter(conn)
				for i := from + c; i < to; i += connections {
					writeCommand(out, "OBJ.EXEC", "default", fmt.Sprintf("%012d", i), "sizes", "make", "")
				}
				out.Flush() // who reads the replies notices what goes wrong
			}()
			return readEmptyReplies(bufio.NewReader(conn), calls)
		})
	}
	return group.Wait()
}

func writeCommand(out *bufio.Writer, words ...string) {
	fmt.Fprintf(out, "*%d\r\n", len(words))
	for _, word := range words {
		fmt.Fprintf(out, "$%d\r\n%s\r\n", len(word), word)
	}
}

// readEmptyReplies reads so many replies, which must be empty outputs.
func readEmptyReplies(in *bufio.Reader, n int) error {
	const empty = "$0\r\n\r\n"
	reply := make([]byte, len(empty))
	for range n {
		if _, err := io.ReadFull(in, reply); err != nil {
			return err
		}
		if string(reply) != empty {
			rest, _ := in.ReadString('\n')
			return fmt.Errorf("a reply is %q", string(reply)+rest)
		}
	}
	return nil
}

// fillOmap makes keys of one object, some thousands with each call.
func fillOmap(addr string, from, to int) error {
	conn, err := client.Dial(addr)
	if err != nil {
		return err
	}
	defer conn.Shutdown()
	const each = 5000
	for ; from < to; from += each {
		input := fmt.Appendf(nil, "%d %d", from, min(from+each, to)-1)
		if _, err := conn.OpenIOContext("default").Exec(context.Background(), "omap", "sizes", "fill", input, client.Timeout(time.Minute)); err != nil {
			return err
		}
	}
	return nil
}

// printSizes prints a table for each dimension.
func printSizes(out io.Writer, results []sizeResult) {
	for _, r := range results {
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintf(table, "%s\t", r.title)
		for _, c := range r.calls {
			fmt.Fprintf(table, "%s, calls/s\t", c.title)
		}
		fmt.Fprintln(table, "filled in\t")
		for _, row := range r.rows {
			fmt.Fprintf(table, "%d\t%s\t%v\t\n", row.size, strings.Join(row.cells(), "\t"), row.fill.Round(time.Millisecond))
		}
		table.Flush()
		fmt.Fprintln(out)
	}
}

func (row sizeRow) cells() []string {
	var cells []string
	for _, rate := range row.rates {
		cells = append(cells, fmt.Sprintf("%.0f", rate))
	}
	return cells
}

// sizeTables is printSizes in Markdown.
func sizeTables(results []sizeResult) string {
	var b strings.Builder
	for _, r := range results {
		fmt.Fprintf(&b, "| %s |", r.title)
		for _, c := range r.calls {
			fmt.Fprintf(&b, " %s, calls/s |", c.title)
		}
		fmt.Fprintf(&b, " filled in |\n|---:|%s---:|\n", strings.Repeat("---:|", len(r.calls)))
		for _, row := range r.rows {
			fmt.Fprintf(&b, "| %d | %s | %v |\n", row.size, strings.Join(row.cells(), " | "), row.fill.Round(time.Millisecond))
		}
		b.WriteString("\n")
	}
	return b.String()
}
