// This file is the numbers of a daemon.

package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// Info returns what the daemon says of itself in INFO: all sections, or those that are named. Values are texts as they come.
func (c *Conn) Info(ctx context.Context, sections ...string) (map[string]string, error) {
	text, err := c.do(ctx, append([]string{"INFO"}, sections...)...).ToString()
	if err != nil {
		return nil, callError(err)
	}
	info := make(map[string]string)
	text = strings.TrimPrefix(text, "txt:") // RESP3 says that it is plain text
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":"); ok {
			info[key] = value
		}
	}
	return info, nil
}

// MethodStats counts the calls of a method that ended since the daemon began. Its numbers are those of the daemon's metrics: scripts
// that were sent with a call are class "eval", a class or method that does not exist is "", and those that are too many are "_other".
type MethodStats struct {
	Class     string
	Method    string
	Calls     uint64
	CPU       time.Duration
	Elapsed   time.Duration     // of all calls together, each from its arrival to its end
	Outcomes  map[string]uint64 // calls by "ok", or by the kind of the error
	Durations []DurationBucket  // in rising order
}

// DurationBucket counts the calls that took up to Most, with those of the buckets before. Longer ones than any are in none.
type DurationBucket struct {
	Most  time.Duration
	Calls uint64
}

// MethodStats returns the numbers of all methods that were called, in order of class and method.
func (c *Conn) MethodStats(ctx context.Context) ([]MethodStats, error) {
	list, err := c.do(ctx, "CALL.STATS").ToArray()
	if err != nil {
		return nil, callError(err)
	}
	all := make([]MethodStats, len(list))
	for i := range list {
		fields, err := list[i].AsMap()
		if err != nil {
			return nil, err
		}
		if all[i], err = readMethodStats(fields); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func readMethodStats(fields map[string]rueidis.RedisMessage) (MethodStats, error) {
	r := fieldReader{fields: fields}
	s := MethodStats{
		Class:    r.string("class"),
		Method:   r.string("method"),
		Calls:    uint64(r.int("calls")),
		CPU:      time.Duration(r.int("cpu_us")) * time.Microsecond,
		Elapsed:  time.Duration(r.int("elapsed_us")) * time.Microsecond,
		Outcomes: make(map[string]uint64),
	}
	outcomes, durations := fields["outcomes"], fields["durations"]
	counts, err := outcomes.AsIntMap()
	r.check("outcomes", err)
	for outcome, n := range counts {
		s.Outcomes[outcome] = uint64(n)
	}
	buckets, err := durations.ToArray()
	r.check("durations", err)
	for i := range buckets {
		pair, err := buckets[i].AsIntSlice()
		if err == nil && len(pair) != 2 {
			err = errors.New("a bucket is two numbers")
		}
		if err != nil {
			return s, fmt.Errorf("%w: field durations: %w", errReply, err)
		}
		s.Durations = append(s.Durations, DurationBucket{time.Duration(pair[0]) * time.Microsecond, uint64(pair[1])})
	}
	return s, r.err
}
