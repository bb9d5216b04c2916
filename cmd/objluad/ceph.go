// This file is the flags of --store rados.

package main

import (
	"time"

	"github.com/spf13/pflag"
)

// cephFlags say which cluster, as whom, and how patiently.
type cephFlags struct {
	conf    string
	user    string
	timeout time.Duration
	cache   sizeFlag
}

func (f *cephFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.conf, "ceph-conf", "", "`file` that describes the cluster; default where Ceph looks for it; with --store rados")
	flags.StringVar(&f.user, "ceph-user", "admin", "`name` as which the daemon uses the cluster; with --store rados")
	f.cache = 64 << 20
	flags.Var(&f.cache, "ceph-cache", "memory for objects that are remembered for writing methods, 0 for none; with --store rados")
	flags.DurationVar(&f.timeout, "ceph-timeout", 30*time.Second, "how long the cluster may take to answer; with --store rados")
}
