package client_test

import (
	"testing"
	"time"

	"github.com/objluad/objluad/client"
)

func TestMethodStats(t *testing.T) {
	conn, _ := dial(t)
	ctx, ioctx := t.Context(), conn.OpenIOContext("p")
	if all, err := conn.MethodStats(ctx); err != nil || len(all) != 0 {
		t.Errorf("before any call: %+v, %v", all, err)
	}
	for range 3 {
		if _, err := ioctx.Exec(ctx, "o", "test", "echo", nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ioctx.Exec(ctx, "o", "test", "fail", []byte("110 trap:deadline slow")); err == nil {
		t.Fatal("the method did not fail")
	}
	if _, err := ioctx.Exec(ctx, "o", "test", "wait", []byte("20")); err != nil {
		t.Fatal(err)
	}
	all, err := conn.MethodStats(ctx)
	if err != nil || len(all) != 3 {
		t.Fatalf("%+v, %v", all, err)
	}
	echo, failing, wait := all[0], all[1], all[2]
	if echo.Class != "test" || echo.Method != "echo" || echo.Calls != 3 || echo.Outcomes["ok"] != 3 || echo.CPU != 36*time.Microsecond {
		t.Errorf("echo: %+v", echo)
	}
	if failing.Method != "fail" || failing.Calls != 1 || failing.Outcomes["trap:deadline"] != 1 || failing.Outcomes["ok"] != 0 {
		t.Errorf("fail: %+v", failing)
	}
	if wait.Elapsed < 20*time.Millisecond || len(wait.Durations) == 0 {
		t.Errorf("wait: %+v", wait)
	}
	var before client.DurationBucket
	for _, b := range wait.Durations {
		took := uint64(0)
		if b.Most >= wait.Elapsed {
			took = 1
		}
		if b.Most <= before.Most || b.Calls != took {
			t.Errorf("%v took %v: bucket %+v", wait.Elapsed, wait.Durations, b)
		}
		before = b
	}
}

func TestInfo(t *testing.T) {
	conn, _ := dial(t)
	info, err := conn.Info(t.Context())
	if err != nil || info["process_id"] == "" || info["connected_clients"] == "" || info["txt"] != "" {
		t.Errorf("%v, %v", info, err)
	}
	if info, err = conn.Info(t.Context(), "clients"); err != nil || info["process_id"] != "" || info["maxclients"] == "" {
		t.Errorf("%v, %v", info, err)
	}
}
