// Package radoscli runs the verbs of Ceph's rados command that objluad has, too, by both programs on one cluster, and compares what they
// print, how they end, and what they leave.
package radoscli

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ceph/go-ceph/rados"

	"github.com/objluad/objluad/tests/ceph"
	"github.com/objluad/objluad/tests/rig"
)

var shared ceph.Shared

func TestMain(m *testing.M) { shared.Main(m) }

// pool is that of the objects. The daemon creates it.
const pool = "default"

// house is a cluster, and the programs that act on it.
type house struct {
	rados, ours *program
	conn        *rados.Conn
	files       string // folder of the files that steps read
}

func newHouse(t *testing.T) *house {
	t.Helper()
	c := shared.Get(t)
	d := rig.Run(t, t.TempDir(), "--store", "rados", "--ceph-conf", c.Conf())
	conn, err := rados.NewConn()
	must(t, err)
	must(t, conn.ReadConfigFile(c.Conf()))
	must(t, conn.Connect())
	t.Cleanup(conn.Shutdown)
	dir := t.TempDir()
	for name, content := range files {
		must(t, os.WriteFile(filepath.Join(dir, name[1:]), []byte(content), 0o600))
	}
	return &house{
		files: dir,
		rados: &program{"rados", []string{"-c", c.Conf()}, radosErrno},
		ours:  &program{rig.Binary(), []string{"--addr", d.Addr()}, ourErrno},
		conn:  conn,
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// contents describes all objects of a namespace, as librados shows them. The headers of omaps are not among it: steps read them.
func (h *house) contents(t *testing.T, namespace string) string {
	t.Helper()
	ioctx := h.open(t, namespace)
	defer ioctx.Destroy()
	var all strings.Builder
	for _, oid := range h.objects(t, ioctx) {
		st, err := ioctx.Stat(oid)
		must(t, err)
		data := make([]byte, st.Size)
		n, err := ioctx.Read(oid, data, 0)
		must(t, err)
		fmt.Fprintf(&all, "%q has data %s\n", oid, short(string(data[:n])))
		xattrs, err := ioctx.ListXattrs(oid)
		must(t, err)
		omap, err := ioctx.GetAllOmapValues(oid, "", "", 1000)
		must(t, err)
		writePairs(&all, "xattr", xattrs)
		writePairs(&all, "omap", omap)
	}
	return all.String()
}

func writePairs(all *strings.Builder, what string, pairs map[string][]byte) {
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		fmt.Fprintf(all, "  %s %q = %s\n", what, key, short(string(pairs[key])))
	}
}

// clear removes all objects of a namespace.
func (h *house) clear(t *testing.T, namespace string) {
	t.Helper()
	ioctx := h.open(t, namespace)
	defer ioctx.Destroy()
	for _, oid := range h.objects(t, ioctx) {
		must(t, ioctx.Delete(oid))
	}
}

func (h *house) open(t *testing.T, namespace string) *rados.IOContext {
	t.Helper()
	ioctx, err := h.conn.OpenIOContext(pool)
	must(t, err)
	ioctx.SetNamespace(namespace)
	return ioctx
}

func (h *house) objects(t *testing.T, ioctx *rados.IOContext) (oids []string) {
	t.Helper()
	must(t, ioctx.ListObjects(func(oid string) { oids = append(oids, oid) }))
	slices.Sort(oids)
	return oids
}
