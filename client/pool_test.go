// This file tests the operations on pools.

package client_test

import (
	"errors"
	"slices"
	"syscall"
	"testing"

	"github.com/objluad/objluad/client"
)

func TestPools(t *testing.T) {
	conn, _ := dial(t)
	ctx := t.Context()
	if err := conn.MakePool(ctx, "new"); err != nil {
		t.Fatal(err)
	}
	if err := conn.MakePool(ctx, "new"); !errors.Is(err, syscall.EEXIST) {
		t.Errorf("MakePool again: %v", err)
	}
	names, err := conn.ListPools(ctx)
	if err != nil || !slices.Equal(names, []string{"default", "new", "p"}) {
		t.Errorf("ListPools: %q, %v", names, err)
	}
	ioctx := conn.OpenIOContext("new")
	ioctx.SetNamespace("n")
	if _, err := ioctx.WriteFull(ctx, "o", []byte("hello")); err != nil {
		t.Fatal(err)
	}
	want := client.PoolStat{Objects: 1, Bytes: 5}
	if stat, err := ioctx.GetPoolStats(ctx); stat != want || err != nil {
		t.Errorf("GetPoolStats: %+v, %v", stat, err)
	}
	stat, err := conn.GetClusterStats(ctx)
	if err != nil || len(stat.Pools) != 3 || stat.Pools["new"] != want || stat.Available > stat.Total {
		t.Errorf("GetClusterStats: %+v, %v", stat, err)
	}
	if err := conn.DeletePool(ctx, "new"); err != nil {
		t.Errorf("DeletePool: %v", err)
	}
	if err := conn.DeletePool(ctx, "new"); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("DeletePool again: %v", err)
	}
	if err := conn.DeletePool(ctx, ".objluad"); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("DeletePool of the classes: %v", err)
	}
	if _, err := ioctx.GetPoolStats(ctx); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("GetPoolStats of no pool: %v", err)
	}
}
