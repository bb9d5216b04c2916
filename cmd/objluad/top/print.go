// This file prints frames as text.

package top

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Print writes a frame as plain text, with an empty line behind it.
func (f *Frame) Print(w io.Writer) error {
	var b strings.Builder
	for _, line := range f.header() {
		b.WriteString(line + "\n")
	}
	for _, t := range f.tables() {
		fmt.Fprintf(&b, "\n%s:\n%s\n", t.title, strings.Join(t.lines(), "\n"))
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// header tells of the daemon as a whole.
func (f *Frame) header() []string {
	d, t := f.Daemon, f.Total
	span := fmt.Sprintf("in the last %.1f s", f.Seconds)
	if f.SinceStart {
		span = "since its start"
	}
	return []string{
		fmt.Sprintf("%s  objluad %s, up %v, %s connections, %s of memory", f.Time.Format(time.TimeOnly), d.Version,
			micros(1e6*max(d.Uptime, 0)), known(d.Connections), size(d.Memory)),
		fmt.Sprintf("calls: %s running, %s in progress; %s/s %s, mean %s, p99 %s, CPU %.1f %%; VMs: %s, %s busy", known(d.Running), known(d.InProgress),
			rate(t.Rate).text, span, duration(micros(t.Mean)).text, duration(micros(t.P99)).text, t.CPU, known(d.VMs), known(d.VMsBusy)),
		"errors: " + f.errorLine(),
	}
}

func (f *Frame) errorLine() string {
	if len(f.Errors) == 0 {
		return "none"
	}
	var kinds []string
	for _, e := range f.Errors {
		kinds = append(kinds, fmt.Sprintf("%s %s/s (%d in all)", e.Kind, rate(e.Rate).text, e.Total))
	}
	return strings.Join(kinds, ", ")
}

func known(n int64) string {
	if n < 0 {
		return "?"
	}
	return fmt.Sprint(n)
}

func size(bytes int64) string {
	if bytes < 0 {
		return "?"
	}
	return fmt.Sprintf("%d MiB", bytes>>20)
}
