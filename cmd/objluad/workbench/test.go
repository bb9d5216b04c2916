// This file runs tests.

package workbench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/objluad/objluad/objclass"
)

// Result is the outcome of a case.
type Result struct {
	File     string   `json:"file"`
	Name     string   `json:"name,omitempty"` // empty when the file has no cases that could be read
	OK       bool     `json:"ok"`
	Failures []string `json:"failures,omitempty"` // what was wrong, in lines
}

// Test runs the cases of a file with the classes of its folder, which take the place of sources of their names. With update it
// writes the snapshot of what the methods changed, instead of comparing it.
func (w *Workbench) Test(ctx context.Context, file string, sources Sources, update bool) []Result {
	results, err := w.testFile(ctx, file, maps.Clone(sources), update)
	if err != nil {
		results = append(results, Result{File: file, Failures: []string{message(err)}})
	}
	return results
}

func (w *Workbench) testFile(ctx context.Context, file string, sources Sources, update bool) ([]Result, error) {
	if err := sources.addFolder(filepath.Dir(file)); err != nil {
		return nil, err
	}
	cases, err := w.readCases(ctx, file)
	if err != nil {
		return nil, err
	}
	snapshot, err := readSnapshot(file)
	if err != nil {
		return nil, err
	}
	installed := w.Install(ctx, sources)
	results := make([]Result, 0, len(cases))
	for i := range cases {
		r := &caseRun{Workbench: w, Case: &cases[i], oid: fmt.Sprintf("%s %d", file, i+1)}
		if err := r.run(ctx, installed[r.Class].Err); err != nil {
			return results, err
		}
		if r.Effects {
			r.failures = append(r.failures, snapshot.compare(r.Name, r.changes.String(), update && len(r.failures) == 0)...)
		}
		results = append(results, Result{file, r.Name, len(r.failures) == 0, r.failures})
	}
	if update {
		return results, snapshot.write(cases)
	}
	return results, nil
}

// caseRun is a case that runs.
type caseRun struct {
	*Workbench
	*Case
	oid      string
	failures []string
	changes  strings.Builder // what the steps did
}

func (r *caseRun) fail(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

// run runs the case. An error is one of the workbench; what is wrong with the class is among the failures.
func (r *caseRun) run(ctx context.Context, refused error) error {
	if refused != nil {
		r.fail("class %s: %s", r.Class, message(refused))
		return nil
	}
	if r.Object != nil {
		if err := r.Put(ctx, r.oid, r.Object.object()); err != nil {
			r.fail("object: %s", message(err))
			return nil
		}
	}
	for i := range r.Steps {
		r.step(ctx, i)
	}
	if r.After == nil {
		return nil
	}
	object, err := r.Get(ctx, r.oid)
	if err == nil {
		r.compareObject(object)
	}
	return err
}

// step runs a call with the case's clock, and a random stream that is the same each time.
func (r *caseRun) step(ctx context.Context, i int) {
	step := &r.Steps[i]
	what := fmt.Sprintf("step %d, %s", i+1, step.Call)
	r.Prepare(func(inv *objclass.Invocation) {
		inv.Now = time.Unix(0, *r.Now)
		inv.Seed = objclass.Seed{1, byte(i), byte(i >> 8)}
	})
	reply, err := r.Exec(ctx, r.oid, objclass.Call{Class: r.Class, Method: step.Call, Input: step.Input})
	r.changes.WriteString(changesOf(step, reply.Effects, err))
	if err != nil {
		r.compareError(what, step, objclass.OpError(err))
		return
	}
	if step.Errno != "" || step.Message != "" {
		r.fail("%s: succeeded with output %q, expected an error: %s %s", what, reply.Output, step.Errno, step.Message)
		return
	}
	if step.Ret != nil && *step.Ret != reply.Ret {
		r.fail("%s: returned %d, expected %d", what, reply.Ret, *step.Ret)
	}
	if step.Output != nil && !bytes.Equal(*step.Output, reply.Output) {
		r.fail("%s: output %q, expected %q", what, reply.Output, *step.Output)
	}
}

func (r *caseRun) compareError(what string, step *Step, err *objclass.Error) {
	switch {
	case step.Errno == "" && step.Message == "":
		r.fail("%s: %s", what, message(err))
	case step.Errno != "" && step.Errno != err.ErrnoName():
		r.fail("%s: %s, expected %s", what, message(err), step.Errno)
	case !strings.Contains(err.Message, step.Message):
		r.fail("%s: %s, expected a message with %q", what, message(err), step.Message)
	}
}

// compareObject compares the parts that the case gives with what the object holds; nil is an absent one.
func (r *caseRun) compareObject(object *Object) {
	switch {
	case r.After.Absent && object != nil:
		r.fail("after: the object exists, expected none")
		return
	case r.After.Absent:
		return
	case object == nil:
		r.fail("after: the object is absent")
		return
	}
	if want := r.After.Data; want != nil && !bytes.Equal(*want, object.Data) {
		r.fail("after: data %q, expected %q", object.Data, *want)
	}
	r.comparePairs("xattr", r.After.Xattrs, object.Xattrs)
	r.comparePairs("omap key", r.After.Omap, object.Omap)
}

// comparePairs compares all pairs, unless none are given.
func (r *caseRun) comparePairs(what string, want map[string]text, got map[string][]byte) {
	if want == nil {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		switch value, ok := got[key]; {
		case !ok:
			r.fail("after: %s %q is absent, expected %q", what, key, want[key])
		case !bytes.Equal(value, want[key]):
			r.fail("after: %s %q is %q, expected %q", what, key, value, want[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[key]; !ok {
			r.fail("after: %s %q is %q, expected none", what, key, got[key])
		}
	}
}

func (f *Fixture) object() Object {
	o := Object{Xattrs: values(f.Xattrs), Omap: values(f.Omap)}
	if f.Data != nil {
		o.Data = *f.Data
	}
	return o
}

func values(texts map[string]text) map[string][]byte {
	all := make(map[string][]byte, len(texts))
	for key, value := range texts {
		all[key] = value
	}
	return all
}

// message is an error in a line, with the errno if a call failed.
func message(err error) string {
	var e *objclass.Error
	if errors.As(err, &e) {
		return e.ErrnoName() + ": " + e.Message
	}
	return err.Error()
}
