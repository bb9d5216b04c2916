// Package move moves stores to other engines and back, with the command, and looks at what arrives.
package move

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/objluad/objluad/tests/ceph"
	"github.com/objluad/objluad/tests/rig"
)

// tool runs the command, which prints a document in JSON.
func tool(t *testing.T, args ...string) (report struct {
	Created, Replaced, Same, Objects, Problems int64
	Seconds                                    float64
	Memory                                     int64 `json:"peak_memory_bytes"`
}) {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command(rig.Binary(), append(args, "--json")...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(args, " "), err, out, &stderr)
	}
	text := bytes.Replace(out, []byte(`"problems":[]`), []byte(`"problems":0`), 1)
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatalf("%s: %v in %s", args[0], err, out)
	}
	t.Logf("%s: %d objects, %.1f s, %d MiB", args[0], report.Objects+report.Created, report.Seconds, report.Memory>>20)
	return report
}

// refused runs the command, which must fail, and say why on one line.
func refused(t *testing.T, errno, says string, args ...string) {
	t.Helper()
	out, err := exec.Command(rig.Binary(), args...).CombinedOutput()
	text := string(out)
	if err == nil || !strings.HasPrefix(text, "objluad: "+errno+": ") || !strings.Contains(text, says) || strings.Count(text, "\n") != 1 {
		t.Errorf("%s: %v, %s; want %s, %q", strings.Join(args, " "), err, out, errno, says)
	}
}

// The way from a folder to a cluster and back loses nothing and changes nothing, and classes can be called on the way.
func TestMove(t *testing.T) { move(t, 2_000) }

// TestSoakMove is TestMove with many objects. It prints time and memory of each step.
func TestSoakMove(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("SOAK is not set")
	}
	move(t, 100_000)
}

func move(t *testing.T, objects int) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	cluster := ceph.Start(t, ceph.Options{})
	rados := []string{"--store", "rados", "--ceph-conf", cluster.Conf()}
	folder := func(name string) []string { return []string{"--data", file(name)} }
	run := func(name, archive string, store []string) int64 {
		t.Helper()
		r := tool(t, append([]string{name, archive}, store...)...)
		return r.Objects + r.Created
	}

	fill(t, file("filling"), objects)
	run("import", file("filling"), folder("first"))
	daemon := rig.Run(t, file("first"))
	daemon.Install(t, "greet", greetClass)
	if err := daemon.Stop(); err != nil {
		t.Fatal(err)
	}
	tool(t, "check", "--data", file("first"))

	want := int64(objects + 1) // the class
	for _, step := range []struct {
		name, archive string
		store         []string
	}{
		{"export", "a", folder("first")},
		{"import", "a", rados},
		{"export", "b", append(rados, "-p", "default", "-p", "other", "-p", ".objluad")},
		{"import", "b", folder("second")},
		{"export", "c", folder("second")},
	} {
		if n := run(step.name, file(step.archive), step.store); n != want {
			t.Errorf("%s %s: %d objects, want %d", step.name, step.archive, n, want)
		}
	}
	tool(t, append([]string{"check"}, rados...)...)
	tool(t, "check", "--data", file("second"))
	first := digests(t, file("a"))
	for _, name := range []string{"b", "c"} {
		compare(t, name, digests(t, file(name)), first)
	}
	if r := tool(t, append([]string{"import", file("c")}, rados...)...); r.Same != want {
		t.Errorf("of %d objects %d are as they were", want, r.Same)
	}

	for name, args := range map[string][]string{"the cluster": rados, "the second folder": nil} {
		d := rig.Run(t, file("second"), args...)
		reply, err := d.Dial(t).OpenIOContext("default").Exec(t.Context(), "o", "greet", "hello", nil)
		if err != nil || string(reply.Output) != "hello" {
			t.Errorf("a class in %s: %q, %v", name, reply.Output, err)
		}
		if err := d.Stop(); err != nil {
			t.Error(err)
		}
	}
}

const greetClass = `function hello(input, output) output:append("hello") end
objclass.register(hello, objclass.RD)`

// Programs that are not the tools of a cluster say what is wrong with it.
func TestClusterErrors(t *testing.T) {
	dir := t.TempDir()
	archive := filepath.Join(dir, "archive")
	fill(t, archive, 10)
	missing := filepath.Join(dir, "ceph.conf")
	for _, command := range [][]string{{"export", filepath.Join(dir, "x")}, {"import", archive}, {"check"}} {
		refused(t, "ENOENT", "name the cluster's ceph.conf", append(command, "--store", "rados", "--ceph-conf", missing)...)
	}

	cluster := ceph.Start(t, ceph.Options{Cephx: true})
	conf, err := os.ReadFile(cluster.Conf())
	if err != nil {
		t.Fatal(err)
	}
	noKeys := filepath.Join(dir, "nokeys.conf")
	text := strings.ReplaceAll(string(conf), cluster.Keyring(), filepath.Join(dir, "nosuch"))
	if err := os.WriteFile(noKeys, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, "ENOENT", "no key of client.admin", "import", archive, "--store", "rados", "--ceph-conf", noKeys)

	// A client that may not create pools is told which one is missing.
	out, err := cluster.Command("auth", "get-or-create", "client.app", "mon", "allow r", "osd", "allow rw")
	if err != nil {
		t.Fatal(err)
	}
	keys := filepath.Join(dir, "app.keyring")
	app := filepath.Join(dir, "app.conf")
	text = strings.ReplaceAll(string(conf), cluster.Keyring(), keys)
	if err := os.WriteFile(keys, out, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(app, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	asApp := []string{"--store", "rados", "--ceph-conf", app, "--ceph-user", "app"}
	refused(t, "EACCES", `pool "default" is missing, and cannot be created`, append([]string{"import", archive}, asApp...)...)
	for _, pool := range []string{"default", "other"} {
		if _, err := cluster.Command("osd", "pool", "create", pool); err != nil {
			t.Fatal(err)
		}
	}
	if r := tool(t, append([]string{"import", archive}, asApp...)...); r.Created != 10 {
		t.Errorf("%d objects were created", r.Created)
	}
	refused(t, "ENOENT", `"nosuch"`, append([]string{"export", "-", "-p", "nosuch"}, asApp...)...)

	// The cluster's own commands made an object by half, as an interrupted import leaves it.
	if _, err := cluster.Rados([]byte("x"), "-p", "default", "put", "half", "-"); err != nil {
		t.Fatal(err)
	}
	if _, err := cluster.Rados(nil, "-p", "default", "setxattr", "half", "objluad.partial", "1"); err != nil {
		t.Fatal(err)
	}
	refused(t, "EINPROGRESS", `"half"`, append([]string{"export", filepath.Join(dir, "x")}, asApp...)...)
	if _, err := os.Stat(filepath.Join(dir, "x")); err == nil {
		t.Error("an export that failed left a file")
	}
	out, err = exec.Command(rig.Binary(), append([]string{"check"}, asApp...)...).CombinedOutput()
	if err == nil || !strings.Contains(string(out), `object "half" of pool "default": it is there by half`) || !strings.Contains(string(out), "objluad: EIO: 1 problems") {
		t.Errorf("check: %v, %s", err, out)
	}
}

// A damaged archive is refused with the place, and what it imported are whole objects of it; the undamaged one completes that.
func TestDamagedArchive(t *testing.T) {
	dir := t.TempDir()
	archive, damaged, data := filepath.Join(dir, "archive"), filepath.Join(dir, "damaged"), filepath.Join(dir, "data")
	fill(t, archive, 1000)
	text, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"truncated": text[:len(text)*3/4],
		"altered":   append(append(bytes.Clone(text[:len(text)*3/4]), text[len(text)*3/4]^1), text[len(text)*3/4+1:]...),
	} {
		if err := os.WriteFile(damaged, b, 0o600); err != nil {
			t.Fatal(err)
		}
		os.RemoveAll(data)
		refused(t, "EBADMSG", "the archive is damaged at byte ", "import", damaged, "--data", data, "--verify")
		if _, err := os.Stat(data); err == nil {
			t.Errorf("%s: something was made of it", name)
		}
		refused(t, "EBADMSG", "objects are imported, and importing again goes on from there", "import", damaged, "--data", data)
		left := filepath.Join(dir, "left "+name)
		r := tool(t, "export", left, "--data", data)
		if r.Objects == 0 || r.Objects >= 1000 {
			t.Errorf("%s: %d objects were imported", name, r.Objects)
		}
		want := digests(t, archive)
		for ref, sum := range digests(t, left) {
			if want[ref] != sum {
				t.Errorf("%s: object %v is not as in the archive", name, ref)
			}
		}
		again := tool(t, "import", archive, "--data", data)
		if again.Same != r.Objects || again.Created+again.Same != 1000 {
			t.Errorf("%s: then %d are the same, and %d created", name, again.Same, again.Created)
		}
	}
}

// A signal ends an import that waits for its standard input.
func TestInterrupted(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	cmd := exec.Command(rig.Binary(), "import", "-", "--data", data)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	opened := func() bool {
		found, _ := filepath.Glob(filepath.Join(data, "marker.manifest.*"))
		return len(found) > 0
	}
	for end := time.Now().Add(time.Minute); !opened() && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	stuck := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer stuck.Stop()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	err = cmd.Wait()
	if err == nil || cmd.ProcessState.ExitCode() != 1 || !strings.HasPrefix(stderr.String(), "objluad: ECANCELED: ") {
		t.Errorf("%v, %s", err, &stderr)
	}
}

// A disk that is full ends an import and an export with ENOSPC, and no archive is left.
func TestNoSpace(t *testing.T) {
	dir := t.TempDir()
	if err := exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", dir).Run(); err != nil {
		t.Skipf("no file system can be mounted here: %v", err)
	}
	t.Cleanup(func() { exec.Command("umount", dir).Run() })
	other := t.TempDir()
	archive, data := filepath.Join(other, "archive"), filepath.Join(other, "data")
	fill(t, archive, 1000)
	refused(t, "ENOSPC", "no space left", "import", archive, "--data", filepath.Join(dir, "data"))
	tool(t, "import", archive, "--data", data)
	refused(t, "ENOSPC", "no space left", "export", filepath.Join(dir, "archive"), "--compress=false", "--data", data)
	left, err := filepath.Glob(filepath.Join(dir, "*archive*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// What a person sees of pools through Go is what the tools moved.
func TestPoolStats(t *testing.T) {
	dir := t.TempDir()
	archive := filepath.Join(dir, "archive")
	fill(t, archive, 200)
	tool(t, "import", archive, "--data", filepath.Join(dir, "data"))
	conn := rig.Run(t, filepath.Join(dir, "data")).Dial(t)
	stat, err := conn.GetClusterStats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sum := uint64(0)
	for name, pool := range stat.Pools {
		got, err := conn.OpenIOContext(name).GetPoolStats(t.Context())
		if err != nil || got != pool {
			t.Errorf("pool %s has %+v, and alone %+v, %v", name, pool, got, err)
		}
		sum += pool.Objects
	}
	if sum != 200 || stat.Total == 0 {
		t.Errorf("%+v", stat)
	}
	var names []string
	if names, err = conn.ListPools(t.Context()); err != nil || fmt.Sprint(names) != "[default other]" {
		t.Errorf("pools %q, %v", names, err)
	}
}
