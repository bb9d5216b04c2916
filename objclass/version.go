// This file is how classes and their versions are named.

package objclass

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"syscall"
)

const (
	maxClassName    = 64 // bytes
	minVersionForm  = 4  // hex digits of a version's short form
	versionLen      = 2 * sha256.Size
	shownCandidates = 8 // names that an error message lists at most
)

// versionOf returns the version of a source: its SHA-256 in hex. Versions are immutable for that reason. That of a source which
// requires others is the SHA-256 of a text that names its own and theirs. No source is such a text: it begins as bytecode does.
func versionOf(source []byte, requires ...Requirement) string {
	sum := sha256.Sum256(source)
	if len(requires) > 0 {
		text := fmt.Appendf(nil, "\x1bobjluad class\n%x\n", sum)
		for _, q := range slices.SortedFunc(slices.Values(requires), compareAs) {
			text = fmt.Appendf(text, "%s %s\n", q.As, q.Module())
		}
		sum = sha256.Sum256(text)
	}
	return hex.EncodeToString(sum[:])
}

func compareAs(a, b Requirement) int { return strings.Compare(a.As, b.As) }

// checkClassName reports whether name may be the name of a class: 1 to 64 letters, digits, '_', '.' and '-', of which the
// first is a letter or a digit, as in Ceph's class 2pc_queue.
func checkClassName(name string) error {
	ok := name != "" && len(name) <= maxClassName && isLetterOrDigit(name[0])
	for i := 1; ok && i < len(name); i++ {
		c := name[i]
		ok = isLetterOrDigit(c) || c == '_' || c == '.' || c == '-'
	}
	if !ok {
		return Errorf(syscall.EINVAL, KindClass,
			"%.80q is no class name: 1 to %d letters, digits, '_', '.' and '-', beginning with a letter or a digit", name, maxClassName)
	}
	return nil
}

func isLetterOrDigit(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' }

// parseSpec splits "name" or "name@version" and checks the form of both. The version is "" when the active one is meant.
func parseSpec(spec string) (name, version string, err error) {
	name, version, pinned := strings.Cut(spec, "@")
	if err := checkClassName(name); err != nil {
		return "", "", err
	}
	if pinned && !isVersionForm(version) {
		return "", "", Errorf(syscall.EINVAL, KindClass,
			"%q is no version of a class: %d to %d hex digits of its SHA-256", version, minVersionForm, versionLen)
	}
	return name, version, nil
}

func isVersionForm(s string) bool {
	return len(s) >= minVersionForm && len(s) <= versionLen && strings.Trim(s, "0123456789abcdef") == ""
}

// checkSource refuses what is no Lua source text. Lua's own loader would take bytecode, which can break the VM.
func checkSource(source []byte, max int, kind Kind) error {
	if len(source) > 0 && source[0] == '\x1b' {
		return Errorf(syscall.EINVAL, kind, "this is Lua bytecode; only source text is accepted")
	}
	if len(source) > max {
		return Errorf(syscall.EMSGSIZE, kind, "the source has %d bytes, the limit is %d", len(source), max)
	}
	return nil
}

// candidates joins names for an error message, the first few of many.
func candidates(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	if len(names) > shownCandidates {
		names = append(slices.Clone(names[:shownCandidates]), "…")
	}
	return strings.Join(names, ", ")
}
