// This file is the RESP command that shows the metrics of methods.

package resp

import (
	"maps"
	"slices"
)

// callStats answers CALL.STATS.
func (c *conn) callStats([][]byte) error {
	all := c.srv.metrics.Methods()
	c.out.array(len(all))
	for _, s := range all {
		c.out.mapping(7)
		c.out.bulkString("class")
		c.out.bulkString(s.Class)
		c.out.bulkString("method")
		c.out.bulkString(s.Method)
		c.out.bulkString("calls")
		c.out.uint(s.Calls)
		c.out.bulkString("cpu_us")
		c.out.int(s.CPU.Microseconds())
		c.out.bulkString("elapsed_us")
		c.out.int(s.Elapsed.Microseconds())
		c.out.bulkString("outcomes")
		c.out.mapping(len(s.Outcomes))
		for _, outcome := range slices.Sorted(maps.Keys(s.Outcomes)) {
			c.out.bulkString(outcome)
			c.out.uint(s.Outcomes[outcome])
		}
		c.out.bulkString("durations")
		c.out.array(len(s.Durations))
		for _, b := range s.Durations {
			c.out.array(2)
			c.out.int(b.Most.Microseconds())
			c.out.uint(b.Calls)
		}
	}
	return nil
}
