// This file opens the storage engine that --store names.

package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/cmd/objluad/settings"
	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/store/pebblestore"
)

// storeFlags are the settings of the storage engines.
type storeFlags struct {
	engine   string
	data     string
	memTable settings.Size
	fsync    string
	interval time.Duration
	backups  string
	ceph     cephFlags
}

func (f *storeFlags) add(flags *pflag.FlagSet) {
	f.memTable = 32 << 20
	flags.StringVar(&f.engine, "store", "pebble", "storage engine: pebble or rados")
	flags.StringVar(&f.data, "data", "", "`folder` of the data; with --store pebble")
	flags.Var(&f.memTable, "memtable", "memory of each of up to 4 tables of recent writes, at least 1MiB; with --store pebble")
	flags.StringVar(&f.fsync, "fsync", "always", "`when` commits are safe from a crash of the machine: always, before they are answered; "+
		"interval, within --fsync-interval; never, when the system writes them; with --store pebble")
	flags.DurationVar(&f.interval, "fsync-interval", time.Second, "time between two syncs, at least 1ms; with --fsync interval")
	f.ceph.add(flags)
}

// check refuses settings with which no store opens.
func (f *storeFlags) check() error {
	switch f.engine {
	case "pebble":
		return f.checkPebble()
	case "rados":
		return f.ceph.check()
	}
	return errno.Errorf(syscall.EINVAL, "--store is pebble or rados, not %q", f.engine)
}

func (f *storeFlags) checkPebble() error {
	var problems []error
	if f.data == "" {
		problems = append(problems, errno.Errorf(syscall.EINVAL, "--data DIR says where the data is kept"))
	}
	if f.memTable < 1<<20 {
		problems = append(problems, errno.Errorf(syscall.EINVAL, "--memtable is at least 1MiB"))
	}
	switch pebblestore.Fsync(f.fsync) {
	case pebblestore.FsyncAlways, pebblestore.FsyncInterval, pebblestore.FsyncNever:
	default:
		problems = append(problems, errno.Errorf(syscall.EINVAL, "--fsync is always, interval or never, not %q", f.fsync))
	}
	if f.interval < time.Millisecond {
		problems = append(problems, errno.Errorf(syscall.EINVAL, "--fsync-interval is 1ms at least"))
	}
	return errors.Join(problems...)
}

func (f *storeFlags) open(log *slog.Logger) (st store.Store, err error) {
	if err := f.check(); err != nil {
		return nil, settings.FirstProblem(err)
	}
	switch f.engine {
	case "pebble":
		st, err = f.openPebble(log)
	case "rados":
		st, err = f.ceph.open()
	}
	if err == nil {
		log.Info("store opened", "store", f.engine, "data", f.data, "ceph_conf", f.ceph.conf)
	}
	return st, err
}

func (f *storeFlags) openPebble(log *slog.Logger) (store.Store, error) {
	if err := f.makeBackups(); err != nil {
		return nil, err
	}
	st, err := pebblestore.Open(f.data, pebblestore.Options{
		Logger:        log,
		MemTableSize:  uint64(f.memTable),
		Fsync:         pebblestore.Fsync(f.fsync),
		FsyncInterval: f.interval,
	})
	if err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	return st, nil
}

// idle are the settings that have no effect, each with the one that makes it so. The folder of the data is left out: whoever moves a
// daemon to a cluster may keep it where it is.
func (f *storeFlags) idle() map[string]string {
	if f.engine == "rados" {
		return map[string]string{"memtable": "store", "fsync": "store", "fsync-interval": "store", "backups": "store"}
	}
	idle := map[string]string{"ceph-conf": "store", "ceph-user": "store", "ceph-cache": "store", "ceph-timeout": "store"}
	if f.fsync != string(pebblestore.FsyncInterval) {
		idle["fsync-interval"] = "fsync"
	}
	return idle
}

// makeBackups makes the folder of the backups, which only the daemon's user may read, where there is none.
func (f *storeFlags) makeBackups() (err error) {
	if f.backups == "" {
		return nil
	}
	if f.backups, err = filepath.Abs(f.backups); err != nil {
		return err
	}
	if err := os.MkdirAll(f.backups, 0o700); err != nil {
		return fmt.Errorf("--backups %s: %w", f.backups, err)
	}
	return nil
}

// facts are what INFO tells of the store.
func (f *storeFlags) facts() [][2]string {
	if f.engine != "pebble" {
		return [][2]string{{"store", f.engine}}
	}
	facts := [][2]string{{"store", f.engine}, {"fsync", f.fsync}}
	if f.fsync == string(pebblestore.FsyncInterval) {
		facts = append(facts, [2]string{"fsync_interval_ms", strconv.FormatInt(f.interval.Milliseconds(), 10)})
	}
	return facts
}
