//go:build !norados

package radosstore

// This file connects to a cluster, and says what is wrong where that fails.

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ceph/go-ceph/rados"

	"github.com/objluad/objluad/store"
)

// Options say which cluster, as whom, and how patiently.
type Options struct {
	// Conf is the path of ceph.conf. Default: where Ceph's own programs look for it (CEPH_CONF, /etc/ceph/ceph.conf, …).
	Conf string
	// User is the client's name, with or without "client."; default "admin".
	User string
	// Timeout bounds the connecting, and each operation on a cluster that does not answer; default 30 s. It must be longer
	// than the cluster needs to take an OSD's failure over.
	Timeout time.Duration
	// Cache bounds the bytes of small objects that are remembered for changes; default 64 MiB, negative for none.
	Cache int64
}

func (o Options) withDefaults() Options {
	o.User = strings.TrimPrefix(o.User, "client.")
	if o.User == "" {
		o.User = "admin"
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Cache == 0 {
		o.Cache = 64 << 20
	}
	return o
}

// settings are what the client needs beyond ceph.conf.
func (o Options) settings() [][2]string {
	seconds := strconv.FormatFloat(o.Timeout.Seconds(), 'f', -1, 64)
	return [][2]string{
		{"client_mount_timeout", seconds},
		{"rados_mon_op_timeout", seconds},
		{"rados_osd_op_timeout", seconds},
		// librados would block whoever begins an operation beyond these numbers, past any context. What is under way is bounded
		// by those who ask.
		{"objecter_inflight_ops", "0"},
		{"objecter_inflight_op_bytes", "0"},
		// The program has a log of its own, and its errors say what is wrong.
		{"log_to_stderr", "false"},
		{"err_to_stderr", "false"},
	}
}

// connect returns a connection that has seen the cluster's maps. It ends within the timeout.
func connect(o Options) (*rados.Conn, error) {
	conn, err := rados.NewConnWithUser(o.User)
	if err != nil {
		return nil, fmt.Errorf("librados: %w", radosError(err))
	}
	if err := o.readConf(conn); err != nil {
		return nil, err
	}
	for _, s := range o.settings() {
		if err := conn.SetConfigOption(s[0], s[1]); err != nil {
			return nil, fmt.Errorf("librados: option %s = %s: %w", s[0], s[1], radosError(err))
		}
	}
	if err := conn.Connect(); err != nil {
		return nil, o.connectError(conn, err)
	}
	return conn, nil
}

func (o Options) readConf(conn *rados.Conn) error {
	if o.Conf == "" {
		if err := conn.ReadDefaultConfigFile(); err != nil {
			return fmt.Errorf("%w: no ceph.conf in the places where Ceph looks for it; name the cluster's", syscall.ENOENT)
		}
		return nil
	}
	f, err := os.Open(o.Conf) // librados would only say that there is none
	if err != nil {
		return fmt.Errorf("%w; name the cluster's ceph.conf, which this user may read", err)
	}
	f.Close()
	if err := conn.ReadConfigFile(o.Conf); err != nil {
		return fmt.Errorf("%w: %s is no ceph.conf", syscall.EINVAL, o.Conf)
	}
	return nil
}

// connectError says what to do about a cluster that cannot be connected to.
func (o Options) connectError(conn *rados.Conn, err error) error {
	hosts, _ := conn.GetConfigOption("mon_host")
	keyring, _ := conn.GetConfigOption("keyring")
	errno := errnoOf(err)
	switch {
	case hosts == "":
		return fmt.Errorf("%w: ceph.conf names no monitors; it needs a line mon_host = ADDRESSES", syscall.EINVAL)
	case errno == syscall.ENOENT || errno == syscall.EINVAL:
		return fmt.Errorf("%w: no key of client.%s in %s; put it there, or name its file by a line keyring = FILE in ceph.conf",
			syscall.ENOENT, o.User, keyring)
	case errno == syscall.EACCES || errno == syscall.EPERM:
		return fmt.Errorf("%w: the monitors do not accept client.%s with a key from %s; compare it with ceph auth get client.%[2]s",
			store.ErrDenied, o.User, keyring)
	case errno == syscall.ETIMEDOUT:
		return fmt.Errorf("%w: no monitor of %s answered within %v; are they running, and are the addresses right?",
			store.ErrTimedOut, hosts, o.Timeout)
	}
	return fmt.Errorf("%w: connecting to %s as client.%s", radosError(err), hosts, o.User)
}
