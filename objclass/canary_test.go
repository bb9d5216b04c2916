package objclass

import (
	"math"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func setCanary(t *testing.T, h *house, spec string, percent float64) ClassInfo {
	t.Helper()
	info, err := h.Classes().SetCanary(t.Context(), spec, percent)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// The canary runs its share of the calls that name no version, and the reply and the observation name what ran.
func TestCanaryShare(t *testing.T) {
	roles := make(map[Role]int)
	h := newHouse(t, Options{Observe: func(o *Observation) {
		if o.Class == "c" {
			roles[o.Role]++
		}
	}}, doesNothing())
	installNumbered(t, h, 2)
	active, canary := numberedVersion(1), numberedVersion(0)
	setCanary(t, h, "c@"+canary, 1)
	const calls = 4000
	for _, percent := range []float64{0, 0.5, 25, 100} {
		info := setCanary(t, h, "c@"+canary, percent)
		if info.State.Canary.Percent != percent || info.Version != canary || info.Active {
			t.Errorf("the canary is %+v", info)
		}
		clear(roles)
		ran := make(map[string]int)
		for range calls {
			ran[h.runs(t, "c")]++
		}
		// Six standard deviations: the test is wrong once in a billion.
		p := percent / 100
		slack := 6 * math.Sqrt(calls*p*(1-p))
		if math.Abs(float64(ran[canary])-calls*p) > slack || ran[canary]+ran[active] != calls {
			t.Errorf("of %d calls %d ran the canary of %v percent", calls, ran[canary], percent)
		}
		if roles[RoleCanary] != ran[canary] || roles[RoleActive] != ran[active] {
			t.Errorf("%v were observed, and %v ran", roles, ran)
		}
	}
	// Who names a version gets it.
	clear(roles)
	for range 10 {
		if v := h.runs(t, "c@"+active); v != active {
			t.Errorf("the call ran %s", v)
		}
	}
	if roles[RolePinned] != 10 || len(roles) != 1 {
		t.Errorf("calls that name a version count as %v", roles)
	}
}

func TestCanaryLife(t *testing.T) {
	h := newHouse(t, Options{}, doesNothing())
	installNumbered(t, h, 4)
	r := h.Classes()
	spec := func(n int) string { return "c@" + numberedVersion(n) }
	set := func(n int, percent float64) *Canary { return setCanary(t, h, spec(n), percent).State.Canary }

	first := set(1, 5)
	if again := set(1, 10); again.Percent != 10 || !again.Since.Equal(first.Since) {
		t.Errorf("changed to %+v", again)
	}
	if other := set(2, 1); other.Version != numberedVersion(2) || other.Since.Equal(first.Since) {
		t.Errorf("replaced by %+v", other)
	}
	_, err := r.SetCanary(t.Context(), spec(3), 5)
	wantError(t, err, syscall.EINVAL, KindClass, "is the active version")
	for _, percent := range []float64{-1, 100.1, math.NaN(), math.Inf(1)} {
		_, err := r.SetCanary(t.Context(), spec(1), percent)
		wantError(t, err, syscall.EINVAL, KindInput, "0 to 100 percent")
	}

	info, err := r.PromoteCanary(t.Context(), "c")
	if err != nil || info.Version != numberedVersion(2) || info.State.Canary != nil {
		t.Errorf("promoted %+v, %v", info, err)
	}
	if info, err := r.Rollback(t.Context(), "c"); err != nil || info.Version != numberedVersion(3) {
		t.Errorf("rolled back to %+v, %v", info, err)
	}
	_, err = r.PromoteCanary(t.Context(), "c")
	wantError(t, err, syscall.ENOENT, KindClass, "class c has no canary")
	_, err = r.EndCanary(t.Context(), "c")
	wantError(t, err, syscall.ENOENT, KindClass, "class c has no canary")

	// A canary outlives the activation of others, and ends when it becomes the active version, in whatever way.
	for what, change := range map[string]func() error{
		"activate": func() error { _, err := r.Activate(t.Context(), spec(1)); return err },
		"install":  func() error { _, err := r.Install(t.Context(), "c", []byte(numberedSource(1))); return err },
	} {
		activate(t, h, spec(3))
		set(1, 5)
		if info := activate(t, h, spec(0)); info.State.Canary == nil {
			t.Errorf("%s: the activation of another version ended the canary", what)
		}
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if info := h.state(t); info.State.Canary != nil || info.Version != numberedVersion(1) {
			t.Errorf("%s: then the class is %+v", what, info)
		}
	}
	set(0, 5)
	if info, err := r.Rollback(t.Context(), "c"); err != nil || info.Version != numberedVersion(0) || info.State.Canary != nil {
		t.Errorf("rolled back to %+v, %v", info, err)
	}
}

// A share above 0 is one, however small.
func TestSmallestShare(t *testing.T) {
	for percent, want := range map[float64]uint64{0: 0, 1e-300: 1, 50: 1 << 31, 100: 1 << 32} {
		if got := (&Canary{Percent: percent}).below(); got != want {
			t.Errorf("%v percent are %d", percent, got)
		}
	}
}

// What a call pays for a canary is a random number.
func BenchmarkResolve(b *testing.B) {
	s, err := NewService(newMemStore("p"), &testEngine{}, Options{})
	if err != nil {
		b.Fatal(err)
	}
	for _, source := range []string{version1, version2} {
		if _, err := s.Classes().Install(b.Context(), "c", []byte(source)); err != nil {
			b.Fatal(err)
		}
	}
	resolve := func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := s.Classes().resolve(b.Context(), "c"); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("active", resolve)
	if _, err := s.Classes().SetCanary(b.Context(), "c@"+versionOf([]byte(version1)), 5); err != nil {
		b.Fatal(err)
	}
	b.Run("canary", resolve)
}

// A canary that is in quarantine costs no caller more than it did before: its share runs the active version.
func TestQuarantinedCanaryStandsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		roles := make(map[Role]int)
		opts := Options{Quarantine: QuarantineOptions{Traps: 3, Cooldown: 10 * time.Second}, Observe: func(o *Observation) { roles[o.Role]++ }}
		h := newHouse(t, opts, map[string]testMethod{"m": trapping})
		installNumbered(t, h, 2)
		canary := "c@" + numberedVersion(0)
		setCanary(t, h, canary, 100)
		call := func(class string, kind Kind) error {
			_, err := h.Exec(t.Context(), Call{Ref: ref("o"), Class: class, Method: "m", Input: []byte(kind)})
			return err
		}
		for range 3 {
			wantError(t, call("c", TrapDeadline), syscall.ETIMEDOUT, TrapDeadline, "over")
		}
		clear(roles)
		for range 20 {
			if err := call("c", ""); err != nil {
				t.Error(err)
			}
		}
		if roles[RoleActive] != 20 {
			t.Errorf("beside a canary in quarantine calls were %v", roles)
		}
		if refused := h.Stats().Quarantine.Refused; refused != 0 {
			t.Errorf("%d calls count as refused", refused)
		}
		wantError(t, call(canary, ""), syscall.EPERM, KindClass, "quarantined: class c@")
		if refused := h.Stats().Quarantine.Refused; refused != 1 {
			t.Errorf("%d calls count as refused", refused)
		}
		time.Sleep(11 * time.Second) // then one call tries it again
		clear(roles)
		for range 5 {
			if err := call("c", ""); err != nil {
				t.Error(err)
			}
		}
		if roles[RoleCanary] != 5 {
			t.Errorf("after a trial that went well calls were %v", roles)
		}
	})
}
