// This file is the bundle of a captured call: all that one run took and what came of it, as a JSON document with a checksum.

package objclass

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/objluad/objluad/store"
)

const (
	bundleFormat  = "objluad-capture"
	bundleVersion = 1
)

// Bundle is all that one run of a method took, and what came of it. docs/replay.md describes its fields.
type Bundle struct {
	Daemon       string        `json:"daemon"` // version of the program that captured the call
	Unit         bundleUnit    `json:"unit"`
	Class        string        `json:"class,omitempty"` // empty for a script
	Method       bundleBytes   `json:"method"`
	Input        bundleBytes   `json:"input"`
	Client       bundleBytes   `json:"client"`
	User         bundleBytes   `json:"user,omitempty"` // empty when the client had not logged in
	Flags        string        `json:"flags"`          // as Flags.String
	Capabilities *Capabilities `json:"capabilities,omitempty"`
	Now          time.Time     `json:"now"`
	Seed         []byte        `json:"seed"`
	Budget       bundleBudget  `json:"budget"`
	Arena        int64         `json:"arena_bytes"` // of a VM of the daemon
	Limits       store.Limits  `json:"limits"`
	Object       bundleObject  `json:"object"`
	Outcome      Outcome       `json:"outcome"`
}

// bundleBytes are bytes as a manifest's prefixes are: a JSON string, or base64 where that says it shorter, or JSON has no string for
// them.
type bundleBytes string

// MarshalJSON implements json.Marshaler.
func (b bundleBytes) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(b)) && escapes(string(b)) <= len(b)/3+64 {
		return json.Marshal(string(b))
	}
	const before, behind = `{"base64":"`, `"}`
	text := make([]byte, 0, len(before)+base64.StdEncoding.EncodedLen(len(b))+len(behind))
	text = base64.StdEncoding.AppendEncode(append(text, before...), []byte(b))
	return append(text, behind...), nil
}

// escapes returns how many bytes s takes as a JSON string beyond its own, at most.
func escapes(s string) (more int) {
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\' || c == '\n' || c == '\r' || c == '\t':
			more++
		case c < ' ' || c == '<' || c == '>' || c == '&':
			more += len(`\u0000`) - 1
		case c == 0xe2: // the first of three bytes of, perhaps, a line separator
			more += len(`\u2028`) - 3
		}
	}
	return more
}

// UnmarshalJSON implements json.Unmarshaler.
func (b *bundleBytes) UnmarshalJSON(text []byte) error { return (*Prefix)(b).UnmarshalJSON(text) }

type bundleUnit struct {
	Name    string         `json:"name"`
	Version string         `json:"version"`
	Script  bool           `json:"script,omitempty"`
	Source  bundleBytes    `json:"source"`
	Needs   map[string]int `json:"requires,omitempty"`
	Modules []bundleModule `json:"modules,omitempty"`
}

type bundleModule struct {
	Name   string         `json:"name"`
	Source bundleBytes    `json:"source"`
	Needs  map[string]int `json:"requires,omitempty"`
}

type bundleBudget struct {
	Wall   int64 `json:"wall_ns"`
	CPU    int64 `json:"cpu_ns"`
	Memory int64 `json:"memory_bytes"`
	Output int   `json:"output_bytes"`
}

type bundleObject struct {
	Pool      string       `json:"pool"`
	Namespace bundleBytes  `json:"namespace"`
	OID       bundleBytes  `json:"oid"`
	Exists    bool         `json:"exists"`
	Version   uint64       `json:"version,omitempty"`
	MTime     time.Time    `json:"mtime,omitzero"`
	Data      bundleBytes  `json:"data,omitempty"`
	Xattrs    []bundlePair `json:"xattrs,omitempty"` // in order of their names
	Header    bundleBytes  `json:"omap_header,omitempty"`
	Omap      []bundlePair `json:"omap,omitempty"` // in order of their keys
}

type bundlePair struct {
	Key   bundleBytes `json:"key"`
	Value bundleBytes `json:"value"`
}

// envelope is what a bundle's file is. The checksum is of the content as it is without spaces between its tokens.
type envelope struct {
	Format  string          `json:"format"`
	Version int             `json:"format_version"`
	SHA256  string          `json:"sha256"`
	Content json.RawMessage `json:"content"`
}

// Encode returns the bundle as a file has it.
func (b *Bundle) Encode() ([]byte, error) {
	content, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	text := make([]byte, 0, len(content)+200)
	text = fmt.Appendf(text, `{"format":%q,"format_version":%d,"sha256":%q,"content":`, bundleFormat, bundleVersion, checksum(content))
	return append(append(text, content...), "}\n"...), nil
}

func checksum(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// DecodeBundle reads what Encode made. It fails with EINVAL for what is no bundle, has more than MaxBundle bytes, is of another
// format, or is damaged.
func DecodeBundle(text []byte) (*Bundle, error) {
	if len(text) > MaxBundle {
		return nil, badBundle("this is no bundle of a captured call: it has more than %d bytes", MaxBundle)
	}
	var e envelope
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, badBundle("this is no bundle of a captured call, or a part of one: %v", err)
	}
	switch {
	case e.Format != bundleFormat:
		return nil, badBundle("this is no bundle of a captured call: its format is %.40q, not %q", e.Format, bundleFormat)
	case e.Version != bundleVersion:
		return nil, badBundle("the bundle has format version %d, this program reads %d: use the objluad that made it", e.Version, bundleVersion)
	}
	var content bytes.Buffer
	if err := json.Compact(&content, e.Content); err != nil {
		return nil, badBundle("the bundle has no content: %v", err)
	}
	if sum := checksum(content.Bytes()); sum != e.SHA256 {
		return nil, badBundle("the bundle is damaged: the SHA-256 of its content is %s, and should be %.64s", sum, e.SHA256)
	}
	b := &Bundle{}
	if err := json.Unmarshal(content.Bytes(), b); err != nil {
		return nil, badBundle("the bundle's content is wrong: %v", err)
	}
	return b, b.check()
}

func badBundle(format string, args ...any) error {
	return Errorf(syscall.EINVAL, KindInput, format, args...)
}

func newBundleUnit(u *Unit) bundleUnit {
	code := bundleUnit{Name: u.Name, Version: u.Version, Script: u.Script, Source: bundleBytes(u.Source), Needs: u.Requires}
	for _, m := range u.Modules {
		code.Modules = append(code.Modules, bundleModule{m.Name, bundleBytes(m.Source), m.Requires})
	}
	return code
}

func (c *bundleUnit) unit() *Unit {
	u := &Unit{Name: c.Name, Version: c.Version, Script: c.Script, Source: []byte(c.Source), Requires: c.Needs}
	for _, m := range c.Modules {
		u.Modules = append(u.Modules, Module{m.Name, []byte(m.Source), m.Needs})
	}
	return u
}

// newBundleObject reads an object. One that takes more than max bytes is EFBIG.
func newBundleObject(ref store.Ref, overlay *store.Overlay, max int64) (*bundleObject, error) {
	o := &bundleObject{Pool: ref.Pool, Namespace: bundleBytes(ref.Namespace), OID: bundleBytes(ref.OID), Exists: overlay.Exists()}
	if !o.Exists {
		return o, nil
	}
	size := overlay.Size()
	if size > max {
		return nil, tooLargeToCapture(size, max)
	}
	st, err := overlay.Stat()
	if err != nil {
		return nil, err
	}
	o.Version, o.MTime = st.Version, st.MTime.UTC()
	data, err := overlay.Read(0, size)
	if err != nil {
		return nil, err
	}
	o.Data = bundleBytes(data)
	xattrs, err := overlay.Xattrs()
	if err != nil {
		return nil, err
	}
	header, err := overlay.OmapHeader()
	if err != nil {
		return nil, err
	}
	o.Header = bundleBytes(header)
	size += int64(len(header))
	for _, kv := range xattrs {
		size += kv.Cost()
	}
	o.Xattrs = newBundlePairs(nil, xattrs)
	return o, o.readOmap(overlay, size, max)
}

// readOmap reads the omap of an object that has size bytes without it.
func (o *bundleObject) readOmap(overlay *store.Overlay, size, max int64) error {
	const page = 1 << 20
	for from, more := "", true; more; {
		var kvs []KeyValue
		var err error
		if kvs, more, err = overlay.OmapPage(from, "", -1, page); err != nil {
			return err
		}
		for _, kv := range kvs {
			size += kv.Cost()
			from = kv.Key + "\x00"
		}
		if size > max {
			return tooLargeToCapture(size, max)
		}
		o.Omap = newBundlePairs(o.Omap, kvs)
	}
	return nil
}

func tooLargeToCapture(size, max int64) error {
	return Errorf(syscall.EFBIG, KindOp, "the object has %d bytes or more, 128 for each xattr and omap pair included: a call is captured with an object of up to %d", size, max)
}

func newBundlePairs(pairs []bundlePair, kvs []KeyValue) []bundlePair {
	for _, kv := range kvs {
		pairs = append(pairs, bundlePair{bundleBytes(kv.Key), bundleBytes(kv.Value)})
	}
	return pairs
}

func (o *bundleObject) ref() store.Ref {
	return store.Ref{Pool: o.Pool, Namespace: string(o.Namespace), OID: string(o.OID)}
}

// snapshot returns the object as the run saw it.
func (o *bundleObject) snapshot() store.Snapshot {
	st := store.Stat{Size: int64(len(o.Data)), MTime: o.MTime, Version: o.Version}
	state := store.NewState(st, []byte(o.Data), pairsOf(o.Xattrs), []byte(o.Header), pairsOf(o.Omap))
	if !o.Exists {
		return absentObject{state}
	}
	return state
}

func pairsOf(pairs []bundlePair) (kvs []KeyValue) {
	for _, p := range pairs {
		kvs = append(kvs, KeyValue{Key: string(p.Key), Value: []byte(p.Value)})
	}
	return kvs
}

// absentObject is the snapshot of an object that does not exist, over an empty state.
type absentObject struct{ *store.State }

func (absentObject) Stat() (store.Stat, bool) { return store.Stat{}, false }

// overlayOf calls fn with an overlay over the object, as a call does.
func (b *Bundle) overlayOf(ctx context.Context, fn func(*store.Overlay) error) error {
	o := objects{limits: b.Limits.WithDefaults()}
	_, err := o.overlay(ctx, b.Object.snapshot(), fn)
	return err
}

// Outcome is what came of a run: an error, or a return value and an output.
type Outcome struct {
	Errno     string      `json:"errno,omitempty"` // symbolic; "" when the run succeeded, and then all of the error's fields are
	Kind      Kind        `json:"kind,omitempty"`
	Message   bundleBytes `json:"message,omitempty"`
	Where     bundleBytes `json:"where,omitempty"` // "chunk:line"
	Traceback bundleBytes `json:"traceback,omitempty"`

	Ret          int32  `json:"ret"`
	OutputBytes  int    `json:"output_bytes"`
	OutputSHA256 string `json:"output_sha256,omitempty"`
}

func newOutcome(result Result, err error) Outcome {
	if err != nil {
		e := OpError(err)
		return Outcome{Errno: e.ErrnoName(), Kind: e.Kind, Message: bundleBytes(e.Message), Where: bundleBytes(e.Where), Traceback: bundleBytes(e.Traceback)}
	}
	return Outcome{Ret: result.Ret, OutputBytes: len(result.Output), OutputSHA256: checksum(result.Output)}
}

// Failed reports whether the run failed.
func (o *Outcome) Failed() bool { return o.Errno != "" }

// Timed reports whether the outcome depends on how fast the machine is: then another run can only be compared in its kind.
func (o *Outcome) Timed() bool { return o.Kind == TrapDeadline }

// Same reports whether another run had the same outcome: the same output and return value, or the same error at the same line.
func (o *Outcome) Same(other *Outcome) bool {
	if o.Timed() {
		return o.Kind == other.Kind
	}
	mine, its := *o, *other
	mine.Traceback, its.Traceback = "", ""
	return mine == its
}

// String describes the outcome in one line, as an error is described on the wire. It may hold any bytes.
func (o *Outcome) String() string {
	if o.Failed() {
		return fmt.Sprintf("%s %s %s", o.Errno, o.Kind, o.Message)
	}
	return fmt.Sprintf("ret %d, output %d bytes, sha256 %s", o.Ret, o.OutputBytes, o.OutputSHA256)
}
