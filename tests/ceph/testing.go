// This file is clusters for tests, which fail where a program would handle an error.

package ceph

import "testing"

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
