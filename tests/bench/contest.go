// This file is what is measured, and how.

package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// contest is one kind of work, done by both sides.
type contest struct {
	title   string
	goal    float64 // what objluad's rate should be, in the other's; 0 is none
	options []string
	objluad []string
	redis   []string
}

var contests = []contest{
	{"PING, 50 connections", 0,
		[]string{"-c", "50", "-n", "100000"}, []string{"PING"}, []string{"PING"}},
	{"PING, 50 connections, pipeline 16", 0,
		[]string{"-c", "50", "-P", "16", "-n", "1000000"}, []string{"PING"}, []string{"PING"}},
	{"no-op, 50 connections", 1,
		[]string{"-c", "50", "-n", "100000"},
		[]string{"OBJ.EXEC", "default", "o", "bench", "noop", ""}, []string{"FCALL", "noop", "1", "k"}},
	{"no-op, 50 connections, pipeline 16", 1,
		[]string{"-c", "50", "-P", "16", "-n", "1000000"},
		[]string{"OBJ.EXEC", "default", "o", "bench", "noop", ""}, []string{"FCALL", "noop", "1", "k"}},
	{"durable counter, 50 connections, 1000 objects", 1,
		[]string{"-c", "50", "-r", "1000", "-n", "100000"},
		[]string{"OBJ.EXEC", "default", "n__rand_int__", "bench", "incr", ""}, []string{"FCALL", "incr", "1", "n__rand_int__"}},
	{"scan of 64 KiB, byte by byte, 50 connections", 2,
		[]string{"-c", "50", "-n", "1000"},
		[]string{"OBJ.EXEC", "default", "text", "bench", "scan", ""}, []string{"FCALL", "scan", "1", "text"}},
}

// result is the rates of a contest in calls per second, one for each run.
type result struct {
	contest
	ours, theirs []float64
}

// ratio compares the medians.
func (r *result) ratio() float64 { return median(r.ours) / median(r.theirs) }

// wanted shows the goal.
func (r *result) wanted() string {
	if r.goal == 0 {
		return "–"
	}
	return fmt.Sprintf("≥ %.1f", r.goal)
}

func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// measure runs pairs on the two.
func (c contest) measure(objluad, redis string, pairs int) (result, error) {
	r := result{contest: c}
	err := alternate(pairs,
		func() error { return c.once(&r.ours, objluad, c.objluad) },
		func() error { return c.once(&r.theirs, redis, c.redis) })
	return r, err
}

// alternate runs pairs, of which each second one begins with the other side.
func alternate(pairs int, ours, theirs func() error) error {
	for pair := range pairs {
		first, second := ours, theirs
		if pair%2 == 1 {
			first, second = theirs, ours
		}
		if err := first(); err != nil {
			return err
		}
		if err := second(); err != nil {
			return err
		}
	}
	return nil
}

// once runs the load generator and adds the rate that it saw.
func (c contest) once(rates *[]float64, port string, command []string) error {
	args := slices.Concat([]string{"-p", port, "--csv"}, c.options, command)
	cmd := exec.Command("redis-benchmark", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	// It ends upon an error reply, but the exit status does not say so.
	if err != nil || strings.Contains(string(out)+stderr.String(), "Error from server") {
		return fmt.Errorf("redis-benchmark %s: %v: %s%s", strings.Join(args, " "), err, out, &stderr)
	}
	rows, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 2 || len(rows[1]) < 2 {
		return fmt.Errorf("redis-benchmark wrote %q: %w", out, err)
	}
	rate, err := strconv.ParseFloat(rows[1][1], 64)
	*rates = append(*rates, rate)
	return err
}
