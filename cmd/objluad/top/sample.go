// Package top shows what a daemon does: the calls that are under way, and what classes and methods cost.
//
// A Sample is what the daemon's counters are at a time, a Frame what happened between two of them. A Frame is printed, or a View shows
// it on a terminal.
package top

import (
	"context"
	"strconv"
	"time"

	"github.com/objluad/objluad/client"
)

// Sample is a daemon's numbers at a time.
type Sample struct {
	at      time.Time
	calls   []client.CallInfo
	methods []client.MethodStats
	info    map[string]string
}

// Take asks the daemon.
func Take(ctx context.Context, conn *client.Conn) (*Sample, error) {
	s := new(Sample)
	var err error
	if s.info, err = conn.Info(ctx); err != nil {
		return nil, err
	}
	if s.methods, err = conn.MethodStats(ctx); err != nil {
		return nil, err
	}
	if s.calls, err = conn.Calls(ctx); err != nil {
		return nil, err
	}
	s.at = time.Now()
	return s, nil
}

// number returns a field of INFO that is a number; -1 where the daemon has no such field.
func (s *Sample) number(field string) int64 {
	n, err := strconv.ParseInt(s.info[field], 10, 64)
	if err != nil {
		return -1
	}
	return n
}

func (s *Sample) uptime() time.Duration {
	return time.Duration(max(s.number("uptime_in_seconds"), 0)) * time.Second
}

// start returns the sample that could have been taken when the daemon of s started: nothing was counted yet.
func (s *Sample) start() *Sample {
	return &Sample{at: s.at.Add(-max(s.uptime(), time.Second))}
}

// follows reports whether s is of the same process as an earlier sample, so that they can be compared.
func (s *Sample) follows(earlier *Sample) bool {
	return earlier != nil && s.info["process_id"] == earlier.info["process_id"] && s.uptime() >= earlier.uptime()
}
