// This file tests that writes without a method that expect a version are as atomic as methods, through several daemons.

package rados

import (
	"errors"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/objluad/objluad/client"
)

// What a daemon remembers of an object is never what a version is compared with: another daemon, or the rados command, may have
// changed it since.
func TestExpectedVersionsAreTheClusters(t *testing.T) {
	c := sharedCluster(t)
	here, there := open(t, serve(t, c)), open(t, serve(t, c))
	ctx := t.Context()
	if _, err := here.IfVersion(0).WriteFull(ctx, "expected", []byte("x")); err != nil {
		t.Fatal(err)
	}
	first, err := here.Append(ctx, "expected", []byte("x")) // begins on what is remembered
	check(t, err)
	last, err := there.IfVersion(first).Append(ctx, "expected", []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	last, err = here.IfVersion(last).Append(ctx, "expected", []byte("x"))
	if err != nil {
		t.Fatalf("a version that the other daemon made: %v", err)
	}
	if _, err := there.IfVersion(first).Append(ctx, "expected", []byte("no")); !errors.Is(err, syscall.ERANGE) {
		t.Errorf("an old version: %v", err)
	}
	if _, err := c.Rados([]byte("y"), "-p", "default", "append", "expected", "-"); err != nil {
		t.Fatal(err)
	}
	if _, err := here.IfVersion(last).Append(ctx, "expected", []byte("no")); !errors.Is(err, syscall.ERANGE) {
		t.Errorf("the version before rados: %v", err)
	}
	st, err := here.Stat(ctx, "expected")
	check(t, err)
	if err := there.IfVersion(st.Version).Delete(ctx, "expected"); err != nil {
		t.Error(err)
	}
	if _, err := here.IfVersion(st.Version).Append(ctx, "expected", []byte("no")); !errors.Is(err, syscall.EOVERFLOW) {
		t.Errorf("a removed object: %v", err)
	}
	version, err := here.IfVersion(0).WriteFull(ctx, "expected", nil)
	if err != nil || version <= st.Version {
		t.Errorf("made anew: version %d, %v; it had %d", version, err, st.Version)
	}
}

// Clients of two daemons count by reading a number and writing the next one, if nobody came first. Each write that was acknowledged
// counts once.
func TestCountingByExpectedVersions(t *testing.T) {
	c := sharedCluster(t)
	daemons := []*client.IOContext{open(t, serve(t, c)), open(t, serve(t, c))}
	ctx := t.Context()
	if _, err := daemons[0].WriteFull(ctx, "count", []byte("0")); err != nil {
		t.Fatal(err)
	}
	const workers, each = 6, 20
	var wg sync.WaitGroup
	for w := range workers {
		ioctx := daemons[w%2]
		wg.Go(func() {
			for done := 0; done < each; {
				err := countOne(t, ioctx)
				switch {
				case err == nil:
					done++
				case errors.Is(err, syscall.ERANGE), errors.Is(err, syscall.EAGAIN): // another one came first
				default:
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if data, err := daemons[1].ReadFull(ctx, "count"); string(data) != strconv.Itoa(workers*each) || err != nil {
		t.Errorf("counted to %q, %v; want %d", data, err, workers*each)
	}
}

func countOne(t *testing.T, ioctx *client.IOContext) error {
	st, err := ioctx.Stat(t.Context(), "count")
	if err != nil {
		return err
	}
	expecting := ioctx.IfVersion(st.Version)
	data, err := expecting.ReadFull(t.Context(), "count")
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(string(data))
	if err != nil {
		return err
	}
	_, err = expecting.WriteFull(t.Context(), "count", strconv.AppendInt(nil, int64(n+1), 10))
	return err
}
