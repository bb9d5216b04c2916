// This file waits for what calls do.

package servertest

import (
	"testing"
	"time"

	"github.com/objluad/objluad/objclass"
)

// Running returns how many calls are shown to run.
func Running(rig *Rig) int { return InState(rig, objclass.CallRunning) }

// Waiting returns how many calls are shown to wait for an execution.
func Waiting(rig *Rig) int { return InState(rig, objclass.CallWaitingExecution) }

// InState returns how many calls are shown to be in a state.
func InState(rig *Rig, state objclass.CallState) (n int) {
	for _, call := range rig.Service.Calls() {
		if call.State == state {
			n++
		}
	}
	return n
}

// WaitFor waits until it is ok.
func WaitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("did not happen: %s", what)
		}
	}
}
