// This file is what a class says of itself: its manifest, as it is kept and shown.

package objclass

import (
	"encoding/json"
	"time"
	"unicode/utf8"
)

// Manifest is what a class's source gives to objclass.manifest. It only restricts: what it does not say is as without one.
type Manifest struct {
	Doc          string                     `json:"doc,omitempty"`
	Methods      map[string]*MethodManifest `json:"methods,omitempty"`
	Capabilities *Capabilities              `json:"capabilities,omitempty"` // nil: the class may touch everything
}

// MethodManifest is what a manifest says of a method. A number that is 0 is not given.
type MethodManifest struct {
	Doc         string `json:"doc,omitempty"`
	Flags       string `json:"flags,omitempty"`  // as Flags.String; "" when not given
	Input       string `json:"input,omitempty"`  // what it takes: one of Kinds, for whoever calls it
	Output      string `json:"output,omitempty"` // what it puts out: one of Kinds
	TimeoutMS   int64  `json:"timeout_ms,omitempty"`
	CPUMS       int64  `json:"cpu_ms,omitempty"`
	MemoryBytes int64  `json:"memory_bytes,omitempty"`
	OutputBytes int64  `json:"output_bytes,omitempty"`
}

// Kinds are what a manifest may call input and output. Nothing is made of them but documentation.
var Kinds = []string{"none", "text", "json", "bytes"}

// Prefixes are of names; what begins with one of them is granted, and so is everything by "".
type Prefixes []Prefix

// Prefix is bytes. In JSON it is a string, or, when it is not UTF-8, an object with the field base64.
type Prefix string

type base64Prefix struct {
	Bytes []byte `json:"base64"`
}

// MarshalJSON implements json.Marshaler.
func (p Prefix) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(p)) {
		return json.Marshal(string(p))
	}
	return json.Marshal(base64Prefix{[]byte(p)})
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *Prefix) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		return json.Unmarshal(b, (*string)(p))
	}
	var encoded base64Prefix
	err := json.Unmarshal(b, &encoded)
	*p = Prefix(encoded.Bytes)
	return err
}

// budget returns what a run of the method may use. Where the manifest says nothing it is b, which has the timeout of the call
// if that names one. A caller can lower what the manifest gives, and not raise it; max is the server's, which may have been
// lowered since the class was installed.
func (m *MethodManifest) budget(b, max Budget, named bool) Budget {
	if m == nil {
		return b
	}
	wall, cpu := ms(m.TimeoutMS), ms(m.CPUMS)
	if cpu == 0 {
		cpu = wall
	}
	b.Wall = bound(b.Wall, min(wall, max.Wall), named)
	b.CPU = bound(b.CPU, min(cpu, max.CPU), named)
	b.Memory = bound(b.Memory, m.MemoryBytes, true)
	b.Output = bound(b.Output, int(m.OutputBytes), true)
	return b
}

// bound returns limit in the place of value, or the lower of them when value holds, too. A limit of 0 is none.
func bound[T int | int64 | time.Duration](value, limit T, both bool) T {
	switch {
	case limit == 0:
		return value
	case both && value > 0:
		return min(value, limit)
	}
	return limit
}

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
