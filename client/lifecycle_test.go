package client_test

import (
	"errors"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/objluad/objluad/client"
)

func TestLifecycle(t *testing.T) {
	conn, _ := dial(t)
	ctx := t.Context()
	must := func(version string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return version
	}
	done := func(err error) { t.Helper(); must("", err) }
	show := func() client.Class {
		t.Helper()
		class, err := conn.ShowClass(ctx, "c")
		if err != nil {
			t.Fatal(err)
		}
		return class
	}
	refused := func(errno syscall.Errno, err error) {
		t.Helper()
		if !errors.Is(err, errno) {
			t.Errorf("error is %v, want %v", err, errno)
		}
	}

	one := must(conn.InstallClass(ctx, "c", []byte("echo RD\n")))
	two := must(conn.InstallClassInactive(ctx, "c", []byte("echo RD\nret RD\n")))
	if class := show(); class.Version != one || class.ActiveVersion != one || time.Since(class.Since).Abs() > time.Hour ||
		class.Canary != nil || len(class.History) != 0 || len(class.Kept) != 0 {
		t.Errorf("installed %+v", class)
	}
	done(conn.SetCanary(ctx, "c@"+two, 1.0/3))
	refused(syscall.EINVAL, conn.SetCanary(ctx, "c@"+one, 5))
	if canary := show().Canary; canary == nil || canary.Version != two || canary.Percent != 1.0/3 || canary.Since.IsZero() {
		t.Errorf("the canary is %+v", canary)
	}
	if version := must(conn.PromoteCanary(ctx, "c")); version != two {
		t.Errorf("promoted %s", version)
	}
	if history := show().History; len(history) != 1 || history[0].Version != one || history[0].Since.IsZero() {
		t.Errorf("the history is %+v", history)
	}
	if version := must(conn.RollbackClass(ctx, "c")); version != one {
		t.Errorf("rolled back to %s", version)
	}
	_, err := conn.RollbackClass(ctx, "c")
	refused(syscall.ENOENT, err)
	refused(syscall.ENOENT, conn.EndCanary(ctx, "c"))
	if version := must(conn.ActivateClass(ctx, "c@"+two[:8])); version != two {
		t.Errorf("activated %s", version)
	}
	must(conn.RollbackClass(ctx, "c"))

	done(conn.KeepClass(ctx, "c@"+two))
	if kept := show().Kept; !slices.Equal(kept, []string{two}) {
		t.Errorf("kept are %v", kept)
	}
	refused(syscall.EBUSY, conn.RemoveClass(ctx, "c"))
	done(conn.ReleaseClass(ctx, "c@"+two))
	for _, name := range []string{"c", "*"} {
		if specs, err := conn.CollectClasses(ctx, name, 0, true); err != nil || !slices.Equal(specs, []string{"c@" + two}) {
			t.Errorf("would collect %v, %v", specs, err)
		}
	}
	if specs, err := conn.CollectClasses(ctx, "c", time.Hour, false); err != nil || len(specs) != 0 {
		t.Errorf("collected %v, %v", specs, err)
	}
	done(conn.RemoveClass(ctx, "c@"+two))
	done(conn.RemoveClass(ctx, "c"))
	refused(syscall.EOPNOTSUPP, conn.RemoveClass(ctx, "c"))
}
