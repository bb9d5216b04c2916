// This file copies a daemon's store while clients write to it, and serves the copy.

package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/tests/rig"
)

const counterClass = `
function incr(input, output)
  local n = (tonumber(objclass.read(0, 0):str()) or 0) + 1
  local value = bufferlist.new()
  value:append(string.format("%d", n))
  objclass.write_full(value)
end
objclass.register(incr, objclass.RD | objclass.WR)
`

// Every increment that was acknowledged before a backup began is in it, and none that began after it ended.
func TestBackup(t *testing.T) {
	dir := t.TempDir()
	backups := filepath.Join(dir, "backups")
	d := rig.Run(t, filepath.Join(dir, "data"), "--backups", backups, "--memtable", "1MiB")
	d.Install(t, "counter", counterClass)
	const clients = 8
	var begun, acked [clients]atomic.Int64
	var stop atomic.Bool
	var wg sync.WaitGroup
	for i := range clients {
		ioctx := d.Dial(t).OpenIOContext("default")
		wg.Go(func() {
			for !stop.Load() {
				begun[i].Add(1)
				if _, err := ioctx.Exec(t.Context(), "counter-"+strconv.Itoa(i), "counter", "incr", nil); err != nil {
					t.Error(err)
					return
				}
				acked[i].Add(1)
			}
		})
	}
	for i := range clients {
		for acked[i].Load() == 0 && !t.Failed() {
			continue
		}
	}
	conn := d.Dial(t)
	var low, high [3][clients]int64
	for b := range low {
		for i := range clients {
			low[b][i] = acked[i].Load()
		}
		path, err := conn.Backup(t.Context(), "b"+strconv.Itoa(b))
		if err != nil || path != filepath.Join(backups, "b"+strconv.Itoa(b)) {
			t.Fatal(path, err)
		}
		for i := range clients {
			high[b][i] = begun[i].Load()
		}
	}
	stop.Store(true)
	wg.Wait()
	for b := range low {
		backup := filepath.Join(backups, "b"+strconv.Itoa(b))
		rig.Check(t, backup)
		ioctx := rig.Run(t, backup).Dial(t).OpenIOContext("default")
		for i := range clients {
			if n := count(t, ioctx, i); n < low[b][i] || n > high[b][i] {
				t.Errorf("backup %d: counter %d is %d; %d were acknowledged before and %d begun after", b, i, n, low[b][i], high[b][i])
			}
		}
	}
	for i := range clients {
		if n := count(t, conn.OpenIOContext("default"), i); n != acked[i].Load() {
			t.Errorf("counter %d is %d after %d increments", i, n, acked[i].Load())
		}
	}
}

func count(t *testing.T, ioctx *client.IOContext, i int) int64 {
	t.Helper()
	data, err := ioctx.ReadFull(t.Context(), "counter-"+strconv.Itoa(i))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseInt(string(data), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestBackupRefused(t *testing.T) {
	dir := t.TempDir()
	d := rig.Run(t, filepath.Join(dir, "data"))
	refused := func(d *rig.Daemon, name, want string) {
		t.Helper()
		if got := inline(t, d, "STORE.BACKUP "+name); !strings.HasPrefix(got, "-"+want) {
			t.Errorf("STORE.BACKUP %s: %q, want %s", name, got, want)
		}
	}
	refused(d, "b", "EPERM auth backups are off: start the daemon with --backups DIR")
	if status, body := request(t, d, "POST", "/v1/backups/b", ""); status != 403 || !strings.Contains(body, "EPERM") {
		t.Errorf("POST: %d %s", status, body)
	}

	backups := filepath.Join(dir, "backups")
	d = rig.Run(t, filepath.Join(dir, "data2"), "--backups", backups)
	for _, name := range []string{"..", ".b", "../b", "a/b", "-b", `""`, strings.Repeat("x", 129), "a%b"} {
		refused(d, name, "EINVAL input backup")
	}
	if status, body := request(t, d, "POST", "/v1/backups/b", ""); status != 200 || !strings.Contains(body, filepath.Join(backups, "b")) {
		t.Errorf("POST: %d %s", status, body)
	}
	refused(d, "b", "EEXIST op backup exists: ")
	if status, body := request(t, d, "POST", "/v1/backups/..%2fb", ""); status != 400 || !strings.Contains(body, "EINVAL") {
		t.Errorf("POST: %d %s", status, body)
	}
	entries, err := os.ReadDir(backups)
	if err != nil || len(entries) != 1 || entries[0].Name() != "b" {
		t.Errorf("there are %v, %v", entries, err)
	}
}
