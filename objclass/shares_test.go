package objclass

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestATenantAloneHasAllPlaces(t *testing.T) {
	testExecutions(t, 4, func(m *methods) {
		var all []*execution
		for range 5 {
			all = append(all, m.call(&execution{tenant: "a", group: "g"}, "a"))
		}
		m.want("a", "a", "a", "a")
		m.stop(all[0], "a")
		for _, e := range all[1:] {
			m.stop(e)
		}
	})
}

func TestTheTenantWithTheFewestIsNext(t *testing.T) {
	testExecutions(t, 4, func(m *methods) {
		var a, b []*execution
		for range 8 {
			a = append(a, m.call(&execution{tenant: "a"}, "a"))
		}
		for range 3 {
			b = append(b, m.call(&execution{tenant: "b"}, "b"))
		}
		m.want("a", "a", "a", "a")
		m.stop(a[0], "b") // 3 of a, none of b
		m.stop(a[1], "b") // 2 and 1
		m.stop(a[2], "a") // 1 and 2
		m.stop(b[0], "b") // 2 and 1
		m.stop(b[1], "a") // 2 and 1, and none of b waits
		m.stop(a[3], "a")
		m.stop(a[4], "a")
		m.stop(a[5])
		m.stop(a[6])
		m.stop(a[7])
		m.stop(b[2])
	})
}

func TestGroupsOfATenantShare(t *testing.T) {
	testExecutions(t, 2, func(m *methods) {
		var flood []*execution
		for range 6 {
			flood = append(flood, m.call(&execution{group: "flood"}, "flood"))
		}
		honest := m.call(&execution{group: "honest"}, "honest")
		m.want("flood", "flood")
		m.stop(flood[0], "honest")
		m.stop(honest, "flood")
		m.stop(flood[1], "flood")
		m.stop(flood[2], "flood")
		m.stop(flood[3], "flood")
		m.stop(flood[4])
		m.stop(flood[5])
	})
}

// A tenant with many classes has no more turns than one with one.
func TestTenantsOfLongMethodsTakeTurns(t *testing.T) {
	testExecutions(t, 2, func(m *methods) {
		first := m.call(&execution{long: true, tenant: "a"}, "first")
		var many []*execution
		for i := range 3 {
			many = append(many, m.call(&execution{long: true, tenant: "a", group: fmt.Sprint(i)}, fmt.Sprint("a", i)))
		}
		b := []*execution{m.call(&execution{long: true, tenant: "b"}, "b0"), m.call(&execution{long: true, tenant: "b"}, "b1")}
		m.want("first")
		m.stop(first, "a0")
		m.stop(many[0], "b0")
		m.stop(b[0], "a1")
		m.stop(many[1], "b1")
		m.stop(b[1], "a2")
		m.stop(many[2])
	})
}

// One tenant's methods that turn out to be long leave places to others, also when they are of many classes.
func TestOneTenantLeavesOthersRoom(t *testing.T) {
	testExecutions(t, 2, func(m *methods) {
		var all []*execution
		for i := range 20 {
			all = append(all, m.call(&execution{tenant: "flood", group: fmt.Sprint(i)}, "flood"))
		}
		time.Sleep(time.Second)
		m.want("flood", "flood", "flood", "flood", "flood", "flood")
		honest := m.call(&execution{tenant: "honest"}, "honest")
		m.want("honest")
		m.stop(honest)
		for _, e := range all {
			m.x.stop(e)
			time.Sleep(time.Second)
		}
	})
}

// Two tenants that both want more than there is get the same, whoever calls more.
func TestSharesAreEqual(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newExecutions(4, 2, 1000)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var mu sync.Mutex
		var all sync.WaitGroup
		done := make(map[string]int)
		clients := func(tenant string, n int, run time.Duration) {
			for range n {
				all.Go(func() {
					e := &execution{tenant: tenant, pace: paceOf(run)}
					for ctx.Err() == nil {
						if err := x.start(ctx, e, time.Minute); err != nil {
							return
						}
						time.Sleep(run)
						x.stop(e)
						mu.Lock()
						done[tenant]++
						mu.Unlock()
					}
				})
			}
		}
		clients("many", 64, time.Millisecond)
		clients("few", 4, time.Millisecond)
		clients("one", 1, time.Millisecond)
		all.Wait()
		// 4 places for 10 s are 40000 runs. The one client has at most 10000, and the other two share the rest.
		if done["one"] < 7000 || done["few"] < 14000 || done["many"] < 14000 {
			t.Errorf("runs of each tenant: %v", done)
		}
	})
}

func TestTheLongLineHasRoomForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newExecutions(2, 1, 64)
		ctx, cancel := context.WithCancel(t.Context())
		call := func(tenant string, group int) chan error {
			ended := make(chan error, 1)
			go func() {
				ended <- x.start(ctx, &execution{pace: new(pace), tenant: tenant, group: fmt.Sprint(group)}, time.Minute)
			}()
			synctest.Wait()
			return ended
		}
		call("flood", 0) // runs
		for i := range 50 {
			call("flood", i)
		}
		wantError(t, <-call("flood", 51), syscall.EBUSY, KindBusy, "50 calls wait for an execution")
		select {
		case err := <-call("honest", 0):
			t.Errorf("another tenant: %v", err)
		default:
		}
		cancel()
		synctest.Wait()
		if x.long.len != 0 {
			t.Errorf("%d are in line", x.long.len)
		}
	})
}

// One tenant cannot fill the house, two together neither.
func TestTheHouseHasRoomForOthers(t *testing.T) {
	a := newAdmission(2, 126)
	in := make(map[string]int)
	fill := func(tenant string) {
		for {
			err := a.enterCall(&callEntry{call: Call{Tenant: tenant}})
			if err != nil {
				wantError(t, err, syscall.EBUSY, KindBusy, "the rest of its places is for others")
				return
			}
			in[tenant]++
		}
	}
	fill("first")
	if n := in["first"]; n != 113 { // more than 7 times the 15 that are left
		t.Errorf("one tenant got %d of 128 places", n)
	}
	fill("second")
	if n := in["second"]; n < 10 || a.calls == a.maxCalls {
		t.Errorf("another one got %d, and %d are in", n, a.calls)
	}
	if err := a.enterCall(&callEntry{call: Call{Tenant: "third"}}); err != nil {
		t.Errorf("a third one: %v", err)
	}
}
