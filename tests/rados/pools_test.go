package rados

// This file tests pools that cannot do everything, and users who may not.

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/tests/ceph"
	"github.com/objluad/objluad/tests/rig"
)

// Methods that an erasure-coded pool can serve, and others.
const codedClass = `
function set(input, output)
  local n = (tonumber(objclass.read(0, 0):str()) or 0) + 1
  local b = bufferlist.new()
  b:append(string.format("%d", n))
  objclass.write_full(b)
  objclass.setxattr("n", b)
  output:append(objclass.getxattr("n"))
  for name in pairs(objclass.map_get_vals("", "", 10)) do error(name) end
end

function omap() objclass.map_set_val("k", bufferlist.new()) end

function header() objclass.map_write_header(bufferlist.new()) end

function part()
  local b = bufferlist.new()
  b:append("x")
  objclass.write(1, 1, b)
end

for _, f in ipairs{set, omap, header, part} do objclass.register(f, objclass.RD | objclass.WR) end`

// An erasure-coded pool serves methods that use data as a whole, and xattrs; others are told why not. What the daemon
// remembers makes no difference.
func TestErasureCodedPool(t *testing.T) {
	cluster := ceph.Start(t, ceph.Options{OSDs: 3})
	for _, command := range []string{
		"osd erasure-code-profile set two k=2 m=1 crush-failure-domain=osd",
		"osd pool create coded 8 8 erasure two",
	} {
		if _, err := cluster.Command(strings.Fields(command)...); err != nil {
			t.Fatal(err)
		}
	}
	for _, cache := range []string{"none", "1MiB"} {
		daemon := rig.Run(t, t.TempDir(), "--store", "rados", "--ceph-conf", cluster.Conf(), "--ceph-cache", cache)
		daemon.Install(t, "coded", codedClass)
		on := daemon.Dial(t).OpenIOContext("coded")
		want := func(method, output string, errno error) {
			t.Helper()
			reply, err := on.Exec(t.Context(), "o"+cache, "coded", method, nil)
			if string(reply.Output) != output || !errors.Is(err, errno) || err != nil && !strings.Contains(err.Error(), "erasure-coded") {
				t.Errorf("cache %s, %s: %q, %v", cache, method, reply.Output, err)
			}
		}
		want("set", "1", nil)
		want("set", "2", nil)
		for _, method := range []string{"omap", "header", "part"} {
			want(method, "", syscall.EOPNOTSUPP)
		}
		want("set", "3", nil)
		hits := metric(t, daemon, "objluad_cache_hits_total")
		if (hits > 0) != (cache != "none") || metric(t, daemon, "objluad_cache_bytes") > 0 != (cache != "none") {
			t.Errorf("cache %s: %v hits", cache, hits)
		}
	}
}

// A daemon whose user has the caps of docs/stores.md serves the pools that he may use. One without a key, with a wrong one, or
// with too few caps, says so.
func TestUsers(t *testing.T) {
	cluster := ceph.Start(t, ceph.Options{Cephx: true})
	for _, pool := range []string{".objluad", "default", "foreign"} {
		if _, err := cluster.Command("osd", "pool", "create", pool); err != nil {
			t.Fatal(err)
		}
	}
	conf, err := os.ReadFile(cluster.Conf())
	if err != nil {
		t.Fatal(err)
	}
	// withKeyring returns a ceph.conf whose keyring has that text.
	withKeyring := func(text string) string {
		dir := t.TempDir()
		keyring, path := filepath.Join(dir, "keyring"), filepath.Join(dir, "ceph.conf")
		write := func(path, text string) {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if text != "" {
			write(keyring, text)
		}
		write(path, strings.ReplaceAll(string(conf), cluster.Keyring(), keyring))
		return path
	}
	user := func(name, mon, osd string) string {
		key, err := cluster.Command("auth", "get-or-create", "client."+name, "mon", mon, "osd", osd)
		if err != nil {
			t.Fatal(err)
		}
		return withKeyring(string(key))
	}

	daemon := rig.Run(t, t.TempDir(), "--store", "rados", "--ceph-user", "objluad",
		"--ceph-conf", user("objluad", "allow r", "allow rw pool=.objluad, allow rw pool=default"))
	daemon.Install(t, "account", accountClass)
	for pool, errno := range map[string]error{"default": nil, "foreign": syscall.EACCES, "absent": syscall.ENOENT} {
		_, err := daemon.Dial(t).OpenIOContext(pool).Exec(t.Context(), "a", "account", "deposit", []byte("1"))
		if !errors.Is(err, errno) {
			t.Errorf("pool %s: %v, want %v", pool, err, errno)
		}
	}

	weak := rig.Run(t, t.TempDir(), "--store", "rados", "--ceph-user", "weak",
		"--ceph-conf", user("weak", "allow r", "allow rw pool=foreign"))
	_, err = weak.Dial(t).OpenIOContext("foreign").Exec(t.Context(), "a", "account", "deposit", []byte("1"))
	if !errors.Is(err, syscall.EACCES) || !strings.Contains(err.Error(), "caps") {
		t.Errorf("a user who may not read the classes: %v", err)
	}

	for what, c := range map[string]struct{ user, conf, says string }{
		"no such user": {"nobody", cluster.Conf(), "objluad: EACCES: opening the cluster: access denied by the store: the monitors do not accept client.nobody"},
		"no keyring":   {"objluad", withKeyring(""), "objluad: ENOENT: opening the cluster: no such file or directory: no key of client.objluad"},
		"a wrong key": {"objluad", withKeyring("[client.objluad]\nkey = AQCvhEBlAAAAABAAq5xK1LVWQ5RYRXfg8r9yYw==\n"),
			"objluad: EACCES: opening the cluster: access denied by the store: the monitors do not accept client.objluad"},
	} {
		began := time.Now()
		_, err := rig.Start(t.TempDir(), "--store", "rados", "--ceph-conf", c.conf, "--ceph-user", c.user, "--ceph-timeout", "10s")
		var exit *rig.ExitError
		if !errors.As(err, &exit) {
			t.Fatalf("%s: %v", what, err)
		}
		if exit.Status != 1 || !strings.HasPrefix(exit.Stderr, c.says) || strings.Count(exit.Stderr, "\n") != 1 {
			t.Errorf("%s: %q", what, exit.Stderr)
		}
		t.Logf("%s, after %v: %s", what, time.Since(began), exit.Stderr)
	}
}
