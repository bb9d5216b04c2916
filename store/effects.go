package store

// This file describes a write set to people and programs: as a list of effects, bounded in size.

import (
	"bytes"
	"encoding/json"
	"slices"
	"unicode/utf8"
)

// The operations of effects, by their names in scripts, and the fields that mean something in each.
const (
	OpRemove         = "remove"
	OpCreate         = "create"
	OpTruncate       = "truncate"         // Size: of the data from then on
	OpWrite          = "write"            // Offset, Size, Value
	OpWriteFull      = "write_full"       // Size, Value
	OpZero           = "zero"             // Offset, Size
	OpSetXattr       = "setxattr"         // Key, Size, Value
	OpRemoveXattr    = "rmxattr"          // Key
	OpMapClear       = "map_clear"        // pairs and header
	OpMapWriteHeader = "map_write_header" // Size, Value
	OpMapRemoveRange = "map_remove_range" // Key, End unless Open
	OpMapSetVal      = "map_set_val"      // Key, Size, Value
	OpMapRemoveKey   = "map_remove_key"   // Key
)

// effectFields has the fields of each operation, by their names on the wire.
var effectFields = map[string][]string{
	OpTruncate:       {"size"},
	OpWrite:          {"offset", "size", "value"},
	OpWriteFull:      {"size", "value"},
	OpZero:           {"offset", "size"},
	OpSetXattr:       {"key", "size", "value"},
	OpRemoveXattr:    {"key"},
	OpMapWriteHeader: {"size", "value"},
	OpMapRemoveRange: {"key", "end"},
	OpMapSetVal:      {"key", "size", "value"},
	OpMapRemoveKey:   {"key"},
}

// Effect is one step of what a commit does to an object.
type Effect struct {
	Op     string
	Key    string // name of the xattr, omap key, or the first key of a range
	End    string // the keys of a range are below it
	Open   bool   // the range has no end
	Offset int64
	Size   int64  // bytes that are written, made zeros or set; of truncate, the size that the data gets
	Value  []byte // what is written or set: the first bytes of it, if these are fewer than Size
}

// Fields calls visit with each field that the effect has beside its operation, in one order, and its value: a string for key and
// end, an int64 for offset and size, and a []byte for value.
func (e *Effect) Fields(visit func(name string, value any)) {
	for _, name := range effectFields[e.Op] {
		switch name {
		case "key":
			visit(name, e.Key)
		case "end":
			if !e.Open {
				visit(name, e.End)
			}
		case "offset":
			visit(name, e.Offset)
		case "size":
			visit(name, e.Size)
		case "value":
			visit(name, e.Value)
		}
	}
}

// MarshalJSON makes an object of op and the fields. Bytes that are not UTF-8 are base64, and their field's name ends in _base64.
func (e Effect) MarshalJSON() ([]byte, error) {
	object := map[string]any{"op": e.Op}
	e.Fields(func(name string, value any) {
		text, isText := value.(string)
		if b, isBytes := value.([]byte); isBytes {
			text, isText = string(b), true
		}
		switch {
		case !isText:
			object[name] = value
		case utf8.ValidString(text):
			object[name] = text
		default:
			object[name+"_base64"] = []byte(text)
		}
	})
	return json.Marshal(object)
}

// Effects are what a commit does, in the order in which that gives its outcome.
type Effects struct {
	List      []Effect
	Total     int  // effects that there are; more than in List where there was no room for them
	Truncated bool // List lacks effects, or bytes of a value
}

// Bounds of Effects: bytes of one value, and the sum of the costs of all that is listed, values included.
const (
	effectValue = 256 << 10
	effectBytes = 1 << 20
)

// Effects describes what a commit of the overlay's write set would do; there is none where nothing changed.
func (o *Overlay) Effects() *Effects {
	if !o.Changed() {
		return new(Effects)
	}
	return o.WriteSet().Effects(o.base)
}

// Effects describes what the write set does to an object that has st, which is zero for an absent one.
func (ws *WriteSet) Effects(st Stat) *Effects {
	e := new(effectList)
	if ws.Remove {
		e.add(Effect{Op: OpRemove})
		return &e.Effects
	}
	if ws.Reset {
		e.add(Effect{Op: OpRemove})
		st = Stat{}
	}
	if st.Version == 0 {
		e.add(Effect{Op: OpCreate})
	}
	if ws.Data != nil {
		e.data(ws.Data, st.Size)
	}
	e.entries(ws.Xattrs, OpSetXattr, OpRemoveXattr)
	if ws.OmapClear {
		e.add(Effect{Op: OpMapClear})
	}
	if ws.OmapHeader != nil {
		e.set(Effect{Op: OpMapWriteHeader}, ws.OmapHeader)
	}
	for _, r := range ws.OmapRanges {
		e.add(Effect{Op: OpMapRemoveRange, Key: r.First, End: r.End, Open: r.Open})
	}
	e.entries(ws.Omap, OpMapSetVal, OpMapRemoveKey)
	return &e.Effects
}

// effectList grows until it has no more room; then it only counts.
type effectList struct {
	Effects
	cost int64
}

// room reports whether there is room for an effect without a value that takes so many bytes beside its fixed ones.
func (e *effectList) room(bytes int) bool { return e.cost+entryCost+int64(bytes) <= effectBytes }

func (e *effectList) add(effect Effect) { e.set(effect, nil) }

// set adds an effect with its value, which may be nil.
func (e *effectList) set(effect Effect, value []byte) {
	e.Total++
	if !e.room(len(effect.Key) + len(effect.End)) {
		e.Truncated = true
		e.cost = effectBytes // what comes later does not slip in: the list is a beginning
		return
	}
	e.cost += entryCost + int64(len(effect.Key)+len(effect.End))
	if value != nil {
		effect.Size, effect.Value = int64(len(value)), value
	}
	if most := min(effectValue, effectBytes-e.cost); int64(len(value)) > most {
		effect.Value = bytes.Clone(value[:most]) // without what it was cut from
		e.Truncated = true
	}
	e.cost += int64(len(effect.Value))
	e.List = append(e.List, effect)
}

// data lists what happens to data that had size bytes.
func (e *effectList) data(change *DataChange, size int64) {
	if runs := change.Extents; change.Keep == 0 && len(runs) == 1 && runs[0].Bytes != nil && runs[0].Len == change.Size {
		e.set(Effect{Op: OpWriteFull}, runs[0].Bytes)
		return
	}
	if change.Keep < size {
		e.add(Effect{Op: OpTruncate, Size: change.Keep})
	}
	end := change.Keep
	if n := len(change.Extents); n > 0 {
		end = max(end, change.Extents[n-1].Off+change.Extents[n-1].Len)
	}
	if end < change.Size {
		e.add(Effect{Op: OpTruncate, Size: change.Size})
	}
	for _, run := range change.Extents {
		if run.Bytes == nil {
			e.add(Effect{Op: OpZero, Offset: run.Off, Size: run.Len})
		} else {
			e.set(Effect{Op: OpWrite, Offset: run.Off}, run.Bytes)
		}
	}
}

// entries lists xattrs or omap pairs in byte order: one operation for those that are set, another for those that are removed.
func (e *effectList) entries(values map[string][]byte, set, remove string) {
	const most = effectBytes / entryCost // no more have room
	keys := lowest(values, most)
	for _, key := range keys {
		if value := values[key]; value != nil {
			e.set(Effect{Op: set, Key: key}, value)
		} else {
			e.add(Effect{Op: remove, Key: key})
		}
	}
	if left := len(values) - len(keys); left > 0 {
		e.Total += left
		e.Truncated = true
		e.cost = effectBytes
	}
}

// lowest returns the first n keys in order, without sorting all of them.
func lowest(values map[string][]byte, n int) []string {
	var keys []string
	for key := range values {
		if keys = append(keys, key); len(keys) == 2*n {
			slices.Sort(keys)
			keys = keys[:n]
		}
	}
	slices.Sort(keys)
	return keys[:min(n, len(keys))]
}
