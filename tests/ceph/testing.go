// This file is clusters for tests, which fail where a program would handle an error.

package ceph

import (
	"fmt"
	"os"
	"sync"
	"testing"
)

// Start brings up a cluster that lives as long as the test. The daemons' stderr of a test that failed is shown.
func Start(tb testing.TB, opts Options) *Cluster {
	tb.Helper()
	c, err := New(opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Logf("the cluster's daemons wrote:\n%s", c.Logs())
		}
		if err := c.Stop(); err != nil {
			tb.Error(err)
		}
	})
	return c
}

// Shared is a cluster that the tests of a package share. It comes up for the first test that asks for it.
type Shared struct {
	Options Options

	once    sync.Once
	cluster *Cluster
	err     error
}

// Get returns the cluster. Tests leave it as it was.
func (s *Shared) Get(tb testing.TB) *Cluster {
	tb.Helper()
	s.once.Do(func() { s.cluster, s.err = New(s.Options) })
	if s.err != nil {
		tb.Fatal(s.err)
	}
	return s.cluster
}

// Main is a package's TestMain, and takes the cluster down.
func (s *Shared) Main(m *testing.M) {
	status := m.Run()
	if s.cluster != nil {
		if err := s.cluster.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}
	os.Exit(status)
}
