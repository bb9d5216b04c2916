// This file tests the RESP commands that act on objects without a method.

package resp_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

// anyVersion is a reply that is an object's version.
const anyVersion = `:[1-9]\d*\r\n`

// array is a reply of bulk strings.
func array(elements ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(elements))
	for _, e := range elements {
		b.WriteString(servertest.Bulk(e))
	}
	return b.String()
}

func TestDirectCommands(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := servertest.Dial(t, rig.RESP)
	const absent = `-ENOENT op object does not exist\r\n`
	for _, test := range []struct {
		args string // separated by spaces; ~ is an empty one
		want string // regular expression
	}{
		// Of an absent object there is nothing to read. What would not create it leaves it absent.
		{"OBJ.GETXATTR p o x", absent},
		{"OBJ.XATTRS p o", absent},
		{"OBJ.OMAPGET p o k", absent},
		{"OBJ.OMAPLIST p o", absent},
		{"OBJ.OMAPHEADER p o", absent},
		{"OBJ.RMXATTR p o x", absent},
		{"OBJ.OMAPRM p o k", absent},
		{"OBJ.OMAPCLEAR p o", absent},
		{"OBJ.TRUNCATE p o 3", `:0\r\n`},
		{"OBJ.ZERO p o 0 3", `:0\r\n`},
		{"OBJ.STAT p o", absent},

		{"OBJ.WRITE p o 2 abc", anyVersion},
		{"OBJ.READ p o", `\$5\r\n\x00\x00abc\r\n`},
		{"OBJ.WRITE p o 0 xy", anyVersion},
		{"OBJ.APPEND p o de", anyVersion},
		{"OBJ.READ p o", `\$7\r\nxyabcde\r\n`},
		{"OBJ.TRUNCATE p o 4", anyVersion},
		{"OBJ.TRUNCATE p o 5", anyVersion},
		{"OBJ.ZERO p o 1 1", anyVersion},
		{"OBJ.READ p o", `\$5\r\nx\x00ab\x00\r\n`},
		{"OBJ.ZERO p o 4 100", anyVersion},
		{"OBJ.READ p o", `\$5\r\nx\x00ab\x00\r\n`},
		{"OBJ.APPEND p empty ~", anyVersion},
		{"OBJ.READ p empty", `\$0\r\n\r\n`},
		{"OBJ.CREATE p o", anyVersion},
		{"OBJ.CREATE p o EXCLUSIVE", `-EEXIST op object exists\r\n`},
		{"OBJ.CREATE p new exclusive", anyVersion},
		{"OBJ.CREATE p new NX", `-EINVAL input unknown option "NX"\r\n`},
		{"OBJ.WRITE p o -1 x", `-EINVAL input offset is a number from 0, not "-1"\r\n`},
		{"OBJ.WRITE p o 9223372036854775807 x", `-EFBIG op .*\r\n`},
		{"OBJ.WRITE p o 0", `-EINVAL input wrong number of arguments for '.*' command; usage: OBJ.WRITE pool oid offset data\r\n`},
		{"OBJ.TRUNCATE p o x", `-EINVAL input size is .*\r\n`},
		{"OBJ.TRUNCATE p o 134217729", `-EFBIG op .*\r\n`},
		{"OBJ.ZERO p o 0 x", `-EINVAL input length is .*\r\n`},
		{"OBJ.WRITE nosuch o 0 x", `-ENOENT op pool does not exist: "nosuch"\r\n`},
		{"OBJ.WRITE .objluad o 0 x", `-EINVAL input .*reserved\r\n`},
		{"OBJ.APPEND p/ns o x", anyVersion},
		{"OBJ.READ p/ns o", `\$1\r\nx\r\n`},

		{"OBJ.GETXATTR p o x", `-ENODATA op xattr does not exist: "x"\r\n`},
		{"OBJ.SETXATTR p o x val", anyVersion},
		{"OBJ.SETXATTR p o e ~", anyVersion},
		{"OBJ.SETXATTR p o b \xff\x00", anyVersion},
		{"OBJ.GETXATTR p o x", `\$3\r\nval\r\n`},
		{"OBJ.GETXATTR p o e", `\$0\r\n\r\n`},
		{"OBJ.XATTRS p o", `\*6\r\n\$1\r\nb\r\n\$2\r\n.\x00\r\n\$1\r\ne\r\n\$0\r\n\r\n\$1\r\nx\r\n\$3\r\nval\r\n`},
		{"OBJ.RMXATTR p o nosuch", anyVersion},
		{"OBJ.RMXATTR p o x", anyVersion},
		{"OBJ.GETXATTR p o x", `-ENODATA op .*\r\n`},
		{"OBJ.XATTRS p new", `\*0\r\n`},
		{"OBJ.SETXATTR p made x v", anyVersion},
		{"OBJ.SETXATTR p o objluad.replies x", `-EINVAL op .*reserved.*\r\n`},
		{"OBJ.SETXATTR p o " + strings.Repeat("n", 101) + " v", `-ENAMETOOLONG op .*\r\n`},
		{"OBJ.SETXATTR p o x " + strings.Repeat("v", 1<<16+1), `-EFBIG op .*\r\n`},

		{"OBJ.OMAPGET p o k", `-ENOENT op omap key does not exist: "k"\r\n`},
		{"OBJ.OMAPLIST p o", `\*2\r\n\$0\r\n\r\n\*0\r\n`},
		{"OBJ.OMAPSET p o b 2 a 1 ~ 0 c 3 a 1", anyVersion},
		{"OBJ.OMAPSET p o a", `-EINVAL input wrong number of arguments for '.*' command; .*\r\n`},
		{"OBJ.OMAPSET p o a 1 b", `-EINVAL input wrong number of arguments for '.*' command; .*\r\n`},
		{"OBJ.OMAPGET p o a", `\$1\r\n1\r\n`},
		{"OBJ.OMAPGET p o ~", `\$1\r\n0\r\n`},
		{"OBJ.OMAPRM p o c nosuch", anyVersion},
		{"OBJ.OMAPRM p o", `-EINVAL input wrong number of arguments for '.*' command; .*\r\n`},
		{"OBJ.OMAPGET p o c", `-ENOENT op .*\r\n`},
		{"OBJ.OMAPHEADER p o", `\$0\r\n\r\n`},
		{"OBJ.OMAPSETHEADER p o head", anyVersion},
		{"OBJ.OMAPHEADER p o", `\$4\r\nhead\r\n`},
		{"OBJ.OMAPCLEAR p o", anyVersion},
		{"OBJ.OMAPHEADER p o", `\$0\r\n\r\n`},
		{"OBJ.OMAPLIST p o", `\*2\r\n\$0\r\n\r\n\*0\r\n`},

		{"OBJ.REMOVE p o", `\+OK\r\n`},
		{"OBJ.STAT p o", absent},
	} {
		args := strings.Split(test.args, " ")
		for i, arg := range args {
			if arg == "~" {
				args[i] = ""
			}
		}
		servertest.WantMatch(t, fmt.Sprintf("%.80q", test.args), p.Ask(args...), test.want)
	}
	servertest.WantMatch(t, "HELLO 3", p.Ask("HELLO", "3"), `%7\r\n.*`)
	if got := p.Ask("OBJ.XATTRS", "p", "made"); got != "%1\r\n"+servertest.Bulk("x")+servertest.Bulk("v") {
		t.Errorf("XATTRS in RESP3: %q", got)
	}
}

func TestOmapList(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := servertest.Dial(t, rig.RESP)
	servertest.WantMatch(t, "OMAPSET", p.Ask("OBJ.OMAPSET", "p", "o", "", "0", "a", "1", "a/1", "2", "a/\xff", "3", "b", "4"), anyVersion)
	for _, test := range []struct {
		opts []string
		next string
		want []string
	}{
		{nil, "", []string{"", "0", "a", "1", "a/1", "2", "a/\xff", "3", "b", "4"}},
		{[]string{"LIMIT", "5"}, "", []string{"", "0", "a", "1", "a/1", "2", "a/\xff", "3", "b", "4"}},
		{[]string{"LIMIT", "1"}, "\x00", []string{"", "0"}},
		{[]string{"START", "\x00", "LIMIT", "1"}, "a\x00", []string{"a", "1"}},
		{[]string{"START", "a", "LIMIT", "1"}, "a\x00", []string{"a", "1"}},
		{[]string{"AFTER", "a", "LIMIT", "1"}, "a/1\x00", []string{"a/1", "2"}},
		{[]string{"AFTER", "", "LIMIT", "1"}, "a\x00", []string{"a", "1"}},
		{[]string{"AFTER", "b"}, "", nil},
		{[]string{"prefix", "a/", "limit", "1"}, "a/1\x00", []string{"a/1", "2"}},
		{[]string{"PREFIX", "a/", "START", "a/1\x00"}, "", []string{"a/\xff", "3"}},
		{[]string{"PREFIX", "none"}, "", nil},
		{[]string{"NOVALUES"}, "", []string{"", "a", "a/1", "a/\xff", "b"}},
		{[]string{"NOVALUES", "PREFIX", "a", "LIMIT", "2"}, "a/1\x00", []string{"a", "a/1"}},
	} {
		got := p.Ask(append([]string{"OBJ.OMAPLIST", "p", "o"}, test.opts...)...)
		if want := "*2\r\n" + servertest.Bulk(test.next) + array(test.want...); got != want {
			t.Errorf("%q: %q, want %q", test.opts, got, want)
		}
	}
	for opts, want := range map[string]string{
		"LIMIT 0":     `-EINVAL input LIMIT is 1 to 10000\r\n`,
		"LIMIT 10001": `-EINVAL input LIMIT is 1 to 10000\r\n`,
		"LIMIT x":     `-EINVAL input LIMIT is a number from 0, not "x"\r\n`,
		"LIMIT":       `-EINVAL input wrong number of arguments for '.*' command; .*\r\n`,
		"SOON 1":      `-EINVAL input unknown option "SOON"\r\n`,
	} {
		servertest.WantMatch(t, opts, p.Ask(append([]string{"OBJ.OMAPLIST", "p", "o"}, strings.Fields(opts)...)...), want)
	}
}

// TestOmapPagesAreBounded lists an omap whose values are larger than a page: a value at a time, until all were there.
func TestOmapPagesAreBounded(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := servertest.Dial(t, rig.RESP)
	value := strings.Repeat("v", 3<<20)
	for _, key := range []string{"a", "b", "c"} {
		servertest.WantMatch(t, "OMAPSET", p.Ask("OBJ.OMAPSET", "p", "o", key, value), anyVersion)
	}
	for start, pages := "", []string{"a", "b", "c"}; len(pages) > 0; pages = pages[1:] {
		next := ""
		if len(pages) > 1 {
			next = pages[0] + "\x00"
		}
		if got, want := p.Ask("OBJ.OMAPLIST", "p", "o", "START", start), "*2\r\n"+servertest.Bulk(next)+array(pages[0], value); got != want {
			t.Fatalf("the page from %q has %d bytes, want %d", start, len(got), len(want))
		}
		start = next
	}
}

func TestIfVersion(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := servertest.Dial(t, rig.RESP)
	version := func(reply string) string { return strings.Trim(reply, ":\r\n") }
	ifVersion := func(version string, args ...string) string {
		return p.Ask(append([]string{"OBJ.IFVERSION", version}, args...)...)
	}
	servertest.WantMatch(t, "absent", ifVersion("1", "OBJ.WRITEFULL", "p", "o", "no"), `-EOVERFLOW op .*does not exist.*\r\n`)
	first := version(ifVersion("0", "OBJ.WRITEFULL", "p", "o", "data"))
	servertest.WantMatch(t, "not absent", ifVersion("0", "OBJ.WRITEFULL", "p", "o", "no"), `-ERANGE op .*newer than 0\r\n`)
	second := version(ifVersion(first, "obj.append", "p", "o", "!"))
	for _, command := range []string{"WRITE p o 0 x", "WRITEFULL p o x", "APPEND p o x", "TRUNCATE p o 0", "ZERO p o 0 1", "CREATE p o", "REMOVE p o",
		"SETXATTR p o x v", "RMXATTR p o x", "OMAPSET p o k v", "OMAPRM p o k", "OMAPCLEAR p o", "OMAPSETHEADER p o h",
		"READ p o", "STAT p o", "GETXATTR p o x", "XATTRS p o", "OMAPGET p o k", "OMAPLIST p o", "OMAPHEADER p o"} {
		args := strings.Fields("OBJ." + command)
		servertest.WantMatch(t, command, ifVersion(first, args...), `-ERANGE op the object has version `+second+`, which is newer than `+first+`\r\n`)
		servertest.WantMatch(t, command, ifVersion(second+"0", args...), `-EOVERFLOW op .*older than `+second+`0\r\n`)
	}
	if got := p.Ask("OBJ.READ", "p", "o"); got != servertest.Bulk("data!") {
		t.Errorf("the object is %q", got)
	}
	if got := ifVersion(second, "OBJ.READ", "p", "o"); got != servertest.Bulk("data!") {
		t.Errorf("READ: %q", got)
	}
	// A key is never taken for an option, and an expectation holds for one command.
	servertest.WantMatch(t, "OMAPSET", ifVersion(second, "OBJ.OMAPSET", "p", "o", "IFVERSION", "1"), anyVersion)
	servertest.WantMatch(t, "OMAPRM", p.Ask("OBJ.OMAPRM", "p", "o", "IFVERSION", "1"), anyVersion)

	servertest.WantMatch(t, "a method", ifVersion(second, "OBJ.EXEC", "p", "o", "test", "echo", ""), `-EINVAL input OBJ.IFVERSION is for .*\r\n`)
	servertest.WantMatch(t, "another command", ifVersion("0", "CLASS.INSTALL", "name", "source"), `-EINVAL input OBJ.IFVERSION is for .*\r\n`)
	servertest.WantMatch(t, "itself", ifVersion("0", "OBJ.IFVERSION", "0", "OBJ.READ", "p", "o"), `-EINVAL input OBJ.IFVERSION is for .*\r\n`)
	servertest.WantMatch(t, "no command", ifVersion("0", "NOSUCH", "p", "o"), `-EINVAL input unknown command 'NOSUCH', .*\r\n`)
	servertest.WantMatch(t, "arguments", ifVersion("0", "OBJ.READ", "p", "o", "1"), `-EINVAL input wrong number of arguments for '.*' command; usage: OBJ.READ .*\r\n`)
	servertest.WantMatch(t, "nothing", p.Ask("OBJ.IFVERSION", "0", "OBJ.READ"), `-EINVAL input wrong number of arguments for '.*' command; usage: OBJ.IFVERSION version command .*\r\n`)
	servertest.WantMatch(t, "version", ifVersion("-1", "OBJ.READ", "p", "o"), `-EINVAL input a version is a number from 0, not "-1"\r\n`)
}

// TestDirectWritesShareSyncs pipelines writes of many kinds: no reply comes before they are durable, and few syncs are made.
func TestDirectWritesShareSyncs(t *testing.T) {
	disk := &slowDisk{FS: vfs.NewMem()}
	rig := servertest.StartOn(t, disk, server.Options{}, objclass.Options{})
	end := disk.hold()
	release := sync.OnceFunc(func() { end(nil) })
	defer release() // or the server could not stop
	before := disk.syncs.Load()
	p, reader := servertest.Dial(t, rig.RESP), servertest.Dial(t, rig.RESP)
	commands := servertest.Command("OBJ.WRITEFULL", "p", "o", "a") + servertest.Command("OBJ.APPEND", "p", "o", "b") + servertest.Command("OBJ.SETXATTR", "p", "o", "x", "v") +
		servertest.Command("OBJ.OMAPSET", "p", "o", "k", "v") + servertest.Command("OBJ.REMOVE", "p", "o") + servertest.Command("OBJ.CREATE", "p", "o", "EXCLUSIVE") +
		servertest.Command("OBJ.WRITE", "p", "last", "0", "x")
	p.Send(commands)
	for end := time.Now().Add(time.Minute); reader.Ask("OBJ.READ", "p", "last") != servertest.Bulk("x"); {
		if time.Now().After(end) {
			t.Fatal("the commits are not visible while the disk is slow")
		}
	}
	p.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if b, err := p.R.Peek(1); err == nil {
		t.Errorf("a reply begins with %q before anything is durable", b)
	}
	p.SetReadDeadline(time.Now().Add(time.Minute))
	release()
	for i := range strings.Count(commands, "*") {
		servertest.WantMatch(t, fmt.Sprint("reply ", i), p.Reply(), `(`+anyVersion+`|\+OK\r\n)`)
	}
	if n := disk.syncs.Load() - before; n > 2 {
		t.Errorf("%d syncs for seven commits at once", n)
	}
}
