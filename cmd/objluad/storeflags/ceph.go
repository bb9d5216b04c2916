// This file is the flags of --store rados.

package storeflags

import (
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/cmd/objluad/settings"
)

// cephFlags say which cluster, as whom, and how patiently.
type cephFlags struct {
	conf    string
	user    string
	timeout time.Duration
	cache   cacheFlag
}

func (f *cephFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.conf, "ceph-conf", "", "`file` that describes the cluster; default where Ceph looks for it; with --store rados")
	flags.StringVar(&f.user, "ceph-user", "admin", "`name` as which the daemon uses the cluster; with --store rados")
	f.cache.Size = 64 << 20
	flags.Var(&f.cache, "ceph-cache", "memory for objects that are remembered for writing methods, or none; with --store rados")
	flags.DurationVar(&f.timeout, "ceph-timeout", 30*time.Second, "how long the cluster may take to answer; with --store rados")
}

func (f *cephFlags) check() error {
	if f.timeout < time.Second {
		return errno.Errorf(syscall.EINVAL, "--ceph-timeout is 1s at least")
	}
	return nil
}

// cacheFlag is a size, or "none", which is 0.
type cacheFlag struct{ settings.Size }

func (c *cacheFlag) Set(text string) error {
	if text == "none" {
		c.Size = 0
		return nil
	}
	return c.Size.Set(text)
}

func (c *cacheFlag) String() string {
	if c.Size == 0 {
		return "none"
	}
	return c.Size.String()
}
