// This file is dry runs of random scripts on random objects: what they tell is what the scripts then do.

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

// dump answers a whole object in one line for each thing that it has.
const dump = `
function dump(input, output)
  local function line(...) output:append(string.format(...) .. "\n") end
  local function hex(s) return (tostring(s):gsub(".", function(c) return string.format("%02x", c:byte()) end)) end
  if not pcall(objclass.stat) then line("absent") return end
  line("data %s", hex(objclass.read(0, 0):str()))
  for name, value in pairs(objclass.getxattrs()) do line("xattr %s %s", hex(name), hex(value:str())) end
  line("header %s", hex(objclass.map_read_header():str()))
  for key, value in objclass.map_pairs() do line("omap %s %s", hex(key), hex(value:str())) end
end
objclass.register(dump, objclass.RD)`

// image is an object to which effects can be applied, and that is dumped as the script does.
type image struct {
	exists       bool
	data, header string
	xattrs, omap map[string]string
}

func emptyImage() image { return image{xattrs: map[string]string{}, omap: map[string]string{}} }

// resize drops bytes, or adds zeros.
func (m *image) resize(size int) {
	m.data = m.data[:min(size, len(m.data))] + strings.Repeat("\x00", max(0, size-len(m.data)))
}

func (m *image) apply(e client.Effect) error {
	value := string(e.Value)
	switch e.Op {
	case "remove":
		*m = emptyImage()
	case "create":
		m.exists = true
	case "truncate":
		m.resize(int(e.Size))
	case "write_full":
		m.data = value
	case "write", "zero":
		if e.Op == "zero" {
			value = strings.Repeat("\x00", int(e.Size))
		}
		m.resize(max(len(m.data), int(e.Offset)+len(value)))
		m.data = m.data[:e.Offset] + value + m.data[int(e.Offset)+len(value):]
	case "setxattr":
		m.xattrs[e.Key] = value
	case "rmxattr":
		delete(m.xattrs, e.Key)
	case "map_clear":
		m.header, m.omap = "", map[string]string{}
	case "map_write_header":
		m.header = value
	case "map_remove_range":
		maps.DeleteFunc(m.omap, func(key, _ string) bool { return e.Key <= key && (e.Open || key < e.End) })
	case "map_set_val":
		m.omap[e.Key] = value
	case "map_remove_key":
		delete(m.omap, e.Key)
	default:
		return fmt.Errorf("unknown effect %+v", e)
	}
	return nil
}

func (m *image) String() string {
	if !m.exists {
		return "absent\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "data %x\n", m.data)
	for _, name := range slices.Sorted(maps.Keys(m.xattrs)) {
		fmt.Fprintf(&b, "xattr %x %x\n", name, m.xattrs[name])
	}
	fmt.Fprintf(&b, "header %x\n", m.header)
	for _, key := range slices.Sorted(maps.Keys(m.omap)) {
		fmt.Fprintf(&b, "omap %x %x\n", key, m.omap[key])
	}
	return b.String()
}

// randomScript makes a script of object operations.
func randomScript(r *rand.Rand) string {
	key := func() string {
		return []string{`"a"`, `"a\0"`, `"b"`, `"c"`, `"\255"`, `"dd"`}[r.IntN(6)]
	}
	value := func() string {
		return fmt.Sprintf(`bl((%s):rep(%d))`, []string{`"x"`, `"\0"`, `"\254y"`}[r.IntN(3)], []int{0, 1, 7, 500, 5000}[r.IntN(5)])
	}
	b := strings.Builder{}
	b.WriteString("local function bl(s) local b = bufferlist.new() b:append(s) return b end\nlocal b\nfunction f(input, output)\n")
	for range 1 + r.IntN(8) {
		op := []string{
			"create()", "remove()", "write(%O, #%V, b)", "write(%O, #%V, b)", "write_full(%V)", "append(%V)", "truncate(%O)", "zero(%O, %O)",
			"setxattr(%K, %V)", "rmxattr(%K)", "map_set_val(%K, %V)", "map_set_val(%K, %V)", "map_remove_key(%K)", "map_remove_range(%K, %K)",
			"map_remove_range(%K)", "map_write_header(%V)", "map_clear()",
		}[r.IntN(17)]
		name, args, _ := strings.Cut(op, "(")
		if name == "remove" && r.IntN(3) > 0 {
			continue
		}
		for strings.Contains(args, "%") {
			args = strings.Replace(args, "%O", fmt.Sprint(r.IntN(6000)), 1)
			args = strings.Replace(args, "%K", key(), 1)
			if strings.Contains(args, "%V") {
				fmt.Fprintf(&b, "b = %s\n", value())
				args = strings.Replace(args, "%V", "b", 1)
			}
		}
		fmt.Fprintf(&b, "pcall(objclass.%s, %s\n", name, strings.Replace(args, ", )", ")", 1))
	}
	b.WriteString("output:append('done') return 4 end objclass.register(f)")
	return strings.ReplaceAll(b.String(), ", )", ")")
}

func TestDryRunOfRandomScripts(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	ioctx := d.Dial(t).OpenIOContext("default")
	d.Install(t, "dump", dump)
	whole := func(oid string) string {
		reply, err := ioctx.Exec(t.Context(), oid, "dump", "dump", nil)
		if err != nil {
			t.Fatal(err)
		}
		return string(reply.Output)
	}
	images := map[string]*image{}
	for seed := range 150 {
		oid := fmt.Sprint("o", seed%5)
		if images[oid] == nil {
			empty := emptyImage()
			images[oid] = &empty
		}
		script := randomScript(rand.New(rand.NewPCG(uint64(seed), 2)))
		before := whole(oid)
		dry, err := ioctx.Eval(t.Context(), oid, []byte(script), "f", nil, client.DryRun())
		if err != nil {
			t.Fatalf("%s\n%v", script, err)
		}
		if dry.Effects == nil || dry.Effects.Truncated || dry.Effects.Total != len(dry.Effects.List) || dry.Ret != 4 || string(dry.Output) != "done" {
			t.Fatalf("%s\n%+v", script, dry)
		}
		if whole(oid) != before {
			t.Fatalf("a dry run has changed the object:\n%s", script)
		}
		for _, e := range dry.Effects.List {
			if err := images[oid].apply(e); err != nil {
				t.Fatal(err)
			}
		}
		if reply, err := ioctx.Eval(t.Context(), oid, []byte(script), "f", nil); err != nil || reply.Effects != nil {
			t.Fatalf("%s\n%+v, %v", script, reply, err)
		}
		if got, want := images[oid].String(), whole(oid); got != want {
			t.Fatalf("script\n%s\neffects %+v make\n%.2000s\nnot\n%.2000s", script, dry.Effects.List, got, want)
		}
	}
}

// The same effects come over HTTP, in RESP2 and from the command line.
func TestDryRunOnEveryWire(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	d.Install(t, "c", `
		function f(input, output)
			local b = bufferlist.new() b:append("\255v")
			objclass.write_full(input)
			objclass.setxattr("n", b)
			objclass.map_remove_range("k")
			output:append("out")
			return 5
		end
		objclass.register(f)`)
	ioctx := d.Dial(t).OpenIOContext("default")
	version, err := ioctx.WriteFull(t.Context(), "o", []byte("as it was"))
	if err != nil {
		t.Fatal(err)
	}
	status, body := request(t, d, "POST", "/v1/pools/default/objects/o/exec/c/f?dry_run=true", "text")
	var answer struct {
		Ret       int
		Output    string
		Version   uint64
		Effects   []map[string]any
		Total     int `json:"effects_total"`
		Truncated bool
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != 200 {
		t.Fatalf("%d %s: %v", status, body, err)
	}
	const want = `[map[op:write_full size:4 value:text] map[key:n op:setxattr size:2 value_base64:/3Y=] map[key:k op:map_remove_range]]`
	if fmt.Sprint(answer.Effects) != want || answer.Ret != 5 || answer.Output != "out" || answer.Version != version || answer.Total != 3 || answer.Truncated {
		t.Errorf("over HTTP: %s", body)
	}
	if got := cli(t, d, "exec", "--dry-run", "--json", "o", "c", "f", "text"); !strings.Contains(got, `{"op":"write_full","size":4,"value":"text"}`) {
		t.Errorf("command line: %s", got)
	}
	if got := inline(t, d, "OBJ.EXEC default o c f text DRYRUN"); !strings.HasPrefix(got, "*18\r\n") {
		t.Errorf("RESP2: %q", got)
	}
	if data, err := ioctx.ReadFull(t.Context(), "o"); string(data) != "as it was" || err != nil {
		t.Errorf("dry runs have changed the object to %q, %v", data, err)
	}
}

// Effects of which there are too many, or whose values are too large, say so.
func TestDryRunIsBounded(t *testing.T) {
	d := rig.Run(t, t.TempDir())
	ioctx := d.Dial(t).OpenIOContext("default")
	reply, err := ioctx.Eval(t.Context(), "o", []byte(`
		function f()
			local b, t = bufferlist.new(), {}
			b:append(("x"):rep(4 << 20))
			objclass.write_full(b)
			for i = 1, 20000 do t[string.format("%05d", i)] = "v" end
			objclass.map_set_vals(t)
		end
		objclass.register(f)`), "f", nil, client.DryRun(), client.Timeout(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	e := reply.Effects
	if !e.Truncated || e.Total != 20002 || len(e.List) < 1000 || len(e.List) > 10000 {
		t.Errorf("%d of %d effects, truncated %v", len(e.List), e.Total, e.Truncated)
	}
	if data := e.List[1]; data.Op != "write_full" || data.Size != 4<<20 || len(data.Value) == 0 || len(data.Value) > 1<<20 {
		t.Errorf("%s of %d bytes, %d shown", data.Op, data.Size, len(data.Value))
	}
}
