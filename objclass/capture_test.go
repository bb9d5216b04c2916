// This file is calls that are captured beside others.

package objclass

import (
	"context"
	"errors"
	"syscall"
	"testing"
)

// One call is captured at a time; another capture is refused, and calls that are not captured go on.
func TestOneCaptureAtATime(t *testing.T) {
	started, goOn := make(chan struct{}, 1), make(chan struct{})
	h := newHouse(t, Options{}, map[string]testMethod{"inc": onObject(increment), "wait": wait(started, goOn)})
	capture := func(method string) error {
		reply, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: "test", Method: method, Capture: true})
		if err != nil {
			return err
		}
		b, err := DecodeBundle(reply.Bundle)
		if err == nil && string(b.Method) != method {
			t.Errorf("the bundle of %s has method %s", method, b.Method)
		}
		return err
	}
	ended := make(chan error)
	go func() { ended <- capture("wait") }()
	<-started
	for range 3 {
		err := capture("inc")
		if !errors.Is(err, syscall.EBUSY) || OpError(err).Kind != KindBusy {
			t.Errorf("beside another capture: %v, want EBUSY", err)
		}
	}
	if _, err := h.call(t.Context(), "o", "inc"); err != nil {
		t.Errorf("a call beside a capture: %v", err)
	}
	close(goOn)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := capture("inc"); err != nil {
		t.Errorf("after the other capture: %v", err)
	}
}

// However a capture ends, the next one is let in.
func TestCapturesThatComeToNothing(t *testing.T) {
	h := newHouse(t, Options{}, map[string]testMethod{"inc": onObject(increment), "cancel": func(context.Context, *Invocation) (int32, []byte, error) {
		return 0, nil, Errorf(syscall.ECANCELED, TrapCanceled, "canceled")
	}})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for what, c := range map[string]struct {
		ctx  context.Context
		call Call
		want error
	}{
		"a run that was canceled": {t.Context(), Call{Ref: ref("o"), Class: "test", Method: "cancel"}, syscall.ECANCELED},
		"a client that is gone":   {gone, Call{Ref: ref("o"), Class: "test", Method: "inc"}, syscall.ECANCELED},
		"no pool":                 {t.Context(), Call{Ref: ref("o"), Class: "test", Method: "inc"}, syscall.ENOENT},
	} {
		c.call.Capture = true
		if c.want == syscall.ENOENT {
			c.call.Ref.Pool = "none"
		}
		if reply, err := h.Exec(c.ctx, c.call); !errors.Is(err, c.want) || reply.Bundle != nil {
			t.Errorf("%s: %d bytes of bundle, %v, want %v", what, len(reply.Bundle), err, c.want)
		}
		reply, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: "test", Method: "inc", Capture: true})
		if err != nil || reply.Bundle == nil {
			t.Errorf("after %s: %v", what, err)
		}
	}
}
