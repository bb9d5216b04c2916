package objclass

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// methods stands for calls of methods, and remembers in which order they began.
type methods struct {
	*testing.T
	x *executions

	mu    sync.Mutex
	began []string
}

func (m *methods) call(e *execution, name string) *execution {
	if e.pace == nil {
		e.pace = paceOf(map[bool]time.Duration{true: time.Second, false: time.Microsecond}[e.long])
	}
	go func() {
		if err := m.x.start(context.Background(), e, time.Minute); err != nil {
			m.Errorf("%s: %v", name, err)
			return
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.began = append(m.began, name)
	}()
	synctest.Wait()
	return e
}

func paceOf(run time.Duration) *pace {
	p := new(pace)
	p.add(run)
	return p
}

// want fails unless these began since it was last asked, in whatever order.
func (m *methods) want(names ...string) {
	m.Helper()
	synctest.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	slices.Sort(m.began)
	slices.Sort(names)
	if !slices.Equal(m.began, names) {
		m.Errorf("%q began, want %q", m.began, names)
	}
	m.began = nil
}

func (m *methods) stop(e *execution, thenBegins ...string) {
	m.Helper()
	m.x.stop(e)
	m.want(thenBegins...)
}

func testExecutions(t *testing.T, places int, test func(m *methods)) {
	synctest.Test(t, func(t *testing.T) {
		m := &methods{T: t, x: newExecutions(places, places/2, 100)}
		test(m)
		if m.x.count() != 0 || m.x.runningLong != 0 || m.x.short.len != 0 || m.x.long.len != 0 || len(m.x.short.tenants) != 0 || len(m.x.long.tenants) != 0 {
			t.Errorf("it is not empty at the end: %d run, %d of them long", m.x.count(), m.x.runningLong)
		}
	})
}

func TestShortOnesGoFirst(t *testing.T) {
	testExecutions(t, 2, func(m *methods) {
		first, second := m.call(&execution{}, "first"), m.call(&execution{}, "second")
		long1, long2 := m.call(&execution{long: true}, "long 1"), m.call(&execution{long: true}, "long 2")
		var short [3]*execution
		for i := range short {
			short[i] = m.call(&execution{}, fmt.Sprint("short ", i))
		}
		m.want("first", "second")
		m.stop(first, "long 1") // none runs, so its turn has come
		m.stop(second, "short 0")
		m.stop(short[0], "short 1") // while one long runs, short ones go first
		m.stop(short[1], "short 2")
		m.stop(short[2]) // the place is kept: long ones have one of two
		m.stop(long1, "long 2")
		m.stop(long2)
	})
}

func TestMethodsThatTurnLongMakeRoom(t *testing.T) {
	testExecutions(t, 2, func(m *methods) {
		var spinning []*execution
		for i := range 3 {
			spinning = append(spinning, m.call(&execution{}, fmt.Sprint("spin ", i)))
		}
		honest := m.call(&execution{}, "honest")
		m.want("spin 0", "spin 1")
		time.Sleep(longRun)
		m.want("spin 2") // one of two places is for short ones, however many long ones run
		time.Sleep(longRun)
		m.want("honest")
		m.stop(honest)
		for _, e := range spinning {
			m.stop(e)
		}
	})
}

// A method that never ran counts as a long one until a run shows that it is none.
func TestMethodsAreForgiven(t *testing.T) {
	testExecutions(t, 2, func(m *methods) {
		kind := new(pace)
		first := m.call(&execution{pace: kind, long: true, group: "a"}, "first")
		other := m.call(&execution{long: true, group: "a"}, "other")
		second, third := &execution{pace: kind, long: true, group: "a"}, &execution{pace: kind, long: true, group: "a"}
		m.call(second, "second")
		m.call(third, "third")
		m.want("first")
		kind.add(time.Microsecond)
		m.stop(first, "second", "other")
		m.stop(second, "third")
		m.stop(third)
		m.stop(other)
	})
}

// What a run turned out to be does not count for the next one, such as that after a conflict.
func TestARetryIsJudgedByItsKind(t *testing.T) {
	testExecutions(t, 2, func(m *methods) {
		e, other := m.call(&execution{}, "first"), m.call(&execution{}, "other")
		waits := m.call(&execution{}, "waits")
		time.Sleep(longRun)
		m.want("first", "other", "waits")
		m.stop(e)
		m.call(e, "again")
		if e.long {
			t.Error("a short method counts as long when it runs again")
		}
		m.stop(waits, "again")
		m.stop(other)
		m.stop(e)
	})
}

func TestMethodsThatTurnLongAreBounded(t *testing.T) {
	testExecutions(t, 2, func(m *methods) {
		var all []*execution
		for i := range 20 {
			all = append(all, m.call(&execution{tenant: fmt.Sprint(i % 2)}, "short until now"))
		}
		time.Sleep(time.Second)
		if n := m.x.count(); n != turnedFactor {
			t.Errorf("%d methods run that turned out to be long, want %d", n, turnedFactor)
		}
		for _, e := range all {
			m.x.stop(e)
			time.Sleep(time.Second)
		}
	})
}

func TestLongOnesLeaveRoomWhileShortOnesCome(t *testing.T) {
	testExecutions(t, 4, func(m *methods) {
		first, second := m.call(&execution{long: true}, "long 1"), m.call(&execution{long: true}, "long 2")
		m.want("long 1", "long 2") // without short ones they have half of the places
		m.stop(m.call(&execution{}, "short"), "short")
		third := m.call(&execution{long: true}, "long 3")
		m.stop(first)
		time.Sleep(shortOnesCome / 2)
		m.want()
		time.Sleep(shortOnesCome)
		m.want("long 3")
		m.stop(second)
		m.stop(third)
	})
}

func TestOneGroupLeavesOthersRoom(t *testing.T) {
	testExecutions(t, 2, func(m *methods) {
		var all []*execution
		for range 10 {
			all = append(all, m.call(&execution{group: "flood"}, "flood"))
		}
		honest := m.call(&execution{group: "honest"}, "honest")
		time.Sleep(time.Second)
		m.want("flood", "flood", "flood", "flood", "honest")
		m.stop(honest)
		for _, e := range all {
			m.x.stop(e)
			time.Sleep(time.Second)
		}
		m.want("flood", "flood", "flood", "flood", "flood", "flood")
	})
}

func TestGroupsOfLongMethodsTakeTurns(t *testing.T) {
	testExecutions(t, 2, func(m *methods) {
		all := []*execution{m.call(&execution{group: "a", long: true}, "a")}
		for range 3 {
			all = append(all, m.call(&execution{group: "a", long: true}, "a"))
		}
		b := m.call(&execution{group: "b", long: true}, "b")
		c := m.call(&execution{group: "c", long: true}, "c")
		m.want("a")
		m.stop(all[0], "a")
		m.stop(all[1], "b")
		m.stop(b, "c")
		m.stop(c, "a")
		m.stop(all[2], "a")
		m.stop(all[3])
	})
}

func TestWaitingForAnExecutionEnds(t *testing.T) {
	testExecutions(t, 2, func(m *methods) {
		busy := []*execution{m.call(&execution{long: true}, ""), m.call(&execution{}, "")}
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(time.Millisecond, cancel)
		for _, long := range []bool{false, true} {
			e := &execution{pace: paceOf(map[bool]time.Duration{true: time.Second, false: 1}[long])}
			wantError(t, m.x.start(ctx, e, time.Minute), syscall.ECANCELED, KindBusy, "canceled while waiting for an execution")
			if long {
				wantError(t, m.x.start(context.Background(), e, time.Minute), syscall.ETIMEDOUT, KindBusy, "waited 1m0s for an execution")
			}
		}
		for _, e := range busy {
			m.x.stop(e)
		}
	})
}

func TestLongLineIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newExecutions(2, 1, 8)
		ctx, cancel := context.WithCancel(t.Context())
		long := func(group int) *execution { return &execution{pace: new(pace), group: fmt.Sprint(group)} }
		if err := x.start(ctx, long(0), time.Minute); err != nil {
			t.Fatal(err)
		}
		results := make(chan error, 7)
		for i := range 4 {
			go func() { results <- x.start(ctx, long(0), time.Minute) }()
			if i < 3 {
				go func() { results <- x.start(ctx, long(1), time.Minute) }()
			}
			synctest.Wait()
		}
		wantError(t, x.start(ctx, long(2), time.Minute), syscall.EBUSY, KindBusy, "7 calls wait for an execution")
		if err := x.start(ctx, &execution{pace: paceOf(1)}, time.Minute); err != nil {
			t.Errorf("a short method: %v", err)
		}
		cancel()
		for range lineLimit(8) {
			if err := <-results; !errors.Is(err, context.Canceled) {
				t.Errorf("a canceled call got %v", err)
			}
		}
		if x.long.len != 0 {
			t.Errorf("%d are in line", x.long.len)
		}
	})
}
