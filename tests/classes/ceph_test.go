// This file makes the same calls of stock classes and of Ceph's classes of their names, which run in an OSD, and compares the answers.

package classes

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/ceph"
	"github.com/objluad/objluad/tests/classes/osd"
	"github.com/objluad/objluad/tests/rig"
)

// dialect is how Ceph's class of a model is called.
type dialect struct {
	m      *model
	encode func(pool *osd.Pool, c call) []byte
	// answer makes of an output what the model shows of ours.
	answer func(c call, output osd.Decoder) string
	// silent says of which methods Ceph's give no output.
	silent map[string]bool
}

type fields struct {
	Name, Type, Locker, Tag string
	Flags                   uint8
	Refs                    []string
	Objv                    struct{ Ver uint64 }
	Conds                   []struct {
		Cond string
		Ver  struct{ Ver uint64 }
	}
	Size   uint64   `json:"queue_size"`
	Max    uint64   `json:"max"`
	Data   []string `json:"bl_data_vec"`
	Marker string   `json:"end_marker"`
}

func fieldsOf(c call) (f fields) {
	parse(c.input, &f)
	return f
}

var none osd.Encoder

var lockTypes = []string{"none", "exclusive", "shared"}

func lockType(name string) uint8 {
	for i, t := range lockTypes {
		if t == name {
			return uint8(i)
		}
	}
	panic(name)
}

// In Ceph a locker is the client; here it is one, with a cookie for each locker.
var cephLock = dialect{
	m: lock,
	encode: func(pool *osd.Pool, c call) []byte {
		f := fieldsOf(c)
		switch c.method {
		case "lock":
			return none.Struct(none.String(f.Name).U8(lockType(f.Type)).String(f.Locker).String("").String("").U64(0).U8(f.Flags))
		case "unlock":
			return none.Struct(none.String(f.Name).String(f.Locker))
		case "break_lock":
			const isClient = 8
			return none.Struct(none.String(f.Name).U8(isClient).U64(pool.Client()).String(f.Locker))
		case "assert_locked":
			return none.Struct(none.String(f.Name).U8(lockType(f.Type)).String(f.Locker).String(""))
		default: // get_info
			return none.Struct(none.String(f.Name))
		}
	},
	answer: func(c call, output osd.Decoder) string {
		if c.method != "get_info" {
			return ""
		}
		info := output.Struct()
		var names []string
		for range info.U32() {
			id := info.Struct()
			id.U8()
			id.U64()
			names = append(names, id.String())
			info.Struct()
		}
		return lockTypes[info.U8()] + " " + strings.Join(names, " ")
	},
}

func encodeVersion(ver uint64) osd.Encoder { return none.Struct(none.U64(ver).String("")) }

var cephVersion = dialect{
	m: version,
	encode: func(_ *osd.Pool, c call) []byte {
		f := fieldsOf(c)
		conds := none.U32(uint32(len(f.Conds)))
		for _, cond := range f.Conds {
			conds = conds.Struct(append(encodeVersion(cond.Ver.Ver), none.U32(map[string]uint32{"GE": 3, "LE": 5}[cond.Cond])...))
		}
		switch c.method {
		case "set":
			return none.Struct(encodeVersion(f.Objv.Ver))
		case "read":
			return nil
		default:
			return none.Struct(append(encodeVersion(0), conds...))
		}
	},
	answer: func(c call, output osd.Decoder) string {
		if c.method != "read" {
			return ""
		}
		read := output.Struct()
		objv := read.Struct()
		return fmt.Sprintf(`{"objv":{"ver":%d}}`, objv.U64())
	},
	silent: map[string]bool{"inc": true, "inc_conds": true},
}

var cephRefcount = dialect{
	m: refcount,
	encode: func(_ *osd.Pool, c call) []byte {
		f := fieldsOf(c)
		switch c.method {
		case "set":
			return none.Struct(none.Strings(f.Refs))
		case "read":
			return none.Struct(none.U8(0))
		default:
			return none.Struct(none.String(f.Tag).U8(0))
		}
	},
	answer: func(c call, output osd.Decoder) string {
		if c.method != "read" {
			return ""
		}
		read := output.Struct()
		var refs []string
		for range read.U32() {
			refs = append(refs, read.String())
		}
		return text(map[string][]string{"refs": refs})
	},
}

var cephQueue = dialect{
	m: queue,
	encode: func(_ *osd.Pool, c call) []byte {
		f := fieldsOf(c)
		switch c.method {
		case "queue_init":
			return none.Struct(none.U64(f.Size).U64(0).String(""))
		case "queue_enqueue":
			return none.Struct(none.Strings(f.Data))
		case "queue_list_entries":
			return none.Struct(none.U64(f.Max).String(""))
		default: // queue_remove_entries
			return none.Struct(none.String(f.Marker))
		}
	},
	answer: func(c call, output osd.Decoder) string {
		if c.method != "queue_list_entries" {
			return ""
		}
		list := output.Struct()
		truncated, next := list.U8() != 0, list.String()
		var entries []string
		for range list.U32() {
			entry := list.Struct()
			data, marker := entry.String(), entry.String()
			entries = append(entries, fmt.Sprintf(`{"data":%q,"marker":%q}`, data, marker))
		}
		return fmt.Sprintf(`{"entries":[%s],"is_truncated":%v,"next_marker":%q}`, strings.Join(entries, ","), truncated, next)
	},
}

// theirs is the answer of Ceph's class.
func (d *dialect) theirs(t *testing.T, pool *osd.Pool, oid string, c call) string {
	output, err := pool.Call(oid, d.m.class, c.method, d.encode(pool, c))
	var errno syscall.Errno
	switch {
	case errors.As(err, &errno):
		return unix.ErrnoName(errno)
	case err != nil:
		t.Fatal(err)
	}
	return d.answer(c, output)
}

func (d *dialect) compare(t *testing.T, pool *osd.Pool, ours *client.IOContext, oid string, calls int) {
	seen := ""
	var transcript []string
	for range calls {
		c := d.m.next(seen)
		seen = d.m.exec(t, ours, oid, c)
		answer, want := seen, d.theirs(t, pool, oid, c)
		if d.silent[c.method] && kindOf(answer) == "ok" {
			answer = ""
		}
		transcript = append(transcript, fmt.Sprintf("%s %s: %s", c.method, c.input, seen))
		if answer != want {
			t.Fatalf("Ceph's class %s answers %q to the last of these:\n%s", d.m.class, want, strings.Join(transcript, "\n"))
		}
	}
}

func compareWithCeph(t *testing.T, objects, calls int) {
	cluster := ceph.Start(t, ceph.Options{})
	if _, err := cluster.Command("osd", "pool", "create", "default"); err != nil {
		t.Fatal(err)
	}
	pool, err := osd.Open(cluster.Conf(), "default")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	d := rig.Run(t, t.TempDir(), "--fsync", "never")
	ours := d.Dial(t).OpenIOContext("default")
	for _, dialect := range []dialect{cephLock, cephVersion, cephRefcount, cephQueue} {
		t.Run(dialect.m.class, func(t *testing.T) {
			install(t, d, dialect.m.class)
			for i := range objects {
				dialect.compare(t, pool, ours, fmt.Sprint(dialect.m.class, i), calls)
			}
		})
	}
	t.Run("numops", func(t *testing.T) {
		install(t, d, "numops")
		compareNumops(t, pool, ours, calls)
	})
}

// compareNumops compares what is stored, since Ceph's class has no output. Numbers are such that 10 digits hold them.
func compareNumops(t *testing.T, pool *osd.Pool, ours *client.IOContext, calls int) {
	if err := pool.Create("numops", 0); err != nil {
		t.Fatal(err)
	}
	for range calls {
		method, value := "add", pick("1", "-3", "0.5", "-7.5", "1e2", " 7", "x")
		if rand.IntN(2) == 0 {
			method, value = "mul", pick("2", "-1", "0", "3", "x")
		}
		_, err := ours.Exec(t.Context(), "numops", "numops", method, fmt.Appendf(nil, `{"key": "k", "value": %q}`, value))
		_, theirs := pool.Call("numops", "numops", method, none.String("k").String(value))
		var e *client.Error
		if errors.As(err, &e); (err == nil) != (theirs == nil) || err != nil && !errors.Is(theirs, e.Errno) {
			t.Fatalf("%s %s: %v, and Ceph's %v", method, value, err, theirs)
		}
		pairs, err := pool.GetOmapValues("numops", "", "", 10)
		if err != nil {
			t.Fatal(err)
		}
		n := 0.0
		fmt.Sscan(string(pairs["k"]), &n)
		reply, err := ours.Exec(t.Context(), "numops", "numops", "add", []byte(`{"key": "k", "value": 0}`))
		var mine struct{ Value float64 }
		parse(string(reply.Output), &mine)
		if err != nil || mine.Value != n {
			t.Fatalf("%s %s: %v, %v, and Ceph's %v", method, value, mine.Value, err, n)
		}
		if n > 1e6 || n < -1e6 || rand.IntN(20) == 0 {
			pool.RmOmapKeys("numops", []string{"k"})
			if _, err := ours.Exec(t.Context(), "numops", "numops", "mul", []byte(`{"key": "k", "value": 0}`)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestAnswersAreThoseOfCeph(t *testing.T) { compareWithCeph(t, 4, 60) }

func TestSoakAnswersAreThoseOfCeph(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("the long form of TestAnswersAreThoseOfCeph; SOAK=1 runs it")
	}
	compareWithCeph(t, 100, 300)
}
