// This file writes a cluster's ceph.conf and keyring.

package ceph

import (
	"fmt"
	"net"
	"os"
	"strings"
)

// conf has what makes a cluster small, quick to start, and kept to its folder and to loopback.
// Of a key that is there twice Ceph takes the last: what Options add stands below.
const conf = `[global]
fsid = %[1]s
mon host = [v2:%[2]s/0]
public addr = 127.0.0.1
ms bind msgr1 = false
run dir = %[3]s
mon data = %[3]s/mon.a
osd data = %[3]s/osd.$id
mgr data = %[3]s/mgr.x
crash dir = %[3]s
keyring = %[4]s
auth cluster required = %[5]s
auth service required = %[5]s
auth client required = %[5]s
osd objectstore = memstore
memstore device bytes = 4294967296
# A fast shutdown would lose what a memstore saves when it ends.
osd fast shutdown = false
osd class load list = *
osd class default list = *
osd crush update on start = false
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon max pg per osd = 10000
mon data avail crit = 1
mon data avail warn = 1
paxos propose interval = 0.05
paxos min wait = 0.01
mon warn on pool no redundancy = false
mgr initial modules =
mgr pool = false
mon allow pool delete = true
auth allow insecure global id reclaim = false
%[6]s
[mon]
log file = %[3]s/$name.log
[mgr]
log file = %[3]s/$name.log
[osd]
log file = %[3]s/$name.log
`

func (c *Cluster) writeConf() error {
	keyring, auth := "/dev/null", "none"
	if c.opts.Cephx {
		keyring, auth = c.Keyring(), "cephx"
	}
	text := fmt.Sprintf(conf, c.fsid, c.monAddr, c.dir, keyring, auth, c.opts.Conf)
	return os.WriteFile(c.Conf(), []byte(text), 0o644)
}

// writeKeyring makes the keys of all who take part; the monitor imports the file when it is made.
func (c *Cluster) writeKeyring() error {
	add := func(name string, caps ...string) error {
		args := []string{c.Keyring(), "--gen-key", "-n", name}
		for i := 0; i < len(caps); i += 2 {
			args = append(args, "--cap", caps[i], caps[i+1])
		}
		return c.run("ceph-authtool", args...)
	}
	if err := c.run("ceph-authtool", c.Keyring(), "--create-keyring"); err != nil {
		return err
	}
	if err := add("mon.", "mon", "allow *"); err != nil {
		return err
	}
	if err := add("client.admin", "mon", "allow *", "osd", "allow *", "mgr", "allow *", "mds", "allow *"); err != nil {
		return err
	}
	if err := add("mgr.x", "mon", "allow profile mgr", "osd", "allow *", "mds", "allow *"); err != nil {
		return err
	}
	for i := range c.opts.OSDs {
		if err := add(fmt.Sprintf("osd.%d", i), "mon", "allow profile osd", "mgr", "allow profile osd", "osd", "allow *"); err != nil {
			return err
		}
	}
	return nil
}

func newUUID() (string, error) {
	text, err := os.ReadFile("/proc/sys/kernel/random/uuid")
	return strings.TrimSpace(string(text)), err
}

// freeAddr returns an address of loopback on which nobody listens now.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
