// This file is what attacks are made on: a daemon, and objects that must stay as they are.

package hostile

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/tests/rig"
)

// ample is the budget of what ends by itself, however slow the machine is: the largest that a daemon allows.
const ample = time.Minute

// target is a daemon and one connection to it.
type target struct {
	t *testing.T
	*session
	daemon *rig.Daemon
}

func newTarget(t *testing.T, d *rig.Daemon) *target {
	return &target{t, open(t, d), d}
}

func startDaemon(t *testing.T) *rig.Daemon {
	d := rig.Run(t, t.TempDir(), daemonArgs...)
	installAll(t, d)
	return d
}

// installAll installs what the tests call, and what attacks require.
func installAll(t *testing.T, d *rig.Daemon) {
	d.Install(t, "keeper", keeper)
	sources, err := Modules()
	if err != nil {
		t.Fatal(err)
	}
	for name, source := range sources {
		d.Install(t, name, source)
	}
}

var daemonArgs = []string{"--max-output", fmt.Sprint(MaxOutput), "--queue", "100000", "--quarantine", "0"}

// must is do where the daemon must not reply an error, but for want of room.
func (tg *target) must(args ...string) any {
	tg.t.Helper()
	reply, err := tg.do(args...)
	for isBusy(err) {
		reply, err = tg.do(args...)
	}
	if err != nil {
		tg.t.Fatalf("%s: %.300v", args[0], err)
	}
	return reply
}

// isBusy reports whether the daemon replied that it has no room for a call now, or had none for as long as calls may wait.
// Then nothing was done.
func isBusy(err error) bool {
	var e replyError
	if !errors.As(err, &e) {
		return false
	}
	o, err := failure(e)
	return err == nil && o.Kind == "busy"
}

// keeper is a class whose methods write and show all that an object holds.
const keeper = `
function keep(input)
	objclass.write_full(input)
	objclass.setxattr("kept", input)
	objclass.map_clear()
	objclass.map_write_header(input)
	objclass.map_set_val("kept", input)
end
function show(input, output)
	local function sorted(t)
		local names = {}
		for name in pairs(t) do names[#names + 1] = name end
		table.sort(names)
		for _, name in ipairs(names) do output:append(("%q=%q\n"):format(name, t[name]:str())) end
	end
	output:append(("data %q\nheader %q\nxattrs\n"):format(objclass.read(0, 0):str(), objclass.map_read_header():str()))
	sorted(objclass.getxattrs())
	output:append("omap\n")
	sorted(objclass.map_get_vals("", "", -1))
end
objclass.register(keep)
objclass.register(show, objclass.RD)`

// newObject makes an object, or makes it anew, with the content beside which attacks run.
func (tg *target) newObject(oid string) {
	tg.t.Helper()
	tg.remove(oid)
	tg.exec(oid, "keep", Sentinel)
}

// remove removes an object if there is one.
func (tg *target) remove(oid string) {
	tg.t.Helper()
	_, err := tg.do("OBJ.REMOVE", "default", oid)
	for isBusy(err) {
		_, err = tg.do("OBJ.REMOVE", "default", oid)
	}
	if err != nil && !strings.HasPrefix(err.Error(), "ENOENT ") {
		tg.t.Fatal(err)
	}
}

// content is all that can be seen of an object: what it holds, its size, time and version.
func (tg *target) content(oid string) []any {
	tg.t.Helper()
	return []any{tg.exec(oid, "show", ""), tg.must("OBJ.STAT", "default", oid)}
}

func (tg *target) exec(oid, method, input string) any {
	tg.t.Helper()
	return tg.must("OBJ.EXEC", "default", oid, "keeper", method, input, "TIMEOUT", strconv.FormatInt(ample.Milliseconds(), 10))
}

// install installs an attack that is a class. An error is returned if it must have one, now or when its method is called.
func (tg *target) install(a *Attack) (*Outcome, error) {
	for {
		_, err := tg.do("CLASS.INSTALL", className(a), string(a.Source))
		if err == nil {
			return nil, nil
		}
		o, err := failure(err)
		if err != nil {
			return nil, err
		}
		if o.Kind == Deadline && a.Expect.Kind != Deadline || o.Kind == "busy" {
			continue // the machine stalled
		}
		return &o, nil
	}
}

func className(a *Attack) string {
	return strings.ReplaceAll(a.Name, "/", "_")
}

// junk is put before scripts that must fail, on their first line: what it writes must not be seen.
const junk = `do local junk = bufferlist.new() junk:append("junk") objclass.write_full(junk) objclass.setxattr("kept", junk) ` +
	`objclass.map_clear() objclass.map_set_val("junk", junk) end `

func script(a *Attack) string {
	if a.Expect.Kind == OK || a.ReadOnly {
		return string(a.Source)
	}
	return junk + string(a.Source)
}

// attack makes an attack once. An error is a connection that does not do what it must.
func (tg *target) attack(a *Attack, oid, script string) (Outcome, error) {
	if a.Class {
		if o, err := tg.install(a); err != nil {
			return Outcome{}, err
		} else if o != nil {
			return *o, nil
		}
	}
	return tg.call(a, oid, script)
}

// call is attack without the installation of a class.
func (tg *target) call(a *Attack, oid, script string) (Outcome, error) {
	args := []string{"OBJ.EVAL", "default", oid, script, a.Handler}
	if a.Class {
		args = []string{"OBJ.EXEC", "default", oid, className(a), a.Handler}
	}
	timeout := ample
	if a.Timeout > 0 {
		timeout = a.Timeout
	}
	args = append(args, string(a.Input), "TIMEOUT", fmt.Sprint(timeout.Milliseconds()), "META")
	if a.ReadOnly {
		args = append(args, "READONLY")
	}
	reply, err := tg.do(args...)
	if err != nil {
		return failure(err)
	}
	return success(reply)
}

func failure(err error) (Outcome, error) {
	var e replyError
	if !errors.As(err, &e) {
		return Outcome{}, err
	}
	words := strings.SplitN(string(e), " ", 3)
	if len(words) < 3 {
		return Outcome{}, fmt.Errorf("an error is %q", e)
	}
	return Outcome{Kind: words[1], Errno: words[0], Text: words[2]}, nil
}

// success reads a map of a reply with META, which RESP2 sends as an array.
func success(reply any) (Outcome, error) {
	fields, _ := reply.([]any)
	o := Outcome{Kind: OK}
	for i := 0; i+1 < len(fields); i += 2 {
		switch fields[i] {
		case "ret":
			o.Ret, _ = fields[i+1].(int)
		case "output":
			o.Text, _ = fields[i+1].(string)
		}
	}
	if len(fields) != 12 {
		return o, fmt.Errorf("a reply is %.300v", reply)
	}
	return o, nil
}

// checkAlive checks that the connection answers, and that it is the same process that does.
func (tg *target) checkAlive() {
	tg.t.Helper()
	if reply := tg.must("PING", "still there"); reply != "still there" {
		tg.t.Errorf("PING is answered %v", reply)
	}
	info, _ := tg.must("INFO", "server").(string)
	if id := fmt.Sprintf("process_id:%d\r\n", tg.daemon.PID()); !strings.Contains(info, id) || !tg.daemon.Running() {
		tg.t.Errorf("the daemon is another process, not %s: %s", id, info)
	}
}

// checkSame checks that an object is what it was.
func (tg *target) checkSame(oid string, before []any) {
	tg.t.Helper()
	if after := tg.content(oid); !reflect.DeepEqual(before, after) {
		tg.t.Errorf("object %s was changed: it is %.300v, was %.300v", oid, after, before)
	}
}
