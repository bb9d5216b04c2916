package objclass

import (
	"errors"
	"testing"
)

// Commits that are not waited for take memory in the store, so they have a bound, whoever sends however many at once.
func TestUnsyncedIsBounded(t *testing.T) {
	var u Unsynced
	under := 0
	lost := errors.New("lost")
	for i := range 100 {
		under++
		u.gather(func() error {
			under--
			if i == 3 {
				return lost
			}
			return nil
		}, mostUnsynced/4)
		if under >= 4 {
			t.Fatalf("%d commits of a quarter of the bound are gathered", under)
		}
	}
	if err := u.Wait(); !errors.Is(err, lost) {
		t.Errorf("a commit was lost, and Wait says %v", err)
	}
	if err := u.Wait(); err != nil || under != 0 {
		t.Errorf("%v, and %d are left", err, under)
	}
}
