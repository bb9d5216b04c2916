// This file opens the storage engine that --store names.

package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/store/pebblestore"
)

// storeFlags are the settings of the storage engines.
type storeFlags struct {
	engine   string
	data     string
	memTable sizeFlag
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

func (f *storeFlags) open(log *slog.Logger) (st store.Store, err error) {
	switch f.engine {
	case "pebble":
		st, err = f.openPebble(log)
	case "rados":
		st, err = f.ceph.open()
	default:
		return nil, fail(syscall.EINVAL, "--store is pebble or rados, not %q", f.engine)
	}
	if err == nil {
		log.Info("store opened", "store", f.engine, "data", f.data, "ceph_conf", f.ceph.conf)
	}
	return st, err
}

func (f *storeFlags) openPebble(log *slog.Logger) (store.Store, error) {
	if f.data == "" {
		return nil, fail(syscall.EINVAL, "--data DIR says where the data is kept")
	}
	if f.memTable < 1<<20 {
		return nil, fail(syscall.EINVAL, "--memtable is at least 1MiB")
	}
	fsync := pebblestore.Fsync(f.fsync)
	switch fsync {
	case pebblestore.FsyncAlways, pebblestore.FsyncInterval, pebblestore.FsyncNever:
	default:
		return nil, fail(syscall.EINVAL, "--fsync is always, interval or never, not %q", f.fsync)
	}
	if f.interval < time.Millisecond {
		return nil, fail(syscall.EINVAL, "--fsync-interval is 1ms at least")
	}
	if err := f.makeBackups(); err != nil {
		return nil, err
	}
	st, err := pebblestore.Open(f.data, pebblestore.Options{
		Logger:        log,
		MemTableSize:  uint64(f.memTable),
		Fsync:         fsync,
		FsyncInterval: f.interval,
	})
	if err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	return st, nil
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
