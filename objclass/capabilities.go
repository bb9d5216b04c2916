// This file is what a class may touch of its object, as its manifest grants it.

package objclass

import (
	"fmt"
	"strings"
	"syscall"
)

// Capabilities are what the methods of a class may touch of their objects, to read or to write it. A nil Capabilities grants
// everything. Whatever is refused is refused with EPERM, before it has any effect and before it tells anything of the object.
type Capabilities struct {
	Data   bool     `json:"data"`   // data with its size and times
	Header bool     `json:"header"` // of the omap
	Create bool     `json:"create"` // to bring an absent object into being, by whatever operation
	Remove bool     `json:"remove"` // to remove the object with all that it has, of this grant or not
	Omap   Prefixes `json:"omap"`   // of keys
	Xattr  Prefixes `json:"xattr"`  // of names
}

func (c *Capabilities) data() error {
	if c == nil || c.Data {
		return nil
	}
	return refused("the object's data is", "")
}

func (c *Capabilities) header() error {
	if c == nil || c.Header {
		return nil
	}
	return refused("the omap's header is", "")
}

func (c *Capabilities) remove() error {
	if c == nil || c.Remove {
		return nil
	}
	return refused("the removal of the object is", "")
}

// create is asked where the object is absent, or by an operation whose purpose it is.
func (c *Capabilities) create() error {
	if c == nil || c.Create {
		return nil
	}
	return refused("the creation of the object is", "")
}

func (c *Capabilities) xattr(name string) error {
	if c == nil || c.Xattr.grant(name) {
		return nil
	}
	return refused("xattr %.80q is", c.Xattr.String(), name)
}

// anyXattr is asked by the listing of xattrs, which leaves out what is not granted.
func (c *Capabilities) anyXattr() error {
	if c == nil || len(c.Xattr) > 0 {
		return nil
	}
	return refused("xattrs are", "")
}

func (c *Capabilities) omapKey(key string) error {
	if c == nil || c.Omap.grant(key) {
		return nil
	}
	return refused("omap key %.80q is", c.Omap.String(), key)
}

// omapPrefix is asked by a listing of the keys that begin with prefix: all of them must be granted.
func (c *Capabilities) omapPrefix(prefix string) error {
	if c == nil || c.Omap.grant(prefix) {
		return nil
	}
	return refused("a listing of the omap keys that begin with %.80q is", c.Omap.String(), prefix)
}

// omapRange is asked for a range, which must lie within one prefix.
func (c *Capabilities) omapRange(r KeyRange) error {
	if c == nil || c.Omap.grantRange(r) {
		return nil
	}
	if r.Open {
		return refused("the range of omap keys from %.80q on is", c.Omap.String(), r.First)
	}
	return refused("the range of omap keys from %.80q to %.80q is", c.Omap.String(), r.First, r.End)
}

// wholeOmap is asked by what touches all keys and the header.
func (c *Capabilities) wholeOmap() error {
	if c == nil || c.Header && c.Omap.grant("") {
		return nil
	}
	grant := c.Omap.String()
	if c.Header {
		grant += " and the header"
	}
	return refused("the whole omap with its header is", grant)
}

// refused is the error of an operation on what was not granted. What was is given if it is of the same sort.
func refused(what, grant string, args ...any) error {
	const outside = " outside of what the class's manifest grants"
	if grant == "" {
		return Errorf(syscall.EPERM, KindOp, what+outside, args...)
	}
	return Errorf(syscall.EPERM, KindOp, what+outside+": %s", append(args, grant)...)
}

// grant reports whether all that begins with name is granted.
func (p Prefixes) grant(name string) bool {
	for _, prefix := range p {
		if strings.HasPrefix(name, string(prefix)) {
			return true
		}
	}
	return false
}

func (p Prefixes) grantRange(r KeyRange) bool {
	for _, prefix := range p {
		if !strings.HasPrefix(r.First, string(prefix)) {
			continue
		}
		end, ok := behindPrefix(string(prefix))
		if !ok || !r.Open && r.End <= end {
			return true
		}
	}
	return false
}

// behindPrefix returns the lowest key that is greater than all that begin with prefix; there is none behind "" and 0xff bytes.
func behindPrefix(prefix string) (end string, ok bool) {
	for last := len(prefix) - 1; last >= 0; last-- {
		if prefix[last] < 0xff {
			return prefix[:last] + string([]byte{prefix[last] + 1}), true
		}
	}
	return "", false
}

// String says what is granted: `all`, `none`, or `those that begin with "index/", "log/"`.
func (p Prefixes) String() string {
	switch {
	case len(p) == 0:
		return "none"
	case p.grant(""):
		return "all"
	}
	quoted := make([]string, len(p))
	for i, prefix := range p {
		quoted[i] = fmt.Sprintf("%.80q", string(prefix))
	}
	return "those that begin with " + candidates(quoted)
}
