// This file is the models of the classes: what their methods answer, one call after the other.

package classes

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var models = []*model{counter, version, refcount, lock, queue}

// parse reads a state or an input into v, unless it is empty, and text writes one.
func parse(s string, v any) {
	if s == "" {
		return
	}
	if err := json.Unmarshal([]byte(s), v); err != nil {
		panic(err)
	}
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

var counter = &model{
	class: "counter",
	next: func(seen string) call {
		switch pick("get", "inc", "inc", "dec", "set", "cas", "cas") {
		case "get":
			return call{"get", ""}
		case "inc":
			return call{"inc", pick("", "2", "9223372036854775807")}
		case "dec":
			return call{"dec", pick("", "3")}
		case "set":
			return call{"set", pick("7", "-9223372036854775808")}
		}
		if _, err := strconv.ParseInt(seen, 10, 64); err != nil {
			seen = "0"
		}
		return call{"cas", seen + " " + pick("1", "2")}
	},
	step: func(state string, c call) (answer, next string) {
		n, _ := strconv.ParseInt(state, 10, 64)
		by := int64(1)
		if c.input != "" && c.method != "cas" {
			by, _ = strconv.ParseInt(c.input, 10, 64)
		}
		number := func(n int64) string { return strconv.FormatInt(n, 10) }
		switch c.method {
		case "inc":
			if sum := n + by; (by >= 0) == (sum >= n) {
				return number(sum), number(sum)
			}
			return "EOVERFLOW", state
		case "dec":
			if rest := n - by; (by >= 0) == (rest <= n) {
				return number(rest), number(rest)
			}
			return "EOVERFLOW", state
		case "set":
			return number(n), c.input
		case "cas":
			old, new, _ := strings.Cut(c.input, " ")
			if old != number(n) {
				return "ECANCELED", state
			}
			return new, new
		default: // get
			return number(n), state
		}
	},
}

var tag = regexp.MustCompile(`"tag":"[^"]*",`)

var version = &model{
	class: "version",
	next: func(seen string) call {
		switch pick("inc", "read", "check", "conds", "conds", "set") {
		case "inc":
			return call{"inc", ""}
		case "read":
			return call{"read", ""}
		case "set":
			return call{"set", `{"objv": {"ver": 5}}`}
		case "check":
			return call{"check_conds", `{"conds": [{"cond": "LE", "ver": {"ver": 6}}]}`}
		}
		ver := strings.Trim(strings.TrimPrefix(seen, `{"objv":{"ver":`), "}")
		if _, err := strconv.Atoi(ver); err != nil {
			ver = "2"
		}
		return call{"inc_conds", fmt.Sprintf(`{"conds": [{"cond": "GE", "ver": {"ver": %s}}, {"cond": "LE", "ver": {"ver": %[1]s}}]}`, ver)}
	},
	step: func(state string, c call) (answer, next string) {
		reads := c.method == "read" || c.method == "check_conds"
		if state == "" && reads {
			return "ENOENT", state
		}
		ver, _ := strconv.Atoi(state)
		if state == "" {
			ver = 1
		}
		var in struct {
			Objv  struct{ Ver int }
			Conds []struct {
				Cond string
				Ver  struct{ Ver int }
			}
		}
		parse(c.input, &in)
		for _, cond := range in.Conds {
			if cond.Cond == "GE" && ver < cond.Ver.Ver || cond.Cond == "LE" && ver > cond.Ver.Ver {
				return "ECANCELED", state
			}
		}
		switch c.method {
		case "set":
			return "", strconv.Itoa(in.Objv.Ver)
		case "check_conds":
			return "", state
		case "inc", "inc_conds":
			ver++
		}
		return fmt.Sprintf(`{"objv":{"ver":%d}}`, ver), strconv.Itoa(ver)
	},
	shown: func(answer string) string { return tag.ReplaceAllString(answer, "") },
}

// references are the state of class refcount; "" is an absent object.
type references struct{ Refs, Retired []string }

var refcount = &model{
	class: "refcount",
	next: func(string) call {
		input := fmt.Sprintf(`{"tag": %q}`, pick("a", "b", "c", "d"))
		switch method := pick("get", "get", "put", "put", "read", "set"); method {
		case "read":
			return call{"read", ""}
		case "set":
			return call{"set", pick(`{"refs": ["a"]}`, `{"refs": []}`)}
		default:
			return call{method, input}
		}
	},
	step: func(state string, c call) (answer, next string) {
		var in struct {
			Tag  string
			Refs []string
		}
		parse(c.input, &in)
		if state == "" && (c.method != "set" || len(in.Refs) == 0) {
			return "ENOENT", state
		}
		var s references
		parse(state, &s)
		switch c.method {
		case "set":
			if len(in.Refs) == 0 {
				return "", ""
			}
			s = references{in.Refs, nil}
		case "get":
			if !slices.Contains(s.Refs, in.Tag) {
				s.Refs = append(s.Refs, in.Tag)
				slices.Sort(s.Refs)
			}
		case "put":
			i := slices.Index(s.Refs, in.Tag)
			if i < 0 || slices.Contains(s.Retired, in.Tag) {
				return "", state
			}
			s.Refs, s.Retired = slices.Delete(s.Refs, i, i+1), append(s.Retired, in.Tag)
			slices.Sort(s.Retired)
			if len(s.Refs) == 0 {
				return "", ""
			}
		case "read":
			return text(map[string][]string{"refs": s.Refs}), state
		}
		return "", text(s)
	},
}

// holders are the state of class lock.
type holders struct {
	Type    string
	Lockers []string
}

var lock = &model{
	class: "lock",
	next: func(string) call {
		locker := pick("a", "b", "c")
		switch method := pick("lock", "lock", "lock", "unlock", "unlock", "assert_locked", "get_info"); method {
		case "lock":
			return call{method, fmt.Sprintf(`{"name": "l", "type": %q, "locker": %q, "flags": %s}`,
				pick("shared", "shared", "exclusive"), locker, pick("0", "1", "2"))}
		case "unlock":
			return call{pick("unlock", "break_lock"), fmt.Sprintf(`{"name": "l", "locker": %q}`, locker)}
		case "assert_locked":
			return call{method, fmt.Sprintf(`{"name": "l", "type": %q, "locker": %q}`, pick("shared", "exclusive"), locker)}
		default:
			return call{method, `{"name": "l"}`}
		}
	},
	step: func(state string, c call) (answer, next string) {
		var in struct {
			Type, Locker string
			Flags        int
		}
		parse(c.input, &in)
		if state == "" && c.method != "lock" {
			return "ENOENT", state
		}
		var s holders
		parse(state, &s)
		own := slices.Index(s.Lockers, in.Locker)
		switch c.method {
		case "lock":
			if own >= 0 && in.Flags == 0 {
				return "EEXIST", state
			}
			if own < 0 && in.Flags == 2 {
				return "ENOENT", state
			}
			if own >= 0 {
				s.Lockers = slices.Delete(s.Lockers, own, own+1)
			}
			if len(s.Lockers) > 0 && (in.Type == "exclusive" || s.Type != in.Type) {
				return "EBUSY", state
			}
			s.Type, s.Lockers = in.Type, append(s.Lockers, in.Locker)
			slices.Sort(s.Lockers)
		case "unlock", "break_lock":
			if own < 0 {
				return "ENOENT", state
			}
			s.Lockers = slices.Delete(s.Lockers, own, own+1)
		case "assert_locked":
			if own < 0 || s.Type != in.Type {
				return "EBUSY", state
			}
			return "", state
		case "get_info":
			return s.Type + " " + strings.Join(s.Lockers, " "), state
		}
		return "", text(s)
	},
	shown: func(answer string) string {
		if !strings.HasPrefix(answer, "{") {
			return answer
		}
		var info struct {
			Type    string `json:"lock_type"`
			Lockers []struct{ Locker string }
		}
		parse(answer, &info)
		var names []string
		for _, l := range info.Lockers {
			names = append(names, l.Locker)
		}
		return info.Type + " " + strings.Join(names, " ")
	},
}

// queueState is the state of class queue. Positions count the bytes that ever came.
type queueState struct {
	Front, Tail int
	Entries     []string
}

const queueSize, queueOverhead, queueHead = 60, 10, 1024

func queueMarker(position int) string {
	return fmt.Sprintf("%d/%d", position/queueSize, queueHead+position%queueSize)
}

var queue = &model{
	class: "queue",
	next: func(seen string) call {
		var listed struct {
			Marker string `json:"next_marker"`
		}
		if strings.HasPrefix(seen, "{") {
			parse(seen, &listed)
		}
		if listed.Marker != "" && pick("remove", "other") == "remove" {
			return call{"queue_remove_entries", fmt.Sprintf(`{"end_marker": %q}`, listed.Marker)}
		}
		switch method := pick("queue_enqueue", "queue_enqueue", "queue_list_entries", "queue_list_entries", "queue_init"); method {
		case "queue_enqueue":
			return call{method, fmt.Sprintf(`{"bl_data_vec": [%q]}`, pick("a", "bcd", "efghijklmnop"))}
		case "queue_list_entries":
			return call{method, `{"max": 1}`}
		default:
			return call{method, fmt.Sprintf(`{"queue_size": %d}`, queueSize)}
		}
	},
	step: func(state string, c call) (answer, next string) {
		var in struct {
			Data   []string `json:"bl_data_vec"`
			Marker string   `json:"end_marker"`
		}
		parse(c.input, &in)
		switch {
		case state == "" && c.method == "queue_init":
			return "", text(queueState{})
		case state == "" && c.method == "queue_list_entries":
			return "ENOENT", state
		case state == "":
			return "EINVAL", state
		case c.method == "queue_init":
			return "EEXIST", state
		}
		var s queueState
		parse(state, &s)
		switch c.method {
		case "queue_enqueue":
			size := len(in.Data[0]) + queueOverhead
			if s.Tail+size-s.Front > queueSize {
				return "ENOSPC", state
			}
			s.Tail, s.Entries = s.Tail+size, append(s.Entries, in.Data[0])
		case "queue_remove_entries":
			if len(s.Entries) == 0 {
				return "", state
			}
			position := s.Front
			for queueMarker(position) != in.Marker {
				if len(s.Entries) == 0 {
					return "EINVAL", state
				}
				position += len(s.Entries[0]) + queueOverhead
				s.Entries = s.Entries[1:]
			}
			s.Front = position
		case "queue_list_entries":
			if len(s.Entries) == 0 {
				return fmt.Sprintf(`{"entries":[],"is_truncated":false,"next_marker":%q}`, queueMarker(s.Front)), state
			}
			behind := s.Front + len(s.Entries[0]) + queueOverhead
			return fmt.Sprintf(`{"entries":[{"data":%q,"marker":%q}],"is_truncated":%v,"next_marker":%q}`,
				s.Entries[0], queueMarker(s.Front), behind < s.Tail, queueMarker(behind)), state
		}
		return "", text(s)
	},
}
