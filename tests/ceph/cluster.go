// Package ceph runs real Ceph clusters for tests, on loopback and in a temporary folder: one monitor, one manager, and OSDs that
// keep their objects in memory. It needs Debian's packages ceph-mon, ceph-mgr, ceph-osd and ceph-common. Several clusters
// may run at once. Daemons are stopped by their process ids, and die with the program that started them.
package ceph

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Options describe a cluster. The zero value is one OSD without authentication.
type Options struct {
	OSDs  int    // default 1
	Cephx bool   // clients and daemons authenticate
	Conf  string // lines added to the section [global]
}

// Cluster is a running cluster. Its methods are for one goroutine at a time.
type Cluster struct {
	dir     string
	opts    Options
	fsid    string
	monAddr string
	mon     *daemon
	mgr     *daemon
	osds    []*daemon // nil while stopped
	uuids   []string  // of the OSDs
}

// upTimeout is far above what a slow machine needs; it only keeps a program from hanging.
const upTimeout = 2 * time.Minute

// New brings a cluster up, and returns when all OSDs are up. The folder is removed by Stop.
func New(opts Options) (*Cluster, error) {
	if opts.OSDs == 0 {
		opts.OSDs = 1
	}
	dir, err := os.MkdirTemp("", "ceph") // short: the daemons' sockets lie in it
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir, opts: opts, osds: make([]*daemon, opts.OSDs)}
	if err := c.bringUp(); err != nil {
		logs := c.Logs()
		return nil, fmt.Errorf("%w\n%s", errors.Join(err, c.Stop()), logs)
	}
	return c, nil
}

func (c *Cluster) bringUp() error {
	var err error
	if c.fsid, err = newUUID(); err != nil {
		return err
	}
	for range c.opts.OSDs {
		uuid, err := newUUID()
		if err != nil {
			return err
		}
		c.uuids = append(c.uuids, uuid)
	}
	if c.monAddr, err = freeAddr(); err != nil {
		return err
	}
	if err := c.writeConf(); err != nil {
		return err
	}
	if c.opts.Cephx {
		if err := c.writeKeyring(); err != nil {
			return err
		}
	}
	if err := c.startMon(); err != nil {
		return err
	}
	if c.mgr, err = c.start("ceph-mgr", "-i", "x"); err != nil {
		return err
	}
	if err := c.makeOSDs(); err != nil {
		return err
	}
	for i := range c.osds {
		if err := c.StartOSD(i); err != nil {
			return err
		}
	}
	return c.WaitUp(c.opts.OSDs)
}

func (c *Cluster) startMon() error {
	monmap := filepath.Join(c.dir, "monmap")
	if err := c.run("monmaptool", "--create", "--fsid", c.fsid, "--addv", "a", "[v2:"+c.monAddr+"/0]", monmap); err != nil {
		return err
	}
	args := []string{"--mkfs", "-i", "a", "--monmap", monmap, "-c", c.Conf()}
	if c.opts.Cephx {
		args = append(args, "--keyring", c.Keyring())
	}
	if err := c.run("ceph-mon", args...); err != nil {
		return err
	}
	var err error
	c.mon, err = c.start("ceph-mon", "-i", "a")
	return err
}

// makeOSDs makes the OSDs known to the monitor, and their folders.
func (c *Cluster) makeOSDs() error {
	var commands strings.Builder
	for i, uuid := range c.uuids {
		fmt.Fprintf(&commands, "osd new %s %d\n", uuid, i)
		fmt.Fprintf(&commands, "osd crush add osd.%d 1.0 host=host%d root=default\n", i, i)
	}
	if _, err := c.session(commands.String()); err != nil {
		return err
	}
	for i, uuid := range c.uuids {
		if err := os.MkdirAll(c.osdDir(i), 0o755); err != nil {
			return err
		}
		if err := c.run("ceph-osd", "--mkfs", "-i", fmt.Sprint(i), "--osd-uuid", uuid, "-c", c.Conf(), "--no-mon-config"); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) osdDir(i int) string { return filepath.Join(c.dir, fmt.Sprintf("osd.%d", i)) }

// Conf returns the path of the cluster's ceph.conf.
func (c *Cluster) Conf() string { return filepath.Join(c.dir, "ceph.conf") }

// Keyring returns the path of the keyring of client.admin and all daemons. It exists in a cluster with Cephx.
func (c *Cluster) Keyring() string { return filepath.Join(c.dir, "keyring") }

// StopOSD ends an OSD as an administrator does. What it held is there when it starts again.
func (c *Cluster) StopOSD(i int) error {
	osd := c.osds[i]
	c.osds[i] = nil
	return osd.stop()
}

// StartOSD starts an OSD that does not run. WaitUp tells when it serves.
func (c *Cluster) StartOSD(i int) (err error) {
	c.osds[i], err = c.start("ceph-osd", "-i", fmt.Sprint(i))
	return err
}

// PauseOSD stops an OSD's process where it stands, so that it neither answers nor closes its connections.
func (c *Cluster) PauseOSD(i int) error { return c.osds[i].pause() }

// ResumeOSD ends the pause.
func (c *Cluster) ResumeOSD(i int) error { return c.osds[i].resume() }

// PauseMon is PauseOSD for the monitor.
func (c *Cluster) PauseMon() error { return c.mon.pause() }

// ResumeMon ends the pause.
func (c *Cluster) ResumeMon() error { return c.mon.resume() }

// WaitUp returns when so many OSDs are up.
func (c *Cluster) WaitUp(osds int) error {
	for end := time.Now().Add(upTimeout); ; {
		out, err := c.Command("osd", "stat", "--format", "json")
		if err != nil {
			return err
		}
		var stat struct {
			Up int `json:"num_up_osds"`
		}
		if err := json.Unmarshal(out, &stat); err != nil {
			return fmt.Errorf("osd stat: %w in %s", err, out)
		}
		if stat.Up == osds {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%d OSDs are up, want %d", stat.Up, osds)
		}
	}
}

// Command runs "ceph args…" and returns what it printed.
func (c *Cluster) Command(args ...string) ([]byte, error) {
	return c.output(c.client("ceph", args...))
}

// Rados runs "rados args…" with an input and returns what it printed.
func (c *Cluster) Rados(input []byte, args ...string) ([]byte, error) {
	cmd := c.client("rados", args...)
	cmd.Stdin = bytes.NewReader(input)
	return c.output(cmd)
}

// session runs several commands in one process of the ceph command, which takes long to start.
func (c *Cluster) session(commands string) ([]byte, error) {
	cmd := c.client("ceph")
	cmd.Stdin = strings.NewReader(commands)
	return c.output(cmd)
}

func (c *Cluster) client(name string, args ...string) *exec.Cmd {
	return exec.Command(name, append([]string{"-c", c.Conf()}, args...)...)
}

func (c *Cluster) run(name string, args ...string) error {
	_, err := c.output(exec.Command(name, args...))
	return err
}

func (c *Cluster) output(cmd *exec.Cmd) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.SysProcAttr = dieWithParent
	if err := c.wait(cmd); err != nil {
		return stdout.Bytes(), fmt.Errorf("%s: %w\n%s%s", strings.Join(cmd.Args, " "), err, &stdout, &stderr)
	}
	return stdout.Bytes(), nil
}

// wait runs a command to its end, which comes early when there is no monitor that could answer it.
func (c *Cluster) wait(cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var monEnded chan struct{}
	if c.mon != nil {
		monEnded = c.mon.ended
	}
	select {
	case err := <-ended:
		return err
	case <-monEnded:
		cmd.Process.Kill()
		return errors.Join(errors.New("the monitor ended"), <-ended)
	case <-time.After(upTimeout):
		cmd.Process.Kill()
		return errors.Join(errors.New("no answer"), <-ended)
	}
}

// Stop ends all daemons and removes the folder.
func (c *Cluster) Stop() error {
	for _, d := range append([]*daemon{c.mgr, c.mon}, c.osds...) {
		d.kill()
	}
	return os.RemoveAll(c.dir)
}

// Logs returns what the daemons wrote to stderr.
func (c *Cluster) Logs() string {
	var all strings.Builder
	paths, _ := filepath.Glob(filepath.Join(c.dir, "*.stderr"))
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err == nil && len(text) > 0 {
			fmt.Fprintf(&all, "== %s\n%s", filepath.Base(path), text[max(0, len(text)-4000):])
		}
	}
	return all.String()
}
