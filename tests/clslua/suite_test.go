// This file runs the cases.

package clslua

import (
	"testing"

	"github.com/objluad/objluad/tests/bench/clslua"
	"github.com/objluad/objluad/tests/ceph"
	"github.com/objluad/objluad/tests/rig"
)

func TestEmbedded(t *testing.T) {
	t.Parallel()
	d := rig.Run(t, t.TempDir(), "--fsync", "never", "--timeout", "60s")
	for _, s := range systemsOf(t, d, "embedded") {
		runAll(t, s)
	}
	ioctx := d.Dial(t).OpenIOContext("default")
	runPayloads(t, "embedded", false, func(t *testing.T, oid, method, input string) outcome {
		return outcomeOf(t)(ioctx.Exec(t.Context(), oid, "lua", method, []byte(input)))
	})
}

// osdTimeout ends the wait for an OSD that a script has harmed. It is far above what a slow machine needs.
const osdTimeout = "rados osd op timeout = 60"

// One cluster is objluad's store, and has the OSD on which cls_lua runs.
func TestRADOS(t *testing.T) {
	t.Parallel()
	cluster := ceph.Start(t, ceph.Options{Conf: osdTimeout})
	d := rig.Run(t, t.TempDir(), "--store", "rados", "--ceph-conf", cluster.Conf(), "--timeout", "60s")
	for _, s := range systemsOf(t, d, "rados")[:3] {
		runAll(t, s)
	}
	pool, err := clslua.Open(cluster.Conf(), "default")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	for _, s := range osdSystems(pool) {
		runAll(t, s)
	}
	runPayloads(t, "OSD", true, func(_ *testing.T, oid, method, input string) outcome {
		return osdOutcome(pool.Exec(oid, method, []byte(input)))
	})
}

func runAll(t *testing.T, s system) {
	t.Run(s.name, func(t *testing.T) {
		t.Parallel()
		for _, c := range allCases() {
			if s.osd && c.kills {
				continue
			}
			t.Run(c.name, func(t *testing.T) { s.check(t, &c) })
		}
	})
}

// check runs a case beside an object of its own.
func (s system) check(t *testing.T, c *testCase) {
	oid := s.name + " " + c.name
	if c.before != "" {
		if made := s.eval(t, oid, call{script: handlerOf(c.before), handler: "run"}); made.errno != "" {
			t.Fatalf("the object was not made: %s", made.errno)
		}
	}
	script, handler := c.source()
	got := s.eval(t, oid, call{script, handler, c.input, c.timeout})
	object := s.eval(t, oid, call{script: dump, handler: "dump"})
	got.object = object.output + object.errno
	s.compare(t, c.differs, got, c.want, c.there)
}

// compare checks an outcome: in objluad it is what is wanted; in cls_lua it is the same, or there is a difference.
func (s system) compare(t *testing.T, differs string, got, want outcome, there *outcome) {
	t.Helper()
	want = want.full()
	switch {
	case !s.osd || differs == "":
		if got != want {
			t.Errorf("got  %v\nwant %v", got, want)
		}
	case got == want:
		t.Errorf("there is no difference %q: both give %v", differs, got)
	case got != there.full():
		t.Errorf("cls_lua gives %v\nexpected  %v", got, there.full())
	}
}
