// This file prints what was measured: as a table for a terminal, and as Markdown with all that is needed to repeat it.

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/objluad/objluad/tests/rig"
)

type report struct {
	redis   string // version
	pairs   int
	results []result
	rados   []result

	tarantool        []result
	tarantoolVersion string

	sizes []sizeResult
	guard []string // corebench's lines, "name value unit"

	hostCalls []string // lines of Go's benchmarks
	crowds    []crowdResult
	tails     []tail
}

func (r *report) print(out io.Writer) {
	printContests(out, "Redis", r.results)
	fmt.Fprintln(out)
	printContests(out, "Tarantool", r.tarantool)
	fmt.Fprintln(out)
	printContests(out, "cls_lua", r.rados)
	fmt.Fprintln(out)
	printSizes(out, r.sizes)
	r.printTails(out)
	fmt.Fprintln(out)
	r.printInside(out)
}

// printContests prints medians, with the lowest and the highest rate in brackets.
func printContests(out io.Writer, peer string, results []result) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "calls per second\tobjluad\t%s\tratio\tgoal\t\n", peer)
	for _, result := range results {
		fmt.Fprintf(table, "%s\t%s\t%s\t%.2f\t%s\t\n", result.title, spread(result.ours), spread(result.theirs), result.ratio(), result.wanted())
	}
	table.Flush()
}

func (r *report) printTails(out io.Writer) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "good calls\tp50 alone\tp99\tp50 beside attacks\tp99\tratio of p99\tgoal\t")
	for _, t := range r.tails {
		fmt.Fprintf(table, "%s\t%v\t%v\t%v\t%v\t%.2f\t≤ %.1f\t\n", t.title, percentile(t.quiet, 50), percentile(t.quiet, 99),
			percentile(t.hunted, 50), percentile(t.hunted, 99), t.ratio(), tailGoal)
	}
	table.Flush()
}

func (r *report) printInside(out io.Writer) {
	for _, part := range [][]string{r.guard, r.hostCalls, crowdLines(r.crowds)} {
		for _, line := range part {
			fmt.Fprintln(out, line)
		}
		fmt.Fprintln(out)
	}
}

func (r *report) markdown() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Benchmarks\n\nWritten by `make bench`, which installs and starts what it compares with.\n\nMeasured on %s, %d × %s, %s, Linux %s.\n", time.Now().UTC().Format(time.DateOnly),
		runtime.NumCPU(), cpuModel(), memory(), kernel())
	fmt.Fprintf(&b, "objluad %s, built by %s; Redis %s.\n", objluadVersion(), runtime.Version(), r.redis)
	fmt.Fprintf(&b, "Medians of %d runs, which alternate between the two; in brackets the lowest and the highest.\n\n", r.pairs)
	writeContests(&b, "Redis", r.results)
	fmt.Fprintf(&b, "\nBeside Tarantool %s (`CALL`, `wal_mode=fsync`; its functions are compiled by LuaJIT, and nothing ends one that does not end), both loaded by tests/bench/load.go. "+
		"`go run ./tests/bench -only tarantool` prints these alone.\n\n", r.tarantoolVersion)
	writeContests(&b, "Tarantool", r.tarantool)
	fmt.Fprintf(&b, "\nBeside Ceph's `cls_lua` (`eval_json` through librados, as many calls in flight, the same script), in one run on one cluster whose "+
		"single OSD keeps its objects in memory; the embedded store syncs each commit to disk. `go run ./tests/bench -only rados` prints these alone.\n\n")
	writeContests(&b, "cls_lua", r.rados)
	fmt.Fprintf(&b, "\nGood calls beside attacks: %d calls a second at random moments for %d s, alone, and then with every tenth call hostile "+
		"(an endless loop, a pattern, a memory bomb, a new script, each for as long as it gets). `go run ./tests/bench -only tails` prints these alone.\n\n", tailRate, tailSeconds)
	b.WriteString("| p50, p99 | alone | beside attacks | p99 ratio | goal |\n|---|---:|---:|---:|---:|\n")
	for _, t := range r.tails {
		fmt.Fprintf(&b, "| %s | %v, %v | %v, %v | %.2f | ≤ %.1f |\n", t.title, percentile(t.quiet, 50), percentile(t.quiet, 99),
			percentile(t.hunted, 50), percentile(t.hunted, 99), t.ratio(), tailGoal)
	}
	fmt.Fprintf(&b, "\nThe embedded store as it grows, %d connections. `go run ./tests/bench -only sizes` prints these alone.\n\n%s", sizeClients, sizeTables(r.sizes))
	if r.guard != nil {
		fmt.Fprintf(&b, "\nThe guard, without the daemon (`%s`):\n\n", corebench)
		for _, line := range r.guard {
			fmt.Fprintf(&b, "    %s\n", line)
		}
		fmt.Fprintf(&b, "\nThrough Go (`%s`):\n\n", strings.Join(hostCalls, " "))
		for _, line := range r.hostCalls {
			fmt.Fprintf(&b, "    %s\n", line)
		}
	}
	fmt.Fprintf(&b, "\nWhat a daemon takes of the machine after each class was called twice, from %d connections, each time with a new daemon. ", callers)
	b.WriteString("At most 256 VMs are kept, which hold 512 MiB at most. `go run ./tests/bench -only inside` prints these and the guard's figures alone.\n\n")
	for _, line := range crowdLines(r.crowds) {
		fmt.Fprintln(&b, line)
	}
	b.WriteString("\nThe commands, which `go run ./tests/bench` runs:\n\n")
	b.WriteString("    objluad serve --data DIR\n")
	fmt.Fprintf(&b, "    redis-server %s\n", quoted(durable))
	for _, result := range r.results {
		for _, command := range [][]string{result.objluad, result.redis} {
			fmt.Fprintf(&b, "    redis-benchmark -p PORT %s %s\n", strings.Join(result.options, " "), quoted(command))
		}
	}
	b.WriteString(radosCommands(r.rados))
	return b.Bytes()
}

func writeContests(b *bytes.Buffer, peer string, results []result) {
	fmt.Fprintf(b, "| calls per second | objluad | %s | ratio | goal |\n|---|---:|---:|---:|---:|\n", peer)
	for _, result := range results {
		fmt.Fprintf(b, "| %s | %s | %s | %.2f | %s |\n", result.title, spread(result.ours), spread(result.theirs), result.ratio(), result.wanted())
	}
}

// spread shows a median with its extremes.
func spread(rates []float64) string {
	low, high := rates[0], rates[0]
	for _, rate := range rates {
		low, high = min(low, rate), max(high, rate)
	}
	return fmt.Sprintf("%.0f (%.0f–%.0f)", median(rates), low, high)
}

// quoted joins a command as a shell reads it.
func quoted(command []string) string {
	line := strings.Join(command, " ")
	if strings.HasSuffix(line, " ") {
		line += "''"
	}
	return line
}

func cpuModel() string {
	return field("/proc/cpuinfo", "model name")
}

func memory() string {
	var kb int
	fmt.Sscan(field("/proc/meminfo", "MemTotal"), &kb)
	return fmt.Sprintf("%d GiB of memory", (kb+1<<19)>>20)
}

// field returns what follows "name:" on a line of a file, or "unknown".
func field(file, name string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func kernel() string {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(text))
}

func objluadVersion() string {
	out, err := exec.Command(rig.Binary(), "version").Output()
	if err != nil {
		return "unknown"
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimPrefix(line, "objluad ")
}
