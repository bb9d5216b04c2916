package objclass

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestPace(t *testing.T) {
	var p pace
	if !p.unknown() || p.short() {
		t.Error("a method that never ran is known or short")
	}
	for range 10 {
		p.add(20 * time.Microsecond)
	}
	p.add(10 * time.Millisecond)
	if !p.short() {
		t.Errorf("one slow run of eleven makes it long: %v", time.Duration(p.average.Load()))
	}
	p.add(time.Second)
	if p.short() {
		t.Error("a run of a second does not make it long")
	}
	for range 50 {
		p.add(20 * time.Microsecond)
	}
	if !p.short() {
		t.Error("it is never forgiven")
	}
	p = pace{}
	if p.add(0); p.unknown() {
		t.Error("a run of no time at all is forgotten")
	}
}

func TestScriptPacesAreBounded(t *testing.T) {
	s := newScriptPaces()
	s.of("a").add(time.Second)
	if p := s.of("a"); p.unknown() || p.short() {
		t.Error("the pace was forgotten")
	}
	for i := range 2 * scriptsRemembered {
		s.of(fmt.Sprint(i))
	}
	if len(s.paces) > scriptsRemembered {
		t.Errorf("%d paces are kept", len(s.paces))
	}
}

func TestLazyDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parent, cancel := context.WithTimeout(t.Context(), time.Hour)
		d := &lazyDeadline{Context: parent, at: time.Now().Add(time.Minute)}
		if at, ok := d.Deadline(); !ok || time.Until(at) != time.Minute || d.Err() != nil || d.armed != nil {
			t.Errorf("deadline in %v, %v, armed %v", time.Until(at), d.Err(), d.armed != nil)
		}
		time.Sleep(time.Minute)
		if d.Err() != context.DeadlineExceeded {
			t.Errorf("a minute later: %v", d.Err())
		}
		<-d.Done()
		d.end()

		early := &lazyDeadline{Context: parent, at: time.Now().Add(2 * time.Hour)}
		if at, _ := early.Deadline(); time.Until(at) != 59*time.Minute {
			t.Errorf("the parent's earlier deadline does not count: %v", time.Until(at))
		}
		cancel()
		if <-early.Done(); early.Err() != context.Canceled {
			t.Errorf("after the parent was canceled: %v", early.Err())
		}
		early.end()
	})
}
