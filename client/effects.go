// This file is what a dry run tells.

package client

import "github.com/redis/rueidis"

// Effects are what a call would commit, in the order in which that gives its outcome.
type Effects struct {
	List      []Effect
	Total     int  // effects that there are; more than in List where there was no room for them
	Truncated bool // List lacks effects, or bytes of a value
}

// Effect is one step of what a call would do to its object. Which fields mean something depends on Op:
//
//	remove, create, map_clear         none
//	truncate                          Size, which the data gets
//	write                             Offset, Size, Value
//	write_full, map_write_header      Size, Value
//	zero                              Offset, Size
//	setxattr, map_set_val             Key, Size, Value
//	rmxattr, map_remove_key           Key
//	map_remove_range                  Key, and End unless Open: the keys k with Key <= k < End
type Effect struct {
	Op     string
	Key    string
	End    string
	Open   bool
	Offset int64
	Size   int64  // bytes that are written, made zeros or set
	Value  []byte // the first bytes of the value, if they are fewer than Size
}

func readEffects(r *fieldReader, field rueidis.RedisMessage) (*Effects, error) {
	list, err := field.ToArray()
	if err != nil {
		return nil, err
	}
	effects := &Effects{List: make([]Effect, len(list)), Total: int(r.int("effects_total"))}
	truncated := r.fields["truncated"]
	effects.Truncated, err = truncated.AsBool()
	r.check("truncated", err)
	for i := range list {
		fields, err := list[i].AsMap()
		if err != nil {
			return nil, err
		}
		if effects.List[i], err = readEffect(fields); err != nil {
			return nil, err
		}
	}
	return effects, r.err
}

func readEffect(fields map[string]rueidis.RedisMessage) (Effect, error) {
	r := fieldReader{fields: fields}
	e := Effect{Op: r.string("op")}
	for name := range fields {
		switch name {
		case "key":
			e.Key = r.string(name)
		case "end":
			e.End = r.string(name)
		case "offset":
			e.Offset = r.int(name)
		case "size":
			e.Size = r.int(name)
		case "value":
			e.Value = []byte(r.string(name))
		}
	}
	_, ended := fields["end"]
	e.Open = e.Op == "map_remove_range" && !ended
	return e, r.err
}
