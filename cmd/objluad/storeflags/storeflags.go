// Package storeflags opens the storage engine that --store names, for the daemon and for the commands that work on a store themselves.
package storeflags

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

// Flags are the settings of the storage engines.
type Flags struct {
	Engine   string // "pebble" or "rados"
	Data     string // folder of pebble
	memTable settings.Size
	fsync    string
	interval time.Duration
	Backups  string // folder in which a daemon may make backups, "" for none
	ceph     cephFlags
}

// Add adds the settings to flags, and gives them their defaults; of Backups, which only the daemon has, that is left to it.
func (f *Flags) Add(flags *pflag.FlagSet) {
	f.memTable = 32 << 20
	flags.StringVar(&f.Engine, "store", "pebble", "storage engine: pebble or rados")
	flags.StringVar(&f.Data, "data", "", "`folder` of the data; with --store pebble")
	flags.Var(&f.memTable, "memtable", "memory of each of up to 4 tables of recent writes, at least 1MiB; with --store pebble")
	flags.StringVar(&f.fsync, "fsync", "always", "`when` commits are safe from a crash of the machine: always, before they are answered; "+
		"interval, within --fsync-interval; never, when the system writes them; with --store pebble")
	flags.DurationVar(&f.interval, "fsync-interval", time.Second, "time between two syncs, at least 1ms; with --fsync interval")
	f.ceph.add(flags)
}

// Check refuses settings with which no store opens.
func (f *Flags) Check() error {
	switch f.Engine {
	case "pebble":
		return f.checkPebble()
	case "rados":
		return f.ceph.check()
	}
	return errno.Errorf(syscall.EINVAL, "--store is pebble or rados, not %q", f.Engine)
}

func (f *Flags) checkPebble() error {
	var problems []error
	if f.Data == "" {
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

// Open opens the store, or says what is wrong with the settings.
func (f *Flags) Open(log *slog.Logger) (st store.Store, err error) {
	if err := f.Check(); err != nil {
		return nil, settings.FirstProblem(err)
	}
	switch f.Engine {
	case "pebble":
		st, err = f.openPebble(log)
	case "rados":
		st, err = f.ceph.open()
	}
	if err == nil {
		log.Info("store opened", "store", f.Engine, "data", f.Data, "ceph_conf", f.ceph.conf)
	}
	return st, err
}

func (f *Flags) openPebble(log *slog.Logger) (store.Store, error) {
	if err := f.makeBackups(); err != nil {
		return nil, err
	}
	st, err := pebblestore.Open(f.Data, pebblestore.Options{
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

// Idle are the settings that have no effect, each with the one that makes it so. The folder of the data is left out: whoever moves a
// daemon to a cluster may keep it where it is.
func (f *Flags) Idle() map[string]string {
	if f.Engine == "rados" {
		return map[string]string{"memtable": "store", "fsync": "store", "fsync-interval": "store", "backups": "store"}
	}
	idle := map[string]string{"ceph-conf": "store", "ceph-user": "store", "ceph-cache": "store", "ceph-timeout": "store"}
	if f.fsync != string(pebblestore.FsyncInterval) {
		idle["fsync-interval"] = "fsync"
	}
	return idle
}

// makeBackups makes the folder of the backups, which only the daemon's user may read, where there is none.
func (f *Flags) makeBackups() (err error) {
	if f.Backups == "" {
		return nil
	}
	if f.Backups, err = filepath.Abs(f.Backups); err != nil {
		return err
	}
	if err := os.MkdirAll(f.Backups, 0o700); err != nil {
		return fmt.Errorf("--backups %s: %w", f.Backups, err)
	}
	return nil
}

// Facts are what INFO tells of the store.
func (f *Flags) Facts() [][2]string {
	if f.Engine != "pebble" {
		return [][2]string{{"store", f.Engine}}
	}
	facts := [][2]string{{"store", f.Engine}, {"fsync", f.fsync}}
	if f.fsync == string(pebblestore.FsyncInterval) {
		facts = append(facts, [2]string{"fsync_interval_ms", strconv.FormatInt(f.interval.Milliseconds(), 10)})
	}
	return facts
}
