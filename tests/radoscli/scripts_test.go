// This file is the scripts: what is asked of both programs.

package radoscli

import (
	"slices"
	"strings"
)

// script is steps on objects of one pool and namespace.
type script struct {
	name      string
	pool      string // "" is pool
	namespace string
	steps     []step
}

func (s *script) place() []string {
	place := []string{"-p", pool}
	if s.pool != "" {
		place[1] = s.pool
	}
	if s.namespace != "" {
		place = append(place, "-N", s.namespace)
	}
	return place
}

var scripts = []script{
	{name: "data", namespace: "data", steps: []step{
		{args: "put o -", in: "hello"},
		{args: "stat o"},
		{args: "get o -"},
		{args: "get o $FILE"},
		{args: "put o -", in: "a\x00\xff\r\n"},
		{args: "get o -"},
		{args: "put o $EMPTY"},
		{args: "stat o"},
		{args: "get o -"},
		{args: "get o $FILE"},
		{args: "put o $VALUE"},
		{args: "append o $VALUE"},
		{args: "get o -"},
		{args: "append new -", in: "first"},
		{args: "append empty $EMPTY"},
		{args: "stat empty"},
		{args: "truncate o 3"},
		{args: "truncate o 10"},
		{args: "get o -"},
		{args: "truncate o 0"},
		{args: "create made"},
		{args: "create made"},
		{args: "create o"},
		{args: "stat made"},
		{args: "rm made"},
		{args: "rm made"},
		{args: "rm o nosuch new"},
		{args: "rm new empty"},
		{args: "ls"},
	}},
	{name: "offsets", namespace: "offsets", steps: []step{
		{args: "put o - --offset 3", in: "abc"},
		{args: "get o -"},
		{args: "put o - --offset 1", in: "XY"},
		{args: "put o --offset 4K -", in: "far"},
		{args: "stat o"},
		{args: "put o - --offset 0", in: "short"},
		{args: "get o -"},
		{args: "put o $EMPTY --offset 2"},
		{args: "get o -"},
		{args: "put o - --offset 0", in: "long_before"},
		{args: "put o $EMPTY --offset 0"},
		{args: "stat o"},
		{args: "put new $EMPTY --offset 5"},
		{args: "get new $FILE"},
	}},
	{name: "large", namespace: "large", steps: []step{
		{args: "put o $LARGE"},
		{args: "get o $FILE"},
		{args: "append o $LARGE"},
		{args: "put o $LARGE --offset 7"},
		{args: "get o -"},
	}},
	{name: "absent", namespace: "absent", steps: []step{
		{args: "stat o"},
		{args: "get o -"},
		{args: "rm o"},
		{args: "truncate o 3"},
		{args: "listxattr o"},
		{args: "getxattr o x"},
		{args: "rmxattr o x"},
		{args: "listomapkeys o"},
		{args: "listomapvals o"},
		{args: "getomapval o k"},
		{args: "rmomapkey o k"},
		{args: "clearomap o"},
		{args: "getomapheader o"},
		{args: "ls"},
		{args: "setxattr o x v"},
		{args: "getxattr o nosuch"},
		{args: "rmxattr o nosuch"},
		{args: "getomapval o nosuch"},
		{args: "getomapval o nosuch $FILE"},
		{args: "rmomapkey o nosuch"},
		{args: "clearomap o"},
		{args: "clearomap o nosuch"},
		{args: "rm o"},
		{args: "setomapval o k v"},
		{args: "rm o"},
		{args: "setomapheader o head"},
		{args: "stat o"},
	}},
	{name: "xattrs", namespace: "xattrs", steps: []step{
		{args: "setxattr o b value"},
		{args: "setxattr o a ~"},
		{args: "setxattr o c", in: "of\x00stdin\n"},
		{args: "listxattr o"},
		{args: "getxattr o a"},
		{args: "getxattr o b"},
		{args: "getxattr o c"},
		{args: "setxattr o b other"},
		{args: "setxattr o an_xattr v"},
		{args: "setxattr o ä\xff\n v"},
		{args: "getxattr o ä\xff\n"},
		{args: "listxattr o"},
		{args: "setxattr o e -- -5"},
		{args: "getxattr o e"},
		{args: "rmxattr o b"},
		{args: "getxattr o b"},
		{args: "setxattr o " + strings.Repeat("n", 100) + " v"},
	}},
	{name: "omap", namespace: "omap", steps: []step{
		{args: "getomapval o k"},
		{args: "setomapval o k value"},
		{args: "setomapval o a ~"},
		{args: "setomapval o stdin", in: "of\x00stdin\n"},
		{args: "setomapval o file --input-file $VALUE"},
		{args: "setomapval o both v --input-file $VALUE"},
		{args: "setomapval o long " + strings.Repeat("0123456789abcdef", 6) + "xy"},
		{args: "setomapval o zeros " + strings.Repeat("0", 100)},
		{args: "setomapval o --omap-key-file $KEY of_a_binary_key"},
		{args: "setomapval o ä\xff\n binary"},
		{args: "listomapkeys o"},
		{args: "listomapvals o"},
		{args: "getomapval o k"},
		{args: "getomapval o a"},
		{args: "getomapval o zeros"},
		{args: "getomapval o ä\xff\n"},
		{args: "getomapval o --omap-key-file $KEY"},
		{args: "getomapval o stdin $FILE"},
		{args: "getomapval o a $FILE"},
		{args: "getomapval o stdin -"},
		{args: "getomapval o --omap-key-file $KEY $FILE"},
		{args: "getomapval o no\nsuch"},
		{args: "rmomapkey o --omap-key-file $KEY"},
		{args: "rmomapkey o k"},
		{args: "listomapkeys o"},
		{args: "getomapheader o"},
		{args: "setomapheader o head\n\xff"},
		{args: "getomapheader o"},
		{args: "getomapheader o $FILE"},
		{args: "setomapheader o ~"},
		{args: "getomapheader o"},
		{args: "setomapheader o again"},
		{args: "setomapval other k v"},
		{args: "clearomap o other"},
		{args: "getomapheader o"},
		{args: "listomapvals o"},
	}},
	{name: "names", namespace: "a/b c", steps: []step{
		{args: "put a/b -", in: "slash"},
		{args: "put a_b -", in: "space"},
		{args: "stat a_b"},
		{args: "put ä -", in: "utf-8"},
		{args: "stat ä"},
		{args: "put a\nb\xff -", in: "binary"},
		{args: "stat a\nb\xff"},
		{args: "getomapval a\nb\xff k"},
		{args: "get a\nb\xff -"},
		{args: "rm a/b a_b ä"},
		{args: "ls"},
	}},
	{name: "default namespace", steps: []step{
		{args: "put o -", in: "data"},
		{args: "ls"},
		{args: "get o -"},
		{args: "stat o"},
		{args: "-N elsewhere stat o"},
	}},
	{name: "no pool", namespace: "none", pool: "nosuch", steps: []step{
		{args: "ls"},
		{args: "put o $VALUE"},
		{args: "get o -"},
		{args: "stat o"},
		{args: "getomapval o k"},
	}},
	{name: "bad input", namespace: "bad", steps: []step{
		{args: "put o -", in: "data"},
		{args: "truncate o abc"},
		{args: "truncate o 1K"},
		{args: "truncate o 99999999999999"},
		{args: "setomapval o --omap-key-file $NOSUCH v"},
		{args: "setomapval o k --input-file $NOSUCH"},
		{args: "get o $EMPTY/x"},
		{args: "setxattr o " + strings.Repeat("n", 2000) + " v"},
		{args: "get " + strings.Repeat("n", 3000) + " -"},
		{args: "put " + strings.Repeat("n", 3000) + " -"},
		{args: "ls x"},
		{args: "nosuchverb o"},
	}},
	{name: "differences", namespace: "differs", steps: []step{
		{args: "put o -", in: "data"},
		{args: "put o $NOSUCH", differs: "unreadable-file", want: refused("ENOENT")},
		{args: "append o $NOSUCH", differs: "unreadable-file", want: refused("ENOENT")},
		{args: "get nosuch $FILE", differs: "absent-object-file", want: func(o outcome) outcome {
			o.File = "absent"
			return o
		}},
		{args: "put o - --offset abc", differs: "exit-status", want: refused("EINVAL")},
		{args: "put o - --offset -1", differs: "exit-status", want: refused("EINVAL")},
		{args: "stat", differs: "usage", want: refused("EINVAL")},
		{args: "getxattr o", differs: "usage", want: refused("EINVAL")},
		{args: "truncate o -1", differs: "usage", want: refused("EINVAL")},
		{args: "stat o extra", differs: "more-arguments", want: refused("EINVAL")},
		{args: "put b -"},
		{args: "put a -"},
		{args: "put d -"},
		{args: "put c -"},
		{args: "ls", differs: "order", want: sortedLines},
		{args: "setxattr o x -5", differs: "dash", want: refused("EINVAL")},
		{args: "setxattr o x", in: strings.Repeat("v", 64<<10+1), differs: "limits", want: refused("EFBIG")},
	}},
}

// refused is an outcome of nothing but an error.
func refused(errno string) func(outcome) outcome {
	return func(outcome) outcome { return outcome{Status: 1, Errno: errno, File: "absent"} }
}

func sortedLines(o outcome) outcome {
	lines := slices.Sorted(strings.Lines(o.Stdout))
	o.Stdout = strings.Join(lines, "")
	return o
}
