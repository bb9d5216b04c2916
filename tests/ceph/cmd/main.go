// Command cmd brings up a Ceph cluster for a person, prints where it is, and ends it on Ctrl-C.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/objluad/objluad/tests/ceph"
)

func main() {
	var opts ceph.Options
	flag.IntVar(&opts.OSDs, "osds", 1, "number of OSDs")
	flag.BoolVar(&opts.Cephx, "cephx", false, "have clients authenticate")
	flag.Parse()
	if err := run(opts); err != nil {
		fmt.Fprintln(os.Stderr, "ceph:", err)
		os.Exit(1)
	}
}

func run(opts ceph.Options) error {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	c, err := ceph.New(opts)
	if err != nil {
		return err
	}
	fmt.Printf("ceph.conf: %s\n", c.Conf())
	fmt.Printf("try: ceph -c %s status\n", c.Conf())
	<-stop
	return c.Stop()
}
