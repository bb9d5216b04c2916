// This file is which version of a class calls run, and which versions stay.

package client

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

// ClassState is what becomes of a class's versions, which are full hashes.
type ClassState struct {
	ActiveVersion string
	Since         time.Time    // when the active version became it; zero when that is not known
	History       []Activation // versions that were active before, the last one last: RollbackClass goes back to it
	Canary        *Canary      // nil when there is none
	Kept          []string     // versions that KeepClass keeps
}

// Activation is a version that was active, and from when on.
type Activation struct {
	Version string
	Since   time.Time // zero when that is not known
}

// Canary is a version that some of the calls run that name no version.
type Canary struct {
	Version string
	Percent float64 // of these calls, 0 to 100
	Since   time.Time
}

// InstallClassInactive is InstallClass of a version that only calls run that name it, until it is activated or made the
// canary; EINVAL when the class is not installed.
func (c *Conn) InstallClassInactive(ctx context.Context, name string, source []byte) (version string, err error) {
	return c.version(ctx, "CLASS.INSTALL", name, rueidis.BinaryString(source), "INACTIVE")
}

// ActivateClass makes the version "class@version" the active one, and returns its full hash. Calls that have begun end on the
// version that they run.
func (c *Conn) ActivateClass(ctx context.Context, spec string) (version string, err error) {
	return c.version(ctx, "CLASS.ACTIVATE", spec)
}

// RollbackClass makes the version active that was before, and returns its full hash; ENOENT when there is none.
func (c *Conn) RollbackClass(ctx context.Context, name string) (version string, err error) {
	return c.version(ctx, "CLASS.ROLLBACK", name)
}

// RemoveClass removes the version "class@version", or "class" with all versions; EBUSY when it is active, the canary, or kept.
func (c *Conn) RemoveClass(ctx context.Context, spec string) error {
	return callError(c.do(ctx, "CLASS.REMOVE", spec).Error())
}

// SetCanary has the version "class@version" run that share of the calls that name no version, 0 to 100 percent, chosen by chance
// for each call; EINVAL for the active version.
func (c *Conn) SetCanary(ctx context.Context, spec string, percent float64) error {
	return callError(c.do(ctx, "CLASS.CANARY", "SET", spec, strconv.FormatFloat(percent, 'g', -1, 64)).Error())
}

// PromoteCanary makes the canary the active version, and returns its full hash; ENOENT when there is none.
func (c *Conn) PromoteCanary(ctx context.Context, name string) (version string, err error) {
	return c.version(ctx, "CLASS.CANARY", "PROMOTE", name)
}

// EndCanary has all calls that name no version run the active one; ENOENT when there is no canary.
func (c *Conn) EndCanary(ctx context.Context, name string) error {
	return callError(c.do(ctx, "CLASS.CANARY", "END", name).Error())
}

// KeepClass keeps the version "class@version" from being removed or collected, until ReleaseClass lets it go.
func (c *Conn) KeepClass(ctx context.Context, spec string) error {
	return callError(c.do(ctx, "CLASS.KEEP", spec).Error())
}

// ReleaseClass undoes KeepClass.
func (c *Conn) ReleaseClass(ctx context.Context, spec string) error {
	return callError(c.do(ctx, "CLASS.RELEASE", spec).Error())
}

// CollectClasses removes the versions of a class, of all for "*", that nothing holds and that were not in use for a time, in whole
// seconds, and returns them as "class@version". With dryRun it only returns them. Held are the active version, the
// canary, those to which a rollback can go back, and those that are kept.
func (c *Conn) CollectClasses(ctx context.Context, name string, unused time.Duration, dryRun bool) ([]string, error) {
	args := []string{"CLASS.GC", name, "UNUSED", strconv.FormatInt(int64(unused/time.Second), 10)}
	if dryRun {
		args = append(args, "DRYRUN")
	}
	specs, err := c.do(ctx, args...).AsStrSlice()
	return specs, callError(err)
}

func (c *Conn) version(ctx context.Context, args ...string) (string, error) {
	version, err := c.do(ctx, args...).ToString()
	return version, callError(err)
}

// classState reads the fields of a ClassState.
func (r *fieldReader) classState() ClassState {
	state := ClassState{ActiveVersion: r.string("active_version"), Since: r.time("since_ns")}
	kept, canary, history := r.fields["kept"], r.fields["canary"], r.fields["history"]
	var err error
	state.Kept, err = kept.AsStrSlice()
	r.check("kept", err)
	activations, err := history.ToArray()
	r.check("history", err)
	for i := range activations {
		a := r.inner("history", &activations[i])
		state.History = append(state.History, Activation{Version: a.string("version"), Since: a.time("since_ns")})
		r.check("history", a.err)
	}
	if a := r.inner("canary", &canary); len(a.fields) > 0 {
		state.Canary = &Canary{Version: a.string("version"), Since: a.time("since_ns")}
		state.Canary.Percent, err = strconv.ParseFloat(a.string("percent"), 64)
		a.check("percent", err)
		r.check("canary", a.err)
	}
	return state
}

// inner reads a map within a map.
func (r *fieldReader) inner(name string, field *rueidis.RedisMessage) fieldReader {
	fields, err := field.AsMap()
	if err != nil {
		r.check(name, fmt.Errorf("%w: %v", errReply, err))
	}
	return fieldReader{fields: fields}
}

// time reads nanoseconds of Unix time; 0 is a time that is not known.
func (r *fieldReader) time(name string) time.Time {
	ns := r.int(name)
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns)
}
